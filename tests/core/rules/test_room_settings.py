"""How a room is set: topic, retention, settings, password."""

from __future__ import annotations

from tests.core.ruled import DEV, RuledCase, give_account, typed
from tests.core.rules.cases import ChatCase
from tests.core.world import NOW, World, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules.decisions import Propose
from twisted_chat.core.rules.outcomes import NOT_IN_ROOM, Applied, Duplicate, InRoom, Rejected
from twisted_chat.core.state.room import room_digest
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.core.values.room_settings import AS_MADE, Change
from twisted_chat.core.values.text import CleanText

HI = lines("hi")


class TopicTests(ChatCase):
    def test_topic_is_set_and_shown(self) -> None:
        self.assertEqual(
            self.decide(self.alice, c.SetTopic(CleanText("news"))),
            Propose(e.TopicSet(CleanText("news")), self.dev),
        )
        self.assertEqual(
            self.reply(self.bob, c.ShowTopic(room("dev"))), r.Topic(room("dev"), CleanText(""))
        )
        self.world.do(self.alice, c.SetTopic(CleanText("news")))
        self.assertEqual(
            self.reply(self.bob, c.ShowTopic(room("dev"))),
            r.Topic(room("dev"), CleanText("news"), nick("alice"), NOW),
        )

    def test_topic_is_kept_with_who_set_it_and_when(self) -> None:
        self.world.now += 5
        outcome = self.applied(self.alice, e.TopicSet(CleanText("news")), self.dev)
        self.assertEqual(outcome.audience, InRoom(self.dev))
        dev = self.room("dev")
        self.assertEqual(
            (dev.topic, dev.topic_by, dev.topic_time), ("news", nick("alice"), NOW + 5)
        )


class KeepSetTests(ChatCase):
    def test_operator_sets_what_is_kept(self) -> None:
        shown = self.applied(self.bob, e.KeepSet(Keep(30), capped=True), self.dev)
        self.assertEqual(self.room("dev").keep, Keep(30))
        self.assertEqual(shown.envelope.event, e.KeepSet(Keep(30), capped=True))
        self.assertEqual(shown.audience, InRoom(self.dev))

    def test_others_do_not(self) -> None:
        refused = self.void(self.alice, e.KeepSet(Keep(30)), self.dev)
        assert isinstance(refused, Refused)
        self.assertEqual(refused.code, "not-operator")
        self.assertEqual(self.void(self.eve, e.KeepSet(Keep(30)), self.dev), NOT_IN_ROOM)
        self.assertEqual(self.void(self.bob, e.KeepSet(Keep(30))), NOT_IN_ROOM)


class KeepTests(ChatCase):
    month = Keep(days=30)

    def test_what_is_kept_is_set_by_operators_and_by_nobody_in_the_lobby(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.SetKeep(self.month, room("dev"))),
            Propose(e.KeepSet(self.month), self.dev),
        )
        why = "Nobody can do that in #lobby, because it has no operators. Nothing was changed."
        self.refuse(self.bob, c.SetKeep(self.month), "not-operator", why)
        for command in (c.SetKeep(self.month, room("dev")), c.ShowKeep(room("dev"))):
            self.refuse(
                self.eve, command, "not-in-room", "You are not in #dev. Enter it with /join #dev."
            )

    def limited(self, days: int, lines: int) -> None:
        self.world = World(limits=Limits(keep_days=days, keep_lines=lines))
        self.hub = self.world.hub
        self.bob = self.world.enter("bob")
        self.world.do(self.bob, c.Join(room("dev")))
        self.dev = self.room("dev").ref.id

    def test_more_than_the_server_keeps_is_capped_and_says_so(self) -> None:
        self.limited(days=7, lines=0)
        for asked, got, capped in (
            (Keep(30), Keep(7), True),
            (Keep(30, 500), Keep(7, 500), True),
            (Keep(7), Keep(7), False),
            (Keep(1), Keep(1), False),
            (Keep(lines=500), Keep(lines=500), False),
            (KEEP_ALL, KEEP_ALL, False),
        ):
            self.assertEqual(
                self.decide(self.bob, c.SetKeep(asked)), Propose(e.KeepSet(got, capped), self.dev)
            )

    def test_what_is_shown_is_what_holds(self) -> None:
        self.limited(days=7, lines=0)
        kept = self.reply(self.bob, c.ShowKeep())
        self.assertEqual(kept, r.Kept(room("dev"), Keep(days=7)))
        self.world.do(self.bob, c.SetKeep(Keep(lines=500)))
        kept = self.reply(self.bob, c.ShowKeep(room("dev")))
        self.assertEqual(kept, r.Kept(room("dev"), Keep(7, 500)))
        kept = self.reply(self.bob, c.ShowKeep(room("lobby")))
        self.assertEqual(kept, r.Kept(room("lobby"), Keep(days=7)))


class SettingTests(RuledCase):
    def test_moderated_room_hears_who_has_voice(self) -> None:
        self.done(self.otto, "moderated on")
        spoken = [self.speaks(seat) for seat in (self.eve, self.vera, self.otto, self.olga)]
        self.assertEqual(spoken, ["moderated", "", "", ""])
        self.done(self.otto, "moderated off")
        self.assertEqual(self.speaks(self.eve), "")

    def test_slow_room_is_slow_for_each_by_itself(self) -> None:
        self.world.do(self.carl, c.Join(DEV))
        self.done(self.otto, "slow 30")
        self.assertEqual((self.speaks(self.eve), self.speaks(self.eve)), ("", "slow"))
        self.assertEqual(self.speaks(self.carl), "")
        self.assertEqual((self.speaks(self.vera), self.speaks(self.vera)), ("", ""))
        self.world.now += 30
        self.assertEqual(self.speaks(self.eve), "")
        self.done(self.otto, "slow 0")
        self.assertEqual(self.speaks(self.eve), "")
        self.assertEqual(self.dev.spoke, {})

    def test_several_settings_are_changed_by_one_command_and_shown_as_one_event(self) -> None:
        shown = self.done(self.otto, "set moderated on slow 30 limit 9")
        changes: tuple[Change, ...] = (("moderated", 1), ("slow", 30), ("limit", 9))
        self.assertEqual(shown.event, e.SettingsChanged(changes))
        how = self.dev.settings
        self.assertEqual((how.moderated, how.slow, how.limit), (True, 30, 9))

    def test_one_bad_setting_changes_none_of_them(self) -> None:
        for line in ("set moderated on slow 21601", "set moderated on limit 1000001"):
            self.refused(self.otto, line)
            self.assertEqual(self.dev.settings, AS_MADE)

    def test_full_room_lets_in_nobody_but_its_owner_and_who_is_invited(self) -> None:
        self.done(self.otto, "set limit 4")
        self.assertEqual(self.enters(self.carl), "room-full")
        self.done(self.otto, "invite carl")
        self.assertEqual(self.enters(self.carl), "")
        self.world.do(self.olga, c.Leave(DEV))
        self.assertEqual(self.enters(self.olga), "")
        self.assertEqual(self.speaks(self.eve), "")
        self.world.do(self.carl, c.Leave(DEV))
        self.assertEqual(self.enters(self.carl), "room-full")
        self.done(self.otto, "set limit 5")
        self.assertEqual(self.enters(self.carl), "")

    def test_two_who_want_the_last_place_do_not_both_get_it(self) -> None:
        self.done(self.otto, "set limit 5")
        dora = self.comes("dora")
        self.world.instant = False
        for seat in (self.carl, dora):
            self.world.do(seat, c.Join(DEV))
        self.world.settle()
        last = self.world.outcomes[dora.node][-1]
        assert isinstance(last, Rejected) and isinstance(last.why, Refused)
        self.assertEqual((last.why.code, len(self.dev.members)), ("room-full", 5))

    def test_outside_on_lets_people_speak_who_are_not_there(self) -> None:
        self.assertEqual(self.speaks(self.carl), "not-in-room")
        self.done(self.otto, "set outside on")
        self.assertEqual(self.speaks(self.carl), "")
        self.assertFalse(self.is_in(self.carl))
        for line, code in (
            *(("ban carl", "banned"), ("unban carl", "")),
            *(("mute carl", "muted"), ("unmute carl", "")),
            *(("moderated on", "moderated"), ("moderated off", "")),
            *(("slow 30", ""), ("set slow 30", "slow"), ("set slow 0 outside off", "not-in-room")),
        ):
            self.done(self.otto, line)
            self.assertEqual(self.speaks(self.carl), code, line)

    def test_speaking_from_outside_that_ends_meanwhile_is_void(self) -> None:
        self.done(self.otto, "set outside on")
        self.world.instant = False
        self.world.do(self.otto, typed("set outside off"))
        self.world.do(self.carl, c.Say(HI, DEV))
        self.world.settle()
        last = self.world.outcomes[self.carl.node][-1]
        assert isinstance(last, Rejected)
        self.assertEqual(last.why, NOT_IN_ROOM)

    def test_no_ctcp_stops_requests_and_nothing_else(self) -> None:
        self.done(self.otto, "set no-ctcp on")
        for seat in (self.olga, self.eve):
            asked = self.world.refusal(seat, c.Say(HI, DEV, "ctcp"))
            self.assertEqual(asked.code, "no-ctcp")
            self.assertIsInstance(self.world.do(seat, c.Say(HI, DEV, "action")), Propose)

    def test_accounts_only_keeps_guests_out_unless_they_are_invited(self) -> None:
        self.done(self.otto, "set accounts-only on")
        self.assertEqual(self.enters(self.carl), "needs-account")
        self.done(self.otto, "invite carl")
        self.assertEqual(self.enters(self.carl), "")
        self.world.do(self.carl, c.Leave(DEV))
        give_account(self.world, self.carl, "carl")
        self.assertEqual(self.enters(self.carl), "")

    def test_accounts_speak_silences_guests_without_a_role(self) -> None:
        self.done(self.otto, "set accounts-speak on")
        self.assertEqual(self.speaks(self.eve), "needs-account")
        self.done(self.otto, "voice eve")
        self.assertEqual(self.speaks(self.eve), "")
        self.world.do(self.carl, c.Join(DEV))
        give_account(self.world, self.carl, "carl")
        self.assertEqual(self.speaks(self.carl), "")

    def test_leaving_is_no_way_around_slowness(self) -> None:
        self.done(self.otto, "slow 30")
        self.speaks(self.eve)
        self.world.do(self.eve, c.Leave(DEV))
        self.world.do(self.eve, c.Join(DEV))
        self.assertEqual(self.speaks(self.eve), "slow")

    def test_who_spoke_long_ago_is_forgotten(self) -> None:
        self.done(self.otto, "slow 30")
        self.dev.spoke.update({f"session {n}": NOW - 60 for n in range(1_000)})
        self.speaks(self.eve)
        self.assertEqual(len(self.dev.spoke), 1)

    def test_message_sent_again_is_acknowledged_though_it_could_not_be_said_now(self) -> None:
        self.done(self.otto, "slow 30")
        self.world.instant = False
        for _ in range(2):
            self.world.do(self.eve, c.Say(lines("hi"), DEV), "id")
        self.world.settle()
        first, second = self.world.outcomes[self.eve.node][-2:]
        assert isinstance(first, Applied) and isinstance(second, Rejected)
        self.assertIsInstance(second.why, Duplicate)

    def test_refused_message_uses_up_no_id(self) -> None:
        self.done(self.otto, "mute eve")
        self.world.do(self.eve, c.Say(lines("hi"), DEV), "id")
        self.done(self.otto, "unmute eve")
        outcome = self.world.propose(self.eve, c.Say(lines("hi"), DEV), "id")
        self.assertIsInstance(outcome, Applied)

    def test_topic_is_locked_for_all_but_operators(self) -> None:
        self.done(self.otto, "topic-lock on")
        self.assertEqual(self.code(self.vera, "topic news"), "topic-locked")
        self.done(self.otto, "topic news")
        self.assertEqual(self.dev.topic, "news")

    def test_invite_only_room_is_for_who_has_a_role_or_an_invitation(self) -> None:
        self.done(self.otto, "invite-only on")
        self.world.do(self.vera, c.Leave(DEV))
        self.assertEqual((self.enters(self.carl), self.enters(self.vera)), ("invite-only", ""))

    def test_lock_asks_for_the_password_but_not_the_owner(self) -> None:
        shown = self.done(self.otto, "lock secret")
        self.assertEqual(shown.event, e.RoomPasswordSet(True))
        self.assertEqual(self.dev.password, room_digest(DEV, "secret"))
        self.assertEqual((self.enters(self.carl), self.enters(self.carl, "x")), ("password",) * 2)
        self.assertEqual(self.enters(self.carl, "secret"), "")
        self.world.do(self.olga, c.Leave(DEV))
        self.assertEqual(self.enters(self.olga), "")
        self.done(self.olga, "unlock")
        self.world.do(self.carl, c.Leave(DEV))
        self.assertEqual(self.enters(self.carl), "")
