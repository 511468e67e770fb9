"""Tests for twisted_chat.core.api.replies."""

from __future__ import annotations

from typing import get_args

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, nick, room
from twisted_chat.core.api import replies as r
from twisted_chat.core.api import room_replies as rr
from twisted_chat.core.api.records import AuditRecord
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.room_settings import AS_MADE
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.text import CleanText

_PEOPLE = r.People((r.Person(nick("bob")),), 1, 1, 1)
_ROOMS = r.Rooms((r.RoomLine(room("lobby"), 1, CleanText("")),), 1, 1, 1)

#: One of each reply.
EVERY_REPLY: tuple[r.Reply, ...] = (
    r.Refused("code", "why; what to do"),
    r.PasswordNeeded(room("dev")),
    r.NameRefused("nick-taken", '"bob" is taken', nick("bob2")),
    r.NickPassword(nick("bob"), nick("bob2")),
    r.Greeting("chat"),
    r.Welcome(nick("bob"), "token", (CleanText("news"),)),
    r.Hint(),
    r.Entered(room("lobby"), 1, (nick("bob"),), CleanText("")),
    r.FocusSet(room("lobby"), room("dev")),
    r.HistoryStart(room("lobby"), 2, asked=True),
    r.HistoryEnd(room("lobby"), 2, asked=True, more=False),
    r.WaitingStart(2),
    r.WaitingEnd(2),
    r.Missed((r.MissedRoom(room("dev"), 12, 2, MessageId(7)),), (("bob", 1),)),
    r.ReadUpTo(room("dev"), MessageId(7)),
    r.SearchStart(2),
    r.SearchEnd(2, more=False, whole=True),
    r.Stats(1, 1, 1, r.StoreHealth("memory", 0, 0, 2, 0, 0.0, 0.0, 0, None, None)),
    _PEOPLE,
    _ROOMS,
    r.Overview(_ROOMS, _PEOPLE),
    r.Profile(nick("bob"), None, (room("lobby"),), NOW, 5.0, None),
    r.WasHere("bob", NOW, 5.0),
    r.ServerBanList((Ban("account", "eve", "root", NOW),), 1, 1, 1, NOW),
    r.AccountList((r.AccountLine(nick("bob"), NOW, False, NOW),), 1, 1, 1, "b*"),
    r.Audit((AuditRecord(NOW, "root", "bob", "192.0.2.7", CleanText("did it")),), 1, 1, 1),
    r.Topic(room("lobby"), CleanText("news"), nick("bob"), NOW),
    r.Kept(room("lobby"), Keep(30, 1000)),
    rr.RoomSettings(room("dev"), AS_MADE, False, "bob", (("bob", ("owner",)),)),
    rr.Bans(room("dev"), (rr.BanLine(False, "eve", "bob", NOW, None, None),), 1, 1, 1),
    rr.Invitation(nick("bob"), room("dev")),
    r.Ignored(("eve",)),
    r.Confirmed("done"),
    r.Notice("kicked", "you are no longer in #dev"),
    r.HelpText((r.HelpLine("join", "ROOM", "enter a room"),)),
    r.Acked(MessageId(1), NOW),
    r.Pong(CleanText("1")),
    r.Probe(),
    r.Farewell("the server is going down"),
)


class ReplyTests(SynchronousTestCase):
    def test_union_has_every_reply_there_is(self) -> None:
        self.assertEqual(
            set(get_args(r.Reply)), {*r._Reply.__subclasses__(), *rr.RoomReply.__subclasses__()}
        )

    def test_examples_are_one_of_each(self) -> None:
        self.assertEqual({type(reply) for reply in EVERY_REPLY}, set(get_args(r.Reply)))

    def test_replies_are_frozen_values(self) -> None:
        for reply in EVERY_REPLY:
            again = msgspec.structs.replace(reply)
            self.assertEqual((reply, hash(reply)), (again, hash(again)))
            for field in reply.__struct_fields__:
                with self.assertRaises(AttributeError):
                    setattr(reply, field, None)

    def test_every_reply_says_what_it_is(self) -> None:
        for kind in get_args(r.Reply):
            self.assertRegex(kind.__doc__ or "", r"^[A-Z].*\.")
