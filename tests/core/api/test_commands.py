"""Tests for twisted_chat.core.api.commands."""

from __future__ import annotations

from typing import get_args

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import room_commands as rc
from twisted_chat.core.values.bans import read_target
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.text import CleanText

#: One of each command.
EVERY_COMMAND: tuple[c.Command, ...] = (
    c.Login(nick("bob"), "secret", "token"),
    c.Rename(nick("rob")),
    c.Register("correct horse", "code"),
    c.ChangePassword("correct horse", "battery staple"),
    c.DropAccount("correct horse"),
    c.Invite(),
    c.SetPrivacy("rooms"),
    c.Say(lines("hi", "there"), room("dev"), "action"),
    c.PrivateMessage(nick("alice"), lines("psst")),
    c.ReplyPrivately(lines("yes")),
    c.AskBot("!roll", CleanText("!roll 2"), "no such command"),
    c.SetBotCommands(("!roll",)),
    c.Join(room("dev"), "secret"),
    c.Leave(room("dev"), CleanText("bye")),
    c.Kick(nick("eve"), CleanText("out")),
    c.ShowTopic(),
    c.SetTopic(CleanText("news")),
    c.ShowKeep(),
    c.SetKeep(Keep(30, 1000)),
    c.Away(CleanText("lunch")),
    c.Who(room("dev"), 2),
    c.ListRooms(),
    c.ListAll(),
    c.Whois(nick("alice")),
    c.Ignore(nick("eve")),
    c.Unignore(nick("eve")),
    c.ShowHistory(before=MessageId(5), limit=10),
    c.Search((c.Term("news"),), nick("eve"), (room("dev"),), age=60.0),
    c.ShowStats(),
    c.Oper("root", "secret"),
    c.Deoper(),
    c.Kill(nick("eve"), CleanText("spam")),
    c.ServerBan(c.BanTarget("network", "192.0.2.0/24", insist=True), 60, CleanText("spam")),
    c.ServerUnban(c.BanTarget("account", "eve", nick("eve"))),
    c.ShowServerBans(),
    c.Announce((CleanText("tea"),)),
    c.SetPanic(1),
    c.ShowAudit(2),
    c.ShowAccounts("a*", 2),
    c.ResetPassword(nick("bob")),
    c.RemoveAccount(nick("bob")),
    c.Help("join"),
    c.Ping(CleanText("1")),
    c.Pong(),
    c.Quit(CleanText("bye")),
    c.MarkRead(MessageId(7), room("dev")),
    rc.ShowSettings(),
    rc.ChangeSetting("slow", 30),
    rc.SetPassword("secret"),
    rc.Invite(nick("eve")),
    rc.ChangeRole("voice", True, nick("eve")),
    rc.RegisterRoom(),
    rc.DropRoom(room("dev")),
    rc.Transfer(nick("eve")),
    rc.PutBan(read_target("eve"), 60),
    rc.LiftBan(read_target("eve")),
    rc.ListBans(2),
    rc.Mute(nick("eve")),
    rc.Unmute(nick("eve")),
    rc.Export(),
    rc.ForgetMe(everywhere=True),
)


class CommandTests(SynchronousTestCase):
    def test_union_has_every_command_of_the_modules(self) -> None:
        bases = {*c._Command.__subclasses__(), *rc.RoomCommand.__subclasses__()}
        self.assertEqual(set(get_args(c.Command)), bases)

    def test_examples_are_one_of_each(self) -> None:
        self.assertEqual({type(command) for command in EVERY_COMMAND}, set(get_args(c.Command)))

    def test_commands_are_frozen_values(self) -> None:
        for command in EVERY_COMMAND:
            again = msgspec.structs.replace(command)
            self.assertEqual((command, hash(command)), (again, hash(again)))
            for field in command.__struct_fields__:
                with self.assertRaises(AttributeError):
                    setattr(command, field, None)

    def test_every_command_says_what_it_does(self) -> None:
        for kind in get_args(c.Command):
            self.assertRegex(kind.__doc__ or "", r"^[A-Z].*\.")
