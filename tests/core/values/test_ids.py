from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.ids import read_id, spell

ids = st.integers(0, 2**63 - 1)


class SpellingTests(SynchronousTestCase):
    def test_an_id_has_sixteen_digits(self) -> None:
        self.assertEqual(spell(0), "0" * 16)
        self.assertEqual(spell(255), "00000000000000ff")
        self.assertEqual(spell(2**63 - 1), "7" + "f" * 15)

    @given(ids, ids)
    def test_spelled_ids_sort_as_ids_do(self, one: int, other: int) -> None:
        self.assertEqual(spell(one) < spell(other), one < other)

    @given(ids)
    def test_what_was_spelled_can_be_read(self, message: int) -> None:
        self.assertEqual(read_id(spell(message)), message)

    @given(st.text() | st.text(st.sampled_from("0123456789abcdef"), min_size=16, max_size=16))
    @example("8000000000000000")
    def test_nothing_else_can_be_read(self, text: str) -> None:
        message = read_id(text)
        if message is not None:
            self.assertEqual(spell(message), text)
            self.assertLess(message, 2**63)

    def test_near_misses_are_no_ids(self) -> None:
        good = "00000000000000ff"
        self.assertEqual(read_id(good), 255)
        for bad in (
            "",
            good[1:],
            "0" + good,
            good.upper(),
            f"{good}\n",
            f" {good[1:]}",
            f"+{good[1:]}",
            f"-{good[1:]}",
            f"0x{good[2:]}",
            "0_0" + good[3:],
            "\u0660" * 16,
            "8" + good[1:],
        ):
            self.assertIsNone(read_id(bad), ascii(bad))
