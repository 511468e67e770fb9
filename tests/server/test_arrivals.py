"""Tests for twisted_chat.server.arrivals."""

from __future__ import annotations

from tests.nodes import HeldNodeCase, NodeCase
from twisted_chat.core.api import commands as c
from twisted_chat.core.values.names import parse_nick
from twisted_chat.core.values.tokens import Tokens


class LoginTests(NodeCase):
    def test_session_is_greeted_then_welcomed_and_joins_what_its_door_says(self) -> None:
        door = self.door()
        self.assert_took(door, "greeting")
        door.login("ann")
        self.assertEqual(door.logins, [False])
        lines = ["welcome ann", "entered #lobby (1)", "history #lobby (0)", "end of history #lobby"]
        self.assert_took(door, *lines)

    def test_login_by_itself_joins_nothing(self) -> None:
        (ann,) = self.enter("ann")
        irc = self.door()
        self.patch(irc, "logged_in", lambda resumed: None)
        irc.login("bob")
        self.assert_took(irc, "greeting", "welcome bob")
        self.assert_took(ann)

    def test_all_that_a_login_is_told_is_one_write(self) -> None:
        door = self.door().login("ann")
        self.turn()
        self.assertEqual(door.writes, 1)


class TakeoverTests(NodeCase):
    def test_token_takes_over_nick_rooms_and_focus_and_shows_no_departure(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.join("dev")
        bob.join("dev")
        self.forget(ann, bob)
        again = self.door().login("anything", ann.peer.token)
        self.turn()
        self.assertEqual(ann.take(), ["farewell your session goes on in another connection"])
        self.assertEqual((ann.ended, again.logins, self.node.sessions), (1, [True], 2))
        want = ["greeting", "welcome back ann", "entered #lobby (2)", "entered #dev (2)"]
        self.assertEqual(again.take(), [*want, "focus #dev"])
        again.say("here I am")
        self.assert_took(bob, "#dev <ann> here I am")
        ann.lost()
        self.assert_took(bob)
        bob.say("wb")
        self.assert_took(again, "#dev <bob> wb")

    def test_who_was_in_no_room_is_led_into_none(self) -> None:
        (ann,) = self.enter("ann")
        ann.asks(c.Leave())
        again = self.door().login("ann", ann.peer.token)
        self.turn()
        self.assertEqual(again.take(), ["greeting", "welcome back ann", "focus None"])
        self.assertEqual(again.logins, [True])

    def test_ids_count_on_in_the_new_connection(self) -> None:
        (ann,) = self.enter("ann", dialect=self.json)
        (bob,) = self.enter("bob")
        ann.say("hi", tag="1")
        self.forget(ann, bob)
        again = self.door(self.json).login("ann", ann.peer.token)
        self.forget(again)
        again.say("hi", tag="1")
        self.assert_took(again, "acked 5 [1]")
        self.assert_took(bob)

    def test_token_that_nobody_was_given_takes_over_nothing(self) -> None:
        (ann,) = self.enter("ann")
        door = self.door().login("bob", "token-guessed")
        self.turn()
        self.assertIn("welcome bob", door.take())
        self.assertNotEqual(door.peer.token, "token-guessed")
        self.assertEqual(ann.ended, 0)

    def test_token_with_the_same_scope_that_was_not_issued_takes_over_nothing(self) -> None:
        (ann,) = self.enter("ann")
        scope = self.node.hub.state.sessions[ann.peer.id].scope
        real = Tokens.scope_of
        clash = "another token"
        self.patch(
            Tokens,
            "scope_of",
            lambda tokens, token: scope if token == clash else real(tokens, token),
        )
        again = self.door().login("bob", clash)
        self.assertNotEqual(again.peer.token, clash)
        self.assertEqual(ann.ended, 0)

    def test_door_that_fails_to_end_the_old_session_does_not_hurt_the_new_one(self) -> None:
        (ann,) = self.enter("ann")
        ann.broken = True
        again = self.door().login("ann", ann.peer.token)
        self.turn()
        self.assertIn("welcome back ann", again.take())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)


class LateTests(HeldNodeCase):
    """The connection is lost while a login is on its way."""

    def test_login_that_comes_back_when_the_connection_is_gone_leaves_no_ghost(self) -> None:
        ann = self.arrive("ann")
        door = self.door().login("bob")
        door.lost()
        self.held.release_all()
        self.assertEqual(self.node.hub.state.user_named(parse_nick("bob")), None)
        self.assert_took(ann)

    def test_takeover_that_comes_back_when_the_connection_is_gone_ends_the_user(self) -> None:
        ann, bob = self.arrive("ann"), self.arrive("bob")
        self.forget(ann, bob)
        door = self.door().login("x", bob.peer.token)
        door.lost()
        self.held.release_all()
        self.assertEqual(self.node.hub.state.user_named(parse_nick("bob")), None)
        self.assert_took(ann, "departed bob (connection lost)")
        self.assertEqual(bob.ended, 1)

    def test_takeover_of_a_session_that_is_lost_meanwhile_keeps_the_user(self) -> None:
        ann, bob = self.arrive("ann"), self.arrive("bob")
        self.forget(ann, bob)
        again = self.door().login("bob", bob.peer.token)
        bob.lost()
        self.held.release_all()
        again.say("still me")
        self.held.release_all()
        self.assert_took(ann, "#lobby <bob> still me")
