from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.model.lines import Line


class LineTests(SynchronousTestCase):
    def test_lines_wait_without_an_id_and_fold_who_came_or_went(self) -> None:
        self.assertTrue(Line("say", "hi", 0.0, tag="t").waiting)
        self.assertFalse(Line("say", "hi", 0.0, tag="t", id="0000000000000001").waiting)
        self.assertFalse(Line("say", "hi", 0.0).waiting)
        self.assertTrue(Line("presence", "", 0.0, came=("bob",)).folded)
        self.assertTrue(Line("presence", "", 0.0, went=("bob",)).folded)
        self.assertFalse(Line("presence", "bob joined", 0.0).folded)
