"""What is shown of each event, to whom, and in which order."""

from __future__ import annotations

from typing import Any

from tests.nodes import DEV, FakeDoor, NodeCase, TellingStore
from twisted_chat.core.api import commands as c
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import LOBBY, parse_nick
from twisted_chat.core.values.text import CleanText


class SayTests(NodeCase):
    def test_line_goes_to_all_but_its_speaker(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        ann.say("hi")
        self.assert_took(ann)
        for door in (bob, cid):
            self.assert_took(door, "#lobby <ann> hi")

    def test_line_goes_to_the_other_sessions_of_its_speaker(self) -> None:
        (ann,) = self.enter("ann")
        second, third = self.attach(ann), self.attach(ann, self.json)
        second.say("hi", tag="1")
        for door in (ann, third):
            self.assert_took(door, "#lobby <ann> hi")
        self.assert_took(second)

    def test_line_for_another_room_than_the_focus_looks_like_that(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        for door in (ann, bob):
            door.join("dev")
        bob.join("lobby")
        self.forget(ann, bob, cid)
        ann.say("to the focus").say("by name", LOBBY)
        want = ("(other room) #dev <ann> to the focus", "#lobby <ann> by name")
        self.assert_took(bob, *want)
        self.assert_took(cid, "#lobby <ann> by name")

    def test_conversation_keeps_its_order_for_everybody(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        for number in range(5):
            for door, name in ((ann, "ann"), (bob, "bob")):
                door.say(f"{name} {number}")
        both = [
            f"#lobby <{name}> {name} {number}" for number in range(5) for name in ("ann", "bob")
        ]
        self.assert_took(cid, *both)
        self.assert_took(ann, *both[1::2])
        self.assert_took(bob, *both[::2])

    def test_nobody_hears_live_what_was_said_before_they_came_or_after_they_went(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.join("dev")
        self.turn()
        ann.say("alone")
        bob.join("dev")
        ann.say("together")
        self.turn()
        ann.say("still")
        bob.asks(c.Leave())
        ann.say("alone again")
        self.turn()
        heard = [line for line in bob.take() if "<ann>" in line]
        want = ["replay #dev <ann> alone", "#dev <ann> together", "#dev <ann> still"]
        self.assertEqual(heard, want)

    def test_refusal_comes_with_the_tag(self) -> None:
        (ann,) = self.enter("ann", dialect=self.json)
        ann.say("hi", DEV, tag="1")
        self.assert_took(ann, "refused no-such-room [1]")

    def test_topic_is_shown_to_all_and_confirmed_to_programs(self) -> None:
        (ann,) = self.enter("ann", dialect=self.json)
        (bob,) = self.enter("bob")
        self.forget(ann)
        for topic, tag in (("one", "1"), ("two", None)):
            ann.asks(c.SetTopic(CleanText(topic)), tag=tag)
        self.assert_took(ann, "topicset ann #lobby", "topicset ann #lobby", "acked 5 [1]")
        self.assert_took(bob, *["topicset ann #lobby"] * 2)

    def test_away_is_told_to_who_is_near_and_the_author_has_a_copy(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.asks(c.Away(CleanText("lunch")))
        self.assert_took(bob, "awayset ann")
        self.assert_took(ann, "own awayset ann")

    def test_what_asks_for_no_answer_gets_none(self) -> None:
        (ann,) = self.enter("ann")
        ann.asks(c.Pong())
        self.assert_took(ann)

    def test_lines_of_a_turn_are_one_write_to_each_session(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        bob.join("dev")
        cid.join("dev")
        self.forget(ann, bob, cid)
        for number in range(10):
            ann.say(f"a{number}")
            cid.say(f"c{number}")
            cid.tell("bob", "psst")
            bob.asks(c.Who())
        self.turn()
        self.assertEqual(bob.writes, 1)
        self.assertEqual(len(bob.take()), 40)


class PrivateTests(NodeCase):
    def test_private_line_goes_to_its_target_and_the_sender_sees_a_copy(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        ann.tell("bob", "psst")
        self.assert_took(ann, "own *ann* to bob: psst")
        self.assert_took(bob, "*ann* to bob: psst")
        self.assert_took(cid)

    def test_private_lines_are_not_stored_nor_told_to_somebody_absent(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.tell("cid", "psst")
        self.assert_took(ann, "refused no-such-nick")
        self.assert_took(bob)
        ann.tell("bob", "psst")
        self.turn()
        self.assertEqual(len(self.store._kept), 0)

    def test_private_line_goes_to_all_sessions_of_its_target_and_of_its_sender(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann2, bob2 = self.attach(ann, self.json), self.attach(bob)
        ann.tell("bob", "psst")
        for door in (ann, ann2):
            self.assert_took(door, "own *ann* to bob: psst")
        for door in (bob, bob2):
            self.assert_took(door, "*ann* to bob: psst")

    def test_program_that_sends_a_private_line_gets_an_acknowledgement_instead(self) -> None:
        (ann,) = self.enter("ann", dialect=self.json)
        (bob,) = self.enter("bob")
        self.forget(ann)
        ann.tell("bob", "psst", tag="1")
        ann.tell("bob", "psst again")
        # The id of the first is stored; of the other nothing is.
        self.assert_took(ann, "acked 6", "acked 5 [1]")
        self.assert_took(bob, "*ann* to bob: psst", "*ann* to bob: psst again")

    def test_private_line_of_who_is_ignored_is_hidden_and_the_sender_is_not_told(self) -> None:
        ann, mal = self.enter("ann", "mal")
        ann2 = self.attach(ann)
        ann.asks(c.Ignore(parse_nick("mal")))
        self.forget(ann)
        mal.tell("ann", "psst")
        self.assert_took(ann)
        self.assert_took(ann2, "*mal* to ann: psst")
        self.assert_took(mal, "own *mal* to ann: psst")

    def test_who_writes_to_somebody_away_is_told_so(self) -> None:
        ann, bob = self.enter("ann", "bob")
        bob.asks(c.Away(CleanText("lunch")))
        self.forget(ann, bob)
        ann.tell("bob", "psst")
        self.assert_took(ann, "own *ann* to bob: psst", "recipientaway")
        self.assert_took(bob, "*ann* to bob: psst")


class KeptTests(NodeCase):
    """Private messages that a store keeps are acknowledged when it has them, and others at once."""

    store: TellingStore

    def make_store(self) -> TellingStore:
        return TellingStore(self.clock)

    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob, self.eve = self.enter("ann", "bob", "eve", dialect=self.json)
        for door in (self.ann, self.bob):
            door.asks(c.Register("correct horse"))
        self.store.stored(self.node.hub.latest)
        self.forget(self.ann, self.bob, self.eve)

    def test_message_between_accounts_is_acknowledged_once_it_is_stored(self) -> None:
        self.ann.tell("bob", "psst")
        at = self.node.hub.latest
        self.assert_took(self.ann)
        self.assert_took(self.bob, "*ann* to bob: psst")
        self.store.stored(at)
        self.assert_took(self.ann, f"acked {at}")

    def test_message_to_who_is_not_here_is_acknowledged_once_it_is_stored(self) -> None:
        self.bob.lost()
        self.forget(self.ann, self.eve)
        for door in (self.ann, self.eve):
            door.tell("bob", "psst")
            at = self.node.hub.latest
            self.assert_took(door, "notice not-here")
            self.store.stored(at)
            self.assert_took(door, f"acked {at}")

    def test_what_is_not_kept_is_acknowledged_at_once(self) -> None:
        self.eve.tell("bob", "psst")
        self.assert_took(self.eve, f"acked {self.node.hub.latest}")
        self.ann.tell("eve", "psst")
        self.assert_took(self.ann, f"acked {self.node.hub.latest}")
        self.assertEqual(self.store.take("append"), [])


class RoomTests(NodeCase):
    def test_join_is_told_to_the_room_and_described_to_who_came(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        ann.join("dev")
        self.forget(ann)
        bob.asks(c.Join(DEV), tag="1")
        self.assert_took(ann, "joined bob #dev")
        lines = ["entered #dev (2) [1]", "history #dev (0)", "end of history #dev"]
        self.assert_took(bob, *lines)
        self.assert_took(cid)

    def test_join_takes_all_sessions_of_a_user_along(self) -> None:
        ann, bob = self.enter("ann", "bob")
        second = self.attach(ann)
        ann.join("dev")
        self.assert_took(second, "own joined ann #dev")
        bob.join("dev").say("hi")
        self.assert_took(second, "(other room) joined bob #dev", "(other room) #dev <bob> hi")

    def test_leave_is_told_to_the_room_and_says_where_one_talks_then(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.join("dev")
        bob.join("dev")
        self.forget(ann, bob)
        ann.say("bye").asks(c.Leave(), tag="1")
        ann.say("here again")
        self.assert_took(
            bob, "#dev <ann> bye", "left ann #dev", "(other room) #lobby <ann> here again"
        )
        self.assert_took(ann, "focus #lobby, left #dev [1]")

    def test_leave_takes_all_sessions_of_a_user_along(self) -> None:
        ann, bob = self.enter("ann", "bob")
        second = self.attach(ann)
        ann.asks(c.Leave())
        self.assert_took(second, "own left ann #lobby")
        bob.say("hi")
        self.assert_took(second)

    def test_without_a_room_one_talks_nowhere(self) -> None:
        (ann,) = self.enter("ann")
        ann.asks(c.Leave()).say("hi")
        self.assert_took(ann, "focus None, left #lobby", "refused no-room")

    def test_returning_to_a_room_moves_the_focus_only(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.join("dev")
        self.forget(ann, bob)
        bob.say("elsewhere")
        ann.join("lobby")
        bob.say("here")
        want = ["(other room) #lobby <bob> elsewhere", "focus #lobby", "#lobby <bob> here"]
        self.assert_took(ann, *want)

    def test_operator_puts_somebody_out(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        second = self.attach(bob)
        for door in (ann, bob, cid):
            door.join("dev")
        self.forget(ann, bob, cid, second)
        ann.asks(c.Kick(parse_nick("bob")), tag="1")
        cid.say("gone?")
        self.assert_took(bob, "kicked bob #dev by ann", "notice kicked")
        self.assert_took(second, "(other room) kicked bob #dev by ann", "notice kicked")
        for door in (ann, cid):
            lines = ["kicked bob #dev by ann", *["#dev <cid> gone?"] * (door is ann)]
            self.assert_took(door, *lines)
        bob.say("hello?")
        self.assert_took(bob, "refused no-room")

    def test_programs_are_told_that_a_kick_is_done(self) -> None:
        (ann,) = self.enter("ann", dialect=self.json)
        (bob,) = self.enter("bob")
        for door in (ann, bob):
            door.join("dev")
        self.forget(ann, bob)
        ann.asks(c.Kick(parse_nick("bob")), tag="1")
        self.turn()
        lines = ann.take()
        self.assertEqual(lines[0], "kicked bob #dev by ann")
        self.assertRegex(lines[1], r"^acked \d+ \[1\]$")

    def test_only_operators_put_somebody_out(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.asks(c.Kick(parse_nick("bob")))
        self.assert_took(ann, "refused not-operator")
        self.assert_took(bob)

    def test_room_vanishes_with_its_history_whatever_its_last_member_does(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ways: list[tuple[str, Any]] = [
            ("leave", lambda door: door.asks(c.Leave())),
            ("kick", lambda door: door.asks(c.Kick(parse_nick("cid")))),
            ("quit", lambda door: door.asks(c.Quit())),
            ("lost", FakeDoor.lost),
        ]
        for name, way in ways:
            (cid,) = self.enter("cid")
            cid.join("dev").say(f"secret of {name}")
            room = self.node.hub.state.room_named(DEV)
            assert room is not None
            way(cid)
            self.turn()
            if name in ("leave", "kick"):
                cid.lost()
            self.forget(ann, bob)
            bob.join("dev")
            lines = ["entered #dev (1)", "history #dev (0)", "end of history #dev"]
            self.assert_took(bob, *lines)
            bob.asks(c.Leave())
            self.forget(bob)
        self.assertEqual((set(self.store._rooms), self.store._bytes), (set(), 0))

    def test_lobby_keeps_its_history_when_it_is_empty(self) -> None:
        (ann,) = self.enter("ann")
        ann.say("hi").asks(c.Quit())
        door = self.door().login("bob")
        self.turn()
        self.assertIn("replay #lobby <ann> hi", door.take())

    def test_password_is_asked_for_where_it_can_be_hidden(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.asks(c.Join(DEV, "secret"))
        bob.join("dev")
        self.turn()
        self.assertEqual((bob.take(), bob.asked), (["passwordneeded"], [(DEV, False)]))
        bob.hides_passwords = True
        bob.asks(c.Join(DEV, "swordfish"))
        self.turn()
        self.assertEqual((bob.take(), bob.asked), ([], [(DEV, False), (DEV, True)]))
        bob.asks(c.Join(DEV, "secret"))
        self.turn()
        self.assertEqual(bob.take()[0], "entered #dev (2)")


class CrowdTests(NodeCase):
    limits = Limits(crowd_size=3)

    def test_joins_and_leaves_of_a_crowded_room_are_gathered(self) -> None:
        ann, bob, cid, dan = self.enter("ann", "bob", "cid", "dan")
        self.clock.advance(5)
        self.forget(ann, bob, cid, dan)
        eve, fay, gus = self.enter("eve", "fay", "gus")
        self.assert_took(ann)
        eve.asks(c.Leave())
        gus.asks(c.Quit())
        dan.lost()
        self.assert_took(ann)
        self.clock.advance(5)
        self.assert_took(ann, "gathered #lobby +fay -dan = 4")
        self.forget(fay)
        fay.lost()
        self.assert_took(bob, "gathered #lobby +fay -dan = 4", "departed fay (connection lost)")

    def test_crowd_that_shrinks_is_told_of_at_once_after_what_was_gathered(self) -> None:
        ann, *_, dan = self.enter("ann", "bob", "cid", "dan")
        self.forget(ann)
        dan.asks(c.Leave())
        self.assert_took(ann, "gathered #lobby +dan = 4", "left dan #lobby")

    def test_rename_in_a_crowd_comes_after_the_join(self) -> None:
        (ann, *_) = self.enter("ann", "bob", "cid")
        self.forget(ann)
        self.door().login("dan").asks(c.Rename(parse_nick("don")))
        self.assert_took(ann, "gathered #lobby +dan = 4", "renamed dan don")


class IgnoreTests(NodeCase):
    def test_ignored_author_is_hidden_from_then_on(self) -> None:
        ann, mal, bob = self.enter("ann", "mal", "bob")
        mal.say("before")
        ann.asks(c.Ignore(parse_nick("mal")))
        mal.say("while")
        ann.asks(c.Unignore(parse_nick("mal")))
        mal.say("after")
        want = [
            "#lobby <mal> before",
            "done: You no longer see messages from mal. Type /unignore mal to undo that.",
            "done: You see messages from mal again.",
            "#lobby <mal> after",
        ]
        self.assert_took(ann, *want)
        self.assert_took(bob, *[f"#lobby <mal> {when}" for when in ("before", "while", "after")])

    def test_ignoring_somebody_writes_to_nobody_else(self) -> None:
        ann, mal, bob = self.enter("ann", "mal", "bob")
        mal.say("hi")
        ann.asks(c.Ignore(parse_nick("mal")))
        self.assertEqual((bob.writes, mal.writes), (0, 0))
        self.assert_took(bob, "#lobby <mal> hi")

    def test_ignored_author_stays_hidden_after_a_rename(self) -> None:
        ann, mal, bob = self.enter("ann", "mal", "bob")
        ann.asks(c.Ignore(parse_nick("mal")))
        self.forget(ann, mal, bob)
        mal.say("before").asks(c.Rename(parse_nick("evil"))).say("after")
        self.assert_took(ann, "renamed mal evil")
        want = ["#lobby <mal> before", "renamed mal evil", "#lobby <evil> after"]
        self.assert_took(bob, *want)

    def test_ignored_author_is_hidden_in_history(self) -> None:
        ann, mal, bob = self.enter("ann", "mal", "bob")
        mal.say("bad")
        bob.say("good")
        ann.asks(c.Ignore(parse_nick("mal")))
        self.forget(ann, mal, bob)
        ann.asks(c.ShowHistory())
        self.turn()
        self.assertEqual(ann.take()[:2], ["history #lobby (1)", "replay #lobby <bob> good"])

    def test_ignored_author_is_hidden_in_history_under_an_earlier_nick_too(self) -> None:
        ann, mal = self.enter("ann", "mal")
        ann.asks(c.Ignore(parse_nick("mal")))
        mal.say("bad").asks(c.Rename(parse_nick("nice")))
        self.forget(ann, mal)
        ann.asks(c.ShowHistory())
        self.turn()
        self.assertEqual(ann.take()[:2], ["history #lobby (0)", "end of history #lobby"])

    def test_slow_reader_that_ignores_somebody_is_no_fault(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.peer.outbox.pause()
        for _ in range(8):
            for _ in range(10):
                bob.asks(c.Say((CleanText("x" * 4000),)))
            ann.asks(c.Ignore(parse_nick("bob")), c.Unignore(parse_nick("bob")))
        self.turn()
        self.assertEqual((ann.slow, ann.peer.closing), (1, True))
        self.assert_took(bob, "departed ann (too slow to read)")
