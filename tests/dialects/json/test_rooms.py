"""What programs are told about the settings, roles, bans and ownership of rooms."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, nick, room
from tests.dialects import json_shown as shown
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.ids import UserId
from twisted_chat.core.values.room_settings import Settings
from twisted_chat.core.values.text import CleanText

EVE, DEV = nick("eve"), room("dev")
#: NOW, as it is written.
DAY = "2025-06-15T15:06:40Z"


class HappenedTests(SynchronousTestCase):
    def test_each_has_its_type_and_fields(self) -> None:
        two = UserId(2)
        ban = Ban(read_target("eve"), "bob", NOW - 60, NOW, CleanText("loud"))
        told = {"target": "eve", "until": DAY, "reason": "loud"}
        for event, kind, fields in (
            (
                e.SettingsChanged((("private", 1),)),
                "setting",
                {"setting": "private", "value": True},
            ),
            (e.SettingsChanged((("slow", 30),)), "setting", {"setting": "slow", "value": 30}),
            (
                e.SettingsChanged((("visibility", 1),)),
                "setting",
                {"setting": "visibility", "value": "join"},
            ),
            (
                e.SettingsChanged((("visibility", 0),)),
                "setting",
                {"setting": "visibility", "value": "all"},
            ),
            (
                e.SettingsChanged((("no-ctcp", 1), ("limit", 5), ("visibility", 0))),
                "setting",
                {
                    "setting": "no-ctcp",
                    "value": True,
                    "changes": {"no-ctcp": True, "limit": 5, "visibility": "all"},
                },
            ),
            (e.RoomPasswordSet(True), "setting", {"setting": "lock", "value": True}),
            (e.InvitedToRoom(two, EVE), "invite", {"to": "eve"}),
            (e.InvitedToRoom(two, EVE, you=True), "invite", {"you": True}),
            (
                e.RoleChanged("voice", True, EVE),
                "role",
                {"to": "eve", "role": "voice", "given": True},
            ),
            (e.RoomRegistered(), "owner", {}),
            (e.RoomTransferred(two, EVE), "owner", {"to": "eve"}),
            (e.RoomRenamed(room("ops")), "rename", {"name": "ops", "reason": None}),
            (e.Banned(ban, out=((two, EVE),)), "ban", {**told, "out": ["eve"], "out_count": 1}),
            (
                e.Banned(Ban(read_target("*"), "bob", NOW)),
                "ban",
                {"target": "*", "until": None, "reason": None, "out": [], "out_count": 0},
            ),
            (e.Unbanned(read_target("10.0.0.0/8")), "unban", {"target": "an address"}),
            (e.Muted(ban, two), "mute", told),
            (e.Unmuted(read_target("eve")), "unmute", {"target": "eve"}),
            (e.Excepted("mutes", ban), "except", {"exempt": "mutes", **told}),
            (
                e.ExceptionLifted("invites", read_target("*!*@eve.user")),
                "unexcept",
                {"exempt": "invites", "target": "*!*@eve.user"},
            ),
            (e.Forgotten(True), "forget", {"everywhere": True}),
            (e.RoomDropped(((two, EVE),)), "drop", {"out": ["eve"], "out_count": 1}),
        ):
            made = shown.event(event)
            self.assertEqual(made, shown.happened(kind, made["content"], **fields))

    def test_change_of_a_profile_has_its_values(self) -> None:
        changes = (("color", CleanText("blue")), ("avatar", None))
        told = shown.event(e.ProfileChanged(changes, of_room=True))
        self.assertEqual((told["type"], told["room"]), ("profile", "dev"))
        self.assertEqual(told["values"], {"color": "blue", "avatar": None})

    def test_crowd_that_is_put_out_is_named_in_part(self) -> None:
        out = tuple((UserId(n), nick(f"user{n}")) for n in range(5_000))
        told = shown.event(e.RoomDropped(out))
        self.assertEqual((len(told["out"]), told["out_count"]), (50, 5_000))


class ReplyTests(SynchronousTestCase):
    def test_settings_are_values(self) -> None:
        how = Settings(private=True, slow=30, since_join=True, limit=9, accounts_only=True)
        told = shown.reply(r.RoomSettings(DEV, how, True, "bob", (("bob", ("owner",)),), NOW))
        self.assertEqual(
            told,
            {
                "type": "settings",
                "content": "#dev",
                "room": "dev",
                "owner": "bob",
                "since": DAY,
                "lock": True,
                "private": True,
                "invite-only": False,
                "moderated": False,
                "slow": 30,
                "topic-lock": False,
                "visibility": "join",
                "limit": 9,
                "outside": False,
                "no-ctcp": False,
                "accounts-only": True,
                "accounts-speak": False,
                "roles": {"bob": ["owner"]},
            },
        )

    def test_profile_is_an_object_of_values(self) -> None:
        values = (("color", CleanText("blue")),)
        for of, name in ((EVE, {"nick": "eve"}), (DEV, {"room": "dev"})):
            told = shown.reply(r.ProfileValues(of, values))
            self.assertEqual(told.pop("type"), "profile")
            self.assertEqual(
                told, {"content": f"Profile of {of}.", **name, "values": {"color": "blue"}}
            )

    def test_invitations_are_a_page_of_objects(self) -> None:
        told = shown.reply(r.Invitations((r.InvitationLine(DEV, "bob", NOW),), 51, 2, 2))
        self.assertEqual(
            told,
            {
                "type": "invites",
                "content": "You are invited to 51 rooms.",
                "invites": [{"room": "dev", "by": "bob", "time": DAY}],
                "count": 51,
                "page": 2,
                "pages": 2,
            },
        )

    def test_bans_are_a_page_of_objects(self) -> None:
        line = r.BanLine(False, "*spam*", "bob", NOW, 59.7, None)
        told = shown.reply(r.Bans(DEV, (line,), 51, 2, 2))
        self.assertEqual(
            (told.pop("type"), told.pop("content")),
            ("bans", "#dev has 51 bans, mutes and exceptions."),
        )
        ban = {
            "mute": False,
            "target": "*spam*",
            "by": "bob",
            "time": DAY,
            "left": 60,
            "reason": None,
            "exempt": None,
        }
        self.assertEqual(told, {"room": "dev", "bans": [ban], "count": 51, "page": 2, "pages": 2})
