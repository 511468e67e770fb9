"""Tests for twisted_chat.core.rules.refusals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules.decisions import SendReply
from twisted_chat.core.rules.refusals import check_size, refuse, too_long
from twisted_chat.core.values.text import CleanText


class RefusingTests(SynchronousTestCase):
    def test_refusal_is_a_reply(self) -> None:
        self.assertEqual(refuse("self", "not you"), SendReply(Refused("self", "not you")))

    def test_size_is_counted_in_bytes(self) -> None:
        text = CleanText("\u00e4" * 5)
        self.assertIsNone(check_size(text, 10))
        why = f"{too_long(10, 9)} Nothing was changed."
        self.assertEqual(check_size(text, 9), refuse("too-long", why))

    def test_text_that_was_not_given_is_never_too_long(self) -> None:
        self.assertIsNone(check_size(None, 0))


class TextTests(SynchronousTestCase):
    @given(st.integers(1, 10**9), st.integers(1, 10**9))
    def test_sizes_are_easy_to_read(self, size: int, limit: int) -> None:
        self.assertEqual(
            too_long(size, limit),
            f"That text has {size:,} bytes; the limit is {limit:,}.",
        )
