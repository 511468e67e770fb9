"""Replayed messages belong to the answer in which they stand."""

from __future__ import annotations

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client import events as ev
from twisted_chat.client.link import reading
from twisted_chat.client.link.reading import Reading
from twisted_chat.client.link.weight import MOST_HELD, weight

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

    def test_a_page_of_private_messages_names_with_whom(self) -> None:
        self.reading.start(ev.HistoryStart(tag="p", partner="joe"))
        page = self.reading.end(ev.HistoryEnd(tag="p", partner="joe"))
        self.assertEqual(page, ev.Page(tag="p", room="", partner="joe", messages=()))

    def test_history_that_nobody_asked_for_comes_with_the_entry(self) -> None:
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

    def test_a_search_brings_what_it_found(self) -> None:
        self.reading.start_search()
        self.reading.collect(HI)
        found = self.reading.found(ev.SearchEnd(tag="s", count=1, whole=False))
        self.assertEqual((found.tag, found.messages, found.whole), ("s", (HI,), False))

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
        self.patch(reading, "MAX_COLLECTED", 2)
        self.reading.start(start("p"))
        pages = [page for _ in range(5) if (page := self.reading.collect(HI))]
        last = self.reading.end(end("p"))
        assert last is not None
        self.assertEqual([(len(each.messages), each.more) for each in pages], [(2, True)] * 2)
        self.assertEqual((len(last.messages), last.more), (1, False))

    def test_a_search_keeps_no_more_than_it_should_bring(self) -> None:
        self.patch(reading, "MAX_COLLECTED", 2)
        self.reading.start_search()
        for _ in range(5):
            self.assertIsNone(self.reading.collect(HI))
        self.assertEqual(len(self.reading.found(ev.SearchEnd(tag=None)).messages), 2)

    def test_a_page_has_no_more_bytes_than_may_be_held(self) -> None:
        long = msgspec.structs.replace(HI, content="x" * 250_000)
        self.reading.start(start("p"))
        pages = [page for _ in range(100) if (page := self.reading.collect(long))]
        rest = self.reading.end(end("p"))
        assert rest is not None
        self.assertEqual([page.more for page in (*pages, rest)], [True, True, True, False])
        self.assertEqual(sum(len(page.messages) for page in (*pages, rest)), 100)
        self.assertTrue(all(weight(page) < MOST_HELD + 1_000 for page in pages))

    def test_a_search_has_no_more_bytes_than_may_be_held(self) -> None:
        long = msgspec.structs.replace(HI, content="x" * 250_000)
        self.reading.start_search()
        for _ in range(100):
            self.reading.collect(long)
        self.assertLess(weight(self.reading.found(ev.SearchEnd())), MOST_HELD + 1_000)
