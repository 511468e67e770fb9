"""The way of a command into the node, and the life of its sessions."""

from __future__ import annotations

import gc
from typing import Any

from twisted.internet.testing import EventLoggingObserver
from twisted.logger import formatEvent, globalLogPublisher

from tests.nodes import DEV, FakeDoor, HeldBus, NodeCase
from twisted_chat.core import commands as c
from twisted_chat.core import events as e
from twisted_chat.core import replies as r
from twisted_chat.core.ids import Node as NodeName
from twisted_chat.core.ids import RoomId, Scope
from twisted_chat.core.names import LOBBY, parse_nick
from twisted_chat.core.state import LOBBY_ID
from twisted_chat.core.text import CleanText
from twisted_chat.delivery.outbox import Outbox
from twisted_chat.delivery.peer import MAX_FLYING, Peer
from twisted_chat.dialects.base import BadLine
from twisted_chat.node import Node
from twisted_chat.store.port import Health


class LogTests(NodeCase):
    """One line for each that comes and one for each that goes, with all that is known of them."""

    def setUp(self) -> None:
        super().setUp()
        self.observer = EventLoggingObserver()
        globalLogPublisher.addObserver(self.observer)
        self.addCleanup(globalLogPublisher.removeObserver, self.observer)

    def lines(self) -> list[str]:
        return [formatEvent(event) for event in self.observer]

    def visitor(self, address: str) -> FakeDoor:
        door = self.door()
        door.peer.address = address
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
            formatEvent(event),
            "session 2 from 192.0.2.7 left without a nickname: connection lost",
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

    def test_refused_name_comes_with_a_suggestion_and_may_be_asked_for_again(self) -> None:
        self.enter("ann")
        door = self.door(self.json).asks(c.Login(parse_nick("Ann")), tag="a")
        self.assert_took(door, "greeting", "name refused nick-taken, try Ann2 [a]")
        door.login("bob")
        self.turn()
        self.assertIn("welcome bob", door.take())

    def test_line_that_is_no_command_is_refused(self) -> None:
        door = self.door()
        self.node.refuse(door.peer, BadLine("no name", "bad-name", "a"))
        self.assert_took(door, "greeting", "name refused bad-name, try None [a]")
        door.login("ann")
        self.forget(door)
        self.node.refuse(door.peer, BadLine("no command", "bad-line", "b"))
        self.assert_took(door, "refused bad-line [b]")

    def test_session_may_change_its_dialect_before_it_logs_in(self) -> None:
        (ann,) = self.enter("ann")
        door = self.door()
        self.node.speak(door.peer, self.json)
        door.login("bob").say("hi", tag="1")
        self.turn()
        self.assertIn("acked 5 [1]", door.take())
        self.assert_took(ann, "joined bob #lobby", "#lobby <bob> hi")

    def test_stats_are_those_of_the_store_and_of_this_node(self) -> None:
        told: list[r.Reply] = []

        def note(reply: r.Reply, tag: str | None) -> bytes:
            told.append(reply)
            return b""

        self.patch(self.plain.here, "reply", note)
        ann, bob = self.enter("ann", "bob")
        self.door()  # has no name yet
        bob.join("dev").say("hi")
        self.turn()
        told.clear()
        ann.asks(c.ShowStats())
        self.node.trust(ann.peer)
        ann.asks(c.ShowStats())
        refused, stats = told
        assert isinstance(refused, r.Refused) and isinstance(stats, r.Stats)
        self.assertEqual(refused.code, "not-operator")
        self.assertEqual((stats.sessions, stats.users, stats.rooms), (3, 2, 2))
        self.assertEqual((stats.store.kind, stats.store.stored), ("memory", 1))

    def test_stats_show_an_error_of_the_store_as_one_clean_line(self) -> None:
        self.patch(self.store, "health", lambda: Health("x", error="no\nspace" + "!" * 999))
        told = self.node.operating.stats().store.error
        self.assertEqual(told, CleanText("no?space" + "!" * 191 + "\u2026"))

    def test_stats_tell_all_that_the_store_tells(self) -> None:
        self.assertEqual(r.StoreHealth.__struct_fields__, Health.__struct_fields__)

    def test_flood_limit_is_one_for_all_doors(self) -> None:
        (ann,) = self.enter("ann")
        self.assertTrue(self.node.rested(ann.peer))
        waits = [self.node.admit(ann.peer) for _ in range(self.limits.flood_burst + 1)]
        self.assertEqual(waits[:-1], [0.0] * self.limits.flood_burst)
        self.assertAlmostEqual(waits[-1], 1 / self.limits.flood_rate)
        self.assertFalse(self.node.rested(ann.peer))

    def test_quit_says_goodbye_and_others_see_the_reason(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.asks(c.Quit(CleanText("dinner")))
        self.assert_took(ann, "farewell")
        self.assertEqual((ann.ended, ann.peer.closing, self.node.sessions), (1, True, 1))
        self.assert_took(bob, "departed ann (dinner)")

    def test_lost_connection_is_a_departure_like_any_other(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.lost()
        ann.lost()
        self.assert_took(bob, "departed ann (connection lost)")
        self.node.say_goodbye(ann.peer, "too late", "too late")
        self.assertEqual((ann.take(), ann.ended), ([], 0))

    def test_session_that_never_logged_in_departs_from_nowhere(self) -> None:
        (ann,) = self.enter("ann")
        self.door().lost()
        self.assert_took(ann)
        self.assertEqual(self.node.sessions, 1)

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

    def test_rename_is_told_once_and_the_author_has_a_copy(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        for door in (ann, bob):
            door.join("dev")
        cid.asks(c.Leave())
        self.forget(ann, bob, cid)
        ann.asks(c.Rename(parse_nick("zoe")), tag="1")
        self.assert_took(bob, "renamed ann zoe")
        self.assert_took(ann, "own renamed ann zoe")
        self.assert_took(cid)

    def test_second_login_is_a_rename_and_keeps_the_token(self) -> None:
        ann, bob = self.enter("ann", "bob")
        token = ann.peer.token
        ann.login("zoe")
        self.assert_took(bob, "renamed ann zoe")
        self.assertEqual(ann.peer.token, token)


class WaitingTests(NodeCase):
    """Claims come back over the bus; until then the session waits."""

    def make_bus(self, take_id: Any) -> HeldBus:
        self.held = HeldBus()
        return self.held

    def arrive(self, nick: str) -> FakeDoor:
        door = self.door().login(nick)
        self.held.release_all()
        self.forget(door)
        return door

    def test_what_follows_a_claim_waits_until_it_came_back(self) -> None:
        door = self.door().login("ann").say("hi").join("dev").say("ho")
        for proposal in (e.Arrived, e.Joined, e.Said):
            self.assertEqual([type(each.event) for each in self.held.held][:1], [proposal])
            if proposal is not e.Said:
                self.assertEqual(len(self.held.held), 1)
                self.assertFalse(door.peer.ready)
                self.held.release()
                self.turn()
        # Said is no claim: the next command went on its way behind it.
        self.assertEqual([type(each.event) for each in self.held.held], [e.Said, e.Joined])
        self.held.release()
        self.assertFalse(door.peer.ready)
        self.held.release_all()
        self.turn()
        self.held.release_all()
        self.turn()
        self.assertEqual([envelope.id for envelope, _ in self.store._kept.values()], [3, 5])

    def test_who_quits_behind_a_message_is_told_of_it_first(self) -> None:
        bob, ann = self.arrive("bob"), self.door(self.json).login("ann")
        self.held.release_all()
        self.turn()
        self.held.release_all()
        self.forget(ann, bob)
        ann.say("hi", tag="1").asks(c.Quit())
        self.assertFalse(ann.peer.ready)
        self.assert_took(ann)
        self.held.release_all()
        self.turn()
        self.held.release_all()
        lines = ann.take()
        self.assertEqual((lines[0].split()[0], lines[1:]), ("acked", ["farewell"]))
        self.assert_took(bob, "#lobby <ann> hi", "departed ann (quit)")

    def test_so_many_messages_may_be_on_their_way_and_no_more(self) -> None:
        ann, bob = self.arrive("ann"), self.arrive("bob")
        self.forget(ann, bob)
        for number in range(MAX_FLYING + 3):
            ann.say(str(number))
        self.assertEqual(len(self.held.held), MAX_FLYING)
        self.held.release(2)
        self.assertEqual(len(self.held.held), MAX_FLYING)
        self.held.release_all()
        self.assert_took(bob, *(f"#lobby <ann> {number}" for number in range(MAX_FLYING + 3)))

    def test_claim_that_lost_is_told_why_and_lets_the_session_go_on(self) -> None:
        first, second = self.door().login("ann"), self.door().login("Ann").login("bob")
        self.held.release_all()
        self.turn()
        self.held.release_all()
        self.assertIn("welcome ann", first.take())
        lines = second.take()
        self.assertEqual(
            lines[:3], ["greeting", "name refused nick-taken, try Ann2", "welcome bob"]
        )

    def test_message_of_who_was_put_out_meanwhile_is_void(self) -> None:
        ann, bob = self.arrive("ann"), self.arrive("bob")
        for door in (ann, bob):
            door.join("dev")
            self.held.release_all()
        self.forget(ann, bob)
        ann.asks(c.Kick(parse_nick("bob")))
        bob.say("hello?")
        self.held.release_all()
        self.assert_took(ann, "kicked bob #dev by ann")
        self.assert_took(bob, "kicked bob #dev by ann", "notice kicked", "refused not-in-room")

    def test_private_message_to_who_left_meanwhile_is_void(self) -> None:
        ann, bob, cid = (self.arrive(nick) for nick in ("ann", "bob", "cid"))
        self.forget(ann, bob, cid)
        bob.lost()
        ann.tell("bob", "psst")
        self.held.release_all()
        self.assert_took(ann, "departed bob (connection lost)", "refused no-such-nick")
        self.assert_took(cid, "departed bob (connection lost)")

    def test_same_id_again_while_the_first_is_on_its_way_is_said_once(self) -> None:
        ann = self.arrive("ann")
        program = self.door(self.json).login("bob")
        self.held.release_all()
        self.forget(ann, program)
        program.say("hi", tag="1").say("hi", tag="1").say("ho", tag="1")
        self.held.release_all()
        self.assert_took(ann, "#lobby <bob> hi")
        acked = f"acked {next(iter(self.store._kept))} [1]"
        self.assert_took(program, "refused id-reused [1]", acked, acked)

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

    def test_what_another_node_did_is_shown_and_answered_to_nobody_here(self) -> None:
        ann = self.arrive("ann")
        # Sessions of two nodes may have one number.
        origin = e.Origin(NodeName("there"), ann.peer.id)
        arrived = e.Arrived(parse_nick("zoe"), Scope("scope of zoe"), "far.example")
        self.held.publish(e.Proposal(arrived, origin, 5.0))
        self.held.release()
        zoe = self.node.hub.state.user_named(parse_nick("zoe"))
        assert zoe is not None
        for event, where in (
            (e.Joined(LOBBY), None),
            (e.Said("say", (CleanText("hi"),)), LOBBY_ID),
            (e.Said("say", (CleanText("to a room that is gone"),)), RoomId(999)),
            (e.Told(ann_id(self.node), parse_nick("ann"), "say", (CleanText("psst"),)), None),
            (e.Left(), LOBBY_ID),
            (e.Joined(DEV), None),
        ):
            self.held.publish(e.Proposal(event, origin, 5.0, zoe.id, where))
        self.held.release_all()
        lines = ["joined zoe #lobby", "#lobby <zoe> hi", "*zoe* to ann: psst", "left zoe #lobby"]
        self.assert_took(ann, *lines)


def ann_id(node: Node) -> Any:
    user = node.hub.state.user_named(parse_nick("ann"))
    assert user is not None
    return user.id


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

    def test_door_that_fails_to_end_the_old_session_does_not_hurt_the_new_one(self) -> None:
        (ann,) = self.enter("ann")
        ann.broken = True
        again = self.door().login("ann", ann.peer.token)
        self.turn()
        self.assertIn("welcome back ann", again.take())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)


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
        self.assertEqual((bob.slow, bob.take(), self.node.sessions), (1, [], 2))

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
                self.node.say_goodbye(door.peer, "no answer to a ping", "timed out")
        for peer in list(self.node._sessions.values()):
            self.node.close(peer, "connection lost")
        self.turn()
        self.clock.advance(5)
        node, delivery, state = self.node, self.node.delivery, self.node.hub.state
        self.assertEqual((node.sessions, len(node._acks), node.hub._leaving), (0, 0, {}))
        left = (delivery._channels, delivery._active, delivery._crowds, delivery._dirty)
        self.assertEqual(left, ({}, {}, {}, []))
        self.assertEqual((state.users, state.sessions, list(state.rooms)), ({}, {}, [LOBBY_ID]))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        del doors, door, peer
        gc.collect()
        kept = [
            thing
            for thing in gc.get_objects()
            if (isinstance(thing, Peer) and getattr(thing.door, "node", None) is node)
            or (isinstance(thing, Outbox) and getattr(thing._sink, "node", None) is node)
        ]
        self.assertEqual(kept, [])
