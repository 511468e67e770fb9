"""Putting somebody out, keeping them out, and keeping them from speaking."""

from __future__ import annotations

from tests.core.ruled import DEV, RuledCase, give_account, typed
from tests.core.rules.cases import ChatCase
from tests.core.world import NOW, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import Invitation
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.moderation import fitted
from twisted_chat.core.rules.outcomes import Applied, InRoom, Rejected
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.cloak import Cloak
from twisted_chat.core.values.ids import Node, RoomId, SessionId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.text import CleanText

HI = lines("hi")
LONG = CleanText("\u00e4" * 200)  # 400 bytes
NOT_IN_ROOM = Refused(
    "not-in-room",
    "You are no longer in that room, so nothing was done there. /join ROOM takes you back.",
)


class KickTests(ChatCase):
    def kick(self, name: str) -> e.Kicked:
        return e.Kicked(self.user(name).id, nick(name), CleanText("out"))

    def test_operator_puts_somebody_out(self) -> None:
        kick = self.kick("alice")
        self.applied(self.alice, e.Renamed(nick("ally")))
        outcome = self.applied(self.bob, kick, self.dev)
        self.assertEqual(
            outcome.envelope.event, e.Kicked(kick.user, nick("ally"), CleanText("out"))
        )
        self.assertEqual(outcome.audience, InRoom(self.dev))
        self.assertNotIn(kick.user, self.room("dev").members)
        self.assertNotIn(self.dev, self.user("ally").rooms)

    def test_others_do_not(self) -> None:
        why = "Only operators of #dev can do that. Nothing was changed."
        self.assertEqual(
            self.void(self.alice, self.kick("bob"), self.dev), Refused("not-operator", why)
        )

    def test_operator_who_left_meanwhile_does_not(self) -> None:
        self.applied(self.bob, e.Left(), self.dev)
        self.assertEqual(self.void(self.bob, self.kick("alice"), self.dev), NOT_IN_ROOM)
        self.applied(self.bob, e.Joined(room("dev")))
        why = self.void(self.bob, self.kick("alice"), self.dev)
        assert isinstance(why, Refused)
        self.assertEqual(why.code, "not-operator")

    def test_nobody_kicks_themselves_or_out_of_no_room(self) -> None:
        for where in (RoomId(999), None):
            self.assertEqual(self.void(self.bob, self.kick("alice"), where), NOT_IN_ROOM)
        why = Refused("self", "You cannot kick yourself. Type /leave #dev to leave the room.")
        self.assertEqual(self.void(self.bob, self.kick("bob"), self.dev), why)

    def test_who_left_meanwhile_is_not_put_out(self) -> None:
        kick = self.kick("alice")
        self.applied(self.alice, e.Left(), self.dev)
        why = Refused(
            "not-a-member",
            "alice is not in #dev. Nothing was changed. Type /who #dev to list its members.",
        )
        self.assertEqual(self.void(self.bob, kick, self.dev), why)
        self.world.close(self.alice)
        self.assertEqual(self.void(self.bob, kick, self.dev), why)


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


class BanCheckTests(RuledCase):
    def test_nobody_bans_or_mutes_oneself_or_the_owner(self) -> None:
        self.assertEqual(self.code(self.otto, "ban otto"), "self")
        self.assertEqual(self.code(self.otto, "ban !otto"), "self")
        self.assertEqual(self.code(self.otto, "ban address:otto"), "self")
        self.assertEqual(self.code(self.otto, "mute otto"), "self")
        for line in ("ban olga", "ban !olga", "mute olga", "kick olga", "deop olga", "voice olga"):
            self.assertEqual(self.code(self.otto, line), "is-owner", line)
        self.assertEqual(self.code(self.otto, "ban address:olga"), "is-owner")
        self.world.close(self.olga)
        self.assertEqual(self.code(self.otto, "ban olga"), "is-owner")

    def test_ban_that_would_lock_out_its_maker_asks(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        for target in ("192.0.2.2", "192.0.2.0/24", "::ffff:192.0.2.2", "*tt*", "o?to"):
            refused = self.refused(self.otto, f"ban {target}")
            self.assertEqual(refused.code, "bans-yourself")
            self.assertIn(
                "would ban you, too. Nothing was changed. To do it anyway, type /ban !", refused.why
            )
        # The owner is not kept out by any ban.
        self.done(self.olga, "ban 192.0.2.1")
        self.assertTrue(self.is_in(self.olga))

    def test_bans_of_everybody_and_of_the_servers_machine_are_asked_for_or_refused(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        for target in ("127.0.0.1", "127.0.0.0/8", "::1"):
            self.assertEqual(self.code(self.otto, f"ban {target}"), "no-address")
        for target in ("*", "***", "?*", "0.0.0.0/0", "::/0"):
            self.assertEqual(self.code(self.olga, f"ban {target}"), "bans-everybody")
        self.done(self.olga, "ban !::/0")

    def test_address_must_be_known_and_reasons_short(self) -> None:
        local = self.comes("local", "127.0.0.1")
        self.assertEqual(self.code(self.otto, "ban address:local"), "no-address")
        self.assertEqual(self.code(self.otto, "ban address:nobody"), "no-such-nick")
        self.world.close(local)
        for line in (f"ban eve {'x' * 391}", f"mute eve {'x' * 391}"):
            self.assertEqual(self.code(self.otto, line), "too-long")

    def test_mask_that_can_match_nobody_is_refused_when_decided_and_when_applied(self) -> None:
        for target in ("192.0.2.*", "*!*@192.0.2.7", "1*", "!*a#*"):
            refused = self.refused(self.otto, f"ban {target}")
            self.assertEqual(refused.code, "matches-nobody")
            self.assertTrue(refused.why.endswith(". Nothing was changed."), refused.why)
        self.assertEqual(list(self.dev.bans), [])
        # Set before that was looked at.
        self.dev.bans["192.0.2.*"] = Ban(read_target("192.0.2.*"), "otto", NOW)
        self.done(self.otto, "unban 192.0.2.*")

    def test_what_is_not_banned_cannot_be_lifted(self) -> None:
        for line in ("unban eve", "unban 10.0.0.0/8", "unmute eve"):
            self.assertEqual(self.code(self.otto, line), "not-banned")
        codes = self.late((self.otto, "ban eve"))
        self.assertEqual(codes, [""])
        self.assertEqual(
            self.late((self.otto, "unban eve"), (self.olga, "unban eve")), ["", "not-banned"]
        )

    def test_who_is_not_there_is_muted_once_they_come(self) -> None:
        self.world.close(self.vera)
        for name in ("carl", "dave", "vera"):  # elsewhere; nowhere; gone, with an account
            self.done(self.otto, f"mute {name}")
        vera = self.comes("robin")
        give_account(self.world, vera, "vera")
        for seat in (self.carl, self.comes("dave"), vera):
            self.world.do(seat, c.Join(DEV))
            self.assertEqual(self.speaks(seat), "muted")
        self.world.do(self.carl, c.Rename(nick("charles")))
        self.assertEqual(self.speaks(self.carl), "muted")
        self.done(self.otto, "unmute dave")

    def test_mute_that_a_leave_overtook_stands(self) -> None:
        self.assertEqual(self.late((self.eve, "leave dev"), (self.otto, "mute eve")), ["", ""])
        self.world.do(self.eve, c.Join(DEV))
        self.assertEqual(self.speaks(self.eve), "muted")

    def test_owner_who_is_not_there_is_not_muted(self) -> None:
        self.world.close(self.olga)
        self.assertEqual(self.code(self.otto, "mute olga"), "is-owner")


class FittedTests(RuledCase):
    def test_ban_is_for_somebody_as_they_are_now(self) -> None:
        eve = self.world.user(self.eve)
        ban = fitted(Ban(read_target("mallory"), "otto", NOW), eve)
        self.assertEqual((ban.target.text, ban.scope, ban.address), ("eve", eve.scope, None))
        ban = fitted(Ban(read_target("address:mallory"), "otto", NOW), eve)
        self.assertEqual(
            (ban.target.text, ban.scope, ban.address), ("address:eve", None, "192.0.2.4")
        )

    def test_bans_are_fitted_to_sessions_accounts_and_nobody(self) -> None:
        eve = self.world.user(self.eve)
        eve.addresses[Node("elsewhere"), SessionId(9)] = "198.51.100.9"
        ban = fitted(Ban(read_target("address:eve"), "otto", NOW), eve)
        self.assertEqual(ban.address, "192.0.2.4 198.51.100.9")
        ban = fitted(Ban(read_target("vera"), "otto", NOW), self.world.user(self.vera))
        self.assertIsNone(ban.scope)
        ban = Ban(read_target("mallory"), "otto", NOW)
        self.assertIs(fitted(ban, None), ban)


class LiftTests(RuledCase):
    def test_who_took_another_name_is_let_speak_by_either(self) -> None:
        for name in ("mallory", "eve"):
            self.done(self.otto, "mute eve")
            self.world.do(self.eve, c.Rename(nick("mallory")))
            self.assertEqual(self.speaks(self.eve), "muted")
            self.done(self.otto, f"unmute {name}")
            self.assertEqual(self.speaks(self.eve), "")
            self.world.do(self.eve, c.Rename(nick("eve")))

    def test_mask_that_hits_somebody_is_lifted_by_itself_only(self) -> None:
        self.done(self.otto, "ban *carl*")
        self.assertEqual(self.code(self.otto, "unban carl"), "not-banned")
        self.done(self.otto, "unban *carl*")


class MuteTests(RuledCase):
    def test_voice_does_not_unmute_and_mutes_end(self) -> None:
        self.done(self.otto, "mute vera")
        self.assertEqual(self.speaks(self.vera), "muted")
        self.done(self.otto, "unmute vera")
        self.assertEqual(self.speaks(self.vera), "")
        shown = self.done(self.otto, "mute eve 10m")
        assert isinstance(shown.event, e.Muted)
        self.assertEqual(self.speaks(self.eve), "muted")
        self.world.now += 600
        self.assertEqual(self.speaks(self.eve), "")

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

    def test_mute_of_a_mask_counts_for_nobody_who_has_voice(self) -> None:
        self.done(self.otto, "mute *!*@*")
        self.assertEqual(self.speaks(self.eve), "muted")
        for seat in (self.vera, self.otto, self.olga):
            self.assertEqual(self.speaks(seat), "")
        self.done(self.otto, "voice eve")
        self.assertEqual(self.speaks(self.eve), "")
        self.done(self.otto, "devoice eve")
        self.done(self.otto, "unmute *!*@*")
        self.assertEqual(self.speaks(self.eve), "")

    def test_mute_that_can_hit_nobody_is_refused(self) -> None:
        self.assertEqual(self.code(self.otto, "mute 1*"), "matches-nobody")
        self.assertEqual(self.code(self.otto, "mute address:mallory"), "no-such-nick")
        self.assertEqual(self.code(self.otto, "mute 192.0.2.4"), "network-ban")


class HostmaskTests(RuledCase):
    def test_ban_puts_nobody_out_and_tells_of_nobody(self) -> None:
        shown = self.done(self.otto, "ban eve!*@*")
        assert isinstance(shown.event, e.Banned)
        self.assertEqual((shown.event.out, shown.event.ban.target.text), ((), "eve!*@*"))
        self.assertTrue(self.is_in(self.eve))
        outcome = self.world.outcomes[self.otto.node][-1]
        assert isinstance(outcome, Applied)
        self.assertFalse([it for it in outcome.effects if isinstance(it, f.NotifyOrigin)])

    def test_who_fits_it_does_not_come(self) -> None:
        self.done(self.otto, "ban eve!*@*")
        self.world.do(self.eve, c.Leave(DEV))
        self.assertEqual(self.enters(self.eve), "banned")
        self.done(self.otto, "unban EVE!*@*")
        self.assertEqual(self.enters(self.eve), "")

    def test_ban_of_a_cloak_holds_after_a_login(self) -> None:
        cloak = Cloak(b"key").of("192.0.2.9")
        zoe = self.comes("zoe", "192.0.2.9", cloak)
        self.done(self.otto, f"ban *!*@{cloak}")
        self.assertEqual(self.enters(zoe), "banned")
        give_account(self.world, zoe, "zoe")
        self.assertEqual(self.enters(zoe), "banned")
        self.done(self.otto, f"unban *!*@{cloak}")
        self.done(self.otto, "ban *!*@zoe.user")
        self.assertEqual(self.enters(zoe), "banned")

    def test_ban_of_a_name_puts_nobody_out_if_that_is_asked_for(self) -> None:
        self.world.do(self.otto, c.PutBan(read_target("eve"), room=DEV, put_out=False))
        self.assertTrue(self.is_in(self.eve))
        self.world.do(self.eve, c.Leave(DEV))
        self.assertEqual(self.enters(self.eve), "banned")

    def test_nobody_bans_themselves_or_everybody_by_mistake(self) -> None:
        self.assertEqual(self.code(self.otto, "ban *!*@*"), "bans-everybody")
        self.assertEqual(self.code(self.otto, "ban otto!*@*"), "bans-yourself")
        self.done(self.otto, "ban !*!*@*")

    def test_address_for_a_host_is_refused(self) -> None:
        for target in ("*!*@192.0.2.4", "*!*@192.0.2.*", "*!*@2001:db8::*"):
            self.assertEqual(self.code(self.otto, f"ban {target}"), "matches-nobody")

    def test_account_ban_does_not_hit_who_only_has_the_name(self) -> None:
        self.done(self.otto, "ban account:eve")
        self.world.do(self.eve, c.Leave(DEV))
        self.assertEqual(self.enters(self.eve), "")
        self.world.do(self.eve, c.Leave(DEV))
        give_account(self.world, self.eve, "eve")
        self.assertEqual(self.enters(self.eve), "banned")


class ExceptionTests(RuledCase):
    def test_ban_does_not_count_for_who_is_exempt(self) -> None:
        shown = self.done(self.otto, "except eve!*@*")
        assert isinstance(shown.event, e.Excepted)
        self.done(self.otto, "ban e*")
        self.assertTrue(self.is_in(self.eve))
        self.world.do(self.eve, c.Leave(DEV))
        self.assertEqual(self.enters(self.eve), "")
        self.world.do(self.eve, c.Leave(DEV))
        self.done(self.otto, "unexcept eve!*@*")
        self.assertEqual(self.enters(self.eve), "banned")

    def test_mute_does_not_count_for_who_is_exempt_from_mutes(self) -> None:
        self.done(self.otto, "mute *!*@*")
        self.done(self.otto, "except eve")
        self.assertEqual(self.speaks(self.eve), "muted")
        self.done(self.otto, "except mutes eve")
        self.assertEqual(self.speaks(self.eve), "")

    def test_who_is_exempt_from_invites_comes_without_one(self) -> None:
        self.done(self.otto, "invite-only on")
        self.assertEqual(self.enters(self.carl), "invite-only")
        self.done(self.otto, "except invites carl!*@*")
        self.assertEqual(self.enters(self.carl), "")

    def test_nick_that_is_banned_can_be_taken_by_who_is_exempt_under_it(self) -> None:
        self.done(self.otto, "ban spam*")
        self.assertEqual(self.world.refusal(self.eve, c.Rename(nick("spammer"))).code, "banned")
        self.done(self.otto, "except spammer")
        self.world.do(self.eve, c.Rename(nick("spammer")))
        self.assertEqual(self.world.user(self.eve).nick, nick("spammer"))

    def test_only_operators_make_and_lift_them(self) -> None:
        self.assertEqual(self.code(self.eve, "except eve"), "not-operator")
        self.done(self.otto, "except eve")
        self.assertEqual(self.code(self.eve, "unexcept eve"), "not-operator")
        self.assertEqual(self.code(self.otto, "unexcept mutes eve"), "not-banned")
        self.assertEqual(self.code(self.otto, "except 1*"), "matches-nobody")

    def test_they_end_and_are_listed_until_then(self) -> None:
        self.done(self.otto, "except invites eve 10m")
        listed = self.answer(self.eve, "bans")
        assert isinstance(listed, r.Bans)
        self.assertEqual([(it.target, it.exempt) for it in listed.bans], [("eve", "invites")])
        self.world.now += 600
        listed = self.answer(self.eve, "bans")
        assert isinstance(listed, r.Bans)
        self.assertEqual(listed.count, 0)


class ManyTests(RuledCase):
    limits = Limits(max_bans=3, max_owned=2)

    def test_ban_too_many_is_refused_until_one_is_over_or_lifted(self) -> None:
        for n in range(2):
            self.done(self.otto, f"ban user{n}")
        self.done(self.otto, "ban user2 10m")
        self.assertEqual(self.code(self.otto, "ban user3"), "too-many-bans")
        self.done(self.otto, "ban user2 20m")  # another time for the same one
        self.world.now += 20 * 60
        self.done(self.otto, "ban user3")
        self.assertEqual(len(self.dev.bans), 3)
        self.done(self.otto, "unban user0")
        codes = self.late((self.otto, "ban user4"), (self.olga, "ban user5"))
        self.assertEqual(codes, ["", "too-many-bans"])

    def test_five_hundred_is_the_limit_unless_set(self) -> None:
        self.assertEqual(Limits().max_bans, 500)

    def test_mute_too_many_is_refused(self) -> None:
        for n in range(3):
            self.dev.mutes[f"user{n}"] = Ban(read_target(f"user{n}"), "otto", NOW)
        self.assertEqual(self.code(self.otto, "mute eve"), "too-many-bans")

    def test_exception_too_many_is_refused(self) -> None:
        for n in range(3):
            self.done(self.otto, f"except user{n}")
        self.assertEqual(self.code(self.otto, "except eve"), "too-many-bans")
        self.done(self.otto, "except mutes eve")

    def test_invitation_too_many_takes_the_place_of_the_oldest(self) -> None:
        self.dev.invited.update(
            dict.fromkeys(("session 1", "session 2", "session 3"), Invitation())
        )
        self.done(self.otto, "invite carl")
        carl = self.world.user(self.carl).invitation
        self.assertEqual(list(self.dev.invited), ["session 2", "session 3", carl])
        ann = self.comes("ann")
        self.done(self.otto, "invite carl")
        self.done(self.otto, "invite ann")
        self.assertEqual(
            list(self.dev.invited), ["session 3", carl, self.world.user(ann).invitation]
        )

    def test_invitations_of_members_push_out_none_of_an_operator(self) -> None:
        self.dev.invited.update(dict.fromkeys(("session 1", "session 2"), Invitation()))
        self.done(self.eve, "invite carl")
        self.comes("ann")
        ann = self.comes("ann2")
        self.done(self.eve, "invite ann2")
        invitation = self.world.user(ann).invitation
        self.assertEqual(list(self.dev.invited), ["session 1", "session 2", invitation])

    def test_room_too_many_is_not_given_to_somebody(self) -> None:
        for name in ("two", "three"):
            self.world.do(self.vera, c.Join(room(name)))
            self.done(self.vera, f"register-room #{name}")
        self.assertEqual(self.code(self.olga, "transfer vera"), "too-many-owned")
        self.done(self.olga, "transfer otto")

    def test_room_too_many_is_not_owned(self) -> None:
        for name in ("two", "three"):
            self.world.do(self.olga, c.Join(room(name)))
        self.done(self.olga, "register-room #two")
        refused = self.refused(self.olga, "register-room #three")
        self.assertEqual(refused.code, "too-many-owned")
