"""Accounts: making one, its password and settings, deleting it, and codes for others."""

from __future__ import annotations

from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from tests.core.dump import dump
from tests.core.ruled import typed
from tests.core.rules.cases import AccountCase, BobCase
from tests.core.world import NOW, Seat, World, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules.decisions import HashPassword, MakeInvite, SendReply
from twisted_chat.core.rules.outcomes import Between
from twisted_chat.core.rules.permissions import admit
from twisted_chat.core.state.invites import digest_of
from twisted_chat.core.state.room import Room
from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.ids import MessageId, Scope
from twisted_chat.core.values.text import Secret


class RegisterTests(BobCase):
    def setUp(self) -> None:
        super().setUp()
        self.eve = self.world.enter("eve")
        self.command = c.Register(Secret("correct horse"), "code")
        self.plain = c.Register(Secret("correct horse"))

    def test_a_guest_may_register_and_uses_up_no_invitation_that_is_not_needed(self) -> None:
        self.assertEqual(
            self.world.decide(self.eve, self.plain), HashPassword(nick("eve"), "correct horse")
        )
        self.hub.state.invites.put(digest_of("code"), NOW + 10, NOW)
        self.assertEqual(
            self.world.decide(self.eve, self.command), HashPassword(nick("eve"), "correct horse")
        )

    def test_bad_passwords_are_refused_and_no_half_is_dropped(self) -> None:
        refused = self.world.refusal(self.eve, self.command)
        self.assertEqual(refused.code, "bad-password")
        self.assertIn("A password cannot contain spaces", refused.why)
        self.assertNotIn("code", refused.why)
        for password in (" correct horse", "correct horse "):
            refused = self.world.refusal(self.eve, c.Register(password))
            self.assertEqual(refused.code, "bad-password")
            self.assertIn("cannot begin or end with a space", refused.why)
        self.assertEqual(self.code(self.eve, c.Register("seven77")), "bad-password")
        self.assertEqual(
            self.code(self.bob, c.ChangePassword("correct horse", "seven77")), "bad-password"
        )

    def test_nobody_can_invite_where_nobody_can_register(self) -> None:
        self.hub.state.sessions[self.eve.session].local = True
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
        self.hub.state.sessions[self.eve.session].local = True
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

    def test_how_long_a_new_password_has_to_be_is_a_limit(self) -> None:
        self.hub.limit(replace(self.hub.limits, min_password=3))
        eve = self.world.enter("zoe")
        self.assertEqual(self.code(eve, c.Register("ab")), "bad-password")
        self.assertIsInstance(self.world.decide(eve, c.Register("abc")), HashPassword)

    def test_second_accounts_and_names_of_guests_are_refused(self) -> None:
        self.assertEqual(self.code(self.bob, self.command), "already-logged-in")
        self.assertEqual(self.code(self.world.enter("guest77"), self.plain), "bad-nick")

    def test_passwords_are_in_no_text_that_is_made_of_what_was_asked_or_decided(self) -> None:
        decided = self.world.decide(self.eve, self.command)
        proved = self.world.decide(self.eve, c.Login(nick("bob"), Secret("correct horse")))
        for each in (self.command, decided, proved):
            self.assertNotIn("correct", repr(each))


class RegisteringTests(AccountCase):
    def test_a_guest_who_registers_has_an_account_and_the_hash_is_for_the_store_alone(self) -> None:
        bob = self.world.register("Bob")
        outcome = self.happened()
        self.assertEqual(
            (outcome.secret, outcome.envelope.event), ("a hash", e.AccountRegistered(nick("Bob")))
        )
        self.assertEqual(outcome.audience, Between((self.world.user(bob).id,)))
        self.assertEqual(self.state.accounts["bob"].name.text, "Bob")
        self.assertEqual(self.world.user(bob).account, "bob")
        self.assertNotIn("a hash", str(dump(self.state)))

    def test_two_who_register_one_name_at_once_are_one_account(self) -> None:
        bob = self.world.enter("bob")
        for _ in range(2):
            self.propose(bob, e.AccountRegistered(nick("bob"), "hash"))
        self.assertEqual((self.rejected(), len(self.state.accounts)), ("already-logged-in", 1))

    def test_who_was_renamed_meanwhile_registers_nothing(self) -> None:
        bob = self.world.enter("bob")
        self.world.do(bob, c.Rename(nick("rob")))
        self.propose(bob, e.AccountRegistered(nick("bob"), "hash"))
        self.assertEqual((self.rejected(), dict(self.state.accounts)), ("nick-changed", {}))

    def test_a_name_that_looks_like_an_account_cannot_be_had(self) -> None:
        self.world.register("bob")
        eve = self.world.enter("eve")
        self.propose(eve, e.Renamed(nick("b\u043eb")))
        self.assertEqual(self.rejected(), "nick-taken")
        self.assertEqual(self.world.user(eve).nick, nick("eve"))

    def test_an_invitation_is_good_once(self) -> None:
        digest = digest_of("code")
        bob, eve = self.world.enter("bob"), self.world.enter("eve")
        self.propose(bob, e.AccountRegistered(nick("bob"), "hash", digest))
        self.assertEqual(self.rejected(), "invite-needed")
        self.propose(bob, e.InviteCodeMade(digest, NOW + 10))
        self.propose(bob, e.AccountRegistered(nick("bob"), "hash", digest))
        self.happened()
        self.propose(eve, e.AccountRegistered(nick("eve"), "hash", digest))
        self.assertEqual((self.rejected(), list(self.state.accounts)), ("invite-needed", ["bob"]))


class AccountTests(BobCase):
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
        self.assertEqual(
            decision, SendReply(r.Confirmed("Everyone can send you private messages."))
        )

    def test_only_who_is_on_the_servers_machine_invites(self) -> None:
        self.assertEqual(self.code(self.bob, c.MakeInviteCode()), "not-operator")
        self.hub.state.sessions[self.bob.session].local = True
        self.assertEqual(self.world.decide(self.bob, c.MakeInviteCode()), MakeInvite())

    def test_operators_of_the_server_invite_from_anywhere(self) -> None:
        self.world.session(self.bob).operator = "root"
        self.assertEqual(self.world.decide(self.bob, c.MakeInviteCode()), MakeInvite())


class DroppingTests(AccountCase):
    def test_a_password_that_is_hashed_anew_is_the_same_password(self) -> None:
        bob = self.world.register("bob")
        before = dump(self.state)
        self.propose(
            bob, e.PasswordChanged(self.state.accounts["bob"].proof, "new hash", renewed=True)
        )
        outcome = self.happened()
        self.assertEqual((outcome.secret, outcome.audience), ("new hash", Between(())))
        self.assertNotIn("new hash", str(outcome.envelope))
        self.assertEqual(dump(self.state), before)

    def test_an_account_deleted_in_one_of_two_sessions_is_gone_in_both(self) -> None:
        bob = self.world.register("bob")
        second = self.world.login("bob")
        self.world.proven(bob, c.DropAccount("correct horse"))
        for seat in (bob, second):
            self.assertIsNone(self.world.user(seat).account)
            author = self.world.user(seat).sessions[seat.node, seat.session]
            self.assertIsNone(author.account)
        self.propose(second, e.PasswordChanged(Proof("bob", MessageId(3)), "hash"))
        self.assertEqual((self.rejected(), dict(self.state.accounts)), ("wrong-password", {}))
        self.world.close(bob)
        self.world.close(second)
        eve = self.world.register("bob")
        self.assertEqual(self.world.user(eve).account, "bob")
        late = self.world.open(token=bob.token)
        self.assertIsNone(self.state.accounts.login_of(Scope(late.token)))

    def test_deleting_twice_deletes_once(self) -> None:
        bob = self.world.register("bob")
        proof = self.state.accounts["bob"].proof
        for _ in range(2):
            self.propose(bob, e.AccountDropped(proof))
        self.assertEqual(self.rejected(), "wrong-password")


class SettingsTests(AccountCase):
    def tell(self, seat: Seat, to: str) -> None:
        target = self.state.user_named(nick(to))
        assert target is not None
        self.propose(seat, e.Told(target.id, nick(to), "say", lines("psst")))

    def test_who_may_write_is_who_has_an_account_or_is_in_the_same_room(self) -> None:
        bob, eve = self.world.register("bob"), self.world.enter("eve")
        self.propose(bob, e.PrivacySet("accounts"))
        self.tell(eve, "bob")
        self.assertEqual(self.rejected(), "not-wanted")
        self.tell(self.world.register("ann"), "bob")
        self.happened()
        self.propose(bob, e.PrivacySet("rooms"))
        self.tell(eve, "bob")
        self.happened()
        self.world.do(eve, c.Leave())
        self.tell(eve, "bob")
        self.assertEqual(self.rejected(), "not-wanted")

    def test_whom_an_account_ignores_all_its_sessions_ignore_and_those_to_come(self) -> None:
        bob = self.world.register("bob")
        second = self.world.login("bob")
        self.world.enter("Eve")
        self.world.do(bob, c.Ignore(nick("eve")))
        third = self.world.login("bob")
        for seat in (bob, second, third):
            self.assertEqual(self.world.session(seat).ignored, {"eve": "Eve"})
        self.world.do(third, c.Unignore(nick("eve")))
        self.assertEqual(self.world.session(bob).ignored, {})
        self.assertEqual(self.state.accounts["bob"].ignored, ())

    def test_a_guest_has_no_settings(self) -> None:
        self.propose(self.world.enter("bob"), e.PrivacySet("rooms"))
        self.assertEqual(self.rejected(), "no-account")

    def test_too_many_invitations_are_void(self) -> None:
        bob = self.world.enter("bob")
        for number in range(1000):
            self.state.invites.put(str(number), NOW + 10, NOW)
        self.propose(bob, e.InviteCodeMade("one more", NOW + 10))
        self.assertEqual(self.rejected(), "too-many-invites")


class TwoNodesTests(SynchronousTestCase):
    def test_every_node_has_the_same_accounts(self) -> None:
        world = World("a", "b")
        bob = world.register("bob", "a")
        second = world.login("bob", "b")
        world.proven(world.enter("guest1", "b"), c.Login(nick("bob"), "correct horse"))
        world.close(bob)
        world.proven(second, c.ChangePassword("correct horse", "battery staple"))
        one, two = (dump(hub.state) for hub in world.hubs.values())
        self.assertEqual(one, two)


class RoomsTests(AccountCase):
    """What an account is in rooms, while its sessions come, log in, and when it is deleted."""

    def setUp(self) -> None:
        super().setUp()
        self.olga = self.world.register("olga")
        self.world.do(self.olga, c.Join(room("dev")))
        self.world.do(self.olga, typed("register-room"))

    @property
    def dev(self) -> Room:
        found = self.state.room_named(room("dev"))
        assert found is not None
        return found

    def test_who_logs_in_in_a_room_has_the_roles_of_the_account(self) -> None:
        self.world.close(self.olga)
        guest = self.world.enter("anna")
        self.world.do(guest, c.Join(room("dev")))
        self.assertEqual(self.dev.members[self.world.user(guest).id], frozenset())
        self.propose(guest, e.LoggedIn(nick("olga"), self.state.accounts["olga"].proof))
        self.assertIn("owner", self.dev.members[self.world.user(guest).id])

    def test_who_logs_in_keeps_what_a_guest_was_invited_to_and_waits_as_a_guest_would(self) -> None:
        self.world.close(self.world.register("bob"))
        guest = self.world.enter("anna")
        self.world.do(self.olga, typed("invite anna"))
        self.dev.spoke[self.world.user(guest).invitation] = NOW
        self.propose(guest, e.LoggedIn(nick("bob"), self.state.accounts["bob"].proof))
        self.assertEqual(list(self.dev.invited), ["account bob"])
        self.assertEqual(self.dev.spoke, {"account bob": NOW})

    def test_rooms_of_a_deleted_account_go_to_an_operator_or_with_it(self) -> None:
        vera = self.world.register("vera")
        self.world.do(vera, c.Join(room("dev")))
        self.world.do(self.olga, typed("op vera"))
        self.propose(self.olga, e.AccountDropped(self.state.accounts["olga"].proof))
        self.assertEqual(
            (self.dev.owner, self.dev.members[self.world.user(self.olga).id]), ("vera", frozenset())
        )
        self.world.do(vera, c.Leave(room("dev")))
        self.world.do(self.olga, c.Leave(room("dev")))
        gone = self.dev.ref.id
        self.propose(vera, e.AccountDropped(self.state.accounts["vera"].proof))
        happened = self.happened().envelope.event
        assert isinstance(happened, e.AccountDropped)
        self.assertEqual((happened.gone, self.state.room_named(room("dev"))), ((gone,), None))

    def test_nobody_logs_in_under_a_name_that_is_banned_in_a_room_of_theirs(self) -> None:
        self.world.close(self.world.register("eve"))
        guest = self.world.enter("anna")
        self.world.do(guest, c.Join(room("dev")))
        self.world.do(self.olga, typed("ban eve"))
        self.propose(guest, e.LoggedIn(nick("eve"), self.state.accounts["eve"].proof))
        self.assertEqual((self.rejected(), self.world.user(guest).account), ("banned", None))

    def test_a_ban_of_an_address_is_for_every_session_of_a_user(self) -> None:
        self.world.register("eve")
        second = self.world.open()
        self.world.session(second).address = "192.0.2.7"
        proof = self.state.accounts["eve"].proof
        arrival = e.Arrived(nick("eve"), Scope("x"), "host", proof=proof, address="192.0.2.7")
        self.world.publish(e.Proposal(arrival, e.Origin(second.node, second.session), NOW))
        self.world.session(self.olga).operator = "root"
        self.world.do(self.olga, typed("ban 192.0.2.0/24"))
        eve = self.state.users_by_key["eve"]
        self.assertEqual(sorted(eve.addresses.values()), ["", "192.0.2.7"])
        refused = admit(eve, self.dev, None, NOW)
        assert isinstance(refused, Refused)
        self.world.close(second)
        self.assertEqual((refused.code, admit(eve, self.dev, None, NOW)), ("banned", None))
