"""What is said in rooms, through lost connections: all of it, once and in order."""

from __future__ import annotations

from typing import Any

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from tests.client.linked import LinkedTestCase
from twisted_chat.client import events as ev
from twisted_chat.client.link import replay
from twisted_chat.client.link.link import MAX_PAGE
from twisted_chat.client.link.reconnect import LONGEST_WAIT
from twisted_chat.client.link.replay import ASK_AGAIN, Reading
from twisted_chat.client.link.weight import MOST_HELD, weight


class CatchUpTests(LinkedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.comes_in()
        self.server.says("one")

    def asked(self) -> dict[str, Any]:
        """Return the last request for history."""
        return [each for each in self.server.took() if each["type"] == "history"][-1]

    def history(self, tag: str | None, *texts: str, more: bool = False, **fields: Any) -> None:
        tagged = {"id": tag} if tag else {}
        self.server.tells("history_start", room="lobby", count=len(texts), **tagged)
        for text in texts:
            self.server.says(text, replay=True, **fields)
        self.server.tells("history_end", room="lobby", count=len(texts), more=more, **tagged)

    def test_what_was_missed_is_asked_for_and_comes_before_what_is_said_meanwhile(self) -> None:
        self.loses()
        self.comes_back()
        asked = self.asked()
        self.assertEqual((asked["room"], asked["after"]), ("lobby", "0" * 15 + "1"))
        self.server.ids = 3
        self.server.says("four")
        self.server.ids = 1
        self.history(asked["id"], "two", "three", "four")
        self.server.says("five")
        self.assertEqual(self.texts(), ["one", "two", "three", "four", "five"])

    def test_it_is_read_on_while_there_is_more(self) -> None:
        self.loses()
        self.comes_back()
        self.history(self.asked()["id"], "two", more=True)
        self.history(self.asked()["id"], "three")
        self.server.says("four")
        self.assertEqual(self.texts(), ["one", "two", "three", "four"])

    def test_history_at_the_entry_leaves_out_nothing_that_was_missed(self) -> None:
        """It is the end of what was missed, and comes before the answer to the request for all of it."""
        self.loses()
        self.comes_back()
        asked = self.asked()
        self.server.ids = 3
        self.history(None, "four", "five", more=True)
        self.server.says("six")
        self.server.ids = 1
        self.history(asked["id"], "two", "three", "four", "five", "six")
        self.server.says("seven")
        self.assertEqual(self.texts(), ["one", "two", "three", "four", "five", "six", "seven"])

    def test_history_at_the_entry_is_no_double(self) -> None:
        self.loses()
        self.clock.advance(LONGEST_WAIT)
        self.server.begins()
        self.server.tells("welcome", id="login", nick="bob", session="x", scope="x", resumed=False)
        self.forgets()
        self.server.enters("lobby", "bob", history=False)
        self.server.ids = 0
        self.history(None, "one")
        self.assertEqual(self.kinds(), ["Entered"])

    def test_history_at_the_first_entry_is_told_with_its_frame(self) -> None:
        self.forgets()
        self.history(None, "two")
        self.assertEqual(self.kinds(), ["HistoryStart", "RoomMessage", "HistoryEnd"])

    def test_one_request_at_a_time(self) -> None:
        self.loses()
        self.comes_back()
        self.server.enters("lobby", "bob", history=False)
        self.assertEqual(len([1 for (kind,) in self.sent("type") if kind == "history"]), 1)

    def test_history_that_cannot_be_read_is_asked_for_again(self) -> None:
        self.loses()
        self.comes_back()
        asked = self.asked()
        self.server.tells("error", id=asked["id"], code="history-unavailable", content="later")
        self.server.says("two")
        self.clock.advance(ASK_AGAIN)
        self.server.ids = 1
        self.history(self.asked()["id"], "two")
        self.assertEqual(self.texts(), ["one", "two"])
        self.assertNotIn("Refused", self.kinds())

    def test_a_lost_connection_ends_the_asking(self) -> None:
        self.loses()
        self.comes_back()
        self.server.tells("error", id=self.asked()["id"], code="history-unavailable", content="x")
        self.loses()
        self.comes_back()
        self.history(self.asked()["id"], "two")
        self.assertEqual(self.texts(), ["one", "two"])

    def test_history_that_is_refused_holds_up_nothing(self) -> None:
        self.loses()
        self.comes_back()
        asked = self.asked()
        self.server.says("two")
        self.server.tells("error", id=asked["id"], code="not-in-room", content="no")
        self.assertEqual(self.texts(), ["one", "two"])

    def test_ones_own_messages_are_not_told_twice(self) -> None:
        tag = self.link.say("mine")
        self.server.acks(tag)
        self.loses()
        self.comes_back()
        asked = self.asked()
        self.history(asked["id"], "mine", who="bob", nonce=tag, scope="scope-of-secret")
        self.assertEqual(self.texts(), ["one"])

    def test_nobody_else_can_pass_for_oneself(self) -> None:
        """The ids that one gave are public: a message with one of them in another's scope is another's."""
        tag = self.link.say("mine")
        self.server.says("forged", who="eve", nonce=tag, scope="scope-of-eve")
        self.assertEqual(self.texts(), ["one", "forged"])
        self.assertEqual(self.link.waiting(), 1)

    def test_a_page_of_history_is_one_event(self) -> None:
        tag = self.link.history("lobby", before="f" * 16, limit=10 * MAX_PAGE)
        asked = self.asked()
        self.assertEqual((asked["before"], asked["limit"]), ("f" * 16, MAX_PAGE))
        self.forgets()
        self.history(tag, "early", more=True)
        (page,) = self.events
        assert isinstance(page, ev.Page)
        self.assertEqual([each.text for each in page.messages], ["early"])
        self.assertEqual((page.tag, page.room, page.more), (tag, "lobby", True))

    def test_history_that_a_person_asked_for_is_shown_though_it_is_known(self) -> None:
        tag = self.link.command("/history 5")
        self.forgets()
        self.server.ids = 0
        self.history(tag, "one")
        (page,) = self.events
        assert isinstance(page, ev.Page)
        self.assertEqual([each.text for each in page.messages], ["one"])

    def test_a_long_answer_is_told_in_several_pages(self) -> None:
        self.patch(replay, "MAX_COLLECTED", 2)
        tag = self.link.command("/export")
        self.forgets()
        self.history(tag, *"abcde")
        self.assertEqual(self.kinds(), ["Page"] * 3)

    def test_private_messages_that_waited_are_told_once(self) -> None:
        self.server.ids = 5
        self.forgets()
        self.server.says("psst", None, replay=True)
        self.loses()
        self.comes_back()
        self.server.ids = 5
        self.server.says("psst", None, replay=True)
        self.server.says("and", None, replay=True)
        self.assertEqual(self.texts(), ["psst", "and"])

    def test_events_and_pages_that_are_refused_are_told(self) -> None:
        tag = self.link.history("lobby")
        self.server.tells("error", id=tag, code="history-unavailable", content="later")
        self.assertEqual(self.last(ev.Refused).tag, tag)
        self.forgets()
        self.server.tells("join", from_="joe", room="lobby", id="5" * 16)
        self.server.tells("announcement", from_="root", content="hear")
        self.assertEqual(self.kinds(), ["Joined", "Announcement"])

    def test_a_search_is_one_event(self) -> None:
        tag = self.link.command("/search x")
        self.forgets()
        self.server.tells("search_start", id=tag, count=1)
        self.server.says("found", replay=True)
        self.server.tells("search_end", id=tag, count=1, more=False, whole=True)
        (found,) = self.events
        assert isinstance(found, ev.Found)
        self.assertEqual([each.text for each in found.messages], ["found"])


# --- which answer a message belongs to ---

HI = ev.RoomMessage(sender="bob", room="dev", replay=True, content="hi")


def end(tag: str | None, *, more: bool = False) -> ev.HistoryEnd:
    return ev.HistoryEnd(tag=tag, room="dev", more=more)


def start(tag: str | None) -> ev.HistoryStart:
    return ev.HistoryStart(tag=tag, room="dev")


class ReadingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reading = Reading()

    def test_a_page_is_what_stands_between_its_start_and_its_end(self) -> None:
        self.reading.start(start("p"))
        self.assertTrue(self.reading.collects)
        self.assertIsNone(self.reading.collect(HI))
        page = self.reading.end(end("p", more=True))
        self.assertEqual(page, ev.Page(tag="p", room="dev", messages=(HI,), more=True))
        self.assertFalse(self.reading.collects)

    def test_pages_name_with_whom_and_history_at_the_entry_is_none(self) -> None:
        self.reading.start(ev.HistoryStart(tag="p", partner="joe"))
        page = self.reading.end(ev.HistoryEnd(tag="p", partner="joe"))
        self.assertEqual(page, ev.Page(tag="p", room="", partner="joe", messages=()))
        self.reading.start(start(None))
        self.assertTrue(self.reading.at_entry)
        self.assertFalse(self.reading.collects)
        self.assertIsNone(self.reading.end(end(None)))
        self.assertFalse(self.reading.at_entry)

    def test_what_was_missed_is_known_by_its_tag(self) -> None:
        self.reading.expect_missed("m", "dev")
        self.assertTrue(self.reading.catches_up("dev"))
        self.reading.start(start("m"))
        self.assertEqual(self.reading.missed, "dev")
        self.assertFalse(self.reading.collects)
        self.assertIsNone(self.reading.end(end("m")))
        self.assertFalse(self.reading.catches_up("dev"))

    def test_a_search_brings_what_it_found_and_no_more_than_it_should(self) -> None:
        self.reading.start_search()
        self.reading.collect(HI)
        found = self.reading.found(ev.SearchEnd(tag="s", count=1, whole=False))
        self.assertEqual((found.tag, found.messages, found.whole), ("s", (HI,), False))
        self.patch(replay, "MAX_COLLECTED", 2)
        self.reading.start_search()
        for _ in range(5):
            self.assertIsNone(self.reading.collect(HI))
        self.assertEqual(len(self.reading.found(ev.SearchEnd(tag=None)).messages), 2)

    def test_what_is_refused_is_expected_no_longer(self) -> None:
        self.reading.expect_missed("m", "dev")
        self.assertIsNone(self.reading.refused(None))
        self.assertIsNone(self.reading.refused("p"))
        self.assertEqual(self.reading.refused("m"), "dev")
        self.assertIsNone(self.reading.refused("m"))

    def test_a_refusal_of_something_else_leaves_a_page_alone(self) -> None:
        self.reading.start(start("p"))
        self.reading.collect(HI)
        self.reading.refused("x")
        page = self.reading.end(end("p"))
        assert page is not None
        self.assertEqual(page.messages, (HI,))

    def test_an_answer_that_is_refused_in_its_middle_is_no_page(self) -> None:
        self.reading.start(start("p"))
        self.reading.collect(HI)
        self.reading.refused("p")
        self.assertIsNone(self.reading.end(end("p")))

    def test_with_the_connection_all_is_forgotten(self) -> None:
        self.reading.expect_missed("m", "dev")
        self.reading.start(start("m"))
        self.reading.clear()
        self.assertIsNone(self.reading.missed)
        self.assertFalse(self.reading.catches_up("dev"))

    def test_a_long_answer_is_several_pages(self) -> None:
        self.patch(replay, "MAX_COLLECTED", 2)
        self.reading.start(start("p"))
        pages = [page for _ in range(5) if (page := self.reading.collect(HI))]
        last = self.reading.end(end("p"))
        assert last is not None
        self.assertEqual([(len(each.messages), each.more) for each in pages], [(2, True)] * 2)
        self.assertEqual((len(last.messages), last.more), (1, False))

    def test_a_page_or_search_has_no_more_bytes_than_may_be_held(self) -> None:
        long = msgspec.structs.replace(HI, content="x" * 250_000)
        self.reading.start_search()
        for _ in range(100):
            self.reading.collect(long)
        self.assertLess(weight(self.reading.found(ev.SearchEnd())), MOST_HELD + 1_000)
        self.reading.start(start("p"))
        pages = [page for _ in range(100) if (page := self.reading.collect(long))]
        rest = self.reading.end(end("p"))
        assert rest is not None
        self.assertEqual([page.more for page in (*pages, rest)], [True, True, True, False])
        self.assertEqual(sum(len(page.messages) for page in (*pages, rest)), 100)
        self.assertTrue(all(weight(page) < MOST_HELD + 1_000 for page in pages))
