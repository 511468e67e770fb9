"""Tests for twisted_chat.dialects.wording.events."""

from __future__ import annotations

from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, nick, room
from twisted_chat.core.api import events as e
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.ids import UserId
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.wording.events import in_room

EVE, DEV = nick("eve"), room("dev")
BAN = Ban(read_target("eve"), "bob", NOW, NOW + 7200, CleanText("too loud"))


class HappenedTests(SynchronousTestCase):
    def test_each_is_a_sentence_behind_a_name(self) -> None:
        two = UserId(2)
        for event, said in (
            (e.SettingChanged("topic-lock", 1), "lets only operators set the topic of #dev"),
            (e.SettingChanged("topic-lock", 0), "lets everybody set the topic of #dev"),
            (
                e.SettingChanged("private", 1),
                "hides #dev from the lists of those who are not in it",
            ),
            (e.SettingChanged("invite-only", 1), "lets only those into #dev who are invited"),
            (e.SettingChanged("moderated", 1), "lets only those speak in #dev who have voice"),
            (
                e.SettingChanged("slow", 90),
                "made #dev slow: 1 minute 30 seconds between two lines of one person",
            ),
            (e.SettingChanged("slow", 0), "made #dev as quick as before"),
            (
                e.SettingChanged("visibility", 1),
                "shows people the history of #dev since they came",
            ),
            (e.RoomPasswordSet(True), "locked #dev with a password"),
            (e.RoomPasswordSet(False), "unlocked #dev"),
            (e.InvitedToRoom(two, EVE), "invited eve to #dev"),
            (e.RoleChanged("operator", True, EVE), "made eve operator of #dev"),
            (e.RoleChanged("operator", False, EVE), "made eve no longer operator of #dev"),
            (e.RoleChanged("voice", True, EVE), "gave eve voice in #dev"),
            (e.RoleChanged("voice", False, EVE), "took voice from eve in #dev"),
            (e.RoomRegistered(), "registered #dev, and owns it"),
            (e.RoomTransferred(two, EVE), "gave #dev to eve, who owns it now"),
            (e.Banned(BAN), "banned eve from #dev for 2 hours (too loud)"),
            (
                e.Banned(Ban(read_target("*"), "bob", NOW), out=((two, EVE),)),
                "banned * from #dev; out: eve",
            ),
            (e.Unbanned(read_target("eve")), "lifted the ban of eve from #dev"),
            (e.Unbanned(read_target("10.0.0.0/8")), "lifted the ban of an address from #dev"),
            (e.Muted(replace(BAN, reason=None), two, EVE), "muted eve in #dev for 2 hours"),
            (e.Unmuted(read_target("eve")), "lets eve speak in #dev again"),
            (e.Forgotten(True), "deleted what they had said everywhere"),
            (e.Forgotten(False), "deleted what they had said in #dev"),
            (e.RoomDropped(), "deleted #dev, and all that was said there"),
        ):
            self.assertEqual(in_room(event, "ann", "#dev"), f"ann {said}")

    def test_many_who_are_out_are_counted(self) -> None:
        out = tuple((UserId(n), nick(f"user{n}")) for n in range(25))
        said = in_room(e.Banned(Ban(read_target("*"), "bob", NOW), out=out), "ann", "#dev")
        self.assertTrue(said.endswith("user8, user9 and 15 more"), said)
