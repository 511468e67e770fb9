"""Tests for twisted_chat.core.api.events."""

from __future__ import annotations

from typing import get_args

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, lines, nick, room
from twisted_chat.core.api import events as e
from twisted_chat.core.api import room_events as re
from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.server_ban import Ban as ServerBan
from twisted_chat.core.values.text import CleanText

#: One of each event.
EVERY_EVENT: tuple[e.Event, ...] = (
    e.Arrived(nick("bob"), Scope("s"), "somewhere", ((Node("a"), SessionId(1)),)),
    e.Departed(CleanText("quit"), (RoomId(0),)),
    e.Detached(),
    e.Renamed(nick("rob")),
    e.Joined(room("dev"), "00", created=True),
    e.Left(CleanText("bye")),
    e.Kicked(UserId(2), nick("eve")),
    e.Said("say", lines("hi")),
    e.Told(UserId(2), nick("eve"), "say", lines("psst")),
    e.Received(RoomId(-3)),
    e.Read(MessageId(7), nick("eve")),
    e.TopicSet(CleanText("news")),
    e.KeepSet(Keep(30, 1000), capped=True),
    e.Closed(),
    e.AwaySet(None),
    e.BotCommandsSet(("!roll",)),
    e.Registered(nick("bob"), "a hash"),
    e.LoggedIn(nick("bob"), Proof("bob")),
    e.PasswordSet(Proof("bob"), "a hash"),
    e.AccountDropped(Proof("bob")),
    e.Invited("a digest", NOW),
    e.PrivacySet("rooms"),
    e.IgnoreSet("eve", "Eve", hide=True),
    e.Killed("root", UserId(2), nick("eve"), CleanText("spam")),
    e.ServerBanned("root", ServerBan("account", "eve", "root", 5.0)),
    e.ServerUnbanned("root", "account", "eve"),
    e.Announced("root", lines("tea")),
    e.PanicSet("root", 1),
    e.PasswordReset("root", "bob", "digest", "a hash", (UserId(2),)),
    e.AccountRemoved("root", "bob", (UserId(2),), (RoomId(3),)),
    e.Gathered((nick("bob"),), (), 200),
    re.SettingChanged("slow", 30),
    re.PasswordSet(True, "00"),
    re.Invited(UserId(2), nick("eve")),
    re.RoleChanged("voice", True, nick("eve"), UserId(2)),
    re.Registered(),
    re.Transferred(UserId(2), nick("eve")),
    re.Banned(Ban(read_target("eve"), "bob", NOW), UserId(2)),
    re.Unbanned(read_target("eve")),
    re.Muted(Ban(read_target("eve"), "bob", NOW), UserId(2), nick("eve")),
    re.Unmuted(read_target("eve")),
    re.Forgotten(False),
    re.Dropped(),
)

ORIGIN = e.Origin(Node("a"), SessionId(1), "tag")
AUTHOR = e.Author(UserId(1), nick("bob"), Scope("s"))


class EventTests(SynchronousTestCase):
    def test_union_has_every_event_of_the_modules(self) -> None:
        bases = {*e._Event.__subclasses__(), *re.RoomEvent.__subclasses__()}
        self.assertEqual(set(get_args(e.Event)), bases)

    def test_examples_are_one_of_each(self) -> None:
        self.assertEqual({type(event) for event in EVERY_EVENT}, set(get_args(e.Event)))

    def test_events_and_what_is_around_them_are_frozen_values(self) -> None:
        around = [
            AUTHOR,
            ORIGIN,
            e.RoomRef(RoomId(0), room("lobby")),
            e.Proposal(EVERY_EVENT[0], ORIGIN, NOW),
            e.Envelope(MessageId(1), NOW, EVERY_EVENT[0], ORIGIN, AUTHOR),
        ]
        for value in (*EVERY_EVENT, *around):
            again = msgspec.structs.replace(value)
            self.assertEqual((value, hash(value)), (again, hash(again)))
            for field in value.__struct_fields__:
                with self.assertRaises(AttributeError):
                    setattr(value, field, None)

    def test_every_event_says_what_happened(self) -> None:
        for kind in get_args(e.Event):
            self.assertRegex(kind.__doc__ or "", r"^[A-Z].*\.")


class EnvelopeTests(SynchronousTestCase):
    def test_tag_is_that_of_the_origin(self) -> None:
        said = e.Said("say", lines("hi"))
        self.assertEqual(e.Envelope(MessageId(1), NOW, said, ORIGIN, AUTHOR).tag, "tag")

    def test_what_was_made_for_show_has_no_tag(self) -> None:
        self.assertIsNone(e.Envelope(MessageId(1), NOW, EVERY_EVENT[-1], None, None).tag)
