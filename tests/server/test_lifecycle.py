from __future__ import annotations

import gc

from twisted.logger import formatEvent

from tests.making import log_of
from tests.nodes import DEV, FakeDoor, HeldNodeCase, NodeCase
from twisted_chat.core.api import commands as c
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.values.names import parse_nick
from twisted_chat.core.values.text import CleanText
from twisted_chat.core.values.tokens import Tokens
from twisted_chat.delivery.outbox import Outbox
from twisted_chat.delivery.sessions import Session


class LogTests(NodeCase):
    """One line for each that comes and one for each that goes, with all that is known of them."""

    def setUp(self) -> None:
        super().setUp()
        self.observer = log_of(self)

    def lines(self) -> list[str]:
        return [formatEvent(event) for event in self.observer]

    def visitor(self, address: str) -> FakeDoor:
        door = self.door()
        door.comes_from(address)
        return door

    def test_who_comes_is_one_line_with_name_address_and_session(self) -> None:
        door = self.visitor("192.0.2.7")
        self.assertEqual(self.lines(), [])
        door.login("ann")
        (event,) = self.observer
        self.assertEqual(formatEvent(event), "ann arrived from 192.0.2.7 (session 1)")
        told = {key: event[key] for key in ("nick", "address", "session")}
        self.assertEqual(told, {"nick": "ann", "address": "192.0.2.7", "session": 1})
        door.lost()
        self.assertEqual(self.lines()[1:], ["ann left: connection lost (session 1)"])

    def test_who_leaves_without_a_name_is_one_line_with_address_and_reason(self) -> None:
        self.enter("bob")
        self.visitor("192.0.2.7").login("bob").lost()
        *_, event = self.observer
        self.assertEqual(
            formatEvent(event), "session 2 from 192.0.2.7 left without a nickname: connection lost"
        )
        told = {key: event[key] for key in ("session", "address", "reason")}
        self.assertEqual(told, {"session": 2, "address": "192.0.2.7", "reason": "connection lost"})

    def test_who_has_no_name_yet_when_the_server_stops_is_a_line_too(self) -> None:
        self.enter("bob")
        self.visitor("192.0.2.7")
        self.node.stop("the server is stopping")
        why = "session 2 from 192.0.2.7 left without a nickname: the server is stopping"
        self.assertEqual(self.lines()[1:], [why])


class VisitTests(NodeCase):
    def test_session_may_change_its_dialect_before_it_logs_in(self) -> None:
        (ann,) = self.enter("ann")
        door = self.door()
        self.sessions.speak(door.peer, self.json.open())
        door.login("bob").say("hi", tag="1")
        self.turn()
        self.assertIn("acked 5 [1]", door.take())
        self.assert_took(ann, "joined bob #lobby", "#lobby <bob> hi")

    def test_quit_says_goodbye_and_others_see_the_reason(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.asks(c.Quit(CleanText("dinner")))
        self.assert_took(ann, "farewell")
        self.assertEqual((ann.ended, ann.peer.closing, len(self.sessions)), (1, True, 1))
        self.assert_took(bob, "departed ann (dinner)")

    def test_lost_connection_is_a_departure_like_any_other(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.lost()
        ann.lost()
        self.assert_took(bob, "departed ann (connection lost)")
        self.sessions.say_goodbye(ann.peer, "too late", "too late")
        self.assertEqual((ann.take(), ann.ended), ([], 0))

    def test_session_that_never_logged_in_departs_from_nowhere(self) -> None:
        (ann,) = self.enter("ann")
        self.door().lost()
        self.assert_took(ann)
        self.assertEqual(len(self.sessions), 1)

    def test_departure_is_told_once_to_a_session_that_shares_rooms(self) -> None:
        ann, bob, cid, dan = self.enter("ann", "bob", "cid", "dan")
        ann.join("dev", "ops")
        bob.join("dev", "ops")
        cid.asks(c.Leave()).join("dev")
        dan.asks(c.Leave())
        self.forget(ann, bob, cid, dan)
        ann.asks(c.Quit())
        for door in (bob, cid):
            self.assert_took(door, "departed ann (quit)")
        self.assert_took(dan)


class SlowReaderTests(NodeCase):
    def test_slow_reader_is_dropped_and_departs_while_the_room_goes_on(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        bob.peer.outbox.pause()
        said = 0
        while not bob.slow:
            for _ in range(10):
                ann.say("x" * 4000)
                said += 1
            self.turn()
            self.assertLess(bob.peer.outbox.queued, 400_000)
        self.assertTrue(60 <= said <= 80, said)
        ann.say("still here")
        self.turn()
        lines = cid.take()
        self.assertEqual(len([line for line in lines if "xxx" in line]), said)
        self.assertEqual(lines[-2:], ["departed bob (too slow to read)", "#lobby <ann> still here"])
        self.assertEqual((bob.slow, bob.take(), len(self.sessions)), (1, [], 2))

    def test_slow_readers_that_fall_at_once_do_not_disturb_each_other(self) -> None:
        ann, *slow = self.enter("ann", *(f"slow{n}" for n in range(20)))
        for door in slow:
            door.peer.outbox.pause()
        self.forget(ann)
        for _ in range(80):
            ann.say("x" * 4000)
            self.turn()
        self.assertEqual([door.slow for door in slow], [1] * 20)
        departed = [f"departed slow{n} (too slow to read)" for n in range(20)]
        self.assertEqual(sorted(ann.take()), sorted(departed))

    def test_join_that_overflows_the_queue_ends_in_a_departure(self) -> None:
        (ann,) = self.enter("ann")
        (bob,) = self.enter("bob")
        bob.peer.outbox.pause()
        for _ in range(61):
            ann.say("x" * 4000)
            self.turn()
        for _ in range(6):
            ann.say("y" * 4000)
        bob.join("dev")
        self.turn()
        self.assertEqual(bob.slow, 1)
        self.assertNotIn(DEV, [room.name for room in self.node.hub.state.rooms.values()])
        self.assertEqual(ann.take()[-1], "departed bob (too slow to read)")


class StopTests(NodeCase):
    def test_everybody_is_told_goodbye_in_one_write_and_nothing_of_the_others(self) -> None:
        doors = self.enter(*(f"n{number}" for number in range(50)))
        for door in doors:
            self.forget(door)
        doors[0].say("last words")
        self.node.stop("the server is stopping")
        self.assertEqual([door.writes for door in doors], [1] * 50)
        self.assertEqual(doors[0].take(), ["farewell the server is stopping"])
        want = ["#lobby <n0> last words", "farewell the server is stopping"]
        for door in doors[1:]:
            self.assertEqual((door.take(), door.ended, door.peer.ready), (want, 1, False))
            door.lost()
        self.turn()
        self.assertEqual([door.take() for door in doors], [[]] * 50)

    def test_door_that_fails_to_end_keeps_nobody_from_leaving(self) -> None:
        ann, bob = self.enter("ann", "bob")
        self.patch(ann, "end", self.breaks)
        self.node.stop("the server is stopping")
        self.assertEqual(bob.ended, 1)
        self.fault_logged(ZeroDivisionError)

    def test_what_was_gathered_is_told_and_no_timer_is_left(self) -> None:
        doors = self.enter(*(f"n{number}" for number in range(102)))
        self.forget(*doors)
        self.door().login("late")
        self.node.stop("the server is stopping")
        self.assertEqual(doors[0].take()[0].split()[:3], ["gathered", "#lobby", "+n100"])
        self.assertEqual(len(self.clock.getDelayedCalls()), 0)


class LeakTests(NodeCase):
    def test_nothing_is_kept_of_sessions_that_are_gone(self) -> None:
        doors = [
            door
            for number in range(10)
            for dialect in (self.plain, self.json)
            for door in self.enter(f"n{number}{'j' * dialect.acks}", dialect=dialect)
        ]
        for number, door in enumerate(doors):
            door.join("dev", f"own{number}").say("hi", tag="1").say("hi", DEV).tell("n1", "psst")
            door.asks(c.Ignore(parse_nick("n2")), c.ShowHistory(DEV), c.Away(CleanText("away")))
            door.asks(c.Rename(parse_nick(f"m{number}")))
        self.door().login("x")
        doors.append(self.door())
        self.turn()
        for number, door in enumerate(doors):
            if number % 3 == 0:
                door.lost()
            elif number % 3 == 1:
                door.asks(c.Quit())
            else:
                self.sessions.say_goodbye(door.peer, "no answer to a ping", "timed out")
        for peer in list(self.sessions.values()):
            self.sessions.close(peer, "connection lost")
        self.turn()
        self.clock.advance(5)
        node, delivery, state = self.node, self.sessions.delivery, self.node.hub.state
        self.assertEqual(
            (len(self.sessions), self.sessions.unacked, node.hub._following.leaving), (0, 0, {})
        )
        left = (delivery._channels, delivery._active, delivery._crowds, delivery._dirty)
        self.assertEqual(left, ({}, {}, {}, []))
        self.assertEqual((state.users, state.sessions, list(state.rooms)), ({}, {}, [LOBBY_ID]))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        del doors, door, peer
        gc.collect()
        kept = [
            thing
            for thing in gc.get_objects()
            if (isinstance(thing, Session) and getattr(thing.door, "node", None) is node)
            or (isinstance(thing, Outbox) and getattr(thing._sink, "node", None) is node)
        ]
        self.assertEqual(kept, [])


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
        again = self.door().login("anything", ann.token)
        self.turn()
        self.assertEqual(ann.take(), ["farewell Your session continues on another connection."])
        self.assertEqual((ann.ended, again.logins, len(self.sessions)), (1, [True], 2))
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
        again = self.door().login("ann", ann.token)
        self.turn()
        self.assertEqual(again.take(), ["greeting", "welcome back ann", "focus None"])
        self.assertEqual(again.logins, [True])

    def test_ids_count_on_in_the_new_connection(self) -> None:
        (ann,) = self.enter("ann", dialect=self.json)
        (bob,) = self.enter("bob")
        ann.say("hi", tag="1")
        self.forget(ann, bob)
        again = self.door(self.json).login("ann", ann.token)
        self.forget(again)
        again.say("hi", tag="1")
        self.assert_took(again, "acked 5 [1]")
        self.assert_took(bob)

    def test_token_that_nobody_was_given_takes_over_nothing(self) -> None:
        (ann,) = self.enter("ann")
        door = self.door().login("bob", "token-guessed")
        self.turn()
        self.assertIn("welcome bob", door.take())
        self.assertNotEqual(door.token, "token-guessed")
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
        self.assertNotEqual(again.token, clash)
        self.assertEqual(ann.ended, 0)

    def test_door_that_fails_to_end_the_old_session_does_not_hurt_the_new_one(self) -> None:
        (ann,) = self.enter("ann")
        ann.broken = True
        again = self.door().login("ann", ann.token)
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
        door = self.door().login("x", bob.token)
        door.lost()
        self.held.release_all()
        self.assertEqual(self.node.hub.state.user_named(parse_nick("bob")), None)
        self.assert_took(ann, "departed bob (connection lost)")
        self.assertEqual(bob.ended, 1)

    def test_takeover_of_a_session_that_is_lost_meanwhile_keeps_the_user(self) -> None:
        ann, bob = self.arrive("ann"), self.arrive("bob")
        self.forget(ann, bob)
        again = self.door().login("bob", bob.token)
        bob.lost()
        self.held.release_all()
        again.say("still me")
        self.held.release_all()
        self.assert_took(ann, "#lobby <bob> still me")
