"""What is decided of names and accounts: nobody is told more than they may know, and nothing costly is done for nonsense."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, Seat, World, nick
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules.decisions import (
    CheckPassword,
    Decision,
    HashPassword,
    MakeInvite,
    Propose,
    SendReply,
)
from twisted_chat.core.state.invites import digest_of
from twisted_chat.core.values.account import Registration
from twisted_chat.core.values.ids import Scope
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.server_ban import Kind as BanKind
from twisted_chat.core.values.text import Secret


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()
        self.hub = self.world.hub
        self.bob = self.world.register("bob")

    def code(self, seat: Seat, command: c.Command) -> str:
        return self.world.refusal(seat, command).code

    def may_register(self, who: Registration) -> None:
        self.hub.let_register(who)


class LoginTests(Case):
    def test_a_registered_name_alone_asks_for_its_password_and_names_a_free_one(self) -> None:
        reply = r.NickPassword(nick("bob"), nick("bob2"))
        for name in ("bob", "BOB"):
            decision = self.world.decide(self.world.open(), c.Login(nick(name)))
            self.assertEqual(decision, SendReply(reply))

    def test_a_name_that_looks_like_a_registered_one_cannot_be_had(self) -> None:
        self.world.close(self.bob)
        decision = self.world.decide(self.world.open(), c.Login(nick("b\u043eb")))
        assert isinstance(decision, SendReply) and isinstance(decision.reply, r.NameRefused)
        self.assertIn("looks too much like bob, which is registered", decision.reply.why)

    def test_names_of_those_in_charge_are_nobodys(self) -> None:
        for name in (
            "admin",
            "Operator",
            "moderator",
            "0perator".replace("0", "\u043e"),
            "root",
            "owner",
        ):
            self.assertRaises(ValueError, nick, name)

    def test_a_password_is_checked_whether_the_name_is_registered_or_not(self) -> None:
        for name, known in (("bob", True), ("nobody", False)):
            command = c.Login(nick(name), "secret secret")
            decision = self.world.decide(self.world.open(), command)
            assert isinstance(decision, CheckPassword)
            self.assertEqual(decision.proof is not None, known)

    def test_a_password_of_a_megabyte_is_refused_before_anything_is_hashed(self) -> None:
        huge = "x" * 2**20
        guest, new = self.world.enter("eve"), self.world.open()
        asked: tuple[tuple[Seat, c.Command], ...] = (
            (guest, c.Login(nick("bob"), huge)),
            (guest, c.Register(huge)),
            (self.bob, c.ChangePassword(huge, "long enough")),
            (self.bob, c.ChangePassword("long enough", huge)),
            (self.bob, c.DropAccount(huge)),
        )
        for seat, command in asked:
            self.assertEqual(self.code(seat, command), "bad-password")
        decision = self.world.decide(new, c.Login(nick("bob"), huge))
        assert isinstance(decision, SendReply) and isinstance(decision.reply, r.NameRefused)
        self.assertEqual(decision.reply.code, "bad-password")

    def test_who_is_here_as_an_account_is_not_let_in_as_another(self) -> None:
        self.world.register("eve")
        for name in ("eve", "bob"):
            self.assertEqual(self.code(self.bob, c.Login(nick(name), "x" * 9)), "already-logged-in")

    def test_login_without_a_name_means_the_one_that_was_asked_for_before(self) -> None:
        guest = self.world.enter("eve")
        self.hub.want(guest.session, nick("bob"))
        decision = self.world.decide(guest, c.Login(None, "secret secret"))
        assert isinstance(decision, CheckPassword)
        self.assertEqual(decision.nick, nick("bob"))

    def test_login_with_nothing_but_a_registered_name_asks_for_its_password(self) -> None:
        guest = self.world.enter("eve")
        decision = self.world.decide(guest, c.Login(None, "BOB"))
        self.assertEqual(decision, SendReply(r.NickPassword(nick("bob"), inside=True)))
        # The password of the name that was asked for may be anything, and so may that of one's own.
        self.hub.want(guest.session, nick("bob"))
        self.assertIsInstance(self.world.decide(guest, c.Login(None, "bob")), CheckPassword)
        self.assertEqual(self.code(self.bob, c.Login(None, "bob")), "already-logged-in")

    def test_a_registered_name_cannot_be_taken_by_a_rename(self) -> None:
        why = self.world.refusal(self.world.enter("eve"), c.Rename(nick("bob")))
        self.assertEqual(why.code, "nick-taken")
        self.assertIn("/login bob PASSWORD", why.why)

    def test_an_account_may_use_a_free_nick_and_come_back_to_its_own(self) -> None:
        self.world.do(self.bob, c.Rename(nick("rob")))
        self.world.do(self.bob, c.Rename(nick("bob")))
        self.assertEqual(self.world.user(self.bob).nick, nick("bob"))

    def test_a_secret_of_an_account_needs_no_password_for_its_name(self) -> None:
        self.world.close(self.bob)
        seat = self.world.open(token=self.bob.token)
        for name in (nick("bob"), None):
            decision = self.world.decide(seat, c.Login(name, token=self.bob.token))
            assert isinstance(decision, Propose) and isinstance(decision.event, e.Arrived)
            self.assertEqual(
                (decision.event.nick.text, decision.event.proof),
                ("bob", self.hub.state.accounts["bob"].proof),
            )


class RegisterTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.eve = self.world.enter("eve")
        self.command = c.Register(Secret("correct horse"), "code")
        self.plain = c.Register(Secret("correct horse"))

    def test_a_guest_may_register_where_everybody_may(self) -> None:
        self.assertEqual(
            self.world.decide(self.eve, self.plain), HashPassword(nick("eve"), "correct horse")
        )

    def test_second_half_of_a_password_is_not_taken_for_a_code_and_dropped(self) -> None:
        refused = self.world.refusal(self.eve, self.command)
        self.assertEqual(refused.code, "bad-password")
        self.assertIn("a password has no blanks", refused.why)
        self.assertNotIn("code", refused.why)

    def test_an_invitation_that_is_not_needed_is_not_used_up(self) -> None:
        self.hub.state.invites.put(digest_of("code"), NOW + 10, NOW)
        self.assertEqual(
            self.world.decide(self.eve, self.command), HashPassword(nick("eve"), "correct horse")
        )

    def test_nobody_can_invite_where_nobody_can_register(self) -> None:
        self.hub.trust(self.eve.session)
        self.may_register("closed")
        self.assertEqual(self.code(self.eve, c.MakeInviteCode()), "registration-closed")
        self.may_register("open")
        self.assertIsInstance(self.world.decide(self.eve, c.MakeInviteCode()), MakeInvite)

    def test_nobody_may_where_that_is_closed(self) -> None:
        self.may_register("closed")
        self.assertEqual(self.code(self.eve, self.command), "registration-closed")

    def test_nobody_may_in_a_panic_but_on_the_servers_machine(self) -> None:
        for level in (1, 2):
            self.hub.state.panic = level
            self.assertEqual(self.code(self.eve, self.command), "registration-closed")
        self.hub.trust(self.eve.session)
        self.assertIsInstance(self.world.decide(self.eve, self.plain), HashPassword)

    def test_who_was_invited_may_where_that_is_needed(self) -> None:
        self.may_register("invite")
        self.assertEqual(self.code(self.eve, self.command), "invite-needed")
        self.assertEqual(self.code(self.eve, c.Register("correct horse")), "invite-needed")
        digest = digest_of("code")
        self.hub.state.invites.put(digest, NOW + 10, NOW)
        self.assertEqual(
            self.world.decide(self.eve, self.command),
            HashPassword(nick("eve"), "correct horse", digest),
        )

    def test_a_password_that_a_line_would_lose_blanks_of_is_refused(self) -> None:
        """A program could set it, and a person at the line door never type it."""
        for password in (" correct horse", "correct horse "):
            refused = self.world.refusal(self.eve, c.Register(password))
            self.assertEqual(refused.code, "bad-password")
            self.assertIn("cannot begin or end with a blank", refused.why)

    def test_a_short_password_is_refused(self) -> None:
        self.assertEqual(self.code(self.eve, c.Register("seven77")), "bad-password")
        self.assertEqual(
            self.code(self.bob, c.ChangePassword("correct horse", "seven77")), "bad-password"
        )

    def test_a_second_account_is_refused(self) -> None:
        self.assertEqual(self.code(self.bob, self.command), "already-logged-in")

    def test_a_guests_name_is_not_registered(self) -> None:
        self.assertEqual(self.code(self.world.enter("guest77"), self.plain), "bad-nick")

    def test_passwords_are_in_no_text_that_is_made_of_what_was_asked_or_decided(self) -> None:
        decided = self.world.decide(self.eve, self.command)
        proved = self.world.decide(self.eve, c.Login(nick("bob"), Secret("correct horse")))
        for each in (self.command, decided, proved):
            self.assertNotIn("correct", repr(each))


class AccountTests(Case):
    def test_a_guest_has_no_password_to_change_and_no_account_to_drop(self) -> None:
        eve = self.world.enter("eve")
        for command in (
            c.ChangePassword("x" * 9, "y" * 9),
            c.DropAccount("x" * 9),
            c.SetPrivacy("rooms"),
        ):
            self.assertEqual(self.code(eve, command), "no-account")

    def test_who_may_write_is_told_when_asked(self) -> None:
        decision = self.world.decide(self.bob, c.SetPrivacy())
        self.assertEqual(decision, SendReply(r.Confirmed("everybody may write to you in private")))

    def test_only_who_is_on_the_servers_machine_invites(self) -> None:
        self.assertEqual(self.code(self.bob, c.MakeInviteCode()), "not-operator")
        self.hub.trust(self.bob.session)
        self.assertEqual(self.world.decide(self.bob, c.MakeInviteCode()), MakeInvite())

    def test_operators_of_the_server_invite_from_anywhere(self) -> None:
        self.world.session(self.bob).operator = "root"
        self.assertEqual(self.world.decide(self.bob, c.MakeInviteCode()), MakeInvite())


class KeptOutTests(Case):
    """Bans and a panic of the server are held against accounts, however these are entered."""

    def ban(self, kind: BanKind, target: str) -> None:
        self.hub.state.server_bans.add(Ban(kind, target, "root", NOW), NOW)

    def kept_out(self, seat: Seat, login: c.Login) -> str:
        """Return why a login is refused, as a code."""
        decision = self.world.decide(seat, login)
        assert isinstance(decision, SendReply) and isinstance(decision.reply, r.NameRefused), (
            decision
        )
        return decision.reply.code

    def prove(self, seat: Seat, name: str) -> Decision:
        """Decide about a login with the right password."""
        asked = self.world.decide(seat, c.Login(nick(name), Secret("secret words")))
        assert isinstance(asked, CheckPassword), asked
        proof = self.hub.state.accounts[name].proof
        return self.hub.proven(seat.session, asked, proof, Scope("x"), NOW)

    def test_a_banned_account_is_kept_out_with_the_right_password_only(self) -> None:
        self.ban("account", "bob")
        kept_out = SendReply(r.NameRefused("banned", "you are banned from this server for good"))
        self.assertEqual(self.prove(self.world.open(), "bob"), kept_out)
        eve = self.world.enter("eve")
        said = SendReply(r.Refused("banned", "you are banned from this server for good"))
        self.assertEqual(self.prove(eve, "bob"), said)

    def test_a_secret_of_a_banned_account_does_not_let_it_in(self) -> None:
        self.ban("account", "bob")
        again = self.world.open(token=self.bob.token)
        self.assertEqual(self.kept_out(again, c.Login(nick("bob"), token=again.token)), "banned")
        self.world.close(self.bob)
        self.assertEqual(self.kept_out(again, c.Login(nick("free"), token=again.token)), "banned")

    def test_a_banned_address_gives_no_password(self) -> None:
        self.ban("network", "192.0.2.0/24")
        seat = self.world.open()
        self.world.session(seat).address = "192.0.2.7"
        login = c.Login(nick("bob"), Secret("secret words"))
        self.assertEqual(self.kept_out(seat, login), "banned")

    def test_a_banned_name_is_not_registered(self) -> None:
        self.ban("account", "eve")
        register = c.Register(Secret("secret words"))
        self.assertEqual(self.code(self.world.enter("eve"), register), "banned")

    def test_accounts_get_in_where_no_new_guests_do(self) -> None:
        self.world.close(self.bob)
        seat = self.world.open()
        self.hub.state.panic = 1
        self.assertEqual(self.kept_out(seat, c.Login(nick("eve"))), "closed")
        self.assertIsInstance(self.prove(seat, "bob"), Propose)
        again = self.world.open(token=self.bob.token)
        back = self.world.decide(again, c.Login(nick("bob"), token=again.token))
        self.assertIsInstance(back, Propose)
        self.hub.state.panic = 2
        closed = "this server lets nobody new in for now; try again later"
        self.assertEqual(self.prove(seat, "bob"), SendReply(r.NameRefused("closed", closed)))
