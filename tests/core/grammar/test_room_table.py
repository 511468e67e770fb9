"""Tests for twisted_chat.core.grammar.room_table, and for the arguments that only its commands take."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar.arguments import BadArguments
from twisted_chat.core.grammar.room_table import ROOM_SPECS
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.values.bans import read_target
from twisted_chat.core.values.names import BadName
from twisted_chat.core.values.text import CleanText

BOB, DEV = nick("bob"), room("dev")
NET, STARS = read_target("10.0.0.0/8"), read_target("*spam*")


def parse(line: str) -> c.Command:
    name, _, rest = line.partition(" ")
    return COMMANDS[name].parse(rest)


class RoomSpecTests(SynchronousTestCase):
    def test_every_command_is_read(self) -> None:
        because = CleanText("too loud")
        for line, command in (
            ("ban bob", c.PutBan(read_target("bob"))),
            ("ban bob 2h", c.PutBan(read_target("bob"), 7200)),
            ("ban bob too loud", c.PutBan(read_target("bob"), None, because)),
            ("ban #dev *spam* 1d12h too loud", c.PutBan(STARS, 129_600, because, False, DEV)),
            ("ban !10.0.0.0/8", c.PutBan(NET, insist=True)),
            ("ban address:bob", c.PutBan(read_target("address:bob"))),
            ("unban 10.1.2.3/8", c.LiftBan(NET)),
            ("unban #dev bob", c.LiftBan(read_target("bob"), DEV)),
            ("bans", c.ListBans()),
            ("bans #dev 2", c.ListBans(2, DEV)),
            ("mute bob", c.Mute(read_target("bob"))),
            ("mute #dev bob 10m too loud", c.Mute(read_target("bob"), 600, because, DEV)),
            ("unmute bob", c.Unmute(read_target("bob"))),
            ("mute *!*@bob.user", c.Mute(read_target("*!*@bob.user"))),
            ("except bob", c.PutException("bans", read_target("bob"))),
            (
                "except #dev invites *!*@bob.user 2h too loud",
                c.PutException("invites", read_target("*!*@bob.user"), 7200, because, DEV),
            ),
            ("unexcept account:bob", c.LiftException("bans", read_target("account:bob"))),
            ("unexcept MUTES bob", c.LiftException("mutes", read_target("bob"))),
            ("op bob", c.ChangeRole("operator", True, BOB)),
            ("deop #dev bob", c.ChangeRole("operator", False, BOB, DEV)),
            ("voice bob", c.ChangeRole("voice", True, BOB)),
            ("devoice bob", c.ChangeRole("voice", False, BOB)),
            ("invite bob", c.InviteToRoom(BOB)),
            ("lock secret", c.SetRoomPassword("secret")),
            ("lock #dev secret", c.SetRoomPassword("secret", DEV)),
            ("unlock", c.SetRoomPassword(None)),
            ("private on", c.ChangeSettings((("private", 1),))),
            ("invite-only #dev OFF", c.ChangeSettings((("invite-only", 0),), DEV)),
            ("moderated on", c.ChangeSettings((("moderated", 1),))),
            ("slow 30", c.ChangeSettings((("slow", 30),))),
            ("slow #dev 0", c.ChangeSettings((("slow", 0),), DEV)),
            ("topic-lock on", c.ChangeSettings((("topic-lock", 1),))),
            ("visibility join", c.ChangeSettings((("visibility", 1),))),
            ("visibility all", c.ChangeSettings((("visibility", 0),))),
            ("settings", c.ShowSettings()),
            ("profile", c.ShowProfile()),
            ("profile #dev", c.ShowProfile(None, DEV)),
            ("profile @bob", c.ShowProfile(BOB)),
            (
                "profile Color dark blue",
                c.ChangeProfile((("color", CleanText("dark blue")),)),
            ),
            ("profile #dev color -", c.ChangeProfile((("color", None),), True, DEV)),
            ("set", c.ShowSettings(None)),
            ("set #dev", c.ShowSettings(DEV)),
            ("set limit 30", c.ChangeSettings((("limit", 30),))),
            (
                "set #dev LIMIT 0 outside on visibility join slow 5",
                c.ChangeSettings(
                    (("limit", 0), ("outside", 1), ("visibility", 1), ("slow", 5)), DEV
                ),
            ),
            ("register-room", c.RegisterRoom()),
            ("transfer bob", c.Transfer(BOB)),
            ("rename-room ops", c.RenameRoom(room("ops"))),
            ("rename-room #ops too loud", c.RenameRoom(room("ops"), because)),
            ("export", c.Export()),
            ("drop-room", c.DropRoom()),
            ("drop-room dev", c.DropRoom(DEV)),
            ("forget-me", c.ForgetMe()),
            ("forget-me dev", c.ForgetMe(DEV)),
            ("forget-me ALL", c.ForgetMe(everywhere=True)),
            ("forget-me #all", c.ForgetMe(room("all"))),
        ):
            self.assertEqual(parse(line), command, line)

    def test_every_command_takes_another_room_first(self) -> None:
        samples = {
            "TARGET": "bob",
            "NICK": "bob",
            "PASSWORD": "secret",
            "SWITCH": "on",
            "VISIBILITY": "all",
            "SECONDS": "5",
            "ROOM": "ops",
        }
        for spec in ROOM_SPECS:
            if spec.name == "rename-room":
                continue  # the room that it names is the new one
            words = spec.arguments
            needed = [samples[word] for word in words if not {"[", "]"} & set(word)]
            command = spec.parse(" ".join(["#dev", *needed]))
            assert isinstance(command, c.RoomCommand)
            self.assertEqual(getattr(command, "room", None), DEV, spec.name)

    def test_usage_in_full_has_the_room_that_may_stand_first(self) -> None:
        for name, usage in (
            ("settings", "[#ROOM]"),
            ("ban", "[#ROOM] TARGET [DURATION] [TEXT]"),
            ("drop-room", "[ROOM]"),
            ("topic", "[#ROOM] [TEXT]"),
            ("who", "[ROOM] [PAGE]"),
        ):
            self.assertEqual(COMMANDS[name].whole_usage, usage)

    def test_what_is_missing_is_called_as_in_the_usage(self) -> None:
        for line, missing in (
            ("private", "on|off"),
            ("visibility", "join|all"),
            ("panic", "0|1|2"),
            ("slow", "SECONDS"),
        ):
            bad = self.assertRaises(BadArguments, parse, line)
            self.assertEqual(str(bad), f"{missing} is missing")

    def test_nonsense_for_a_duration_is_no_ban_for_ever(self) -> None:
        for word in ("10", "10x", "0s", "2hh", "1h-", "99999999999d", "1.5h", "9999d", "7days"):
            for line in (f"ban bob {word}", f"ban bob {word} spam", f"mute bob {word}"):
                bad = self.assertRaises(BadArguments, parse, line)
                self.assertIn("is not a duration such as 10m, 2h, 7d", str(bad))

    def test_what_is_no_target_is_refused_with_an_example(self) -> None:
        for word in ("300.1.1.1", "10.0.0.0/33", "a.b", "fe80::1%eth0", "1/2"):
            bad = self.assertRaises(BadArguments, parse, f"ban {word}")
            self.assertIn("matches nobody. Type a nickname", str(bad))
        self.assertRaises(BadName, parse, "ban 12")
        self.assertRaises(BadName, parse, "ban address:")

    def test_switches_have_two_words(self) -> None:
        bad = self.assertRaises(BadArguments, parse, "private maybe")
        self.assertEqual(str(bad), '"maybe" is neither on nor off')
        bad = self.assertRaises(BadArguments, parse, "visibility some")
        self.assertEqual(str(bad), '"some" is neither join nor all')
        for word in ("-1", "x", "1.5", "9" * 10, "\u0663"):
            bad = self.assertRaises(BadArguments, parse, f"slow {word}")
            self.assertEqual(
                str(bad), f'"{word}" is not a number of seconds; 0 turns slow mode off'
            )
