"""Logging in, under which name and as which user, and leaving."""

from __future__ import annotations

from tests.core.api.examples import EVERY_COMMAND
from tests.core.dump import dump
from tests.core.ruled import RuledCase
from tests.core.rules.cases import AccountCase, BobCase, ChatCase, PrivateCase
from tests.core.world import NOW, Seat, World, lines, nick, room, scope_of
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import NameRefused, NickPassword, Refused
from twisted_chat.core.rules.decisions import (
    CheckPassword,
    Decision,
    GoodBye,
    Nothing,
    Propose,
    Repeat,
    SendReply,
)
from twisted_chat.core.rules.outcomes import NOBODY, Applied, Near, Rejected
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.values.about import About
from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.ids import MessageId, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.limits import REMEMBERED
from twisted_chat.core.values.names import Nick, guest_nick
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.server_ban import Kind as BanKind
from twisted_chat.core.values.text import CleanText, Secret

HI = lines("hi")
GONE = Refused("gone", "You are no longer in the chat, so nothing was done. Connect again.")


class LoginTests(ChatCase):
    def setUp(self) -> None:
        super().setUp()
        self.new = self.world.open()

    def login(self, name: str | None = None) -> Decision:
        return self.decide(self.new, c.Login(nick(name) if name is not None else None))

    def arrival(self, name: str) -> Propose:
        return Propose(e.Arrived(nick(name), scope_of(self.new.token), "somewhere"))

    def test_free_nick_is_claimed_and_a_token_of_nobody_changes_nothing(self) -> None:
        self.assertEqual(self.login("carol"), self.arrival("carol"))
        decision = self.decide(self.new, c.Login(nick("carol"), token=self.new.token))
        self.assertEqual(decision, self.arrival("carol"))

    def test_who_comes_is_shown_as_they_say_and_has_a_prefix(self) -> None:
        self.assertEqual(self.world.user(self.bob).author.prefix, "bob!~user@somewhere")
        about = About("car", "Carol C.", bot=True)
        self.world.do(self.new, c.Login(nick("carol"), about=about))
        author = self.world.user(self.new).author
        self.assertEqual(author.prefix, "carol!~car@somewhere")
        self.assertEqual((author.real_name, author.bot), ("Carol C.", True))

    def test_long_real_name_is_cut(self) -> None:
        self.world.do(self.new, c.Login(nick("carol"), about=About(real_name="x" * 1000)))
        self.assertEqual(self.world.user(self.new).author.real_name, "x" * 150)

    def test_taken_nick_is_refused_with_reason_and_free_suggestion(self) -> None:
        why = '"bob" is taken.'
        self.assertEqual(
            self.login("bob"), SendReply(r.NameRefused("nick-taken", why, nick("bob2")))
        )
        self.world.enter("bob2")
        self.world.enter("b\u043eb3")  # with a Cyrillic letter, but it looks the same
        decision = self.login("BOB")
        assert isinstance(decision, SendReply) and isinstance(decision.reply, r.NameRefused)
        self.assertEqual(str(decision.reply.suggestion), "BOB4")

    def test_refusal_made_while_applying_gets_a_suggestion_too(self) -> None:
        self.world.instant = False
        self.world.do(self.new, c.Login(nick("carol")))
        self.world.do(self.world.open(), c.Login(nick("carol")))
        self.world.settle()
        rejected = self.world.outcomes[self.new.node][-1]
        assert isinstance(rejected, Rejected)
        self.assertEqual(
            rejected.why, r.NameRefused("nick-taken", '"carol" is taken.', nick("carol2"))
        )

    def test_nick_that_looks_taken_says_by_whom(self) -> None:
        why = '"b\u043eb" is taken: it looks too much like bob, who is here.'
        decision = self.login("b\u043eb")
        assert isinstance(decision, SendReply) and isinstance(decision.reply, r.NameRefused)
        self.assertEqual((decision.reply.code, decision.reply.why), ("nick-taken", why))

    def test_everything_but_help_ping_and_quit_waits_for_the_login(self) -> None:
        free = (c.Help, c.Ping, c.Pong, c.Login, c.Authenticate, c.Quit)
        for command in EVERY_COMMAND:
            if not isinstance(command, free):
                self.refuse(
                    self.new, command, "not-logged-in", "Pick a nickname first. Nothing was sent."
                )
        self.assertIsInstance(self.reply(self.new, c.Help()), r.HelpText)
        self.assertEqual(self.reply(self.new, c.Ping(CleanText("1"))), r.Pong(CleanText("1")))
        self.assertEqual(self.decide(self.new, c.Pong()), Nothing())
        self.assertEqual(self.decide(self.new, c.Quit()), GoodBye(CleanText("quit")))

    def test_only_with_the_token_somebody_is_taken_over(self) -> None:
        back = self.world.open(token=self.bob.token)
        for asked in (nick("bob"), nick("carol"), nick("alice"), None):
            self.assertEqual(
                self.decide(back, c.Login(asked, token=back.token)),
                Propose(e.Arrived(nick("bob"), scope_of(back.token), "somewhere")),
            )
        decision = self.decide(back, c.Login(nick("bob")))
        self.assertIsInstance(decision, SendReply)

    def test_second_login_is_a_rename_and_refused_with_a_secret(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.Login(nick("rob"))), Propose(e.Renamed(nick("rob")))
        )
        self.assertEqual(self.decide(self.bob, c.Login()), Propose(e.Renamed(nick("guest1"))))
        why = "You are already logged in as bob. Type /nick NICK to change your nickname."
        self.refuse(self.bob, c.Login(nick("rob"), token="x"), "already-logged-in", why)


class ArrivalTests(ChatCase):
    def arrival(self, name: str, scope: str = "new", host: str = "there") -> e.Arrived:
        return e.Arrived(nick(name), Scope(scope), host)

    def test_first_to_claim_a_nick_has_it(self) -> None:
        seat = self.world.open()
        outcome = self.applied(seat, self.arrival("carol"))
        carol = self.user("carol")
        self.assertEqual(
            outcome.envelope,
            e.Envelope(
                self.next,
                NOW,
                self.arrival("carol"),
                e.Origin(seat.node, seat.session),
                e.Author(UserId(self.next), nick("carol"), Scope("new"), host="there"),
            ),
        )
        self.assertEqual(outcome.audience, NOBODY)
        self.assertEqual((carol.id, set(carol.sessions)), (self.next, {(seat.node, seat.session)}))
        self.assertEqual((carol.since, carol.spoke, dict(carol.rooms)), (NOW, NOW, {}))

    def test_second_does_not(self) -> None:
        seat = self.world.open()
        for name, why in (
            ("bob", '"bob" is taken.'),
            ("BOB", '"BOB" is taken.'),
            ("b\u043eb", '"b\u043eb" is taken: it looks too much like bob, who is here.'),
        ):
            refused = self.void(seat, self.arrival(name))
            assert isinstance(refused, NameRefused)
            self.assertEqual((refused.code, refused.why), ("nick-taken", why))

    def test_scope_is_known_from_an_arrival_on_and_not_from_a_refused_login(self) -> None:
        self.void(self.world.open(), self.arrival("bob"))
        self.assertFalse(self.state.client_ids.known(Scope("new")))
        self.applied(self.world.open(), self.arrival("carol"))
        self.state.client_ids.forget(NOW + REMEMBERED - 1)
        self.assertTrue(self.state.client_ids.known(Scope("new")))

    def test_session_of_the_same_scope_takes_the_user_over(self) -> None:
        bob, before = self.user("bob"), self.user("bob").id
        rooms = list(bob.rooms)
        seat = self.world.open()
        self.world.now += 60
        outcome = self.applied(seat, self.arrival("carol", bob.author.scope))
        self.assertEqual(
            outcome.envelope.event,
            e.Arrived(nick("bob"), bob.author.scope, "there", ((self.bob.node, self.bob.session),)),
        )
        self.assertEqual(outcome.audience, NOBODY)
        self.assertIs(self.user("bob"), bob)
        self.assertEqual((bob.id, list(bob.rooms), bob.since), (before, rooms, NOW))
        self.assertEqual(set(bob.sessions), {(seat.node, seat.session)})
        self.state.client_ids.forget(NOW + REMEMBERED + 30)
        self.assertTrue(self.state.client_ids.known(bob.author.scope))

    def test_ghost_that_departed_first_frees_its_nick(self) -> None:
        scope = self.user("bob").author.scope
        self.world.close(self.bob)
        outcome = self.applied(self.world.open(), self.arrival("bob", scope))
        self.assertEqual(outcome.envelope.event, self.arrival("bob", scope))
        self.assertEqual(self.user("bob").id, self.next)

    def test_user_who_was_taken_over_and_left_leaves_nothing(self) -> None:
        scope = self.user("bob").author.scope
        seat = self.world.open()
        self.applied(seat, self.arrival("bob", scope))
        self.applied(seat, e.Departed(CleanText("quit")))
        self.assertIsNone(self.state.user_in_scope(scope))
        self.assertIsNone(self.state.nick_holder(nick("bob")))


class NameTests(BobCase):
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

    def test_a_password_is_checked_for_any_name_and_a_login_without_means_the_last(self) -> None:
        for name, known in (("bob", True), ("nobody", False)):
            command = c.Login(nick(name), "secret secret")
            decision = self.world.decide(self.world.open(), command)
            assert isinstance(decision, CheckPassword)
            self.assertEqual(decision.proof is not None, known)
        guest = self.world.enter("eve")
        self.hub.want(guest.session, nick("bob"))
        decision = self.world.decide(guest, c.Login(None, "secret secret"))
        assert isinstance(decision, CheckPassword)
        self.assertEqual(decision.nick, nick("bob"))

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

    def test_login_with_nothing_but_a_registered_name_asks_for_its_password(self) -> None:
        guest = self.world.enter("eve")
        decision = self.world.decide(guest, c.Login(None, "BOB"))
        self.assertEqual(decision, SendReply(r.NickPassword(nick("bob"), inside=True)))
        # The password may be any word, for the name that was asked for and for the user's own name.
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


class AuthenticateTests(BobCase):
    """A session authenticates for an account under another nick, before its login and after it."""

    def authenticate(self, seat: Seat, name: str = "bob") -> Decision:
        command = c.Authenticate(nick(name), "secret secret")
        decision = self.world.decide(seat, command)
        assert isinstance(decision, CheckPassword)
        proof = decision.proof or Proof(name, outside=True)
        return self.hub.proven(seat.session, decision, proof, scope_of(seat.token), NOW)

    def proves(self, name: str = "bob") -> Seat:
        """Add a session that has authenticated for an account but has not logged in."""
        seat = self.world.open()
        decision = self.authenticate(seat, name)
        assert isinstance(decision, SendReply) and decision.change is not None
        self.assertEqual(decision.reply, r.Authenticated(nick(name)))
        self.hub.change(seat.session, decision.change)
        return seat

    def test_under_the_nick_of_the_accounts_other_sessions_it_joins_them(self) -> None:
        seat = self.proves()
        self.world.do(seat, c.Login(nick("bob")))
        self.assertIs(self.world.user(seat), self.world.user(self.bob))

    def test_with_a_login_one_has_the_nick_of_the_account_or_any_free_one(self) -> None:
        seat = self.proves()
        self.world.do(seat, c.Login())
        self.assertIs(self.world.user(seat), self.world.user(self.bob))
        self.world.do(seat, c.Login(nick("phone")))
        user = self.world.user(seat)
        self.assertEqual((user.nick, user.account), (nick("phone"), "bob"))

    def test_nobody_elses_nick_comes_with_it(self) -> None:
        self.world.enter("eve")
        decision = self.world.decide(self.proves(), c.Login(nick("eve")))
        assert isinstance(decision, SendReply) and isinstance(decision.reply, NameRefused)
        self.assertEqual(decision.reply.code, "nick-taken")

    def test_a_password_that_was_changed_meanwhile_is_right_no_more(self) -> None:
        seat = self.proves()
        self.world.proven(self.bob, c.ChangePassword("correct horse", "battery staple"))
        decision = self.world.decide(seat, c.Login(nick("phone")))
        assert isinstance(decision, SendReply) and isinstance(decision.reply, NameRefused)
        self.assertEqual(decision.reply.code, "wrong-password")

    def test_who_is_here_becomes_the_account_and_keeps_the_nick(self) -> None:
        eve = self.world.enter("eve")
        decision = self.authenticate(eve)
        assert isinstance(decision, Propose)
        self.world.publish(self.hub.propose(eve.session, decision, NOW))
        user = self.world.user(eve)
        self.assertEqual((user.nick, user.account), (nick("eve"), "bob"))

    def test_an_account_kept_elsewhere_is_made_under_its_own_name_only(self) -> None:
        seat = self.proves("zoe")
        self.world.do(seat, c.Login(nick("phone")))
        self.assertNotIn("phone", self.state.accounts)
        self.world.do(seat, c.Login(nick("zoe")))
        self.assertEqual(self.world.user(seat).account, "zoe")


class ComingTests(AccountCase):
    def test_the_name_stays_reserved_when_its_owner_is_away(self) -> None:
        self.world.close(self.world.register("bob"))
        eve = self.world.open()
        arrival = e.Arrived(nick("bob"), Scope("x"), "host")
        self.world.publish(e.Proposal(arrival, e.Origin(eve.node, eve.session), NOW))
        self.assertEqual((self.rejected(), self.state.users), ("nick-taken", {}))

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
            (self.state.users, dump(self.state)["indexes"]), ({}, self.world_is_empty())
        )

    def world_is_empty(self) -> object:
        return dump(World().hub.state)["indexes"]

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
        self.assertEqual(self.happened().secret, "a hash")
        late = self.world.open()
        arrival = e.Arrived(nick("bob"), Scope("x"), "host", proof=proof)
        self.world.publish(e.Proposal(arrival, e.Origin(late.node, late.session), NOW))
        self.assertEqual(self.rejected(), "wrong-password")

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
        self.assertEqual((self.rejected(), list(self.state.accounts)), ("nick-taken", ["bob"]))


class KeptOutTests(BobCase):
    """Bans and lockdown of the server apply to accounts, however a session logs in to them."""

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
        kept_out = SendReply(r.NameRefused("banned", "You are banned from this server for good."))
        self.assertEqual(self.prove(self.world.open(), "bob"), kept_out)
        eve = self.world.enter("eve")
        said = SendReply(r.Refused("banned", "You are banned from this server for good."))
        self.assertEqual(self.prove(eve, "bob"), said)

    def test_a_secret_of_a_banned_account_does_not_let_it_in(self) -> None:
        self.ban("account", "bob")
        again = self.world.open(token=self.bob.token)
        self.assertEqual(self.kept_out(again, c.Login(nick("bob"), token=again.token)), "banned")
        self.world.close(self.bob)
        self.assertEqual(self.kept_out(again, c.Login(nick("free"), token=again.token)), "banned")

    def test_a_banned_address_gives_no_password_and_a_banned_name_registers_nothing(self) -> None:
        self.ban("account", "eve")
        register = c.Register(Secret("secret words"))
        self.assertEqual(self.code(self.world.enter("eve"), register), "banned")
        self.ban("network", "192.0.2.0/24")
        seat = self.world.open()
        self.world.session(seat).address = "192.0.2.7"
        login = c.Login(nick("bob"), Secret("secret words"))
        self.assertEqual(self.kept_out(seat, login), "banned")

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
        closed = "This server is not accepting new people at the moment. Try again later."
        self.assertEqual(self.prove(seat, "bob"), SendReply(r.NameRefused("closed", closed)))


class KeptOutMeanwhileTests(AccountCase):
    """Users who were banned or locked out between the decision and its turn in the order."""

    def arrives(self, event: e.Arrived) -> str:
        seat = self.world.open()
        self.world.publish(e.Proposal(event, e.Origin(seat.node, seat.session), NOW))
        return self.rejected()

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
        self.assertEqual((self.rejected(), self.world.user(anna).account), ("banned", None))

    def test_panic_lets_accounts_in_and_no_guests(self) -> None:
        self.world.close(self.world.register("bob"))
        self.state.panic = 1
        self.assertEqual(self.arrives(e.Arrived(nick("eve"), Scope("x"), "host")), "closed")
        seat, proof = self.world.open(), self.state.accounts["bob"].proof
        bob = e.Arrived(nick("bob"), Scope("y"), "host", proof=proof)
        self.world.publish(e.Proposal(bob, e.Origin(seat.node, seat.session), NOW))
        self.happened()


class GuestTests(ChatCase):
    def guest(self) -> str:
        seat = self.world.open()
        decision = self.world.do(seat, c.Login())
        assert isinstance(decision, Propose) and isinstance(decision.event, e.Arrived), decision
        return str(decision.event.nick)

    def test_guests_are_counted(self) -> None:
        self.assertEqual([self.guest() for _ in range(3)], ["guest1", "guest2", "guest3"])

    def test_taken_guest_names_and_what_looks_like_them_are_passed_over(self) -> None:
        for name in ("Guest1", "guest2", "guestI0", "gu\u0435st4"):
            self.world.enter(name)
        found = [self.guest() for _ in range(8)]
        self.assertEqual(found, [f"guest{n}" for n in (3, 5, 6, 7, 8, 9, 11, 12)])

    def test_small_letter_l_takes_the_one(self) -> None:
        self.world.enter("guestl")
        self.assertEqual(self.guest(), "guest2")

    def test_guests_whose_logins_are_under_way_get_names_of_their_own(self) -> None:
        self.world.instant = False
        self.assertEqual([self.guest() for _ in range(3)], ["guest1", "guest2", "guest3"])
        self.world.settle()
        self.assertEqual(len(self.hub.state.users), 6)

    def test_numbers_of_guests_who_left_are_used_again(self) -> None:
        for _ in range(100):
            seat = self.world.open()
            decision = self.world.do(seat, c.Login())
            assert isinstance(decision, Propose) and isinstance(decision.event, e.Arrived)
            self.assertLessEqual(decision.event.nick.text, "guest99")
            self.world.close(seat)
        self.assertLess(int(self.guest().removeprefix("guest")), 20)

    def test_next_guest_of_many_costs_one_look(self) -> None:
        for _ in range(500):
            self.guest()
        looked: list[Nick] = []
        self.patch(self.hub.state.accounts, "holder", looked.append)
        self.decide(self.world.open(), c.Login())
        self.assertEqual(set(looked), {guest_nick(501)})


class LoggingInTests(AccountCase):
    def test_who_changes_to_another_account_has_its_roles_and_no_longer_those_of_before(
        self,
    ) -> None:
        for name, place in (("ann", "dev"), ("bob", "ops")):
            seat = self.world.register(name)
            self.world.do(seat, c.Join(room(place)))
            self.world.do(seat, c.RegisterRoom())
            self.world.close(seat)
        seat = self.world.enter("phone")
        for place in ("dev", "ops"):
            self.world.do(seat, c.Join(room(place)))
        user = self.world.user(seat)
        for name, has in (("ann", {"dev"}), ("bob", {"ops"})):
            self.world.proven(seat, c.Authenticate(nick(name), "correct horse"))
            self.assertEqual((user.account, user.nick), (name, nick("phone")))
            owned = {
                each.name.text
                for each in self.state.rooms.values()
                if "owner" in each.members.get(user.id, ())
            }
            self.assertEqual(owned, has)

    def test_nobody_takes_other_sessions_along_to_another_account(self) -> None:
        self.world.close(self.world.register("bob"))
        self.world.register("ann")
        again = self.world.login("ann")
        refused = self.world.refusal(again, c.Authenticate(nick("bob"), "correct horse"))
        self.assertEqual(refused.code, "already-logged-in")

    def test_a_guest_becomes_the_account_and_keeps_its_rooms(self) -> None:
        self.world.close(self.world.register("bob"))
        guest = self.world.enter("guest1")
        self.world.do(guest, c.Join(room("dev")))
        self.world.proven(guest, c.Login(nick("bob"), "correct horse"))
        user = self.world.user(guest)
        self.assertEqual((user.nick, user.account, len(user.rooms)), (nick("bob"), "bob", 2))
        self.assertEqual(self.happened().audience, Near(tuple(user.rooms), author=True))

    def test_an_account_stands_instead_of_the_cloak_as_its_owner_writes_it(self) -> None:
        bob = self.world.register("Bob")
        self.assertEqual(self.world.user(bob).author.prefix, "Bob!~user@Bob.user")
        self.world.do(bob, c.Rename(nick("rob")))
        self.assertEqual(self.world.user(bob).author.prefix, "rob!~user@Bob.user")
        self.world.close(bob)
        again = self.world.login("bob")
        self.assertEqual(self.world.user(again).author.prefix, "bob!~user@Bob.user")
        self.world.proven(again, c.DropAccount("correct horse"))
        self.assertEqual(self.world.user(again).author.prefix, "bob!~user@somewhere")

    def test_a_guest_joins_the_sessions_that_are_here_and_is_gone_itself(self) -> None:
        bob = self.world.register("bob")
        guest = self.world.enter("guest1")
        self.world.do(guest, c.Join(room("dev")))
        self.world.proven(guest, c.Login(nick("bob"), "correct horse"))
        self.assertIs(self.world.user(guest), self.world.user(bob))
        self.assertEqual(list(self.state.users_by_key), ["bob"])
        self.assertIsNone(self.state.room_named(room("dev")))
        event = self.happened().envelope.event
        assert isinstance(event, e.LoggedIn)
        self.assertEqual((event.moved, len(event.rooms or ())), (True, 2))
        self.assertEqual(self.world.session(guest).focus, LOBBY_ID)
        self.world.say(guest, "hi")
        self.assertEqual(
            self.happened().envelope.author,
            self.world.user(bob).sessions[guest.node, guest.session],
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

    def test_who_has_an_account_in_two_sessions_cannot_become_another(self) -> None:
        self.world.register("eve")
        proof = self.state.accounts["eve"].proof
        bob = self.world.register("bob")
        self.world.login("bob")
        self.propose(bob, e.LoggedIn(nick("eve"), proof))
        self.assertEqual(
            (self.rejected(), self.world.user(bob).account), ("already-logged-in", "bob")
        )

    def test_a_rename_to_a_registered_name_is_void(self) -> None:
        self.world.close(self.world.register("bob"))
        eve = self.world.enter("eve")
        self.propose(eve, e.Renamed(nick("bob")))
        self.assertEqual(self.rejected(), "nick-taken")


class RenameTests(ChatCase):
    def test_own_nick_is_free_in_another_case_only(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.Rename(nick("Bob"))), Propose(e.Renamed(nick("Bob")))
        )
        why = "Your nickname is already bob. Nothing was changed."
        self.refuse(self.bob, c.Rename(nick("bob")), "same-nick", why)
        self.assertEqual(
            self.decide(self.bob, c.Rename(nick("rob"))), Propose(e.Renamed(nick("rob")))
        )

    def test_taken_nick_is_refused_with_a_suggestion(self) -> None:
        self.refuse(
            self.bob, c.Rename(nick("alice")), "nick-taken", '"alice" is taken. Try alice2.'
        )
        self.refuse(
            self.bob,
            c.Rename(nick("al\u0456ce")),
            "nick-taken",
            '"al\u0456ce" is taken: it looks too much like alice, who is here. Try al\u0456ce2.',
        )

    def test_where_nothing_can_be_suggested_nothing_is(self) -> None:
        name = "\u0627\u0628\u0661"  # an Arabic name with an Arabic digit
        self.world.enter(name)
        self.refuse(self.bob, c.Rename(nick(name)), "nick-taken", f'"{name}" is taken.')

    def test_own_nick_in_capitals_must_not_look_like_that_of_another(self) -> None:
        ian = self.world.enter("ian")
        self.world.enter("lan")
        self.assertEqual(self.world.refusal(ian, c.Rename(nick("IAN"))).code, "nick-taken")


class RenamedTests(ChatCase):
    def test_who_shares_a_room_is_told_of_the_new_name_by_the_old_one(self) -> None:
        outcome = self.applied(self.bob, e.Renamed(nick("rob")))
        author = outcome.envelope.author
        assert author is not None
        self.assertEqual(author.nick.text, "bob")
        self.assertEqual(outcome.audience, Near((LOBBY_ID, self.dev), author=True))
        self.assertEqual(self.user("rob").id, author.user)
        self.assertIsNone(self.state.user_named(nick("bob")))

    def test_first_to_claim_a_nick_has_it(self) -> None:
        self.applied(self.bob, e.Renamed(nick("carol")))
        self.assertEqual(
            self.void(self.eve, e.Renamed(nick("carol"))),
            Refused("nick-taken", '"carol" is taken.'),
        )
        refused = self.void(self.eve, e.Renamed(nick("car\u043el")))
        assert isinstance(refused, Refused)
        self.assertIn("it looks too much like carol", refused.why)

    def test_own_nick_in_another_case_is_free(self) -> None:
        self.applied(self.bob, e.Renamed(nick("Bob")))
        self.assertEqual(self.user("bob").nick.text, "Bob")
        self.applied(self.bob, e.Renamed(nick("bob")))

    def test_own_nick_in_capitals_does_not_displace_another(self) -> None:
        ian, lan = self.world.enter("ian"), self.world.enter("lan")
        refused = self.void(ian, e.Renamed(nick("IAN")))
        assert isinstance(refused, Refused)
        self.assertEqual(refused.code, "nick-taken")
        for seat in (ian, lan):
            self.applied(seat, e.Departed(CleanText("quit")))


class AwayTests(ChatCase):
    def test_away_and_back_are_claims_and_quitting_gives_the_reason(self) -> None:
        for text in (CleanText("lunch"), None):
            self.assertEqual(self.decide(self.bob, c.Away(text)), Propose(e.AwaySet(text)))
        self.assertEqual(self.decide(self.bob, c.Quit(CleanText("bye"))), GoodBye(CleanText("bye")))
        self.assertEqual(self.decide(self.bob, c.Quit()), GoodBye(CleanText("quit")))


class AwaySetTests(ChatCase):
    def test_who_shares_a_room_is_told(self) -> None:
        for text in (CleanText("lunch"), None):
            outcome = self.applied(self.bob, e.AwaySet(text))
            self.assertEqual(outcome.audience, Near((LOBBY_ID, self.dev), author=True))
            self.assertEqual(outcome.envelope.event, e.AwaySet(text))
            self.assertEqual(self.user("bob").away, text)


class DepartureTests(ChatCase):
    def test_last_session_takes_the_user_along(self) -> None:
        bob = self.user("bob")
        outcome = self.applied(self.bob, e.Departed(CleanText("bye")))
        self.assertEqual(outcome.envelope.event, e.Departed(CleanText("bye"), (LOBBY_ID, self.dev)))
        self.assertEqual(outcome.envelope.author, bob.author)
        self.assertEqual(outcome.audience, Near((LOBBY_ID, self.dev), author=False))
        self.assertNotIn(bob.id, self.state.users)
        for name in ("lobby", "dev"):
            self.assertNotIn(bob.id, self.room(name).members)

    def test_rooms_that_are_empty_then_vanish(self) -> None:
        self.applied(self.alice, e.Departed(CleanText("bye")))
        self.applied(self.bob, e.Departed(CleanText("bye")))
        self.assertIsNone(self.state.room_named(room("dev")))

    def test_one_of_several_sessions_leaves_the_user_here(self) -> None:
        bob, other = self.user("bob"), (self.bob.node, SessionId(99))
        bob.sessions[other] = bob.author
        outcome = self.applied(self.bob, e.Departed(CleanText("bye")))
        self.assertEqual(outcome.envelope.event, e.Detached())
        self.assertEqual(outcome.audience, NOBODY)
        self.assertEqual(set(bob.sessions), {other})
        self.assertIs(self.user("bob"), bob)
        self.assertIn(bob.id, self.room("dev").members)

    def test_last_session_that_detaches_takes_the_user_along_too(self) -> None:
        outcome = self.applied(self.bob, e.Detached())
        self.assertEqual(
            outcome.envelope.event, e.Departed(CleanText("left"), (LOBBY_ID, self.dev))
        )
        self.assertIsNone(self.state.user_named(nick("bob")))


class EndTests(PrivateCase):
    """What the end of a session does to read markers."""

    def markers(self) -> list[int]:
        return list(self.state.read_markers.of("bob").values())

    def test_all_that_was_shown_is_read_unless_the_client_says_what_is(self) -> None:
        for says, moves in ((False, True), (True, False)):
            bob = self.world.login("bob")
            self.world.do(bob, c.Join(room("lobby")))
            if says:
                self.world.do(bob, c.MarkRead(MessageId(1)))
            self.world.say(self.ann, "hello")
            said = self.world.order[-1][0]
            self.world.close(bob)
            self.assertEqual(self.markers()[0] > said, moves)

    def test_account_that_has_another_user_in_a_room_is_still_there(self) -> None:
        one = self.world.login("bob")
        self.world.do(one, c.Rename(nick("rob")))
        two = self.world.login("bob")
        for seat in (one, two):
            self.world.do(seat, c.Join(room("lobby")))
        self.world.do(one, c.Leave())
        self.assertEqual(len(self.markers()), 1)
        self.world.do(two, c.Leave())
        self.assertEqual(self.markers(), [])

    def test_one_of_two_sessions_ends_and_says_what_is_read_with_that(self) -> None:
        one, _ = self.world.login("bob"), self.world.login("bob")
        self.world.do(one, c.Join(room("lobby")))
        self.world.close(one)
        outcome = self.world.outcomes[one.node][-1]
        assert isinstance(outcome, Applied)
        lobby = self.state.rooms_by_key["lobby"].ref.id
        self.assertEqual(outcome.envelope.event, e.Detached((lobby,)))


class SilencedTests(RuledCase):
    """A user who may not speak in a room cannot do so by other means than lines, either."""

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
