"""What an older program gets: short objects that say all in their content."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.json_shown import ALICE, BOB, DEV, NOW, by_alice
from tests.dialects.strategies import clean_texts, envelopes, replies, tags
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import MessageId, Scope, UserId
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.json.parse import JsonDialect
from twisted_chat.dialects.json.short import LONGEST, Shape, ShortJson, joined, shape

SHORT = ShortJson(JsonDialect(lambda: NOW, UTC))
SESSION = SHORT.open()
HERE, ELSEWHERE = SESSION.here, SESSION.elsewhere


def objects(data: bytes) -> list[dict[str, Any]]:
    """Decode lines, each of which is an object that such a program reads."""
    lines = data.splitlines(keepends=True)
    for line in lines:
        assert line.endswith(b"\n") and len(line) <= LONGEST, line
    found = [json.loads(line) for line in lines]
    for each in found:
        assert list(each) == ["type", "content", "timestamp"], each
        assert all(isinstance(value, str) for value in each.values())
        assert each["content"], each
        assert each["type"].isupper()
    return found


def told(data: bytes) -> tuple[str, str]:
    """Return type and content of the one object there must be."""
    (found,) = objects(data)
    return found["type"], found["content"]


def said(*lines: str, kind: c.Kind = "say") -> e.Envelope:
    return by_alice(e.Said(kind, tuple(CleanText(line) for line in lines)))


class EventTests(SynchronousTestCase):
    def test_the_content_says_whose_message_it_is(self) -> None:
        (shown,) = objects(HERE.event(said("hello")))
        self.assertEqual(shown, {"type": "MSG", "content": "alice: hello", "timestamp": "12:30:59"})
        self.assertEqual(told(HERE.event(said("waves", kind="action"))), ("MSG", "* alice waves"))
        self.assertEqual(told(HERE.event(said("a", "", "b")))[1], "alice: a\nalice: \nalice: b")

    def test_another_room_is_named(self) -> None:
        self.assertEqual(told(ELSEWHERE.event(said("hello")))[1], "#dev alice: hello")

    def test_private_messages_say_so(self) -> None:
        psst = by_alice(e.Told(UserId(2), BOB, "say", (CleanText("psst"),)), room=False)
        self.assertEqual(told(HERE.event(psst)), ("MSG", "alice (private): psst"))
        self.assertEqual(
            told(HERE.found(psst)), ("MSG", "[2026-01-01 12:30] alice (private): psst")
        )

    def test_requests_between_programs_are_not_shown(self) -> None:
        for event in (
            e.Said("ctcp", (CleanText("PING"),)),
            e.Told(UserId(2), BOB, "ctcp", (CleanText("PING"),)),
            e.Said("tags", (), Extras((("typing", "active"),))),
        ):
            for show in (HERE.event, HERE.found):
                self.assertEqual(show(by_alice(event)), b"")

    def test_coming_and_going(self) -> None:
        for event, expected in (
            (e.Joined(DEV), ("JOIN", "alice joined #dev.")),
            (e.Left(), ("LEAVE", "alice left #dev.")),
            (e.Departed(CleanText("quit")), ("LEAVE", "alice left the chat (quit)")),
            (e.Kicked(UserId(2), BOB), ("LEAVE", "alice removed bob from #dev.")),
        ):
            self.assertEqual(told(HERE.event(by_alice(event))), expected)

    def test_what_the_program_did_itself_is_not_sent_back(self) -> None:
        psst = e.Told(UserId(2), BOB, "say", (CleanText("psst"),))
        for event in (said("hello"), by_alice(psst), by_alice(e.Joined(DEV))):
            for acked in (False, True):
                self.assertEqual(HERE.own(event, acked=acked), b"")
        self.assertEqual(
            told(HERE.own(by_alice(e.Renamed(BOB)), acked=False)),
            ("NOTICE", "You are now called bob."),
        )

    def test_history_is_not_shown(self) -> None:
        self.assertEqual(HERE.replay(said("hello")), b"")

    def test_long_text_is_cut_at_blanks_and_each_piece_says_whose_it_is(self) -> None:
        words = " ".join(f"word{number}" for number in range(400))
        pieces = [each["content"] for each in objects(HERE.event(said(words)))]
        self.assertGreater(len(pieces), 3)
        self.assertTrue(all(piece.startswith("alice: word") for piece in pieces))
        self.assertEqual(" ".join(piece.removeprefix("alice: ") for piece in pieces), words)

    def test_text_without_blanks_is_cut_all_the_same(self) -> None:
        for text in ("x" * 4096, "\\" * 4096, '"' * 4000, "日本語" * 400, "\U0001f600" * 1000):
            pieces = [each["content"] for each in objects(ELSEWHERE.event(said(text)))]
            self.assertEqual("".join(p.removeprefix("#dev alice: ") for p in pieces), text)

    def test_longest_names_leave_room_for_a_text(self) -> None:
        nick, room = parse_nick("한" * 32), parse_room("語" * 50)
        author = e.Author(UserId(1), nick, Scope("5c09e"), None)
        envelope = by_alice(e.Said("say", (CleanText("日" * 1300),)))
        assert envelope.room is not None
        place = e.RoomRef(envelope.room.id, room)
        long = e.Envelope(MessageId(1), NOW, envelope.event, envelope.origin, author, place)
        for show in (ELSEWHERE.event, ELSEWHERE.found):
            self.assertGreater(len(objects(show(long))), 3)

    @given(envelopes(), st.sampled_from([HERE, ELSEWHERE]))
    def test_everything_that_happens_is_short_objects(
        self, envelope: e.Envelope, view: Any
    ) -> None:
        for data in (
            view.event(envelope),
            view.own(envelope, acked=True),
            view.own(envelope, acked=False),
            view.replay(envelope),
            view.found(envelope),
        ):
            objects(data)


class ReplyTests(SynchronousTestCase):
    def test_help_is_one_object_that_names_the_verbs(self) -> None:
        lines = tuple(r.HelpLine(name, spec.usage, spec.help) for name, spec in COMMANDS.items())
        kind, content = told(HERE.reply(r.HelpText(lines), None))
        self.assertEqual(kind, "HELP")
        for verb in ("JOIN", "MSG TEXT", "MSG USER:TEXT", "LEAVE", "LIST", "HELP", "QUIT"):
            self.assertIn(verb, content)

    def test_list_is_one_object_with_rooms_and_people(self) -> None:
        rooms = r.Rooms((r.RoomLine(DEV, 2, CleanText("")),), 1, 1, 1)
        people = r.People((r.Person(ALICE), r.Person(BOB)), 2, 1, 1)
        kind, content = told(HERE.reply(r.Overview(rooms, people), None))
        self.assertEqual(kind, "LIST")
        for name in ("#dev", "alice", "bob"):
            self.assertIn(name, content)

    def test_login_is_answered_without_secrets(self) -> None:
        data = HERE.reply(r.Welcome(BOB, "s3cret", scope=Scope("5c09e")), None)
        self.assertEqual(told(data), ("NOTICE", "Welcome, bob."))

    def test_errors_say_what_an_older_program_can_send(self) -> None:
        for reply, expected in (
            (r.NameRefused("nick-taken", '"bob" is taken.', ALICE), '"bob" is taken. Try alice.'),
            (
                r.NickPassword(BOB, ALICE),
                '"bob" is registered. Choose another nickname, such as alice.',
            ),
            (
                r.PasswordNeeded(DEV),
                "#dev is locked with a password. You did not enter it. Send JOIN #dev PASSWORD.",
            ),
            (
                r.PasswordNeeded(DEV, wrong=True),
                "Wrong password for #dev. You did not enter it. Send JOIN #dev PASSWORD.",
            ),
            (r.Refused("empty", "the message is empty"), "the message is empty."),
            (
                r.Refused("no-room", "choose one with /join ROOM"),
                "You are not in any room. Nothing was done. Send JOIN ROOM first.",
            ),
        ):
            self.assertEqual(told(HERE.reply(reply, None)), ("ERROR", expected))

    def test_room_that_is_left_or_returned_to(self) -> None:
        for reply, expected in (
            (r.FocusSet(DEV), ("JOIN", "You talk in #dev now.")),
            (
                r.FocusSet(DEV, parse_room("lobby")),
                ("LEAVE", "You left #lobby. You talk in #dev now."),
            ),
            (
                r.FocusSet(None, DEV),
                ("LEAVE", "You left #dev. You are not in any room now. Enter one with JOIN ROOM."),
            ),
        ):
            self.assertEqual(told(HERE.reply(reply, None)), expected)

    def test_what_only_todays_programs_need_is_not_sent(self) -> None:
        for reply in (
            r.Acked(MessageId(1), NOW),
            r.Hint(),
            r.Probe(),
            r.HistoryStart(DEV, 3, False),
            r.HistoryEnd(DEV, 3, False, False),
        ):
            self.assertEqual(HERE.reply(reply, "7"), b"")
        end = HERE.reply(r.HistoryEnd(DEV, 3, True, False), None)
        self.assertEqual(told(end), ("ERROR", "Older clients cannot show history."))

    @given(replies, st.none() | tags)
    def test_every_answer_is_short_objects(self, reply: r.Reply, tag: str | None) -> None:
        objects(HERE.reply(reply, tag))
        objects(ELSEWHERE.reply(reply, tag))


class JoinedTests(SynchronousTestCase):
    def test_texts_of_one_type_stand_below_each_other(self) -> None:
        both = joined(HERE.event(said("one")), HERE.event(said("two")))
        assert both is not None
        self.assertEqual(told(both), ("MSG", "alice: one\nalice: two"))

    def test_other_types_and_other_objects_stay_apart(self) -> None:
        message = HERE.event(said("one"))
        for other in (
            HERE.event(by_alice(e.Joined(DEV))),
            b'{"type":"MSG","content":"x","timestamp":"1","room":"dev"}\n',
            b"\xff\xfb\x01",
        ):
            self.assertIsNone(joined(message, other))
            self.assertIsNone(joined(other, message))

    @given(clean_texts, clean_texts)
    def test_nothing_becomes_longer_than_a_read(self, one: CleanText, two: CleanText) -> None:
        first, second = HERE.event(said(one)), HERE.event(said(two))
        for a in first.splitlines(keepends=True):
            for b in second.splitlines(keepends=True):
                both = joined(a, b)
                if both is not None:
                    objects(both)
                else:
                    self.assertGreater(len(a) + len(b), LONGEST)


class ShapeTests(SynchronousTestCase):
    def test_fields_of_today_and_a_time_are_seen(self) -> None:
        for frame, expected in (
            (b'{"type":"JOIN","content":"dev"}', Shape("JOIN", False, False)),
            (b'{"type":"nick","content":"x","timestamp":"12:00:00"}', Shape("nick", False, True)),
            (b'{"type":"nick","content":"x","session":""}', Shape("nick", True, False)),
            (b'{"type":"private","to":"bob"}', Shape("private", True, False)),
            (b'{"type":"MSG","sender":"bob"}', Shape("MSG", False, False)),
        ):
            self.assertEqual(shape(frame), expected)

    def test_what_is_no_object_has_no_shape(self) -> None:
        for frame in (b"{", b"[]", b"7", b"{}", b'{"type":7}', b"\xff", b"[" * 10_000):
            self.assertIsNone(shape(frame))
