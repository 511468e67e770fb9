"""Tests for twisted_chat.core.rules.ownership: what roles, bans and settings do, one after the other and at once."""

from __future__ import annotations

from tests.core.ruled import DEV, RuledCase, give_account, roles, typed
from tests.core.world import NOW, Seat, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.rules.outcomes import Applied, Duplicate, Near, Rejected
from twisted_chat.core.rules.ownership import forget_account
from twisted_chat.core.state.room import LOBBY_ID, room_digest
from twisted_chat.core.values.cloak import Cloak
from twisted_chat.core.values.ids import RoomId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.text import CleanText


class RoleTests(RuledCase):
    def test_roles_are_given_and_taken(self) -> None:
        shown = self.done(self.otto, "voice eve")
        self.assertEqual(self.roles_of(self.eve), roles("voice"))
        self.assertEqual(
            shown.event, e.RoleChanged("voice", True, nick("eve"), self.world.user(self.eve).id)
        )
        self.done(self.otto, "op eve")
        self.assertEqual(self.roles_of(self.eve), roles("voice", "operator"))
        self.done(self.olga, "deop eve")
        self.done(self.olga, "devoice eve")
        self.assertEqual(self.roles_of(self.eve), roles())

    def test_roles_of_accounts_are_kept_and_those_of_guests_are_not(self) -> None:
        self.done(self.olga, "op eve")
        for seat in (self.otto, self.eve):
            self.world.do(seat, c.Leave(DEV))
            self.world.do(seat, c.Join(DEV))
        self.assertEqual(self.roles_of(self.otto), roles("operator"))
        self.assertEqual(self.roles_of(self.eve), roles())

    def test_account_has_its_roles_under_any_nick(self) -> None:
        self.world.do(self.otto, c.Leave(DEV))
        self.world.do(self.otto, c.Rename(nick("oscar")))
        self.world.do(self.otto, c.Join(DEV))
        self.assertEqual(self.roles_of(self.otto), roles("operator"))

    def test_guest_with_the_nick_of_an_operator_has_no_role(self) -> None:
        self.world.do(self.otto, c.Rename(nick("oscar")))
        self.world.do(self.carl, c.Rename(nick("otto")))
        self.world.do(self.carl, c.Join(DEV))
        self.assertEqual(self.roles_of(self.carl), roles())

    def test_role_of_an_account_that_is_not_there_can_be_taken(self) -> None:
        self.world.close(self.otto)
        self.done(self.olga, "deop otto")
        self.assertNotIn("otto", self.dev.roles)

    def test_two_operators_who_demote_each_other_leave_one(self) -> None:
        self.done(self.olga, "op vera")
        codes = self.late((self.otto, "deop vera"), (self.vera, "deop otto"))
        self.assertEqual(codes, ["", "not-operator"])
        self.assertIn("operator", self.roles_of(self.otto))

    def test_room_nobody_owns_keeps_no_roles_of_accounts(self) -> None:
        dev2 = room("dev2")
        self.world.do(self.otto, c.Join(dev2))
        self.world.do(self.vera, c.Join(dev2))
        self.done(self.otto, "op #dev2 vera")
        found = self.world.hub.state.room_named(dev2)
        assert found is not None
        self.assertEqual(found.roles, {})
        self.assertEqual(found.members[self.world.user(self.vera).id], roles("operator"))


class OwnerTests(RuledCase):
    def test_registering_keeps_the_roles_that_accounts_have(self) -> None:
        self.assertEqual(
            self.dev.roles,
            {"olga": roles("owner", "operator"), "otto": roles("operator"), "vera": roles("voice")},
        )

    def test_owned_room_is_there_when_nobody_is(self) -> None:
        number = self.dev.ref.id
        for seat in (self.olga, self.otto, self.vera, self.eve):
            self.world.close(seat)
        self.assertEqual((self.dev.ref.id, self.dev.members), (number, {}))

    def test_transfer_makes_another_owner_and_leaves_an_operator(self) -> None:
        shown = self.done(self.olga, "transfer vera")
        self.assertEqual(
            shown.event, e.RoomTransferred(self.world.user(self.vera).id, nick("vera"))
        )
        self.assertEqual(self.dev.owner, "vera")
        self.assertEqual(self.roles_of(self.olga), roles("operator"))
        self.assertEqual(self.roles_of(self.vera), roles("owner", "voice"))

    def test_of_two_transfers_at_once_the_first_counts(self) -> None:
        codes = self.late((self.olga, "transfer vera"))
        self.assertEqual(codes, [""])
        again = self.comes("olga2", "192.0.2.1")
        give_account(self.world, again, "olga")
        self.done(self.vera, "transfer olga")
        self.world.do(again, c.Join(DEV))
        codes = self.late((self.olga, "transfer vera"), (again, "transfer otto"))
        self.assertEqual(codes, ["", "not-owner"])
        self.assertEqual(self.dev.owner, "vera")

    def test_what_the_owner_of_before_asked_for_is_not_done(self) -> None:
        again = self.comes("olga2")
        give_account(self.world, again, "olga")
        self.world.do(again, c.Join(DEV))
        codes = self.late((self.olga, "transfer otto"), (again, "drop-room dev"))
        self.assertEqual(codes, ["", "not-owner"])

    def test_transfer_to_somebody_who_left_meanwhile_does_not_happen(self) -> None:
        codes = self.late((self.olga, "transfer vera"), (self.vera, "leave dev"))
        self.assertEqual(codes, ["", ""])
        self.world.do(self.vera, c.Join(DEV))
        self.done(self.vera, "transfer olga")
        codes = self.late((self.vera, "leave dev"), (self.olga, "transfer vera"))
        self.assertEqual(codes, ["", "not-a-member"])
        self.assertEqual(self.dev.owner, "olga")

    def test_dropped_room_is_gone_with_everybody_in_it(self) -> None:
        shown = self.done(self.olga, "drop-room dev")
        assert isinstance(shown.event, e.RoomDropped)
        self.assertEqual([str(who) for _, who in shown.event.out], ["olga", "otto", "vera", "eve"])
        self.assertIsNone(self.world.hub.state.room_named(DEV))
        self.assertIsNone(self.world.session(self.eve).focus)
        self.assertEqual(list(self.world.hub.altered()), [])

    def test_owner_who_deletes_the_account_is_followed_by_the_oldest_operator(self) -> None:
        self.done(self.olga, "op vera")
        self.assertEqual(forget_account(self.world.hub.state, "olga"), [])
        self.assertEqual(self.dev.owner, "otto")
        self.assertEqual(self.roles_of(self.olga), roles())
        self.assertEqual(self.roles_of(self.otto), roles("owner", "operator"))

    def test_room_without_another_operator_is_nobodys_then(self) -> None:
        forget_account(self.world.hub.state, "otto")
        self.assertEqual(forget_account(self.world.hub.state, "olga"), [])
        self.assertEqual((self.dev.owner, self.dev.roles), (None, {}))

    def test_room_that_is_nobodys_and_empty_is_gone(self) -> None:
        number = self.dev.ref.id
        for seat in (self.olga, self.otto, self.vera, self.eve):
            self.world.close(seat)
        forget_account(self.world.hub.state, "otto")
        self.assertEqual(forget_account(self.world.hub.state, "olga"), [number])
        self.assertIsNone(self.world.hub.state.room_named(DEV))

    def test_account_with_no_role_anywhere_changes_nothing(self) -> None:
        before = self.world.hub.state.dump()
        self.assertEqual(forget_account(self.world.hub.state, "nobody"), [])
        self.assertEqual(self.world.hub.state.dump(), before)


class BanTests(RuledCase):
    def test_ban_puts_out_at_once_and_keeps_out(self) -> None:
        shown = self.done(self.otto, "ban eve 2h too loud")
        assert isinstance(shown.event, e.Banned)
        self.assertEqual([str(who) for _, who in shown.event.out], ["eve"])
        self.assertEqual(shown.event.ban.until - shown.event.ban.time, 7200.0)
        self.assertFalse(self.is_in(self.eve))
        self.assertIsNone(self.world.session(self.eve).focus)
        self.assertEqual(self.enters(self.eve), "banned")

    def test_ban_ends_by_itself(self) -> None:
        self.done(self.otto, "ban eve 2h")
        self.world.now += 7200
        self.assertEqual(self.enters(self.eve), "")

    def test_ban_that_is_over_makes_room_for_others(self) -> None:
        self.done(self.otto, "ban eve 2h")
        for number in range(Limits().max_bans - 1):
            self.done(self.otto, f"ban user{number}")
        self.world.now += 7200
        self.done(self.otto, "ban carl")
        self.assertEqual(next(iter(self.dev.bans)), "user0")
        self.assertEqual(len(self.dev.bans), Limits().max_bans)

    def test_time_of_day_that_is_ahead_for_a_while_takes_no_ban_away(self) -> None:
        self.done(self.otto, "ban eve 2h")
        self.world.now += 40 * 24 * 3600
        self.done(self.otto, "ban carl")
        self.world.now -= 40 * 24 * 3600
        self.assertEqual(self.enters(self.eve), "banned")

    def test_lifted_ban_lets_in(self) -> None:
        self.done(self.otto, "ban eve")
        self.done(self.olga, "unban EVE")
        self.assertEqual(self.enters(self.eve), "")

    def test_guest_does_not_come_back_under_another_name(self) -> None:
        self.done(self.otto, "ban eve")
        self.world.do(self.eve, c.Rename(nick("mallory")))
        self.assertEqual(self.enters(self.eve), "banned")

    def test_account_does_not_come_back_under_another_name(self) -> None:
        self.world.do(self.vera, c.Rename(nick("mallory")))
        self.done(self.otto, "ban mallory")
        self.assertEqual(list(self.dev.bans), ["vera"])
        self.world.do(self.vera, c.Rename(nick("trudy")))
        self.assertEqual(self.enters(self.vera), "banned")
        # One can name who is here by what one sees.
        self.done(self.otto, "unban trudy")
        self.assertEqual(self.enters(self.vera), "")

    def test_who_takes_another_name_in_the_middle_of_a_ban_is_banned(self) -> None:
        self.world.instant = False
        self.world.do(self.eve, c.Rename(nick("mallory")))
        self.world.do(self.otto, typed("ban eve"))
        self.world.settle()
        self.world.instant = True
        self.assertFalse(self.is_in(self.eve))
        self.assertEqual(list(self.dev.bans), ["mallory"])
        self.assertEqual(self.enters(self.eve), "banned")

    def test_who_takes_another_name_in_the_middle_of_a_kick_is_kicked(self) -> None:
        codes = self.late((self.eve, "nick mallory"), (self.otto, "kick eve"))
        self.assertEqual(codes, ["", ""])
        self.assertFalse(self.is_in(self.eve))

    def test_another_who_takes_the_name_meanwhile_is_not_hit(self) -> None:
        self.world.do(self.carl, c.Join(DEV))
        codes = self.late(
            (self.eve, "nick mallory"), (self.carl, "nick zoe"), (self.otto, "ban eve")
        )
        self.assertEqual(codes, ["", "", ""])
        self.assertTrue(self.is_in(self.carl))
        self.assertFalse(self.is_in(self.eve))

    def test_mask_hits_all_who_fit_but_the_owner(self) -> None:
        shown = self.done(self.olga, "ban !*")
        assert isinstance(shown.event, e.Banned)
        self.assertEqual([str(who) for _, who in shown.event.out], ["otto", "vera", "eve"])
        self.assertEqual(self.enters(self.carl), "banned")
        self.world.do(self.olga, c.Leave(DEV))
        self.assertEqual(self.enters(self.olga), "")

    def test_network_hits_who_comes_from_there(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        self.done(self.olga, "ban !192.0.2.4/31")
        self.assertFalse(self.is_in(self.eve))
        self.assertTrue(self.is_in(self.vera))
        self.assertEqual(self.enters(self.carl), "banned")

    def test_cloak_mask_hits_who_comes_from_there(self) -> None:
        cloak = Cloak(b"key")
        neighbour = self.comes("dave", cloaked=cloak.of("198.51.100.9"))
        other = self.comes("fred", cloaked=cloak.of("203.0.113.9"))
        for seat in (neighbour, other):
            self.world.do(seat, c.Join(DEV))
        mask = "*." + cloak.of("198.51.100.1").partition(".")[2]
        shown = self.done(self.otto, f"ban {mask}")
        assert isinstance(shown.event, e.Banned)
        self.assertEqual([str(who) for _, who in shown.event.out], ["dave"])
        self.assertEqual((self.is_in(neighbour), self.is_in(other)), (False, True))
        self.assertEqual(self.enters(neighbour), "banned")
        self.done(self.otto, f"unban {mask.upper()}")
        self.assertEqual(self.enters(neighbour), "")

    def test_lifting_the_inner_of_nested_networks_leaves_the_outer(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        self.done(self.olga, "ban 192.0.2.4/30")
        self.done(self.olga, "ban 192.0.2.4")
        self.done(self.olga, "unban 192.0.2.4")
        self.assertEqual(self.enters(self.eve), "banned")
        self.done(self.olga, "unban 192.0.2.5/30")
        self.assertEqual(self.enters(self.eve), "")

    def test_address_of_somebody_is_not_shown_and_hits_all_from_there(self) -> None:
        shown = self.done(self.otto, "ban address:eve")
        self.assertNotIn("192.0.2", repr(shown.event))
        other = self.comes("mallory", "192.0.2.4")
        self.assertEqual(self.enters(other), "banned")
        self.assertEqual(self.enters(self.carl), "")

    def test_network_is_not_shown_to_the_room(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        shown = self.done(self.otto, "ban 192.0.2.4/31")
        self.assertNotIn("192.0.2", repr(shown.event))

    def test_nobody_becomes_a_banned_name_where_it_is_banned(self) -> None:
        self.done(self.otto, "ban spam*")
        refused = self.world.refusal(self.eve, c.Rename(nick("spammer")))
        self.assertEqual(refused.code, "banned")
        codes = self.late((self.otto, "unban spam*"))
        self.assertEqual(codes, [""])
        codes = self.late((self.otto, "ban spam*"), (self.eve, "nick spammer"))
        self.assertEqual(codes, ["", "banned"])

    def test_who_was_invited_past_a_ban_can_take_another_name(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        self.done(self.otto, "ban 192.0.2.5")
        self.done(self.otto, "invite carl")
        self.assertEqual(self.enters(self.carl), "")
        self.world.do(self.carl, c.Rename(nick("charles")))
        self.assertEqual(self.world.user(self.carl).nick, nick("charles"))

    def test_join_that_a_ban_overtook_does_not_happen(self) -> None:
        self.assertEqual(
            self.late((self.otto, "ban carl"), (self.carl, "join dev")), ["", "banned"]
        )

    def test_operator_who_bans_oneself_by_insisting_is_out(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        self.done(self.otto, "ban !192.0.2.2")
        self.assertFalse(self.is_in(self.otto))
        self.assertEqual(self.enters(self.otto), "banned")


class MuteTests(RuledCase):
    def test_muted_person_cannot_speak_until_it_is_over(self) -> None:
        shown = self.done(self.otto, "mute eve 10m")
        assert isinstance(shown.event, e.Muted)
        self.assertEqual(self.speaks(self.eve), "muted")
        self.world.now += 600
        self.assertEqual(self.speaks(self.eve), "")

    def test_voice_does_not_unmute(self) -> None:
        self.done(self.otto, "mute vera")
        self.assertEqual(self.speaks(self.vera), "muted")
        self.done(self.otto, "unmute vera")
        self.assertEqual(self.speaks(self.vera), "")

    def test_mute_follows_to_another_name_and_over_coming_back(self) -> None:
        self.done(self.otto, "mute eve")
        self.world.do(self.eve, c.Rename(nick("mallory")))
        self.assertEqual(self.speaks(self.eve), "muted")
        self.world.do(self.eve, c.Leave(DEV))
        self.world.do(self.eve, c.Join(DEV))
        self.assertEqual(self.speaks(self.eve), "muted")

    def test_line_that_a_mute_overtook_is_not_said(self) -> None:
        self.world.instant = False
        self.world.do(self.otto, typed("mute eve"))
        self.world.do(self.eve, c.Say(lines("hi"), DEV))
        self.world.settle()
        outcome = self.world.outcomes[self.eve.node][-1]
        assert isinstance(outcome, Rejected)


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

    def test_message_that_is_sent_again_is_acknowledged_though_it_could_not_be_said_now(
        self,
    ) -> None:
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

    def test_invitation_lets_in_once_past_everything(self) -> None:
        for line in ("invite-only on", "lock secret", "ban carl"):
            self.done(self.otto, line)
        shown = self.done(self.otto, "invite carl")
        self.assertEqual(shown.event, e.InvitedToRoom(self.world.user(self.carl).id, nick("carl")))
        self.assertEqual(self.enters(self.carl), "")
        self.world.do(self.carl, c.Leave(DEV))
        self.assertEqual(self.enters(self.carl), "banned")

    def test_invitation_is_for_the_person_and_not_for_the_name(self) -> None:
        self.done(self.otto, "invite-only on")
        self.done(self.otto, "invite carl")
        self.world.do(self.carl, c.Rename(nick("charles")))
        other = self.comes("carl")
        self.assertEqual((self.enters(other), self.enters(self.carl)), ("invite-only", ""))

    def test_ban_takes_an_invitation_back(self) -> None:
        self.done(self.otto, "invite carl")
        self.done(self.otto, "ban carl")
        self.assertEqual(self.enters(self.carl), "banned")

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


class LastingTests(RuledCase):
    def test_each_change_is_to_be_kept(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        for line in (
            *("private on", "lock secret", "unlock", "invite carl", "op eve", "ban 10.0.0.0/8"),
            *("unban 10.0.0.0/8", "mute eve", "unmute eve", "transfer vera"),
        ):
            list(self.world.hub.altered())
            self.done(self.olga, line)
            self.assertEqual([each.ref for each in self.world.hub.altered()], [self.dev.ref], line)


class SilencedTests(RuledCase):
    """Who has no say in a room does not speak there by other means than lines."""

    def ends(self, seat: Seat) -> str:
        hub = self.world.hubs[seat.node]
        departure = hub.departure(seat.session, "you all stink", self.world.now)
        assert departure is not None
        self.world.publish(departure)
        outcome = self.world.outcomes[seat.node][-1]
        assert isinstance(outcome, Applied) and isinstance(outcome.envelope.event, e.Departed)
        return outcome.envelope.event.reason

    def away(self, seat: Seat, text: str | None) -> tuple[RoomId, ...]:
        self.world.do(seat, c.Away(CleanText(text) if text is not None else None))
        outcome = self.world.outcomes[seat.node][-1]
        assert isinstance(outcome, Applied) and isinstance(outcome.audience, Near)
        return outcome.audience.rooms

    def test_muted_person_has_no_last_word(self) -> None:
        self.done(self.otto, "mute eve")
        self.assertEqual((self.ends(self.eve), self.ends(self.vera)), ("quit", "you all stink"))

    def test_reason_for_being_away_is_shown_where_one_may_speak(self) -> None:
        everywhere = self.away(self.eve, "lunch")
        self.assertEqual(everywhere, (LOBBY_ID, self.dev.ref.id))
        self.done(self.otto, "moderated on")
        self.assertEqual(self.away(self.eve, "you all stink"), (LOBBY_ID,))
        self.assertEqual(self.away(self.vera, "lunch"), everywhere)
        self.assertEqual(self.away(self.eve, None), everywhere)
