"""Who is silent for long is away, and back by speaking; and when an account was here last."""

from __future__ import annotations

from tests.nodes import FakeDoor, HeldBus, NodeCase
from twisted_chat.core.api import commands as c
from twisted_chat.core.bus import Bus
from twisted_chat.core.state.departures import Departures
from twisted_chat.core.state.user import User
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import parse_nick
from twisted_chat.core.values.text import CleanText


class AwayCase(NodeCase):
    limits = Limits(auto_away=10)

    def user(self, door: FakeDoor) -> User:
        user = self.node.hub.user_of(door.peer.id)
        assert user is not None
        return user

    def passes(self, minutes: float) -> None:
        self.node.tick()  # as it does every few seconds
        self.clock.advance(minutes * 60)
        self.node.tick()
        self.turn()


class AutoAwayTests(AwayCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob = self.enter("ann", "bob")

    def test_who_is_silent_is_marked_and_others_see_it(self) -> None:
        self.passes(9.9)
        self.assertIsNone(self.user(self.ann).away)
        self.bob.say("hi")
        self.passes(0.1)
        self.assertEqual((self.user(self.ann).away, self.user(self.bob).away), ("idle", None))
        self.assertTrue(any("away" in line.lower() for line in self.bob.take()))
        self.bob.take()
        self.passes(1)
        self.assertEqual(self.bob.take(), [])

    def test_speaking_is_being_back(self) -> None:
        for speak in (lambda: self.ann.say("hi"), lambda: self.ann.tell("bob", "psst")):
            self.passes(10)
            self.assertEqual(self.user(self.ann).away, "idle")
            speak()
            self.turn()
            self.assertIsNone(self.user(self.ann).away)

    def test_back_ends_it_and_what_is_no_speech_does_not(self) -> None:
        self.passes(10)
        self.ann.asks(c.Who(), c.ListRooms())
        self.assertEqual(self.user(self.ann).away, "idle")
        self.ann.asks(c.Away(None))
        self.assertEqual((self.user(self.ann).away, self.user(self.ann).idled), (None, False))

    def test_what_people_said_of_themselves_stays(self) -> None:
        self.ann.asks(c.Away(CleanText("lunch")))
        self.passes(10)
        self.assertEqual(self.user(self.ann).away, "lunch")
        self.ann.say("just a word")
        self.assertEqual(self.user(self.ann).away, "lunch")
        self.bob.asks(c.Away(CleanText("asleep")))  # after the server had marked them
        self.bob.say("hm")
        self.assertEqual(self.user(self.bob).away, "asleep")


class OffTests(NodeCase):
    def test_without_the_option_nobody_is_marked(self) -> None:
        (ann,) = self.enter("ann")
        self.clock.advance(10**6)
        self.node.tick()
        user = self.node.hub.user_of(ann.peer.id)
        assert user is not None
        self.assertIsNone(user.away)


class OnTheWayTests(AwayCase):
    bus: HeldBus

    def make_bus(self, take_id: object) -> Bus:
        return HeldBus()

    def setUp(self) -> None:
        super().setUp()
        self.ann = self.door().login("ann")
        self.bus.release_all()
        self.turn()
        self.forget(self.ann)

    def test_mark_is_no_answer_to_what_a_session_waits_for(self) -> None:
        self.passes(10)
        self.ann.asks(c.SetTopic(CleanText("news")))
        self.assertFalse(self.ann.peer.ready)
        self.bus.release()
        self.assertFalse(self.ann.peer.ready)
        self.bus.release()
        self.assertTrue(self.ann.peer.ready)

    def test_mark_that_comes_after_what_was_said_oneself_is_void_and_silent(self) -> None:
        self.passes(10)
        mark = self.bus.held.popleft()
        self.ann.asks(c.Away(CleanText("lunch")))
        self.bus.release_all()
        self.forget(self.ann)
        self.bus.publish(mark)
        self.bus.release_all()
        self.turn()
        self.assertEqual((self.user(self.ann).away, self.ann.take()), ("lunch", []))

    def test_who_is_gone_meanwhile_is_not_marked(self) -> None:
        self.passes(10)
        mark = self.bus.held.popleft()
        self.ann.lost()
        self.bus.release_all()
        self.bus.publish(mark)
        self.bus.release_all()
        self.assertEqual(self.node.hub.state.users, {})


class LastSeenTests(NodeCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob = self.enter("ann", "bob")
        self.become(self.ann, "ann")

    def become(self, door: FakeDoor, account: str) -> None:
        user = self.node.hub.user_of(door.peer.id)
        assert user is not None
        self.node.hub.state.set_account(user, account)

    def whois(self, nick: str) -> str:
        self.ann.asks(c.Whois(parse_nick(nick)))
        self.turn()
        (line,) = self.ann.take()
        return line

    def restart(self) -> None:
        """Forget what only the memory of the server has."""
        self.node.hub.state.departures = Departures()

    def test_whoever_left_is_remembered_with_what_others_saw(self) -> None:
        self.bob.lost()
        self.forget(self.ann)
        self.clock.advance(60)
        self.assertEqual(self.whois("BOB"), "bob was here 60 seconds ago")
        self.node.limit(Limits(last_seen=1))
        self.clock.advance(24 * 3600)
        self.assertIn("no-such-nick", self.whois("bob"))

    def test_account_that_was_here_is_remembered(self) -> None:
        self.become(self.bob, "bob")
        self.bob.lost()
        self.forget(self.ann)
        self.restart()
        self.clock.advance(3 * 3600)
        self.assertEqual(self.whois("BOB"), "BOB was here 10800 seconds ago")
        self.node.limit(Limits(last_seen=30))
        self.assertEqual(self.whois("BOB"), "BOB was here 10800 seconds ago")
        self.clock.advance(30 * 24 * 3600)
        self.assertIn("no-such-nick", self.whois("bob"))

    def test_account_is_not_remembered_where_that_is_off(self) -> None:
        self.node.limit(Limits(last_seen=0))
        self.become(self.bob, "bob")
        self.bob.lost()
        self.forget(self.ann)
        self.node.limit(Limits())
        self.assertIn("no-such-nick", self.whois("bob"))

    def test_guest_is_not_remembered_by_the_store(self) -> None:
        self.bob.lost()
        self.forget(self.ann)
        self.restart()
        self.assertIn("no-such-nick", self.whois("bob"))
        self.assertIn("no-such-nick", self.whois("nobody"))
