"""How much memory an event takes."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client import events as ev
from twisted_chat.client.link.weight import weight


class WeightTests(SynchronousTestCase):
    def test_all_texts_in_an_event_count(self) -> None:
        long = "x" * 1_000
        person = ev.Person(nick="n", away=long)
        for event, least in (
            (ev.RoomMessage(sender="a", content="\n".join((long, long))), 2_000),
            (ev.Who(users=(person, person), count=2), 2_000),
            (ev.Stats(sessions=1, users=1, rooms=1, store={"kind": long}), 1_000),
            (ev.Ping(), 0),
        ):
            self.assertTrue(least < weight(event) < least + 2_000, (event, weight(event)))
