from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import parse_room
from twisted_chat.dialects.wording.missed import summary


def missed(name: str, count: int, mentions: int = 0, *, more: bool = False) -> r.MissedRoom:
    return r.MissedRoom(parse_room(name), count, mentions, MessageId(7), more)


class SummaryTests(SynchronousTestCase):
    def test_rooms_and_people_are_named_with_their_counts(self) -> None:
        told = r.Missed(
            (missed("dev", 12, 2), missed("ops", 1, 1), missed("lobby", 1000, more=True)),
            (("bob", 2), ("carol", 1)),
        )
        self.assertEqual(
            summary(told),
            "While you were away: #dev 12 lines, 2 mentions; #ops 1 line, 1 mention; "
            "#lobby 1,000 lines or more; 3 private messages (bob 2, carol 1).",
        )

    def test_what_nobody_would_read_is_left_out(self) -> None:
        told = r.Missed(
            tuple(missed(f"r{n}", 1) for n in range(23)), tuple((f"p{n}", 1) for n in range(21))
        )
        text = summary(told)
        self.assertIn("#r19 1 line; and 3 more rooms; 21 private messages (p0 1,", text)
        self.assertTrue(text.endswith("p19 1, and 1 more people)."), text)
