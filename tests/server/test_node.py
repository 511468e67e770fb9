"""The way of a command into the node, and back."""

from __future__ import annotations

from typing import Any

from tests.nodes import DEV, HeldNodeCase, NodeCase
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules import permissions
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.ids import Node as NodeName
from twisted_chat.core.values.ids import RoomId, Scope
from twisted_chat.core.values.matcher import SLICE, Effort
from twisted_chat.core.values.names import LOBBY, parse_nick, parse_room
from twisted_chat.core.values.text import CleanText
from twisted_chat.delivery.sessions import MAX_FLYING
from twisted_chat.dialects.base import BadLine
from twisted_chat.server.node import Node
from twisted_chat.store.port import Health


class SubmitTests(NodeCase):
    def test_refused_name_comes_with_a_suggestion_and_may_be_asked_for_again(self) -> None:
        self.enter("ann")
        door = self.door(self.json).asks(c.Login(parse_nick("Ann")), tag="a")
        self.assert_took(door, "greeting", "name refused nick-taken, try Ann2 [a]")
        door.login("bob")
        self.turn()
        self.assertIn("welcome bob", door.take())

    def test_line_that_is_no_command_is_refused(self) -> None:
        door = self.door()
        self.sessions.refuse(door.peer, BadLine("no name", "bad-name", "a"))
        self.assert_took(door, "greeting", "name refused bad-name, try None [a]")
        door.login("ann")
        self.forget(door)
        self.sessions.refuse(door.peer, BadLine("no command", "bad-line", "b"))
        self.assert_took(door, "refused bad-line [b]")

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
        self.node.hub.state.sessions[ann.peer.id].local = True
        ann.asks(c.ShowStats())
        refused, stats = told
        assert isinstance(refused, r.Refused) and isinstance(stats, r.Stats)
        self.assertEqual(refused.code, "not-operator")
        self.assertEqual((stats.sessions, stats.users, stats.rooms), (3, 2, 2))
        self.assertEqual((stats.store.kind, stats.store.stored), ("memory", 1))

    def test_stats_show_an_error_of_the_store_as_one_clean_line(self) -> None:
        self.patch(self.store, "health", lambda: Health("x", error="no\nspace" + "!" * 999))
        told = self.node.admin.stats().store.error
        self.assertEqual(told, CleanText("no?space" + "!" * 191 + "\u2026"))

    def test_stats_tell_all_that_the_store_tells(self) -> None:
        self.assertEqual(r.StoreHealth.__struct_fields__, Health.__struct_fields__)

    def test_flood_limit_is_one_for_all_doors(self) -> None:
        (ann,) = self.enter("ann")
        self.assertTrue(self.sessions.hub.rested(ann.peer.id))
        waits = [self.sessions.hub.admit(ann.peer.id) for _ in range(self.limits.flood_burst + 1)]
        self.assertEqual(waits[:-1], [0.0] * self.limits.flood_burst)
        self.assertAlmostEqual(waits[-1], 1 / self.limits.flood_rate)
        self.assertFalse(self.sessions.hub.rested(ann.peer.id))

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
        token = ann.token
        ann.login("zoe")
        self.assert_took(bob, "renamed ann zoe")
        self.assertEqual(ann.token, token)


class PonderTests(NodeCase):
    """Ten rooms whose lists of bans are full of masks that would keep a matcher busy which tries every star anew."""

    def setUp(self) -> None:
        super().setUp()
        rooms = [f"room{n}" for n in range(10)]
        self.eve, self.bob = self.enter("eve", "bob")
        self.bob.join(*rooms)
        self.eve.join(*rooms)
        self.turn()
        for name in rooms:
            room = self.node.hub.state.rooms_by_key[name]
            for n in range(500):
                mask = "*a" * 31 + chr(0x4E00 + n)
                room.bans[mask] = Ban(read_target(mask), "bob", 0.0)
        self.efforts: list[Effort] = []

        def effort() -> Effort:
            self.efforts.append(Effort())
            return self.efforts[-1]

        self.patch(permissions, "Effort", effort)
        self.forget(self.eve, self.bob)

    def longest(self) -> int:
        """Return the most steps that were made in one turn."""
        return max(SLICE - each.left for each in self.efforts)

    def test_full_lists_in_ten_rooms_make_the_one_wait_who_takes_a_nickname(self) -> None:
        slices: list[int] = []  # before each line of somebody else

        def speak() -> None:
            slices.append(len(self.efforts))
            self.bob.say(f"line {len(slices)}")
            if "a" * 32 not in self.node.hub.state.users_by_key:
                self.clock.callLater(0, speak)

        self.eve.asks(c.Rename(parse_nick("a" * 32)))
        speak()
        self.turn()
        self.assertEqual(slices, list(range(1, len(slices) + 1)))
        self.assertGreater(len(slices), 50)
        self.assertLess(self.longest(), SLICE + 4_000)  # the group of masks that it was at
        told = "\n".join(self.eve.take())
        self.assertLess(told.index("line 50"), told.index("a" * 32))

    def test_nickname_that_was_weighed_before_takes_no_time(self) -> None:
        for name in ("a" * 32, "eve", "a" * 32):
            self.efforts.clear()
            self.eve.asks(c.Rename(parse_nick(name)))
            while name not in self.node.hub.state.users_by_key:
                self.turn()
        self.assertEqual((len(self.efforts), self.efforts[0].left), (1, SLICE))

    def test_who_is_gone_meanwhile_is_not_waited_for(self) -> None:
        self.eve.asks(c.Rename(parse_nick("a" * 32)))
        self.eve.lost()
        self.turn()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_join_and_second_login_wait_as_well(self) -> None:
        self.eve.asks(
            c.Leave(parse_room("room3")), c.Join(parse_room("room3")), c.Login(parse_nick("b" * 32))
        )
        while "b" * 32 not in self.node.hub.state.users_by_key:
            self.turn()
        self.assertGreater(len(self.efforts), 50)

    def test_lists_that_forget_too_fast_are_not_asked_for_ever(self) -> None:
        self.patch(permissions, "MOST_PONDERED", 3)
        self.eve.asks(c.Rename(parse_nick("a" * 32)))
        for _ in range(4):
            self.turn()
        self.assertIn("a" * 32, self.node.hub.state.users_by_key)


class WaitingTests(HeldNodeCase):
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
