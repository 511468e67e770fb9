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
            (
                e.SettingsChanged((("topic-lock", 1),)),
                "allowed only operators to set the topic of #dev",
            ),
            (e.SettingsChanged((("topic-lock", 0),)), "allowed everyone to set the topic of #dev"),
            (
                e.SettingsChanged((("private", 1),)),
                "made #dev private: only its members see it in lists",
            ),
            (e.SettingsChanged((("invite-only", 1),)), "made #dev invite-only"),
            (
                e.SettingsChanged((("moderated", 1),)),
                "made #dev moderated: only people with a role can speak",
            ),
            (
                e.SettingsChanged((("slow", 90),)),
                "turned slow mode on in #dev: 1 minute 30 seconds between two lines of one person",
            ),
            (e.SettingsChanged((("slow", 0),)), "turned slow mode off in #dev"),
            (
                e.SettingsChanged((("visibility", 1),)),
                "made the history of #dev visible to people from the time they joined",
            ),
            (e.SettingsChanged((("limit", 1200),)), "limited #dev to 1,200 members"),
            (
                e.SettingsChanged((("limit", 0), ("outside", 1))),
                "removed the member limit of #dev; allowed people to speak in #dev without entering it",
            ),
            (e.RoomPasswordSet(True), "locked #dev with a password"),
            (e.RoomPasswordSet(False), "removed the password of #dev"),
            (e.InvitedToRoom(two, EVE), "invited eve to #dev"),
            (e.InvitedToRoom(two, EVE, you=True), "invites you to #dev. Enter it with /join #dev"),
            (e.RoleChanged("operator", True, EVE), "made eve an operator of #dev"),
            (e.RoleChanged("operator", False, EVE), "removed eve as an operator of #dev"),
            (e.RoleChanged("voice", True, EVE), "gave eve voice in #dev"),
            (e.RoleChanged("voice", False, EVE), "removed the voice of eve in #dev"),
            (e.RoomRegistered(), "registered #dev and owns it now"),
            (e.RoomTransferred(two, EVE), "transferred #dev to eve, who owns it now"),
            (e.Banned(BAN), "banned eve from #dev for 2 hours (too loud)"),
            (
                e.Banned(Ban(read_target("*"), "bob", NOW), out=((two, EVE),)),
                "banned * from #dev; removed: eve",
            ),
            (e.Unbanned(read_target("eve")), "lifted the ban on eve in #dev"),
            (e.Unbanned(read_target("10.0.0.0/8")), "lifted the ban on an address in #dev"),
            (e.Muted(replace(BAN, reason=None), two), "muted eve in #dev for 2 hours"),
            (e.Unmuted(read_target("eve")), "unmuted eve in #dev"),
            (
                e.Excepted("mutes", replace(BAN, reason=None)),
                "exempted eve from the mutes of #dev for 2 hours",
            ),
            (
                e.ExceptionLifted("bans", read_target("*!*@eve.user")),
                "no longer exempts *!*@eve.user from the bans of #dev",
            ),
            (e.Forgotten(True), "deleted all of their messages"),
            (e.Forgotten(False), "deleted their messages in #dev"),
            (e.RoomDropped(), "deleted #dev and everything said in it"),
        ):
            end = "" if said.endswith(")") else "."
            self.assertEqual(in_room(event, "ann", "#dev"), f"ann {said}{end}")

    def test_many_who_are_out_are_counted(self) -> None:
        out = tuple((UserId(n), nick(f"user{n}")) for n in range(25))
        said = in_room(e.Banned(Ban(read_target("*"), "bob", NOW), out=out), "ann", "#dev")
        self.assertTrue(said.endswith("user8, user9 and 15 more."), said)
