"""Answers from the store: in their place in the order of the session, and without faults for others."""

from __future__ import annotations

from tests.nodes import FakeDoor, LateStore, NodeCase
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.grammar.search import read_search
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import LOBBY, parse_nick
from twisted_chat.server.history import CHUNK
from twisted_chat.server.pending import PATIENCE
from twisted_chat.store.port import StoreError


class LateCase(NodeCase):
    """Somebody in the lobby, and a store that answers when the test says so."""

    def make_store(self) -> LateStore:
        self.late = LateStore(self.clock)
        return self.late

    def answer_all(self) -> None:
        while self.late.asked:
            self.late.answer()
            self.turn()

    def setUp(self) -> None:
        super().setUp()
        (self.ann,) = self.enter("ann")
        self.answer_all()
        self.forget(self.ann)

    def hear(self, count: int) -> list[str]:
        """Let so much be said, and return how it is replayed."""
        for number in range(count):
            self.ann.say(str(number))
        self.forget(self.ann)
        return [f"replay #lobby <ann> {number}" for number in range(count)]


class HistoryTests(LateCase):
    def test_history_ends_exactly_where_live_begins_though_the_store_is_late(self) -> None:
        self.ann.say("1").say("2")
        door = self.door().login("bob")
        self.ann.say("3")
        self.assert_took(door, "greeting", "welcome bob", "entered #lobby (2)")
        self.ann.say("4")
        door.asks(c.Who())
        self.assert_took(door)
        self.late.answer()
        history = ["history #lobby (2)", "replay #lobby <ann> 1", "replay #lobby <ann> 2"]
        live = ["end of history #lobby", "#lobby <ann> 3", "#lobby <ann> 4", "people"]
        self.assert_took(door, *history, *live)

    def test_session_waits_for_its_history_and_goes_on_in_order(self) -> None:
        door = self.door().login("bob").say("hi").tell("ann", "psst")
        self.assert_took(self.ann, "joined bob #lobby")
        self.assertFalse(door.peer.ready)
        self.late.answer()
        self.assertFalse(door.peer.ready)
        self.assert_took(self.ann, "#lobby <bob> hi", "*bob* to ann: psst")
        self.assertTrue(door.peer.ready)

    def test_others_do_not_wait(self) -> None:
        door = self.door().login("bob")
        cid = self.door().login("cid")
        self.ann.say("hi")
        self.forget(door, cid)
        late, self.late.asked = self.late.asked[0], self.late.asked[1:]
        self.late.answer()
        self.turn()
        self.assertEqual(cid.take()[-1], "#lobby <ann> hi")
        self.assertEqual(door.take(), [])
        self.late.asked = [late]
        self.answer_all()
        self.assertEqual(door.take()[-1], "#lobby <ann> hi")

    def test_history_can_be_asked_for(self) -> None:
        for number in range(5):
            self.ann.say(str(number))
        self.ann.asks(c.ShowHistory(before=MessageId(6), limit=2), tag="1")
        self.answer_all()
        lines = [f"replay #lobby <ann> {number}" for number in (1, 2)]
        want = ["history #lobby (2) [1]", *lines, "end of history #lobby, more [1]"]
        self.assert_took(self.ann, *want)

    def test_history_after_a_message(self) -> None:
        for number in range(5):
            self.ann.say(str(number))
        self.ann.asks(c.ShowHistory(after=MessageId(6), limit=10))
        self.answer_all()
        lines = ["replay #lobby <ann> 4", "end of history #lobby"]
        self.assert_took(self.ann, "history #lobby (1)", *lines)

    def test_history_of_another_room_looks_like_that(self) -> None:
        self.ann.say("hi").join("dev").asks(c.ShowHistory(LOBBY))
        self.answer_all()
        self.assertIn("(other room) replay #lobby <ann> hi", self.ann.take())

    def test_long_history_is_pulled_as_the_reader_takes_it(self) -> None:
        for number in range(100):
            self.ann.say(f"{number} " + "x" * 4000)
        self.forget(self.ann)
        self.ann.asks(c.ShowHistory(limit=100))
        self.ann.takes_one = True
        self.answer_all()
        self.assertLess(len(self.ann.written), 25_000)
        while not self.ann.peer.outbox.empty:
            self.ann.peer.outbox.resume()
        self.turn()
        self.assertEqual((len(self.ann.take()), self.ann.slow), (102, 0))

    def test_store_that_fails_is_a_fault_that_the_asker_alone_is_told_of(self) -> None:
        door = self.door().login("bob").say("hi")
        self.forget(self.ann, door)
        self.late.refuse()
        self.turn()
        (line,) = door.take()
        self.assertIn("internal", line)
        (failure,) = self.flushLoggedErrors(OSError)
        self.assertTrue(failure)
        self.assert_took(self.ann, "#lobby <bob> hi")

    def test_line_of_history_that_cannot_be_shown_is_a_fault_of_that_answer(self) -> None:
        self.ann.say("1").say("2").say("3")
        self.forget(self.ann)
        self.plain.here.broken = lambda envelope: envelope.id == 4
        self.ann.asks(c.ShowHistory(), c.Who())
        self.answer_all()
        lines = self.ann.take()
        self.assertEqual(lines[:2], ["history #lobby (3)", "replay #lobby <ann> 1"])
        self.assertIn("internal", lines[2])
        self.assertEqual(lines[3:], ["people"])
        self.fault_logged(ZeroDivisionError)

    def test_answer_for_who_is_gone_goes_to_nobody(self) -> None:
        door = self.door().login("bob")
        self.forget(door)
        door.lost()
        self.late.answer()
        self.assert_took(door)
        self.assertTrue(door.peer.outbox.empty)

    def test_failure_for_who_is_gone_is_logged(self) -> None:
        door = self.door().login("bob")
        self.forget(door)
        door.lost()
        self.late.refuse()
        self.assert_took(door)
        self.fault_logged(OSError)


class LongHistoryTests(LateCase):
    """Histories that are longer than what is read at once."""

    def setUp(self) -> None:
        super().setUp()
        self.lines = self.hear(250)
        self.late.limits.clear()

    def test_last_lines_come_oldest_first_and_are_read_in_chunks(self) -> None:
        self.ann.asks(c.ShowHistory(limit=240), tag="1")
        self.answer_all()
        want = ["history #lobby (None) [1]", *self.lines[10:], "end of history #lobby, more [1]"]
        self.assert_took(self.ann, *want)
        self.assertEqual(self.late.limits, [CHUNK, CHUNK, 40])
        self.assertTrue(self.ann.peer.ready)

    def test_all_of_it_leaves_no_more(self) -> None:
        for limit in (250, 10_000):
            self.ann.asks(c.ShowHistory(limit=limit))
            self.answer_all()
            lines = self.ann.take()
            self.assertEqual(lines[1:], [*self.lines, "end of history #lobby"])

    def test_lines_before_and_after_a_message_are_those_next_to_it(self) -> None:
        self.ann.asks(c.ShowHistory(before=self.id_of(220), limit=200))
        self.answer_all()
        want = [*self.lines[20:220], "end of history #lobby, more"]
        self.assert_took(self.ann, "history #lobby (None)", *want)
        for limit, last, end in ((150, 170, ", more"), (230, 250, ""), (1000, 250, "")):
            self.ann.asks(c.ShowHistory(after=self.id_of(19), limit=limit))
            self.answer_all()
            want = [*self.lines[20:last], f"end of history #lobby{end}"]
            self.assert_took(self.ann, "history #lobby (None)", *want)
        self.ann.asks(c.ShowHistory(before=self.id_of(5), after=self.id_of(2), limit=150))
        self.answer_all()
        want = [*self.lines[3:5], "end of history #lobby"]
        self.assert_took(self.ann, "history #lobby (2)", *want)

    def test_end_counts_what_was_shown(self) -> None:
        ends: list[r.HistoryEnd] = []
        reply = self.plain.here.reply

        def noted(given: r.Reply, tag: str | None) -> bytes:
            if isinstance(given, r.HistoryEnd):
                ends.append(given)
            return reply(given, tag)

        self.patch(self.plain.here, "reply", noted)
        self.ann.asks(c.ShowHistory(limit=240), c.ShowHistory(after=self.id_of(99), limit=110))
        self.answer_all()
        first, second = ends
        self.assertEqual((first.count, first.side, first.at), (240, "before", self.id_of(10)))
        self.assertEqual((second.count, second.side, second.at), (110, "after", self.id_of(209)))

    def test_parts_of_several_long_histories_are_read_one_at_a_time(self) -> None:
        (bob,) = self.login("bob")
        self.answer_all()
        self.forget(self.ann, bob)
        for door in (self.ann, bob):
            door.asks(c.ShowHistory(limit=240))
        self.assertEqual(len(self.late.asked), 2)  # the first part comes at once
        for _ in range(2):
            self.late.answer()
            self.turn()
        for _ in range(4):
            self.assertEqual(len(self.late.asked), 1)
            self.late.answer()
            self.turn()
        for door in (self.ann, bob):
            self.assertEqual(door.take()[1:], [*self.lines[10:], "end of history #lobby, more"])
        self.assertEqual(len(self.node._history._parts), 0)

    def assert_live_comes_once(self, command: c.Command) -> None:
        (bob,) = self.login("bob")
        self.ann.asks(command)
        bob.say("live 1")
        self.late.answer()
        self.turn()
        bob.say("live 2")
        self.answer_all()
        self.turn()
        lines = self.ann.take()
        live = ["#lobby <bob> live 1", "#lobby <bob> live 2"]
        self.assertEqual(lines[-3:], ["end of history #lobby", *live])
        self.assertEqual([line for line in lines if "live" in line], live)

    def test_what_is_said_while_the_last_lines_are_read_comes_once_and_behind(self) -> None:
        self.assert_live_comes_once(c.ShowHistory(limit=1000))

    def test_what_is_said_while_the_first_lines_are_read_comes_once_and_behind(self) -> None:
        self.assert_live_comes_once(c.ShowHistory(after=MessageId(1), limit=1000))

    def test_what_is_said_while_few_lines_are_read_comes_once_and_behind(self) -> None:
        self.assert_live_comes_once(c.ShowHistory(after=self.id_of(247), limit=10))

    def test_next_chunk_is_read_when_the_reader_took_the_one_before(self) -> None:
        self.ann.takes_one = True
        self.ann.asks(c.ShowHistory(limit=1000))
        self.answer_all()
        self.assertEqual(self.late.limits, [CHUNK])
        while not self.ann.peer.outbox.empty:
            self.ann.peer.outbox.resume()
            self.answer_all()
        self.turn()
        self.assertEqual(self.late.limits, [CHUNK] * 3)
        self.assertEqual((len(self.ann.take()), self.ann.slow), (252, 0))

    def test_who_is_gone_midway_is_read_for_no_longer(self) -> None:
        self.ann.takes_one = True
        self.ann.asks(c.ShowHistory(limit=1000))
        self.answer_all()
        self.ann.lost()
        self.ann.peer.outbox.resume()
        self.answer_all()
        self.assertEqual(self.late.limits, [CHUNK])

    def test_ignored_authors_are_hidden_and_not_counted(self) -> None:
        (bob,) = self.login("bob")
        bob.asks(c.Ignore(parse_nick("ann")))
        bob.say("mine")
        self.forget(bob)
        bob.asks(c.ShowHistory(limit=1000))
        self.answer_all()
        want = ["history #lobby (1)", "replay #lobby <bob> mine", "end of history #lobby"]
        self.assert_took(bob, *want)

    def test_store_that_fails_midway_ends_the_frame_and_says_why(self) -> None:
        self.ann.asks(c.ShowHistory(limit=1000), c.Who(), tag="1")
        self.late.answer()
        self.turn()
        self.late.refuse(StoreError("the disk is full"))
        want = [*self.lines[:CHUNK], "refused history-unavailable [1]"]
        end = ["end of history #lobby, more [1]", "people [1]"]
        self.assert_took(self.ann, "history #lobby (None) [1]", *want, *end)

    def test_line_that_cannot_be_shown_ends_the_answer_there(self) -> None:
        self.plain.here.broken = lambda envelope: envelope.id == self.id_of(150)
        self.ann.asks(c.ShowHistory(limit=1000), c.Who())
        self.answer_all()
        lines = self.ann.take()
        self.assertEqual(lines[:151], ["history #lobby (None)", *self.lines[:150]])
        self.assertIn("internal", lines[151])
        self.assertEqual((lines[152:], self.late.limits), (["people"], [CHUNK, CHUNK]))
        self.fault_logged(ZeroDivisionError)

    def id_of(self, number: int) -> MessageId:
        """Return the id of the line with this number: those before it are the arrival and the join."""
        return MessageId(number + 3)

    def login(self, *nicks: str) -> list[FakeDoor]:
        doors = [self.door().login(nick) for nick in nicks]
        self.answer_all()
        self.forget(self.ann, *doors)
        self.late.limits.clear()
        return doors


class UnavailableTests(LateCase):
    def test_store_that_cannot_answer_is_no_fault(self) -> None:
        door = self.door().login("bob").say("hi")
        self.forget(self.ann, door)
        self.late.refuse(StoreError("the disk is full"))
        self.assert_took(door, "refused history-unavailable")
        self.assert_took(self.ann, "#lobby <bob> hi")

    def test_store_that_does_not_answer_is_waited_for_no_longer(self) -> None:
        self.ann.asks(c.ShowHistory(), c.Who(), tag="1")
        (bob,) = (self.door().login("bob"),)
        self.turn()
        self.clock.advance(PATIENCE - 1)
        self.assertEqual(self.ann.take(), [])
        self.clock.advance(1)
        self.turn()
        self.assertEqual(self.ann.take()[0], "refused history-unavailable [1]")
        self.assertEqual(bob.take()[-1], "refused history-unavailable")
        self.late.answer()  # too late, and nothing comes of it
        self.late.answer()
        self.assert_took(self.ann)
        self.assertTrue(self.ann.peer.ready)

    def test_time_counts_from_chunk_to_chunk(self) -> None:
        lines = self.hear(250)
        self.ann.asks(c.ShowHistory(limit=1000))
        for _ in range(3):
            self.clock.advance(PATIENCE - 1)
            self.late.answer()
            self.turn()
        self.assert_took(self.ann, "history #lobby (None)", *lines, "end of history #lobby")

    def test_server_that_stops_says_goodbye_to_those_who_wait_too(self) -> None:
        self.ann.asks(c.ShowHistory())
        self.node.stop("the end")
        self.assertEqual(self.ann.take(), ["refused history-unavailable", "farewell the end"])


class SearchTests(LateCase):
    def search(self, text: str, tag: str | None = None) -> FakeDoor:
        return self.ann.asks(read_search(text), tag=tag)

    def test_found_lines_stand_in_a_frame_and_nothing_found_is_told_too(self) -> None:
        self.search("green")
        self.answer_all()
        self.assert_took(self.ann, "found (0)", "end of 0 found")
        self.ann.say("red one").say("blue two").say("red three")
        self.forget(self.ann)
        self.search("red", tag="1")
        self.answer_all()
        lines = ["found #lobby <ann> red one", "found #lobby <ann> red three"]
        self.assert_took(self.ann, "found (2) [1]", *lines, "end of 2 found [1]")
        self.assertTrue(self.ann.peer.ready)

    def test_lines_of_another_room_look_like_that(self) -> None:
        self.ann.say("red one").join("dev").say("red two")
        self.answer_all()
        self.forget(self.ann)
        self.search("red")
        self.answer_all()
        lines = self.ann.take()[1:-1]
        want = ["(other room) found #lobby <ann> red one", "found #dev <ann> red two"]
        self.assertEqual(lines, want)

    def test_newest_are_found_and_there_may_be_more(self) -> None:
        self.hear(60)
        self.search("from:ann")
        self.late.whole = False
        self.answer_all()
        lines = self.ann.take()
        self.assertEqual((lines[0], lines[1]), ("found (50)", "found #lobby <ann> 10"))
        self.assertEqual(lines[-1], "end of 50 found, more, not all")

    def test_ignored_authors_are_hidden(self) -> None:
        bob = self.door().login("bob").say("red")
        self.answer_all()
        self.ann.say("red").asks(c.Ignore(parse_nick("bob")))
        self.forget(self.ann, bob)
        self.search("red")
        self.answer_all()
        self.assert_took(self.ann, "found (1)", "found #lobby <ann> red", "end of 1 found")

    def test_store_that_cannot_search_is_no_fault(self) -> None:
        self.search("red", tag="1").asks(c.Who())
        self.late.refuse(StoreError("the disk is full"))
        self.assert_took(self.ann, "refused search-unavailable [1]", "people")

    def test_search_that_takes_too_long_is_given_up(self) -> None:
        self.search("red")
        self.clock.advance(PATIENCE)
        self.assert_took(self.ann, "refused search-unavailable")

    def from_network(self, nick: str, network: str) -> FakeDoor:
        door = self.door().login(nick)
        self.late.asked.pop().callback(None)  # the history at the join, and no search before
        self.turn()
        self.node.hub.state.sessions[door.peer.id].address = network
        door.asks(read_search("from:ann"))
        return door

    def test_searches_go_one_after_the_other_in_turn_among_networks_and_users(self) -> None:
        greedy = [self.from_network(f"g{number}", f"2001:db8:0:{number}::7") for number in range(3)]
        other = self.from_network("bob", "198.51.100.7")
        doors = [*greedy, other]
        order = []
        for _ in doors:
            self.assertEqual(len(self.late.asked), 1)
            self.forget(*doors)
            self.late.answer()
            self.turn()
            order += [door for door in doors if door.take()]
        self.assertEqual(order, [greedy[0], greedy[1], other, greedy[2]])
        self.assertEqual(len(self.node._history._turns), 0)

    def test_search_whose_turn_does_not_come_is_given_up_and_the_next_begins(self) -> None:
        self.search("red")
        bob, eve = self.from_network("bob", "192.0.2.7"), self.from_network("eve", "198.51.100.7")
        self.forget(self.ann, bob, eve)
        self.clock.advance(PATIENCE)
        self.assertEqual(self.ann.take()[0], "refused search-unavailable")
        self.assert_took(eve, "refused search-unavailable")
        self.assert_took(bob)
        del self.late.asked[0]  # the one that nobody waits for any more
        self.late.answer()
        self.turn()
        self.assertEqual(bob.take()[:2], ["found (0)", "end of 0 found"])
        self.search("red")
        self.late.answer()
        self.turn()
        self.assert_took(self.ann, "found (0)", "end of 0 found")

    def test_whoever_is_gone_when_their_turn_comes_is_not_searched_for(self) -> None:
        self.search("red")
        bob = self.from_network("bob", "192.0.2.7")
        self.sessions.close(bob.peer, "gone")
        self.answer_all()
        self.assertEqual(self.late.asked, [])
        self.assertEqual(len(self.node._history._turns), 0)

    def test_line_that_cannot_be_shown_is_a_fault_of_that_answer(self) -> None:
        self.hear(3)
        self.plain.here.broken = lambda envelope: envelope.id == 4
        self.search("from:ann").asks(c.Who())
        self.answer_all()
        lines = self.ann.take()
        self.assertEqual(lines[:2], ["found (3)", "found #lobby <ann> 0"])
        self.assertIn("internal", lines[2])
        self.assertEqual(lines[3:], ["people"])
        self.fault_logged(ZeroDivisionError)


class RepliesTests(NodeCase):
    def test_request_that_cannot_be_rendered_is_a_fault_of_its_asker(self) -> None:
        ann, bob = self.enter("ann", "bob")
        reply = self.plain.here.reply

        def broken(given: r.Reply, tag: str | None) -> bytes:
            if isinstance(given, r.People):
                raise ZeroDivisionError("this reply cannot be shown")
            return reply(given, tag)

        self.patch(self.plain.here, "reply", broken)
        ann.asks(c.Who()).say("hi")
        self.turn()
        self.assertIn("internal", ann.take()[0])
        self.assert_took(bob, "#lobby <ann> hi")
        self.fault_logged(ZeroDivisionError)
