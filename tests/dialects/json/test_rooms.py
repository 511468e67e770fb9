"""Tests for twisted_chat.dialects.json.rooms."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, nick, room
from twisted_chat.core.api import room_events as re
from twisted_chat.core.api import room_replies as rr
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.ids import UserId
from twisted_chat.core.values.room_settings import Settings
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.json.rooms import bans, happened, settings

EVE, DEV = nick("eve"), room("dev")
#: NOW, as it is written.
DAY = "2025-06-15T15:06:40Z"


class HappenedTests(SynchronousTestCase):
    def test_each_has_its_type_and_fields(self) -> None:
        two = UserId(2)
        ban = Ban(read_target("eve"), "bob", NOW - 60, NOW, CleanText("loud"))
        told = {"target": "eve", "until": DAY, "reason": "loud"}
        for event, kind, fields in (
            (re.SettingChanged("private", 1), "setting", {"setting": "private", "value": True}),
            (re.SettingChanged("slow", 30), "setting", {"setting": "slow", "value": 30}),
            (
                re.SettingChanged("visibility", 1),
                "setting",
                {"setting": "visibility", "value": "join"},
            ),
            (
                re.SettingChanged("visibility", 0),
                "setting",
                {"setting": "visibility", "value": "all"},
            ),
            (re.PasswordSet(True), "setting", {"setting": "lock", "value": True}),
            (re.Invited(two, EVE), "invite", {"to": "eve"}),
            (
                re.RoleChanged("voice", True, EVE),
                "role",
                {"to": "eve", "role": "voice", "given": True},
            ),
            (re.Registered(), "owner", {}),
            (re.Transferred(two, EVE), "owner", {"to": "eve"}),
            (re.Banned(ban, out=((two, EVE),)), "ban", {**told, "out": ["eve"], "out_count": 1}),
            (
                re.Banned(Ban(read_target("*"), "bob", NOW)),
                "ban",
                {"target": "*", "until": None, "reason": None, "out": [], "out_count": 0},
            ),
            (re.Unbanned(read_target("10.0.0.0/8")), "unban", {"target": "an address"}),
            (re.Muted(ban, two, EVE), "mute", told),
            (re.Unmuted(read_target("eve")), "unmute", {"target": "eve"}),
            (re.Forgotten(True), "forget", {"everywhere": True}),
            (re.Dropped(((two, EVE),)), "drop", {"out": ["eve"], "out_count": 1}),
        ):
            self.assertEqual(happened(event), (kind, fields))

    def test_crowd_that_is_put_out_is_named_in_part(self) -> None:
        out = tuple((UserId(n), nick(f"user{n}")) for n in range(5_000))
        _, fields = happened(re.Dropped(out))
        self.assertEqual((len(fields["out"]), fields["out_count"]), (50, 5_000))


class ReplyTests(SynchronousTestCase):
    def test_settings_are_values(self) -> None:
        how = Settings(private=True, slow=30, since_join=True)
        kind, content, fields = settings(
            rr.RoomSettings(DEV, how, True, "bob", (("bob", ("owner",)),))
        )
        self.assertEqual((kind, content), ("settings", "#dev"))
        self.assertEqual(
            fields,
            {
                "room": "dev",
                "owner": "bob",
                "lock": True,
                "private": True,
                "invite-only": False,
                "moderated": False,
                "slow": 30,
                "topic-lock": False,
                "visibility": "join",
                "roles": {"bob": ["owner"]},
            },
        )

    def test_bans_are_a_page_of_objects(self) -> None:
        line = rr.BanLine(False, "*spam*", "bob", NOW, 59.7, None)
        kind, content, fields = bans(rr.Bans(DEV, (line,), 51, 2, 2))
        self.assertEqual((kind, content), ("bans", "51 banned or muted"))
        ban = {
            "mute": False,
            "target": "*spam*",
            "by": "bob",
            "time": DAY,
            "left": 60,
            "reason": None,
        }
        self.assertEqual(fields, {"room": "dev", "bans": [ban], "count": 51, "page": 2, "pages": 2})
