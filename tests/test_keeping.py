"""What the store is told of rooms and people, and how they come back."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import formatEvent, globalLogPublisher

from tests.nodes import DEV, FakeDoor, NodeCase, TellingStore
from twisted_chat.core import commands as c
from twisted_chat.core import events as e
from twisted_chat.core.hub import scope_of
from twisted_chat.core.ids import MessageId, RoomId
from twisted_chat.core.keep import Keep
from twisted_chat.core.lasting import Remembered, RoomRecord
from twisted_chat.core.names import parse_nick, parse_room
from twisted_chat.core.state import LOBBY_ID, Room
from twisted_chat.core.text import CleanText
from twisted_chat.keeping import EMPTY_FOR

NEWS = CleanText("news")


class KeepingCase(NodeCase):
    store: TellingStore

    def make_store(self) -> TellingStore:
        return TellingStore(self.clock)

    def room(self, name: str = "dev") -> Room:
        found = self.node.hub.state.room_named(parse_room(name))
        assert found is not None
        return found


class RoomTests(KeepingCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob = self.enter("ann", "bob")
        self.store.take()

    def dev(self) -> None:
        """Let Ann make #dev, and Bob come too."""
        for door in (self.ann, self.bob):
            door.join("dev")
        self.forget(self.ann, self.bob)
        self.store.take()

    def kept(self) -> RoomRecord:
        """Return the one record that was kept since, which is of the room as it is now."""
        ((_, record, _),) = self.store.take("keep", "forget")
        self.assertEqual(record, self.node.hub.record(self.room()))
        assert isinstance(record, RoomRecord)
        return record

    def test_room_is_kept_from_the_join_that_made_it(self) -> None:
        self.ann.asks(c.Join(DEV, "secret"))
        ((_, record, at),) = self.store.take("keep")
        self.assertEqual((record.ref.id, record), (at, self.node.hub.record(self.room())))
        self.assertEqual(record.operators, (scope_of(self.ann.peer.token),))
        self.bob.asks(c.Join(DEV, "secret"))
        self.assertEqual(self.store.take("keep"), [])

    def test_what_is_no_longer_kept_goes_when_that_is_set(self) -> None:
        self.dev()
        self.ann.asks(c.SetKeep(Keep(lines=3)))
        self.assertEqual([kind for kind, *_ in self.store.take("keep", "tidy")], ["keep", "tidy"])

    def test_dropping_is_done_once_more_if_it_was_asked_for_meanwhile_and_never_twice_at_once(
        self,
    ) -> None:
        waiting: list[Deferred[None]] = []

        async def tidy(now: float) -> None:
            waiting.append(Deferred())
            await waiting[-1]

        self.patch(self.store, "tidy", tidy)
        for _ in range(3):
            self.node.look_after()
        self.assertEqual(len(waiting), 1)
        waiting[0].callback(None)
        self.assertEqual(len(waiting), 2)
        waiting[1].callback(None)
        self.assertEqual(len(waiting), 2)

    def test_room_is_kept_before_what_is_said_in_it(self) -> None:
        self.ann.join("dev").say("hi")
        self.turn()
        self.assertEqual(
            [change[0] for change in self.store.take("keep", "append")], ["keep", "append"]
        )

    def test_topic_and_limits_are_kept(self) -> None:
        self.dev()
        self.bob.asks(c.SetTopic(NEWS))
        self.assertEqual(self.kept().topic, NEWS)
        self.ann.asks(c.SetKeep(Keep(days=30)))
        self.assertEqual(self.kept().keep, Keep(days=30))

    def test_operator_who_leaves_or_is_lost_is_kept_no_longer(self) -> None:
        ways: list[Any] = [lambda door: door.asks(c.Leave()), FakeDoor.lost]
        for way in ways:
            self.dev()
            way(self.ann)
            self.assertEqual(self.kept().operators, ())
            self.bob.asks(c.Leave())
            if not self.ann.peer.closing:
                self.ann.lost()
            (self.ann,) = self.enter("ann")

    def test_others_who_come_and_go_change_nothing_that_is_kept(self) -> None:
        self.dev()
        self.ann.asks(c.Kick(parse_nick("bob")))
        self.bob.join("dev").asks(c.Leave()).join("dev").asks(c.Rename(parse_nick("rob")))
        self.bob.lost()
        self.assertEqual(self.store.take("keep", "forget"), [])

    def test_room_that_is_gone_is_forgotten_and_kept_no_more(self) -> None:
        for way in (lambda: self.ann.asks(c.Leave()), self.ann.lost):
            self.ann.join("dev")
            self.turn()
            number = self.room().ref.id
            self.store.take()
            way()
            ((_, rooms, _),) = self.store.take("keep", "forget")
            self.assertEqual(rooms, [number])

    def test_stop_forgets_nothing(self) -> None:
        self.dev()
        self.node.stop("the server is stopping")
        for door in (self.ann, self.bob):
            door.lost()
        self.assertEqual(self.store.take("keep", "forget"), [])


class SentTests(KeepingCase):
    def setUp(self) -> None:
        super().setUp()
        (self.ann,) = self.enter("ann", dialect=self.json)
        (self.bob,) = self.enter("bob")
        self.store.take()

    def appended(self) -> list[tuple[int, MessageId | None]]:
        """Which messages were appended, and with which message as what their client sent."""
        return [(at, sent and sent.message) for _, at, sent in self.store.take("append")]

    def test_message_is_kept_with_the_id_that_its_client_gave_it(self) -> None:
        self.ann.say("hi", tag="1").say("ho")
        self.bob.say("hey")
        self.assertEqual(self.appended(), [(5, 5), (6, None), (7, None)])

    def test_of_a_private_message_the_id_is_kept_if_it_has_one(self) -> None:
        self.ann.tell("bob", "psst", tag="1").tell("bob", "psst")
        self.bob.tell("ann", "yes?")
        self.assertEqual(self.appended(), [(5, 5)])
        self.assertEqual(len(self.store._kept), 0)

    def test_what_is_said_twice_under_one_id_is_kept_once(self) -> None:
        for _ in range(2):
            self.ann.say("hi", tag="1").tell("bob", "psst", tag="2")
        self.assertEqual(self.appended(), [(5, 5), (6, 6)])


class ConfirmTests(KeepingCase):
    """What is stored is acknowledged when it is; all else at once."""

    def setUp(self) -> None:
        super().setUp()
        (self.ann,) = self.enter("ann", dialect=self.json)
        (self.bob,) = self.enter("bob")
        self.ann.join("dev")
        self.bob.join("dev")
        self.forget(self.ann, self.bob)

    def acks(self) -> list[str]:
        self.turn()
        return [line for line in self.ann.take() if line.startswith("acked")]

    def test_topic_and_limits_are_confirmed_when_they_are_stored(self) -> None:
        self.ann.asks(c.SetTopic(NEWS), tag="1").asks(c.SetKeep(Keep(30)), tag="2")
        self.assertEqual(self.acks(), [])
        self.store.stored(MessageId(7))
        self.assertEqual(self.acks(), ["acked 7 [1]"])
        self.store.stored(MessageId(8))
        self.assertEqual(self.acks(), ["acked 8 [2]"])

    def test_private_message_with_an_id_is_confirmed_when_that_is_stored(self) -> None:
        self.ann.tell("bob", "psst", tag="1")
        self.assertEqual(self.acks(), [])
        self.store.stored(MessageId(7))
        self.assertEqual(self.acks(), ["acked 7 [1]"])

    def test_what_is_not_stored_is_confirmed_at_once(self) -> None:
        self.ann.tell("bob", "psst").asks(c.Kick(parse_nick("bob")), tag="1")
        self.ann.asks(c.Rename(parse_nick("zoe")), tag="2")
        self.assertEqual(self.acks(), ["acked 7", "acked 8 [1]", "acked 9 [2]"])


class SeenTests(KeepingCase):
    def scopes(self, *doors: FakeDoor) -> list[Any]:
        return [scope_of(door.peer.token) for door in doors]

    def test_scopes_are_seen_when_people_come_and_go(self) -> None:
        (ann,) = self.enter("ann")
        now = self.clock.seconds()
        self.assertEqual(self.store.take("seen"), [("seen", self.scopes(ann), now)])
        again = self.door().login("ann", ann.peer.token)
        self.assertEqual(self.store.take("seen"), [("seen", self.scopes(ann), now)])
        self.clock.advance(60)
        again.lost()
        self.assertEqual(self.store.take("seen"), [("seen", self.scopes(ann), now + 60)])

    def test_who_is_here_is_seen_when_the_node_looks_after_that_and_when_it_stops(self) -> None:
        ann, bob = self.enter("ann", "bob")
        for way in (self.node.look_after, lambda: self.node.stop("the server is stopping")):
            self.store.take()
            way()
            want = [("seen", self.scopes(ann, bob), self.clock.seconds())]
            self.assertEqual(self.store.take("seen"), want)

    def test_where_nobody_is_nobody_is_seen(self) -> None:
        self.node.look_after()
        self.assertEqual(self.store.take("seen"), [])

    def test_what_is_too_old_is_dropped_when_the_node_looks_after_it(self) -> None:
        self.node.look_after()
        self.assertEqual(self.store.take("tidy"), [("tidy", self.clock.seconds())])

    def test_store_that_cannot_drop_what_is_too_old_is_logged(self) -> None:
        async def tidy(now: float) -> None:
            raise OSError("the disk is gone")

        self.patch(self.store, "tidy", tidy)
        self.node.look_after()
        self.fault_logged(OSError)


class RestoredTests(KeepingCase):
    def setUp(self) -> None:
        super().setUp()
        self.observer = EventLoggingObserver()
        globalLogPublisher.addObserver(self.observer)
        self.addCleanup(globalLogPublisher.removeObserver, self.observer)

    def restored(self, *names: str) -> None:
        """Let rooms come back, numbered from -1 down."""
        rooms = [
            RoomRecord(e.RoomRef(RoomId(-number), parse_room(name)), 5.0, topic=NEWS)
            for number, name in enumerate(names, 1)
        ]
        lobby = RoomRecord(e.RoomRef(LOBBY_ID, parse_room("lobby")), 0.0, topic=NEWS)
        self.node.restored(Remembered((lobby, *rooms)))

    def lines(self) -> list[str]:
        return [formatEvent(event) for event in self.observer]

    def names(self) -> list[str]:
        return self.node.hub.state.listed_keys

    def test_rooms_are_there_again_and_the_log_says_how_many(self) -> None:
        self.restored("dev", "ops")
        self.assertEqual(self.lines(), ["2 rooms came back"])
        self.assertEqual(self.names(), ["dev", "lobby", "ops"])
        self.assertEqual((self.room("lobby").topic, self.room("dev").topic), (NEWS, NEWS))

    def test_room_that_is_owned_waits_for_as_long_as_it_takes(self) -> None:
        owned = RoomRecord(
            e.RoomRef(RoomId(-1), parse_room("dev")), 5.0, roles=(("ann", frozenset(("owner",))),)
        )
        self.node.restored(Remembered((owned,)))
        self.clock.advance(EMPTY_FOR + 1)
        self.assertEqual(self.names(), ["dev", "lobby"])
        self.assertEqual(self.lines(), ["1 room came back"])

    def test_one_room_is_no_rooms(self) -> None:
        self.restored("dev")
        self.assertEqual(self.lines(), ["1 room came back"])

    def test_where_no_room_came_back_nothing_is_said_and_nothing_waits(self) -> None:
        self.restored()
        self.assertEqual((self.lines(), self.clock.getDelayedCalls()), ([], []))

    def test_rooms_that_cannot_come_back_are_logged_with_the_reason(self) -> None:
        self.restored("dev", "DEV", "ops")
        want = ["#DEV did not come back: #dev is there already", "2 rooms came back"]
        self.assertEqual(self.lines(), want)

    def test_room_to_which_nobody_comes_back_is_gone_after_a_while(self) -> None:
        self.restored("dev", "ops")
        (ann,) = self.enter("ann")
        self.clock.advance(EMPTY_FOR - 1)
        self.assertEqual(self.names(), ["dev", "lobby", "ops"])
        self.assertEqual(self.store.take("forget"), [])
        self.clock.advance(1)
        self.assertEqual(self.names(), ["lobby"])
        forgotten = [room for _, rooms, _ in self.store.take("forget") for room in rooms]
        self.assertEqual(sorted(forgotten), [-2, -1])
        self.assert_took(ann)
        ann.join("dev")
        self.assertEqual(self.room().topic, "")

    def test_room_to_which_somebody_comes_back_lives_until_the_last_leaves(self) -> None:
        self.restored("dev")
        (ann,) = self.enter("ann")
        ann.join("dev")
        self.clock.advance(EMPTY_FOR + 1)
        self.assertEqual(self.names(), ["dev", "lobby"])
        ann.asks(c.Leave())
        self.assertEqual(self.names(), ["lobby"])
        ((_, rooms, _),) = self.store.take("forget")
        self.assertEqual(rooms, [-1])

    def test_room_that_was_left_before_the_time_is_over_is_gone_then(self) -> None:
        self.restored("dev")
        (ann,) = self.enter("ann")
        ann.join("dev").asks(c.Leave())
        self.turn()
        self.assertEqual(self.names(), ["lobby"])
        ann.join("dev")
        self.clock.advance(EMPTY_FOR + 1)
        self.assertEqual(self.names(), ["dev", "lobby"])

    def test_stop_closes_no_room(self) -> None:
        self.restored("dev")
        self.node.stop("the server is stopping")
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual((self.names(), self.store.take("forget")), (["dev", "lobby"], []))
