"""Names and accounts as they are applied: the first in the order has the name, and nothing that was voided did anything."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.ruled import typed
from tests.core.world import NOW, Seat, World, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import NickPassword, Refused
from twisted_chat.core.rules.decisions import Repeat, SendReply
from twisted_chat.core.rules.outcomes import Applied, Between, Near, Outcome, Rejected
from twisted_chat.core.rules.permissions import admit
from twisted_chat.core.state.invites import digest_of
from twisted_chat.core.state.room import LOBBY_ID, Room
from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.ids import MessageId, Scope
from twisted_chat.core.values.server_ban import Ban


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()
        self.state = self.world.hub.state

    def last(self) -> Outcome:
        return self.world.outcomes[self.world.hub.node][-1]

    def applied(self) -> Applied:
        outcome = self.last()
        assert isinstance(outcome, Applied), outcome
        return outcome

    def void(self) -> str:
        outcome = self.last()
        assert isinstance(outcome, Rejected), outcome
        return getattr(outcome.why, "code", "")

    def propose(self, seat: Seat, event: e.Event) -> None:
        user = self.world.user(seat).id
        origin = e.Origin(seat.node, seat.session)
        self.world.publish(e.Proposal(event, origin, NOW, user))


class RegisteringTests(Case):
    def test_a_guest_who_registers_has_an_account_and_the_hash_is_for_the_store_alone(self) -> None:
        bob = self.world.register("Bob")
        outcome = self.applied()
        self.assertEqual(
            (outcome.secret, outcome.envelope.event), ("a hash", e.AccountRegistered(nick("Bob")))
        )
        self.assertEqual(outcome.audience, Between((self.world.user(bob).id,)))
        self.assertEqual(self.state.accounts["bob"].name.text, "Bob")
        self.assertEqual(self.world.user(bob).account, "bob")
        self.assertNotIn("a hash", str(self.state.dump()))

    def test_two_who_register_one_name_at_once_are_one_account(self) -> None:
        bob = self.world.enter("bob")
        for _ in range(2):
            self.propose(bob, e.AccountRegistered(nick("bob"), "hash"))
        self.assertEqual((self.void(), len(self.state.accounts)), ("already-logged-in", 1))

    def test_who_was_renamed_meanwhile_registers_nothing(self) -> None:
        bob = self.world.enter("bob")
        self.world.do(bob, c.Rename(nick("rob")))
        self.propose(bob, e.AccountRegistered(nick("bob"), "hash"))
        self.assertEqual((self.void(), dict(self.state.accounts)), ("nick-changed", {}))

    def test_a_name_that_looks_like_an_account_cannot_be_had(self) -> None:
        self.world.register("bob")
        eve = self.world.enter("eve")
        self.propose(eve, e.Renamed(nick("b\u043eb")))
        self.assertEqual(self.void(), "nick-taken")
        self.assertEqual(self.world.user(eve).nick, nick("eve"))

    def test_an_invitation_is_good_once(self) -> None:
        digest = digest_of("code")
        bob, eve = self.world.enter("bob"), self.world.enter("eve")
        self.propose(bob, e.AccountRegistered(nick("bob"), "hash", digest))
        self.assertEqual(self.void(), "invite-needed")
        self.propose(bob, e.InviteCodeMade(digest, NOW + 10))
        self.propose(bob, e.AccountRegistered(nick("bob"), "hash", digest))
        self.applied()
        self.propose(eve, e.AccountRegistered(nick("eve"), "hash", digest))
        self.assertEqual((self.void(), list(self.state.accounts)), ("invite-needed", ["bob"]))


class ComingTests(Case):
    def test_the_name_stays_reserved_when_its_owner_is_away(self) -> None:
        self.world.close(self.world.register("bob"))
        eve = self.world.open()
        arrival = e.Arrived(nick("bob"), Scope("x"), "host")
        self.world.publish(e.Proposal(arrival, e.Origin(eve.node, eve.session), NOW))
        self.assertEqual((self.void(), self.state.users), ("nick-taken", {}))

    def test_who_comes_back_is_shown_where_they_are_now(self) -> None:
        bob = self.world.register("bob")
        again = self.world.open(token=bob.token)
        self.world.session(again).host = "elsewhere"
        self.world.session(again).address = "192.0.2.9"
        self.world.do(again, c.Login(token=bob.token))
        user = self.world.user(again)
        place = again.node, again.session
        self.assertEqual(user.addresses, {place: "192.0.2.9"})
        self.assertEqual((user.author.host, user.sessions[place]), ("elsewhere", user.author))

    def test_two_logins_at_once_are_one_user_with_two_sessions(self) -> None:
        self.world.close(self.world.register("bob"))
        one, two = self.world.login("bob"), self.world.login("bob")
        self.assertIs(self.world.user(one), self.world.user(two))
        self.assertEqual(len(self.world.user(one).sessions), 2)
        self.assertIs(self.world.session(one).bucket, self.world.session(two).bucket)

    def test_a_second_session_talks_in_the_lobby_and_has_all_rooms(self) -> None:
        bob = self.world.register("bob")
        self.world.do(bob, c.Join(room("dev")))
        second = self.world.login("bob")
        self.assertEqual(self.world.session(second).focus, LOBBY_ID)
        self.world.do(bob, c.Leave(room("lobby")))
        third = self.world.login("bob")
        (dev,) = self.world.user(bob).rooms
        self.assertEqual(self.world.session(third).focus, dev)

    def test_each_session_has_a_scope_of_its_own_for_the_ids_of_its_messages(self) -> None:
        bob = self.world.register("bob")
        second = self.world.login("bob")
        outcomes = [
            self.world.say(seat, text, tag="1") for seat, text in ((bob, "a"), (second, "b"))
        ]
        scopes = {
            each.envelope.author.scope
            for each in outcomes
            if isinstance(each, Applied) and each.envelope.author
        }
        self.assertEqual(len(scopes), 2)
        again = self.world.do(second, c.Say(lines("b")), tag="1")
        self.assertIsInstance(again, Repeat)

    def test_leaving_with_one_session_leaves_the_others(self) -> None:
        bob = self.world.register("bob")
        second = self.world.login("bob")
        self.world.close(bob)
        user = self.world.user(second)
        self.assertEqual(
            (len(user.sessions), user.nick, LOBBY_ID in user.rooms), (1, nick("bob"), True)
        )
        self.assertEqual(user.author, user.sessions[second.node, second.session])
        self.world.close(second)
        self.assertEqual(
            (self.state.users, self.state.dump()["indexes"]), ({}, self.world_is_empty())
        )

    def world_is_empty(self) -> object:
        return World().hub.state.dump()["indexes"]

    def test_a_secret_takes_the_place_of_its_own_session_only(self) -> None:
        bob = self.world.register("bob")
        second = self.world.login("bob")
        again = self.world.open(token=second.token)
        self.world.do(again, c.Login(None, token=second.token))
        self.assertFalse(self.world.is_open(second))
        self.assertTrue(self.world.is_open(bob))
        self.assertIs(self.world.user(again), self.world.user(bob))

    def test_a_secret_of_an_account_comes_back_as_that_account(self) -> None:
        bob = self.world.register("bob")
        self.world.close(bob)
        again = self.world.enter("bob", token=bob.token)
        self.assertEqual(
            (self.world.user(again).nick, self.world.user(again).account), (nick("bob"), "bob")
        )

    def test_a_password_that_was_changed_on_the_way_is_right_no_more(self) -> None:
        bob = self.world.register("bob")
        proof = self.state.accounts["bob"].proof
        self.world.proven(bob, c.ChangePassword("correct horse", "battery staple"))
        self.assertEqual(self.applied().secret, "a hash")
        late = self.world.open()
        arrival = e.Arrived(nick("bob"), Scope("x"), "host", proof=proof)
        self.world.publish(e.Proposal(arrival, e.Origin(late.node, late.session), NOW))
        self.assertEqual(self.void(), "wrong-password")

    def test_other_sessions_secrets_end_with_the_old_password_unless_they_are_here(self) -> None:
        bob = self.world.register("bob")
        gone = self.world.login("bob")
        self.world.close(gone)
        self.world.proven(bob, c.ChangePassword("correct horse", "battery staple"))
        late = self.world.open(token=gone.token)
        decision = self.world.decide(late, c.Login(nick("bob"), token=gone.token))
        self.assertEqual(decision, SendReply(NickPassword(nick("bob"), nick("bob2"))))
        self.world.close(bob)
        again = self.world.enter("bob", token=bob.token)
        self.assertEqual(self.world.user(again).account, "bob")

    def test_others_can_vouch_for_somebody_new_unless_the_name_is_taken(self) -> None:
        bob = self.world.login("bob")
        self.assertEqual(self.world.user(bob).account, "bob")
        self.world.enter("eve")
        seat = self.world.open()
        arrival = e.Arrived(nick("eve"), Scope("x"), "host", proof=Proof("eve", outside=True))
        self.world.publish(e.Proposal(arrival, e.Origin(seat.node, seat.session), NOW))
        self.assertEqual((self.void(), list(self.state.accounts)), ("nick-taken", ["bob"]))


class LoggingInTests(Case):
    def test_a_guest_becomes_the_account_and_keeps_its_rooms(self) -> None:
        self.world.close(self.world.register("bob"))
        guest = self.world.enter("guest1")
        self.world.do(guest, c.Join(room("dev")))
        self.world.proven(guest, c.Login(nick("bob"), "correct horse"))
        user = self.world.user(guest)
        self.assertEqual((user.nick, user.account, len(user.rooms)), (nick("bob"), "bob", 2))
        self.assertEqual(self.applied().audience, Near(tuple(user.rooms), author=True))

    def test_a_guest_joins_the_sessions_that_are_here_and_is_gone_itself(self) -> None:
        bob = self.world.register("bob")
        guest = self.world.enter("guest1")
        self.world.do(guest, c.Join(room("dev")))
        self.world.proven(guest, c.Login(nick("bob"), "correct horse"))
        self.assertIs(self.world.user(guest), self.world.user(bob))
        self.assertEqual(list(self.state.users_by_key), ["bob"])
        self.assertIsNone(self.state.room_named(room("dev")))
        event = self.applied().envelope.event
        assert isinstance(event, e.LoggedIn)
        self.assertEqual((event.moved, len(event.rooms or ())), (True, 2))
        self.assertEqual(self.world.session(guest).focus, LOBBY_ID)
        self.world.say(guest, "hi")
        self.assertEqual(
            self.applied().envelope.author, self.world.user(bob).sessions[guest.node, guest.session]
        )

    def test_one_of_two_sessions_that_joins_others_leaves_its_own_behind(self) -> None:
        bob = self.world.register("bob")
        self.world.do(bob, c.Rename(nick("rob")))
        second = self.world.open(token=None)
        self.world.proven(second, c.Login(nick("bob"), "correct horse"))
        # Two users of one account; the second asks for the nick of the first.
        self.world.do(second, c.Rename(nick("rob")))
        self.assertIs(self.world.user(second), self.world.user(bob))
        self.assertEqual(len(self.state.users), 1)

    def test_who_has_an_account_cannot_become_another(self) -> None:
        self.world.register("eve")
        proof = self.state.accounts["eve"].proof
        bob = self.world.register("bob")
        self.propose(bob, e.LoggedIn(nick("eve"), proof))
        self.assertEqual((self.void(), self.world.user(bob).account), ("already-logged-in", "bob"))

    def test_a_rename_to_a_registered_name_is_void(self) -> None:
        self.world.close(self.world.register("bob"))
        eve = self.world.enter("eve")
        self.propose(eve, e.Renamed(nick("bob")))
        self.assertEqual(self.void(), "nick-taken")


class DroppingTests(Case):
    def test_a_password_that_is_hashed_anew_is_the_same_password(self) -> None:
        bob = self.world.register("bob")
        before = self.state.dump()
        self.propose(
            bob, e.PasswordChanged(self.state.accounts["bob"].proof, "new hash", renewed=True)
        )
        outcome = self.applied()
        self.assertEqual((outcome.secret, outcome.audience), ("new hash", Between(())))
        self.assertNotIn("new hash", str(outcome.envelope))
        self.assertEqual(self.state.dump(), before)

    def test_an_account_deleted_in_one_of_two_sessions_is_gone_in_both(self) -> None:
        bob = self.world.register("bob")
        second = self.world.login("bob")
        self.world.proven(bob, c.DropAccount("correct horse"))
        for seat in (bob, second):
            self.assertIsNone(self.world.user(seat).account)
            author = self.world.user(seat).sessions[seat.node, seat.session]
            self.assertIsNone(author.account)
        self.propose(second, e.PasswordChanged(Proof("bob", MessageId(3)), "hash"))
        self.assertEqual((self.void(), dict(self.state.accounts)), ("wrong-password", {}))
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
        self.assertEqual(self.void(), "wrong-password")


class SettingsTests(Case):
    def tell(self, seat: Seat, to: str) -> None:
        target = self.state.user_named(nick(to))
        assert target is not None
        self.propose(seat, e.Told(target.id, nick(to), "say", lines("psst")))

    def test_who_may_write_is_who_has_an_account_or_is_in_the_same_room(self) -> None:
        bob, eve = self.world.register("bob"), self.world.enter("eve")
        self.propose(bob, e.PrivacySet("accounts"))
        self.tell(eve, "bob")
        self.assertEqual(self.void(), "not-wanted")
        self.tell(self.world.register("ann"), "bob")
        self.applied()
        self.propose(bob, e.PrivacySet("rooms"))
        self.tell(eve, "bob")
        self.applied()
        self.world.do(eve, c.Leave())
        self.tell(eve, "bob")
        self.assertEqual(self.void(), "not-wanted")

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
        self.assertEqual(self.void(), "no-account")

    def test_too_many_invitations_are_void(self) -> None:
        bob = self.world.enter("bob")
        for number in range(1000):
            self.state.invites.put(str(number), NOW + 10, NOW)
        self.propose(bob, e.InviteCodeMade("one more", NOW + 10))
        self.assertEqual(self.void(), "too-many-invites")


class TwoNodesTests(SynchronousTestCase):
    def test_every_node_has_the_same_accounts(self) -> None:
        world = World("a", "b")
        bob = world.register("bob", "a")
        second = world.login("bob", "b")
        world.proven(world.enter("guest1", "b"), c.Login(nick("bob"), "correct horse"))
        world.close(bob)
        world.proven(second, c.ChangePassword("correct horse", "battery staple"))
        one, two = (hub.state.dump() for hub in world.hubs.values())
        self.assertEqual(one, two)


class KeptOutTests(Case):
    """Who was banned, or shut out, while they were on their way."""

    def arrives(self, event: e.Arrived) -> str:
        seat = self.world.open()
        self.world.publish(e.Proposal(event, e.Origin(seat.node, seat.session), NOW))
        return self.void()

    def test_a_ban_since_the_login_was_decided_counts(self) -> None:
        self.world.close(self.world.register("bob"))
        proof, bans = self.state.accounts["bob"].proof, self.state.server_bans
        bans.add(Ban("account", "bob", "root", NOW), NOW)
        bans.add(Ban("network", "192.0.2.0/24", "root", NOW), NOW)
        bob = e.Arrived(nick("bob"), Scope("x"), "host", proof=proof)
        self.assertEqual(self.arrives(bob), "banned")
        eve = e.Arrived(nick("eve"), Scope("x"), "host", address="192.0.2.7")
        self.assertEqual(self.arrives(eve), "banned")
        anna = self.world.enter("anna")
        self.propose(anna, e.LoggedIn(nick("bob"), proof))
        self.assertEqual((self.void(), self.world.user(anna).account), ("banned", None))

    def test_panic_lets_accounts_in_and_no_guests(self) -> None:
        self.world.close(self.world.register("bob"))
        self.state.panic = 1
        self.assertEqual(self.arrives(e.Arrived(nick("eve"), Scope("x"), "host")), "closed")
        seat, proof = self.world.open(), self.state.accounts["bob"].proof
        bob = e.Arrived(nick("bob"), Scope("y"), "host", proof=proof)
        self.world.publish(e.Proposal(bob, e.Origin(seat.node, seat.session), NOW))
        self.applied()


class RoomsTests(Case):
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
        happened = self.applied().envelope.event
        assert isinstance(happened, e.AccountDropped)
        self.assertEqual((happened.gone, self.state.room_named(room("dev"))), ((gone,), None))

    def test_nobody_logs_in_under_a_name_that_is_banned_in_a_room_of_theirs(self) -> None:
        self.world.close(self.world.register("eve"))
        guest = self.world.enter("anna")
        self.world.do(guest, c.Join(room("dev")))
        self.world.do(self.olga, typed("ban eve"))
        self.propose(guest, e.LoggedIn(nick("eve"), self.state.accounts["eve"].proof))
        self.assertEqual((self.void(), self.world.user(guest).account), ("banned", None))

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
