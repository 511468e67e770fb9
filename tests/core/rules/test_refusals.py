from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.rules.refusals import check_size, refuse
from twisted_chat.core.values.text import CleanText


class RefusingTests(SynchronousTestCase):
    def test_size_is_counted_in_bytes_if_there_is_a_text(self) -> None:
        text = CleanText("\u00e4" * 5)
        self.assertIsNone(check_size(text, 10))
        why = "That text has 10 bytes; the limit is 9. Nothing was changed."
        self.assertEqual(check_size(text, 9), refuse("too-long", why))
        self.assertIsNone(check_size(None, 0))
