from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.shares import Shares


class SharesTests(SynchronousTestCase):
    def test_the_largest_is_who_came_to_it_first(self) -> None:
        shares = Shares()
        self.assertFalse(shares)
        for name in "abba":
            shares.add(name, 1)
        self.assertEqual(shares.largest(), "b")
        shares.add("b", -1)
        self.assertEqual(shares.largest(), "a")

    def test_who_has_nothing_is_forgotten(self) -> None:
        shares = Shares()
        shares.add("a", 3)
        shares.add("a", -3)
        self.assertFalse(shares)
        self.assertEqual((shares._sizes, dict(shares._by_size)), ({}, {}))

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-3, 5))))
    def test_largest_is_never_less_than_another(self, changes: list[tuple[str, int]]) -> None:
        shares, plain = Shares(), dict.fromkeys("abc", 0)
        for name, much in changes:
            much = max(much, -plain[name])
            shares.add(name, much)
            plain[name] += much
            self.assertEqual([shares.of(each) for each in plain], list(plain.values()))
            if shares:
                self.assertEqual(shares.of(shares.largest()), max(plain.values()))
