"""From envelopes and records to rows and back; and rows that somebody else wrote."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from tests.making import author, room, said
from twisted_chat.core.api.events import Envelope, Said
from twisted_chat.core.api.records import Invitation, RoomRecord, Sent
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import MessageId, Scope
from twisted_chat.core.values.names import BadName, parse_nick
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.room_settings import Settings
from twisted_chat.core.values.text import BadText, CleanText, FormattedText
from twisted_chat.store.sql import rows
from twisted_chat.store.sql.rows import BadStanding, read_standing, write_standing
from twisted_chat.store.sql.schema import rooms


class _Row:
    def __init__(self, columns: dict[str, Any]) -> None:
        self.__dict__.update(columns)


def clean(text: str) -> bool:
    try:
        return CleanText(text) == text
    except BadText:
        return False


def read(envelope: Envelope, **changed: object) -> Envelope:
    """Make a row of an envelope, and an envelope of that, after changing some of its columns."""
    assert envelope.author is not None and envelope.room is not None
    names = (
        *("id", "room", "author", "time", "kind", "tag", "text", "extras"),
        *("user", "nick", "key", "scope", "account", "host", "real_name", "bot"),
        *("user_name", "account_name"),
    )
    values = (*rows.message_row(envelope, 1), *rows.author_row(1, envelope.author)[1:])
    row = dict(zip(names, values, strict=True)) | changed
    (found,) = rows.read_messages([list(row.values())], {envelope.room.id: envelope.room})
    return found


class MessageTests(SynchronousTestCase):
    @given(st.lists(st.text(max_size=20).filter(clean), min_size=1, max_size=5))
    def test_lines_come_back_as_they_were(self, lines: list[str]) -> None:
        event = read(said(7, 1, *lines)).event
        assert isinstance(event, Said)
        self.assertEqual(event.lines, tuple(lines))
        self.assertEqual({type(line) for line in event.lines}, {CleanText})

    def test_extras_come_back_as_they_were(self) -> None:
        formatted = (FormattedText("\x02hi"),)
        extras = Extras((("reply", "0a"),), formatted, ((0, 2),))
        envelope = replace(said(7, 1, "hi"), event=Said("say", (CleanText("hi"),), extras))
        event = read(envelope).event
        self.assertEqual(event, envelope.event)
        assert isinstance(event, Said) and event.extras is not None
        self.assertIs(type(event.extras.formatted[0]), FormattedText)
        alone = replace(envelope, event=Said("tags", (), Extras((("react", "+1"),))))
        self.assertEqual(read(alone).event, alone.event)

    def test_what_somebody_else_wrote_in_a_message_is_made_clean(self) -> None:
        for column in ("", "[]", "{", '{"tags": [["a b", ""]]}', '{"formatted": ["\x1b[2J"]}'):
            self.assertEqual(read(said(7, 1, "hi"), extras=column).event, said(7, 1, "hi").event)
        event = read(said(7, 1, "hi"), extras='{"formatted": ["a", "b"], "cuts": [[0, 1]]}').event
        assert isinstance(event, Said)
        self.assertEqual(event.extras, Extras(cuts=((0, 1),)))
        event = read(said(7, 1), text="a\x1b[2J\u202eb\nc").event
        assert isinstance(event, Said)
        self.assertEqual(event.lines, ("a?[2J?b", "c"))
        event = read(said(7, 1), kind="dance").event
        assert isinstance(event, Said)
        self.assertEqual(event.kind, "say")
        found = read(said(7, 1), nick="join\x1b", key="join?").author
        assert found is not None
        self.assertEqual((found.nick.text, found.nick.key), ("join?", "join?"))

    def test_authors_of_a_page_are_one_object_each(self) -> None:
        message = rows.message_row(said(7, 1), 1)
        who = rows.author_row(1, author("bob"))[1:]
        first, second = rows.read_messages([(*message, *who), (*message, *who)], {1: room(1)})
        self.assertIs(first.author, second.author)


class RoomTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.record = RoomRecord(
            room(3),
            1.5,
            "digest",
            CleanText("topic"),
            parse_nick("Ann"),
            2.5,
            (Scope("s"),),
            Keep(1, 2),
            Settings(private=True, slow=30),
            (("ann", frozenset(("owner", "operator"))), ("bob", frozenset(("voice",)))),
            (Ban(read_target("*spam*"), "ann", 1.5, 2.5, CleanText("it's spam")),),
            (Ban(read_target("eve"), "ann", 1.5, scope="s", address="10.0.0.0/8"),),
            (("account zoe", Invitation("ann", 1.5)), ("session s", Invitation("bob", 2.5, False))),
        )

    def test_record_comes_back_as_it_was(self) -> None:
        for record in (self.record, RoomRecord(room(3), 1.5)):
            columns = rows.room_row(record)
            self.assertEqual(set(columns), set(rooms.columns.keys()))
            self.assertEqual(rows.read_room(_Row(columns)), record)

    def test_what_is_not_clean_in_a_room_is_made_so_and_names_are_checked(self) -> None:
        columns = rows.room_row(self.record)
        columns["standing"] = str(columns["standing"]).replace("it's spam", "\\u001b[2J")
        (ban,) = rows.read_room(_Row(columns)).bans
        self.assertEqual(ban.reason, "?[2J")
        found = rows.read_room(_Row(rows.room_row(self.record) | {"topic": "a\x07"}))
        self.assertEqual(found, msgspec.structs.replace(self.record, topic=CleanText("a?")))
        columns = rows.room_row(self.record) | {"name": "a,b"}
        self.assertRaises(BadName, rows.read_room, _Row(columns))

    def test_room_whose_bans_cannot_be_read_does_not_come_back_open(self) -> None:
        for column in ("", "[]", '{"bans": 1}', '{"settings": {"slow": "x"}}', "\0"):
            columns = rows.room_row(self.record) | {"standing": column}
            self.assertRaises(BadStanding, rows.read_room, _Row(columns))


class SentTests(SynchronousTestCase):
    def test_id_of_a_client_comes_back_as_it_was(self) -> None:
        sent = Sent(b"12345678", MessageId(9), 1.25)
        message, scope, tag, digest, time = rows.sent_row(Scope("s"), "tag", sent)
        row = _Row({"message": message, "scope": scope, "tag": tag, "digest": digest, "time": time})
        self.assertEqual(rows.read_sent(row), (Scope("s"), "tag", sent))


BARE = RoomRecord(room(3), 1.5)


class StandingTests(SynchronousTestCase):
    def test_standing_takes_little_or_no_place_and_goes_from_version_to_version(self) -> None:
        self.assertEqual(write_standing(BARE), "{}")
        self.assertEqual(read_standing(BARE, "{}"), BARE)
        bans = tuple(Ban(read_target(f"user{n}"), "bob", 1.5) for n in range(500))
        column = write_standing(RoomRecord(room(3), 1.5, bans=bans))
        self.assertLess(len(column), 100_000)
        self.assertEqual(read_standing(BARE, column).bans, bans)
        column = json.dumps({"invited": ["session s"], "something": {"new": 1}})
        self.assertEqual(read_standing(BARE, column).invited, (("session s", Invitation()),))
