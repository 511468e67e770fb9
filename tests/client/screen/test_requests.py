"""Tests of twisted_chat.client.screen.requests."""

from __future__ import annotations

from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import FakeLink
from twisted_chat.client import events as ev
from twisted_chat.client.link import Link, QueueFull
from twisted_chat.client.model.conversation import SERVER
from twisted_chat.client.model.lines import Line
from twisted_chat.client.model.picture import Picture
from twisted_chat.client.screen.requests import PAGE, Requests


class RequestsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.picture = Picture()
        self.link = FakeLink(lambda event: None)
        self.requests = Requests(self.picture, cast(Link, self.link))
        self.picture.connected("online")
        room = self.picture.room("dev")
        room.enter(["me"], 200)
        self.picture.switch(room.key)

    def page(self, tag: str, page: int, pages: int) -> ev.Who:
        return ev.Who(tag=tag, users=(), count=200, page=page, pages=pages, room="dev")

    def test_people_are_asked_for_once_a_connection(self) -> None:
        self.requests.want_people()
        self.requests.want_people()
        self.assertEqual(self.link.asked, [("command", ("/who #dev 1",))])
        self.requests.lost()
        self.requests.want_people()
        self.assertEqual(len(self.link.asked), 2)

    def test_nothing_is_asked_where_there_is_nobody_to_ask_about(self) -> None:
        self.picture.switch(SERVER)
        self.requests.want_people()
        self.picture.switch(self.picture.private("bob").key)
        self.requests.want_people()
        self.requests.want_history()
        self.assertEqual(self.link.asked, [])

    def test_only_answers_to_what_nobody_typed_are_quiet(self) -> None:
        self.requests.want_people()
        self.assertFalse(self.requests.is_quiet(self.page("other", 1, 1)))
        self.assertFalse(self.requests.is_quiet(ev.Lag(seconds=1.0)))
        self.assertTrue(self.requests.is_quiet(self.page("t1", 1, 4)))
        self.assertFalse(self.requests.is_quiet(self.page("t1", 1, 4)))

    def test_a_refusal_of_what_nobody_typed_is_quiet(self) -> None:
        self.requests.want_people()
        self.assertTrue(self.requests.is_quiet(ev.Refused(tag="t1", code="no")))
        self.requests.want_people()
        self.assertEqual(len(self.link.asked), 1)

    def test_further_pages_are_asked_for_while_there_are_some(self) -> None:
        self.requests.want_people()
        self.requests.want_more_people()  # the first is not here yet
        self.requests.is_quiet(self.page("t1", 1, 2))
        self.requests.want_more_people()
        self.requests.want_more_people()
        self.assertEqual(
            [arguments for _, arguments in self.link.asked], [("/who #dev 1",), ("/who #dev 2",)]
        )

    def test_earlier_lines_are_asked_for_before_the_first(self) -> None:
        self.requests.want_history()
        self.assertEqual(self.link.asked, [])  # what would they be before?
        self.picture.add(self.picture.shown, Line("say", "hi", 1.0, id="5", nick="bob"))
        self.requests.want_history()
        self.requests.want_history()
        self.assertEqual(self.link.asked, [("history", ("dev", "5", PAGE))])

    def test_when_too_much_waits_nothing_more_is_asked(self) -> None:
        self.picture.add(self.picture.shown, Line("say", "hi", 1.0, id="5", nick="bob"))
        self.link.fails = QueueFull()
        self.requests.want_people()
        self.requests.want_history()
        self.link.fails = None
        self.requests.want_people()
        self.requests.want_history()
        self.assertEqual(len(self.link.asked), 2)
