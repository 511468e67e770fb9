"""What the store is told of rooms and people, and how they come back."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock
from twisted.logger import formatEvent

from tests.clocks import DAY, TurnsClock, TwoClocks
from tests.making import folder_for, log_of
from tests.nodes import DEV, FakeDoor, NodeCase, TellingStore
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.records import Remembered, RoomRecord
from twisted_chat.core.bus import Bus, LocalBus
from twisted_chat.core.state.room import LOBBY_ID, Room
from twisted_chat.core.state.snapshot import record as record_of
from twisted_chat.core.values.account import KNOWN_FOR
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.text import CleanText
from twisted_chat.runtime.clock import AGREED
from twisted_chat.server import recorder
from twisted_chat.server.recorder import EMPTY_FOR, NO_TIME
from twisted_chat.store.sql.database import Database, sqlite_url
from twisted_chat.store.sql.store import SqlStore

P = ParamSpec("P")
T = TypeVar("T")

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
        self.assertEqual(record, record_of(self.node.hub.state, self.room()))
        assert isinstance(record, RoomRecord)
        return record

    def test_room_is_kept_from_the_join_that_made_it(self) -> None:
        self.ann.asks(c.Join(DEV, "secret"))
        ((_, record, at),) = self.store.take("keep")
        self.assertEqual((record.ref.id, record), (at, record_of(self.node.hub.state, self.room())))
        self.assertEqual(record.operators, (self.node.tokens.scope_of(self.ann.token),))
        self.bob.asks(c.Join(DEV, "secret"))
        self.assertEqual(self.store.take("keep"), [])

    def test_what_is_no_longer_kept_goes_when_that_is_set(self) -> None:
        self.dev()
        self.ann.asks(c.SetKeep(Keep(lines=3)))
        self.assertEqual([kind for kind, *_ in self.store.take("keep", "tidy")], ["keep", "tidy"])

    def test_dropping_is_done_again_if_asked_for_meanwhile_and_never_twice_at_once(self) -> None:
        waiting: list[Deferred[None]] = []

        async def tidy(now: float) -> None:
            waiting.append(Deferred())
            await waiting[-1]

        self.patch(self.store, "tidy", tidy)
        for _ in range(3):
            self.node.housekeep()
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
        return [self.node.tokens.scope_of(door.token) for door in doors]

    def test_scopes_are_seen_when_people_come_and_go(self) -> None:
        (ann,) = self.enter("ann")
        now = self.clock.seconds()
        self.assertEqual(self.store.take("seen"), [("seen", self.scopes(ann), now)])
        again = self.door().login("ann", ann.token)
        self.assertEqual(self.store.take("seen"), [("seen", self.scopes(ann), now)])
        self.clock.advance(60)
        again.lost()
        self.assertEqual(self.store.take("seen"), [("seen", self.scopes(ann), now + 60)])

    def test_who_is_here_is_seen_when_the_node_looks_after_that_and_when_it_stops(self) -> None:
        ann, bob = self.enter("ann", "bob")
        for way in (self.node.housekeep, lambda: self.node.stop("the server is stopping")):
            self.store.take()
            way()
            want = [("seen", self.scopes(ann, bob), self.clock.seconds())]
            self.assertEqual(self.store.take("seen"), want)

    def test_where_nobody_is_nobody_is_seen(self) -> None:
        self.node.housekeep()
        self.assertEqual(self.store.take("seen"), [])

    def test_what_need_not_be_kept_is_dropped_when_the_node_looks_after_it(self) -> None:
        self.node.housekeep()
        self.assertEqual(self.store.take("tidy"), [("tidy", NO_TIME)])

    def test_store_that_cannot_drop_what_is_too_old_is_logged(self) -> None:
        async def tidy(now: float) -> None:
            raise OSError("the disk is gone")

        self.patch(self.store, "tidy", tidy)
        self.node.housekeep()
        self.fault_logged(OSError)


class RestoredTests(KeepingCase):
    def setUp(self) -> None:
        super().setUp()
        self.observer = log_of(self)

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
        self.assertEqual(self.lines(), ["restored 2 rooms"])
        self.assertEqual(self.names(), ["dev", "lobby", "ops"])
        self.assertEqual((self.room("lobby").topic, self.room("dev").topic), (NEWS, NEWS))

    def test_room_that_is_owned_waits_for_as_long_as_it_takes(self) -> None:
        owned = RoomRecord(
            e.RoomRef(RoomId(-1), parse_room("dev")), 5.0, roles=(("ann", frozenset(("owner",))),)
        )
        self.node.restored(Remembered((owned,)))
        self.clock.advance(EMPTY_FOR + 1)
        self.assertEqual(self.names(), ["dev", "lobby"])
        self.assertEqual(self.lines(), ["restored 1 room"])

    def test_one_room_is_no_rooms(self) -> None:
        self.restored("dev")
        self.assertEqual(self.lines(), ["restored 1 room"])

    def test_where_no_room_came_back_nothing_is_said_and_nothing_waits(self) -> None:
        self.restored()
        self.assertEqual((self.lines(), self.clock.getDelayedCalls()), ([], []))

    def test_rooms_that_cannot_come_back_are_logged_with_the_reason(self) -> None:
        self.restored("dev", "DEV", "ops")
        want = ["#DEV was not restored: #dev already exists", "restored 2 rooms"]
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


class SetClockTests(KeepingCase):
    """What happens, and does not, when the time of day is set."""

    def make_clock(self) -> Clock:
        self.clocks = TwoClocks()
        return cast(Clock, self.clocks)

    def tidied(self) -> list[float]:
        """Let the node look after the store; return the times by which something could be too old."""
        self.store.take()
        self.node.housekeep()
        return [now for _, now in self.store.take("tidy")]

    def trusted(self) -> None:
        self.clocks.advance(AGREED)

    def known(self, token: str) -> bool:
        return self.node.hub.knows(self.node.tokens.scope_of(token))

    def test_nothing_is_too_old_until_an_hour_after_the_start(self) -> None:
        self.assertEqual(self.tidied(), [NO_TIME])
        self.trusted()
        self.assertEqual(self.tidied(), [self.clocks.wall()])

    def test_forty_days_ahead_for_two_seconds_delete_nothing(self) -> None:
        (ann,) = self.enter("ann")
        token = ann.token
        ann.lost()
        self.trusted()
        self.clocks.ahead += 40 * DAY
        self.assertEqual(self.tidied(), [NO_TIME])
        self.enter("bob")
        self.clocks.advance(2)
        self.clocks.ahead -= 40 * DAY
        self.assertEqual(self.tidied(), [NO_TIME])
        self.assertTrue(self.known(token))
        self.assertEqual(self.door().login("other", token).token, token)

    def test_absent_people_are_forgotten_a_day_later_by_a_clock_that_is_right(self) -> None:
        ann, bob = self.enter("ann", "bob")
        self.trusted()
        ann.lost()
        self.clocks.advance(DAY - 1)
        self.node.housekeep()
        self.assertTrue(self.known(ann.token))
        self.clocks.advance(1)
        self.node.housekeep()
        self.assertEqual((self.known(ann.token), self.known(bob.token)), (False, True))

    def test_others_have_their_turn_while_many_are_forgotten(self) -> None:
        self.patch(recorder, "_AT_ONCE", 2)
        doors = self.enter(*(f"guest{n}" for n in range(1, 6)))
        for door in doors:
            door.lost()
        self.clocks.advance(DAY + AGREED)
        self.node.housekeep()
        left = []
        for _ in range(3):
            left.append(len(self.node.hub.state.client_ids.scopes()))
            TurnsClock.advance(cast(TurnsClock, self.clocks.steady), 0)
        self.assertEqual(left, [3, 1, 0])

    def test_clock_that_was_put_right_counts_an_hour_later(self) -> None:
        self.clocks.ahead -= 40 * DAY
        self.node.tick()
        self.trusted()
        self.clocks.ahead += 40 * DAY
        self.node.tick()
        self.clocks.advance(AGREED - 1)
        self.assertEqual(self.tidied(), [NO_TIME])
        self.clocks.advance(1)
        self.assertEqual(self.tidied(), [self.clocks.wall()])

    def test_hour_ahead_marks_nobody_as_away(self) -> None:
        self.node.limit(Limits(auto_away=10))
        (ann,) = self.enter("ann")
        user = self.node.hub.user_of(ann.peer.id)
        assert user is not None
        self.node.tick()
        self.clocks.ahead += 3600
        self.node.tick()
        self.assertIsNone(user.away)
        self.clocks.ahead -= 7200
        self.clocks.advance(599)
        self.node.tick()
        self.assertIsNone(user.away)
        self.clocks.advance(1)
        self.node.tick()
        self.assertEqual(user.away, "idle")

    def test_hour_back_makes_nobody_wait_to_speak(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.asks(c.Join(DEV), c.ChangeSettings((("slow", 60),)))
        bob.join("dev").say("one")
        self.forget(ann, bob)
        self.clocks.ahead -= 3600
        bob.say("two")
        self.turn()
        self.assertIn("two", "".join(ann.take()))
        bob.say("three")
        self.assert_took(bob, "refused slow")

    def test_flood_is_over_when_it_would_be_whatever_the_time_of_day(self) -> None:
        (ann,) = self.enter("ann")
        while not (wait := self.sessions.hub.admit(ann.peer.id)):
            pass
        self.clocks.ahead += 3600
        self.assertEqual(self.sessions.hub.admit(ann.peer.id), wait)
        self.clocks.ahead -= 7200
        self.clocks.advance(wait)
        self.assertEqual(self.sessions.hub.admit(ann.peer.id), 0.0)

    def test_what_is_said_is_stamped_with_the_time_of_day(self) -> None:
        (ann,) = self.enter("ann")
        ann.say("hi", tag="1")
        scope = self.node.tokens.scope_of(ann.token)
        sent = self.node.hub.state.client_ids.find(scope, "1")
        assert sent is not None
        self.assertEqual(sent.time, self.clocks.wall())


class NowThreads:
    """Threads that do what they are given at once."""

    def write(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return execute(work, *args, **kwargs)

    read = search = log_in = write

    def stop(self) -> None: ...


class RestartTests(NodeCase):
    """A server with a database that is started again and again, by clocks that are right or wrong."""

    def make_clock(self) -> Clock:
        return cast(Clock, self.clocks)

    def make_bus(self, take_id: object) -> Bus:
        return LocalBus(lambda: MessageId(next(self.ids)))  # which start anew with no server

    def make_store(self) -> SqlStore:  # type: ignore[override]
        database = Database(sqlite_url(self.file))
        return SqlStore(database, NowThreads(), self.clock, keep=Keep(days=30), lines=0)

    def setUp(self) -> None:
        self.clocks = TwoClocks()
        self.ids = itertools.count(1)
        self.file = folder_for(self) / "chat.sqlite"
        super().setUp()
        self.node.restored(self.remembered)

    def tearDown(self) -> None:
        self.stop()
        super().tearDown()

    def stop(self) -> None:
        self.node.stop("the test is over")
        self.turn()
        self.run_now(self.store.stop())

    def again(self, *, off: float = 1.0) -> None:
        """Start again after so many seconds; the clock may be set meanwhile."""
        self.stop()
        self.clocks.advance(off)
        NodeCase.setUp(self)
        self.node.restored(self.remembered)

    def run_now(self, work: Any) -> None:
        result = self.successResultOf(Deferred.fromCoroutine(work))
        if isinstance(result, Remembered):
            self.remembered = result

    def runs(self, seconds: float, every: float = 600.0) -> None:
        """Let time pass, and the node look after itself as often as it does, or less often where only days count."""
        while seconds > 0:
            step = min(seconds, every)
            self.clocks.advance(step)
            seconds -= step
            self.node.tick()
            self.node.housekeep()
            self.clocks.advance(0.1)

    def say(self, *texts: str) -> str:
        """Let somebody come, say something and leave; return their token."""
        (ann,) = self.enter("ann")
        for text in texts:
            ann.say(text)
        ann.lost()
        self.clocks.advance(1)
        return ann.token

    def kept(self) -> list[str]:
        lobby = e.RoomRef(LOBBY_ID, parse_room("lobby"))
        page = self.successResultOf(Deferred.fromCoroutine(self.store.history(lobby, limit=99)))
        return [each.event.lines[0] for each in page.envelopes]  # type: ignore[union-attr]

    def test_clock_that_is_wrong_at_a_start_and_put_right_deletes_nothing(self) -> None:
        token = self.say("one")
        for wrong in (40 * DAY, -40 * DAY):
            self.clocks.ahead += wrong
            self.again()
            self.runs(1800)
            self.clocks.ahead -= wrong
            self.runs(7200)
            self.assertEqual(self.kept(), ["one"])
            self.assertTrue(self.node.hub.knows(self.node.tokens.scope_of(token)))

    def test_what_was_said_while_the_clock_was_wrong_is_not_the_first_to_go(self) -> None:
        self.say("one")
        self.clocks.ahead -= 40 * DAY
        self.again()
        self.say("two")
        self.clocks.ahead += 40 * DAY
        self.again()
        self.clocks.ahead += 40 * DAY
        self.again()
        self.say("three")
        self.clocks.ahead -= 40 * DAY
        self.again()
        self.say("four")
        self.runs(7200)
        self.assertEqual(self.kept(), ["one", "two", "three", "four"])
        self.runs(30 * DAY, every=7200)
        self.assertEqual(self.kept(), [])

    def test_server_that_is_started_again_each_night_forgets_in_time(self) -> None:
        token = self.say("one")
        for day in range(32):
            self.assertEqual(self.kept(), ["one"] if day <= 30 else [], day)
            self.runs(DAY - 3600, every=7200)
            self.again(off=3600)
        self.assertFalse(self.node.hub.knows(self.node.tokens.scope_of(token)))

    def test_after_weeks_off_the_time_of_day_counts_an_hour_later(self) -> None:
        self.say("zero")
        token = self.say("one")
        self.again(off=45 * DAY)
        self.say("two")
        self.runs(3000)
        self.assertEqual(self.kept(), ["zero", "one", "two"])
        self.assertTrue(self.node.hub.knows(self.node.tokens.scope_of(token)))
        self.runs(1200)
        self.assertEqual(self.kept(), ["two"])
        self.assertFalse(self.node.hub.knows(self.node.tokens.scope_of(token)))

    def test_places_that_accounts_were_entered_from_are_known_after_a_restart(self) -> None:
        self.node._recorder.entered("bob", "192.0.2.7")
        for off, known in ((1.0, True), (KNOWN_FOR, True)):
            self.again(off=off)
            places = ("192.0.2.7", "192.0.2.8", None)
            found = [self.node._recorder.known_networks.knows("bob", each) for each in places]
            self.assertEqual(found, [known, False, False])
        self.runs(7200)
        self.assertFalse(self.node._recorder.known_networks.knows("bob", "192.0.2.7"))
        self.again()
        self.assertFalse(self.node._recorder.known_networks.knows("bob", "192.0.2.7"))

    def test_machine_that_was_suspended_goes_on_by_the_time_of_day(self) -> None:
        self.say("one")
        self.runs(3600)
        self.clocks.advance(31 * DAY)
        self.node.housekeep()
        self.clocks.advance(1)
        self.assertEqual(self.kept(), [])
