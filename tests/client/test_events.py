"""The events are values."""

from __future__ import annotations

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client import events as ev


class EventTests(SynchronousTestCase):
    def test_every_event_is_frozen(self) -> None:
        found = [
            each
            for each in vars(ev).values()
            if isinstance(each, type)
            and issubclass(each, msgspec.Struct)
            and each is not msgspec.Struct
        ]
        self.assertGreater(len(found), 40)
        for each in found:
            self.assertTrue(each.__struct_config__.frozen, each)

    def test_equal_events_are_equal(self) -> None:
        self.assertEqual(ev.Lag(seconds=0.5), ev.Lag(seconds=0.5))
