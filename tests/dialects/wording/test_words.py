from __future__ import annotations

from datetime import UTC, timedelta, timezone

from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.line_shown import BOB, NONE, NOON, reply
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import parse_room
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.wording import words


class WordsTests(SynchronousTestCase):
    def test_spans_are_counted_in_the_greatest_unit(self) -> None:
        for seconds, span in (
            (60, "1 minute"),
            (119, "1 minute"),
            (3600, "1 hour"),
            (7200, "2 hours"),
            (86400, "1 day"),
            (172800, "2 days"),
        ):
            (line,) = reply(r.Profile(BOB, None, (), NOON, seconds, None))
            self.assertTrue(line.endswith(f"silent for {span}."), line)

    def test_notices_and_confirmations_are_sentences(self) -> None:
        self.assertEqual(reply(r.Confirmed("you did it")), ["-- you did it."])
        self.assertEqual(reply(r.Notice("kicked", "you are out.")), ["-- you are out."])

    def test_profile_does_not_hide_that_there_are_more_rooms(self) -> None:
        rooms = tuple(parse_room(f"r{i}") for i in range(11))
        (line,) = reply(r.Profile(BOB, None, rooms, NOON, 0, None))
        self.assertIn(" #r9 …;", line)

    def test_counts_dates_and_reasons_are_worded(self) -> None:
        said = [words.counted(count, "message") for count in (0, 1, 2, 1234)]
        self.assertEqual(said, ["0 messages", "1 message", "2 messages", "1,234 messages"])
        self.assertEqual(words.because(CleanText("spam")), " (spam)")
        self.assertEqual((words.because(None), words.because(NONE)), ("", ""))
        east = timezone(timedelta(hours=12))
        self.assertEqual(words.date(NOON, UTC), "2026-01-01 12:30")
        self.assertEqual(words.date(NOON, east), "2026-01-02 00:30")
