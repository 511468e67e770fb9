"""The batch of a room: who gets which of its lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.delivery.fakes import Ear, View
from tests.making import author, happened, said
from twisted_chat.core.api import events as e
from twisted_chat.core.api.events import is_hidden
from twisted_chat.core.values.ids import MessageId, RoomId, UserId
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.core.values.text import CleanText
from twisted_chat.delivery.batch import Pace, RoomBatch, linger, shown
from twisted_chat.delivery.outbox import FAULT, Outbox

ROOM = RoomId(1)
HI = (CleanText("hi"),)

#: The longest that lines may linger, in seconds.
MOST = 0.008


class ChannelTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.channel = RoomBatch(ROOM, 0)
        self.view = View()
        self.ann, self.bob = self.ear(), self.ear()

    def ear(self, here: View | None = None, elsewhere: View | None = None) -> Ear:
        ear = Ear(here or self.view, elsewhere)
        self.channel.enter(ear.outbox)
        ear.outbox.rooms[ROOM] = None
        return ear

    def pending(self, ear: Ear) -> str:
        """Return what the batch gave a session until now, and forget that."""
        text = b"".join(ear.outbox.pending).decode()
        ear.outbox.pending.clear()
        return text

    def spill(self, *, alone: bool = False) -> list[Outbox]:
        dirty: list[Outbox] = []
        self.channel.spill(dirty, 0.0, alone=alone)
        for outbox in dirty:
            outbox.dirty = False
        return dirty

    def test_batch_is_rendered_once_and_shared_by_all_sessions_of_a_variant(self) -> None:
        for message in (1, 2):
            self.channel.add(said(message, 1))
        self.assertEqual(self.spill(), [self.ann.outbox, self.bob.outbox])
        self.assertEqual(self.view.rendered, 2)
        self.assertIs(self.ann.outbox.pending[0], self.bob.outbox.pending[0])
        self.assertEqual(self.pending(self.ann), "#room1 <bob> m1\n#room1 <bob> m2\n")

    def test_batch_is_rendered_once_even_if_some_caught_up_in_the_middle(self) -> None:
        self.channel.add(said(1, 1))
        self.assertTrue(self.channel.catch_up(self.ann.outbox))
        self.channel.add(said(2, 1))
        self.assertTrue(self.channel.catch_up(self.bob.outbox))
        self.spill()
        self.assertEqual(self.view.rendered, 2)
        self.assertEqual(self.pending(self.ann), "#room1 <bob> m1\n#room1 <bob> m2\n")
        self.assertEqual(self.pending(self.bob), "#room1 <bob> m1\n#room1 <bob> m2\n")

    def test_spill_starts_anew(self) -> None:
        self.channel.add(said(1, 1, who="cid"))
        self.channel.catch_up(self.ann.outbox)
        self.spill()
        self.pending(self.ann)
        self.channel.add(said(2, 1))
        self.spill()
        self.assertEqual(self.pending(self.ann), "#room1 <bob> m2\n")
        self.assertEqual(len(self.channel.entries), 0)

    def test_alone_it_is_written_at_once_to_all_whose_way_is_free(self) -> None:
        busy, full, waiting = self.ear(), self.ear(), self.ear()
        busy.outbox.pending.append(b"reply\n")
        busy.outbox.mark([])
        full.outbox.pause()
        waiting.outbox.slot()
        self.channel.add(said(1, 1))
        self.assertEqual(self.spill(alone=True), [full.outbox, waiting.outbox])
        for ear in (self.ann, self.bob):
            self.assertEqual((ear.take(), ear.outbox.pending), (["#room1 <bob> m1"], []))
        self.assertEqual(self.pending(busy), "reply\n#room1 <bob> m1\n")
        for ear in (full, waiting):
            self.assertEqual(self.pending(ear), "#room1 <bob> m1\n")

    def test_nothing_to_show_is_not_written_and_a_session_is_spilled_once(self) -> None:
        self.channel.add(said(1, 1, kind="ctcp"))
        self.spill(alone=True)
        self.assertEqual(self.ann.sink.writes, [])
        self.ann.outbox.dirty = True
        self.channel.add(said(1, 1))
        self.assertEqual(self.spill(), [self.bob.outbox])

    def test_write_that_raises_waits_for_the_flush_to_end_the_session(self) -> None:
        def fails() -> None:
            raise ZeroDivisionError

        self.ann.sink.during = fails
        self.channel.add(said(1, 1))
        self.assertEqual(self.spill(alone=True), [self.ann.outbox])
        self.assertEqual((self.bob.take(), self.ann.sink.overflows), (["#room1 <bob> m1"], 0))
        self.ann.outbox.resume()
        self.assertIsNone(self.ann.outbox.send)
        self.ann.outbox.flush()
        self.assertEqual((self.ann.sink.overflows, self.ann.outbox.closed), (1, True))
        self.assertEqual(self.ann.sink.reason, FAULT)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_session_sees_its_other_rooms_in_another_variant(self) -> None:
        here, elsewhere = View("here "), View("elsewhere ")
        talker = Ear(here, elsewhere)
        talker.outbox.focus = ROOM
        self.channel.enter(talker.outbox)
        listener = self.ear(here, elsewhere)
        self.channel.add(said(1, 1))
        self.spill()
        self.assertEqual(self.pending(talker), "here #room1 <bob> m1\n")
        self.assertEqual(self.pending(listener), "elsewhere #room1 <bob> m1\n")

    def test_who_enters_during_a_turn_gets_only_what_follows(self) -> None:
        self.channel.add(said(1, 1))
        late = self.ear()
        self.channel.add(said(2, 1))
        self.spill()
        self.assertEqual(self.pending(late), "#room1 <bob> m2\n")
        self.assertEqual(self.pending(self.ann), "#room1 <bob> m1\n#room1 <bob> m2\n")

    def test_who_left_gets_nothing_more_and_counts_no_more(self) -> None:
        self.channel.add(said(1, 1))
        self.channel.catch_up(self.ann.outbox)
        self.channel.leave(self.ann.outbox)
        self.channel.add(said(2, 1))
        self.assertEqual(self.spill(), [self.bob.outbox])
        self.assertEqual(self.pending(self.ann), "#room1 <bob> m1\n")
        self.assertEqual((len(self.channel), self.channel.outboxes()), (1, [self.bob.outbox]))

    def test_nothing_is_kept_of_who_left(self) -> None:
        for ear in (self.ann, self.bob):
            self.channel.add(said(1, 1), ear.outbox)
            self.channel.catch_up(ear.outbox)
            self.channel.leave(ear.outbox)
        kept = (self.channel._groups, self.channel._cursors, self.channel._skips)
        self.assertEqual(kept, ({}, {}, {}))

    def test_speaker_does_not_get_the_own_line(self) -> None:
        for message, speaker in ((1, self.ann), (2, self.bob), (3, self.ann)):
            self.channel.add(said(message, 1), speaker.outbox)
        self.channel.add(said(4, 1))
        self.spill()
        self.assertEqual(self.pending(self.ann), "#room1 <bob> m2\n#room1 <bob> m4\n")
        lines = "#room1 <bob> m1\n#room1 <bob> m3\n#room1 <bob> m4\n"
        self.assertEqual(self.pending(self.bob), lines)

    def test_speaker_that_catches_up_in_between_misses_nothing_and_gets_nothing_twice(self) -> None:
        for message in range(1, 7):
            self.channel.add(said(message, 1), self.ann.outbox if message % 2 else None)
            if message == 4:
                self.assertTrue(self.channel.catch_up(self.ann.outbox))
        self.spill()
        lines = "".join(f"#room1 <bob> m{message}\n" for message in (2, 4, 6))
        self.assertEqual(self.pending(self.ann), lines)

    def test_speaker_whom_nobody_answered_is_sent_nothing(self) -> None:
        self.channel.add(said(1, 1), self.ann.outbox)
        self.assertEqual(self.spill(alone=True), [])
        self.assertEqual((self.ann.sink.writes, self.bob.take()), ([], ["#room1 <bob> m1"]))
        self.assertIsNotNone(self.ann.outbox.send)

    def test_speaker_who_ignores_somebody_gets_neither(self) -> None:
        self.ann.outbox.ignored = {"mal": "Mal"}
        for message, who in ((1, "mal"), (2, "bob"), (3, "ann"), (4, "bob")):
            self.channel.add(said(message, 1, who=who), self.ann.outbox if who == "ann" else None)
        self.spill()
        self.assertEqual(self.pending(self.ann), "#room1 <bob> m2\n#room1 <bob> m4\n")

    def test_catching_up_twice_gives_nothing_twice(self) -> None:
        self.channel.add(said(1, 1))
        self.assertTrue(self.channel.catch_up(self.ann.outbox))
        self.assertFalse(self.channel.catch_up(self.ann.outbox))
        self.assertEqual(self.pending(self.ann), "#room1 <bob> m1\n")

    def test_ignored_author_is_hidden_from_who_ignores_alone_and_caught_up(self) -> None:
        self.ann.outbox.ignored = {"mal": "Mal"}
        self.channel.add(said(1, 1, who="Mal"))
        self.channel.add(said(2, 1, who="cid"))
        self.spill()
        self.assertEqual(self.pending(self.ann), "#room1 <cid> m2\n")
        self.assertEqual(self.pending(self.bob), "#room1 <Mal> m1\n#room1 <cid> m2\n")
        for message, who in ((1, "Mal"), (2, "cid"), (3, "Mal")):
            self.channel.add(said(message, 1, who=who))
            self.channel.catch_up(self.ann.outbox)
        self.spill()
        self.assertEqual(self.pending(self.ann), "#room1 <cid> m2\n")

    def test_ignore_list_costs_no_own_join_when_none_on_it_spoke(self) -> None:
        self.ann.outbox.ignored = {"mal": "Mal"}
        self.channel.add(said(1, 1, who="Mal"))
        self.spill()
        self.pending(self.ann)
        self.pending(self.bob)
        for message in (2, 3):
            self.channel.add(said(message, 1, who="cid"))
        self.spill()
        self.assertIs(self.ann.outbox.pending[0], self.bob.outbox.pending[0])

    def test_line_that_cannot_be_shown_is_logged_and_costs_nobody_the_others(self) -> None:
        self.view.broken = lambda envelope: envelope.id == 2
        for message in (1, 2, 3):
            self.channel.add(said(message, 1))
        self.spill()
        self.assertEqual(self.pending(self.ann), "#room1 <bob> m1\n#room1 <bob> m3\n")
        self.assertEqual(self.pending(self.bob), "#room1 <bob> m1\n#room1 <bob> m3\n")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_size_counts_bytes_of_what_people_say(self) -> None:
        self.channel.add(happened(1, e.TopicSet(CleanText("t" * 300)), 1))
        self.assertEqual(self.channel.size, 0)
        self.channel.add(said(2, 1, "x" * 1000))
        ascii_size = self.channel.size
        self.assertTrue(1000 <= ascii_size < 1100, ascii_size)
        self.channel.add(said(3, 1, "\N{GRINNING FACE}" * 1000))
        self.assertTrue(4000 <= self.channel.size - ascii_size < 4100)

    def test_size_counts_short_lines_and_is_zero_when_the_batch_is_out(self) -> None:
        self.channel.add(said(1, 1))
        self.spill()
        self.assertEqual(self.channel.size, 0)
        self.channel.add(said(1, 1, *["x"] * 100))
        self.assertGreater(self.channel.size, 100 * len("<bob> x\r\n"))


class HiddenTests(SynchronousTestCase):
    def test_what_an_ignored_author_says_is_hidden_and_what_they_do_is_seen(self) -> None:
        told = e.Told(UserId(2), parse_nick("ann"), "say", HI)
        for event in (e.Said("say", HI), e.Said("action", HI), told):
            self.assertTrue(is_hidden(happened(1, event, who="Mal"), {"mal": "Mal"}), event)
            self.assertFalse(is_hidden(happened(1, event, who="cid"), {"mal": "Mal"}), event)
        for deed in (e.Joined(parse_room("dev")), e.Departed(CleanText("quit")), e.Left()):
            self.assertFalse(is_hidden(happened(1, deed, 1, who="Mal"), {"mal": "Mal"}), deed)
        gathered = e.Gathered((), (author("Mal"),), 3)
        envelope = e.Envelope(MessageId(0), 1.0, gathered, None, None)
        self.assertFalse(is_hidden(envelope, {"mal": "Mal"}))


class ShownTests(SynchronousTestCase):
    def test_event_is_rendered_and_a_fault_in_it_logged(self) -> None:
        self.assertEqual(shown(View(), said(1, 1)), b"#room1 <bob> m1\n")
        view = View()
        view.broken = lambda envelope: True
        self.assertEqual(shown(view, said(1, 1)), b"")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class LingerTests(SynchronousTestCase):
    def test_lines_wait_only_where_there_is_much_to_save(self) -> None:
        self.assertEqual(linger(200, 200, MOST), MOST)
        self.assertEqual(linger(50, 2000, MOST), 0.0)
        self.assertEqual(linger(200, 20, MOST), 0.0)
        self.assertAlmostEqual(linger(16_000, 200, MOST), 0.004)
        self.assertEqual(linger(100_000, 200, MOST), 0.0)

    @given(st.floats(0, 1e6), st.integers(0, 10_000), st.floats(0, 0.05))
    def test_the_most_is_never_exceeded_and_nothing_is_none(
        self, rate: float, members: int, most: float
    ) -> None:
        self.assertLessEqual(linger(rate, members, most), most)
        self.assertEqual(linger(rate, members, 0), 0.0)


class PaceTests(SynchronousTestCase):
    def test_the_pace_is_that_of_the_last_tenth_of_a_second(self) -> None:
        pace = Pace(MOST)
        waits = []
        for tick in range(60):
            pace.note(tick * 0.005, 1 if tick < 41 else 0, 200)
            waits.append(pace.wait)
        self.assertEqual(waits[0], 0.0)
        self.assertEqual(waits[39], MOST)
        self.assertEqual(waits[59], MOST)
        pace.note(10, 1, 200)
        self.assertEqual(pace.wait, 0.0)
