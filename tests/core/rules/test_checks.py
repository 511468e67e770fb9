"""Tests for twisted_chat.core.rules.checks: what stands in the way besides roles."""

from __future__ import annotations

from tests.core.ruled import DEV, RuledCase, give_account
from tests.core.world import NOW, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api.replies import PasswordNeeded
from twisted_chat.core.rules.moderation import fitted
from twisted_chat.core.rules.permissions import admit
from twisted_chat.core.state.room import room_digest
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.ids import Node, SessionId
from twisted_chat.core.values.limits import Limits


class AdmitTests(RuledCase):
    def test_password_is_needed_or_wrong(self) -> None:
        self.done(self.otto, "lock secret")
        carl = self.world.user(self.carl)
        for digest, expected in (
            (None, PasswordNeeded(self.dev.name)),
            (room_digest(DEV, "other"), PasswordNeeded(self.dev.name, wrong=True)),
            (room_digest(DEV, "secret"), None),
        ):
            self.assertEqual(admit(carl, self.dev, digest, NOW), expected)

    def test_who_is_banned_learns_nothing_of_the_password(self) -> None:
        self.done(self.otto, "lock secret")
        self.done(self.otto, "ban carl")
        self.assertEqual(
            (self.enters(self.carl, "secret"), self.enters(self.carl)), ("banned",) * 2
        )


class FittedTests(RuledCase):
    def test_ban_is_for_somebody_as_they_are_now(self) -> None:
        eve = self.world.user(self.eve)
        ban = fitted(Ban(read_target("mallory"), "otto", NOW), eve)
        self.assertEqual((ban.target.text, ban.scope, ban.address), ("eve", eve.scope, None))
        ban = fitted(Ban(read_target("address:mallory"), "otto", NOW), eve)
        self.assertEqual(
            (ban.target.text, ban.scope, ban.address), ("address:eve", None, "192.0.2.4")
        )

    def test_address_of_somebody_is_of_all_their_sessions(self) -> None:
        eve = self.world.user(self.eve)
        eve.addresses[Node("elsewhere"), SessionId(9)] = "198.51.100.9"
        ban = fitted(Ban(read_target("address:eve"), "otto", NOW), eve)
        self.assertEqual(ban.address, "192.0.2.4 198.51.100.9")

    def test_account_needs_no_session_to_be_known_by(self) -> None:
        ban = fitted(Ban(read_target("vera"), "otto", NOW), self.world.user(self.vera))
        self.assertIsNone(ban.scope)

    def test_ban_of_who_is_gone_stays_as_it_was_made(self) -> None:
        ban = Ban(read_target("mallory"), "otto", NOW)
        self.assertIs(fitted(ban, None), ban)


class BanTests(RuledCase):
    def test_nobody_bans_or_mutes_oneself_by_name(self) -> None:
        self.assertEqual(self.code(self.otto, "ban otto"), "self")
        self.assertEqual(self.code(self.otto, "ban !otto"), "self")
        self.assertEqual(self.code(self.otto, "ban address:otto"), "self")
        self.assertEqual(self.code(self.otto, "mute otto"), "self")

    def test_nobody_does_anything_to_the_owner(self) -> None:
        for line in ("ban olga", "ban !olga", "mute olga", "kick olga", "deop olga", "voice olga"):
            self.assertEqual(self.code(self.otto, line), "is-owner", line)
        self.assertEqual(self.code(self.otto, "ban address:olga"), "is-owner")

    def test_owner_who_is_not_here_is_not_banned_by_name_either(self) -> None:
        self.world.close(self.olga)
        self.assertEqual(self.code(self.otto, "ban olga"), "is-owner")

    def test_ban_that_would_lock_out_its_maker_asks(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        for target in ("192.0.2.2", "192.0.2.0/24", "::ffff:192.0.2.2", "*tt*", "o?to"):
            refused = self.refused(self.otto, f"ban {target}")
            self.assertEqual(refused.code, "bans-yourself")
            self.assertIn("would ban you, too; to do that all the same, type /ban !", refused.why)
        # The owner is not kept out by any ban.
        self.done(self.olga, "ban 192.0.2.1")
        self.assertTrue(self.is_in(self.olga))

    def test_ban_of_everybody_asks_its_owner_too(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        for target in ("*", "***", "?*", "0.0.0.0/0", "::/0"):
            self.assertEqual(self.code(self.olga, f"ban {target}"), "bans-everybody")
        self.done(self.olga, "ban !::/0")

    def test_ban_of_the_servers_machine_would_hit_nobody_and_is_refused(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        for target in ("127.0.0.1", "127.0.0.0/8", "::1"):
            self.assertEqual(self.code(self.otto, f"ban {target}"), "no-address")

    def test_address_must_be_known(self) -> None:
        local = self.comes("local", "127.0.0.1")
        self.assertEqual(self.code(self.otto, "ban address:local"), "no-address")
        self.assertEqual(self.code(self.otto, "ban address:nobody"), "no-such-nick")
        self.world.close(local)

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

    def test_long_reason_is_refused(self) -> None:
        for line in (f"ban eve {'x' * 391}", f"mute eve {'x' * 391}"):
            self.assertEqual(self.code(self.otto, line), "too-long")

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

    def test_invitation_too_many_takes_the_place_of_the_oldest(self) -> None:
        self.dev.invited.update(dict.fromkeys(("session 1", "session 2", "session 3")))
        self.done(self.otto, "invite carl")
        carl = self.world.user(self.carl).invitation
        self.assertEqual(list(self.dev.invited), ["session 2", "session 3", carl])
        ann = self.comes("ann")
        self.done(self.otto, "invite carl")
        self.done(self.otto, "invite ann")
        self.assertEqual(
            list(self.dev.invited), ["session 3", carl, self.world.user(ann).invitation]
        )

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


class OtherTests(RuledCase):
    def test_slowness_has_a_limit(self) -> None:
        self.assertEqual(self.code(self.otto, "slow 999999999"), "too-slow")
        self.done(self.otto, "slow 21600")
        self.assertEqual(self.code(self.eve, "slow 999999999"), "not-operator")

    def test_what_is_not_locked_cannot_be_unlocked(self) -> None:
        self.assertEqual(self.code(self.otto, "unlock"), "not-locked")
        self.assertEqual(self.code(self.eve, "unlock"), "not-operator")

    def test_role_is_given_once_and_to_members(self) -> None:
        self.assertEqual(self.code(self.otto, "voice vera"), "role")
        self.assertEqual(self.code(self.otto, "devoice eve"), "role")
        for line in ("op carl", "voice nobody", "deop carl"):
            self.assertEqual(self.code(self.otto, line), "not-a-member")
        self.assertEqual(
            self.late((self.eve, "leave dev"), (self.otto, "op eve")), ["", "not-a-member"]
        )

    def test_role_for_who_takes_another_name_meanwhile_is_theirs(self) -> None:
        self.assertEqual(self.late((self.eve, "nick mallory"), (self.otto, "op eve")), ["", ""])
        self.assertIn("operator", self.roles_of(self.eve))

    def test_only_who_is_here_and_outside_is_invited(self) -> None:
        self.assertEqual(self.code(self.otto, "invite nobody"), "no-such-nick")
        self.assertEqual(self.code(self.otto, "invite eve"), "already-in-room")

    def test_room_is_only_given_to_an_account_that_is_there(self) -> None:
        self.assertEqual(self.code(self.olga, "transfer eve"), "needs-account")
        self.assertEqual(self.code(self.olga, "transfer carl"), "not-a-member")
        self.assertEqual(self.code(self.olga, "transfer olga"), "self")
        self.assertEqual(self.code(self.otto, "transfer carl"), "not-owner")

    def test_room_is_registered_once_and_by_an_account(self) -> None:
        self.assertEqual(self.code(self.otto, "register-room"), "is-registered")
        self.world.do(self.eve, c.Join(room("eves")))
        self.assertEqual(self.code(self.eve, "register-room"), "needs-account")
        give_account(self.world, self.eve, "eve")
        self.done(self.eve, "register-room")

    def test_guests_cannot_be_forgotten(self) -> None:
        self.assertEqual(self.code(self.eve, "forget-me all"), "needs-account")
        self.done(self.vera, "forget-me all")
        self.done(self.vera, "forget-me dev")

    def test_who_is_in_no_room_can_be_forgotten_everywhere(self) -> None:
        for name in ("dev", "lobby"):
            self.world.do(self.vera, c.Leave(room(name)))
        self.assertIsNone(self.done(self.vera, "forget-me all").room)
        self.assertEqual(self.code(self.vera, "forget-me dev"), "not-in-room")

    def test_nothing_is_done_in_a_room_one_is_not_in(self) -> None:
        for line in ("ban #dev eve", "settings #dev", "bans #dev", "export #dev", "drop-room dev"):
            self.assertEqual(self.code(self.carl, line), "not-in-room")
