"""What deciding comes to: plain data that nobody changes afterwards."""

from __future__ import annotations

from typing import get_args

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.rules import decisions as d


class DecisionTests(SynchronousTestCase):
    def test_every_decision_is_frozen_data(self) -> None:
        for kind in (*get_args(d.Decision), d.FocusOn, d.Ignoring):
            self.assertTrue(issubclass(kind, msgspec.Struct), kind)
            self.assertTrue(kind.__struct_config__.frozen, kind)

    def test_what_is_decided_without_more_is_no_claim_and_changes_nothing(self) -> None:
        self.assertEqual(
            {f.name: f.default for f in msgspec.structs.fields(d.Propose)}["claim"], False
        )
        self.assertEqual(
            {f.name: f.default for f in msgspec.structs.fields(d.SendReply)}["change"], None
        )
