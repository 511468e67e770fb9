from __future__ import annotations

from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import FakeLink
from twisted_chat.client import events as ev
from twisted_chat.client.link.link import Link, QueueFull
from twisted_chat.client.link.wire import TooLong
from twisted_chat.client.model.conversation import SERVER
from twisted_chat.client.model.lines import Kind, Line
from twisted_chat.client.model.state import ClientState
from twisted_chat.client.screen.requests import PAGE, Requests


class RequestsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.state = ClientState()
        self.link = FakeLink(lambda event: None)
        self.requests = Requests(self.state, cast(Link, self.link))
        self.state.connected("online")
        room = self.state.room("dev")
        room.enter(["me"], 200)
        self.state.switch(room.key)

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
        self.state.switch(SERVER)
        self.requests.want_people()
        self.requests.want_history()
        self.state.switch(self.state.private("bob").key)
        self.requests.want_people()
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

    def test_earlier_lines_are_asked_for_before_the_first_unless_too_much_waits(self) -> None:
        self.state.add(self.state.shown, Line("say", "hi", 1.0, id="5", nick="bob"))
        self.requests.want_history()
        self.requests.want_history()
        self.assertEqual(self.link.asked, [("history", ("dev", "5", PAGE))])
        self.link.fails = QueueFull()
        self.requests.want_people()
        self.requests.want_history()
        self.link.fails = None
        self.requests.want_people()
        self.requests.want_history()
        self.assertEqual(len(self.link.asked), 2)

    def test_the_last_lines_are_asked_for_once_a_connection(self) -> None:
        self.requests.want_last()
        self.state.loaded("t1", more=True)
        self.requests.want_last()
        self.assertEqual(self.link.asked, [("history", ("dev", PAGE))])
        self.requests.lost()
        self.requests.want_last()
        self.assertEqual(len(self.link.asked), 2)

    def test_what_was_closed_is_asked_for_again_and_not_kept_in_memory(self) -> None:
        for _ in range(2):
            self.state.switch(self.state.private("bob").key)
            self.requests.want_last()
            self.state.loaded(f"t{len(self.link.asked)}", more=True)
            self.state.close(self.state.view)
        self.assertEqual(len(self.link.asked), 2)
        for number in range(3):
            self.state.switch(self.state.private(f"bob{number}").key)
            self.requests.want_last()
            self.state.close(self.state.view)
        self.assertEqual(len(self.requests._opened), 1)

    def test_what_was_written_with_somebody_is_asked_for(self) -> None:
        key = self.state.private("bob").key
        self.state.switch(key)
        self.requests.want_last()
        self.assertEqual(self.link.asked, [("private_history", ("bob", PAGE))])
        page = ev.Page(tag="t1", room="", partner="bob", messages=(), more=True)
        self.assertFalse(self.requests.is_quiet(page))
        self.state.loaded("t1", more=True)
        self.state.add(self.state.shown, Line("say", "hi", 1.0, id="5", nick="bob"))
        self.requests.want_history()
        self.assertEqual(self.link.asked[1:], [("private_history", ("bob", "5", PAGE))])

    def test_where_nothing_is_kept_it_is_asked_for_once_until_one_has_an_account(self) -> None:
        self.state.switch(self.state.private("bob").key)
        self.requests.want_history()
        self.assertTrue(self.requests.is_quiet(ev.Refused(tag="t1", code="no-account")))
        self.requests.want_history()
        self.assertEqual(len(self.link.asked), 1)
        self.requests.logged_in()
        self.requests.want_history()
        self.assertEqual(len(self.link.asked), 2)

    def test_what_cannot_be_read_now_can_be_asked_for_again(self) -> None:
        self.state.switch(self.state.private("bob").key)
        self.requests.want_history()
        self.assertTrue(self.requests.is_quiet(ev.Refused(tag="t1", code="history-unavailable")))
        self.requests.want_history()
        self.assertEqual(len(self.link.asked), 2)

    def test_a_name_that_is_too_long_to_be_sent_is_not_asked_about(self) -> None:
        self.link.fails = TooLong()
        self.say(1)
        self.requests.want_people()
        self.requests.want_history()
        self.requests.tell_read(100.0)
        self.assertEqual(self.link.asked, [])

    def say(self, number: int, sort: str = "say") -> None:
        line = Line(cast(Kind, sort), "hi", 1.0, id=f"{number:016x}", nick="bob")
        self.state.add(self.state.shown, line)

    def reads(self) -> list[tuple[object, ...]]:
        return [arguments for name, arguments in self.link.asked if name == "read"]

    def test_what_nobody_looked_at_is_not_read(self) -> None:
        self.state.look(False)
        self.say(1)
        self.requests.tell_read(100.0)
        self.assertEqual(self.reads(), [])

    def test_what_was_read_before_one_went_elsewhere_is_told_still(self) -> None:
        self.say(1)
        self.requests.tell_read(100.0)
        self.say(2)
        self.requests.tell_read(101.0)
        self.state.switch(self.state.private("eve").key)
        self.say(3)
        self.requests.tell_read(102.0)
        self.requests.tell_read(103.0, leaving=True)
        self.assertEqual(
            self.reads(),
            [(f"{1:016x}", "dev", None), (f"{3:016x}", None, "eve"), (f"{2:016x}", "dev", None)],
        )

    def test_what_was_read_without_a_connection_is_told_later(self) -> None:
        self.state.connected("offline")
        self.say(1)
        self.requests.tell_read(100.0)
        self.assertEqual(self.reads(), [])
        self.state.connected("online")
        self.requests.tell_read(101.0)
        self.assertEqual(len(self.reads()), 1)

    def test_what_was_closed_meanwhile_is_not_told(self) -> None:
        self.say(1)
        self.requests.tell_read(100.0)
        self.say(2)
        self.requests.tell_read(101.0)
        self.state.close(self.state.view)
        self.requests.tell_read(110.0)
        self.assertEqual(len(self.reads()), 1)

    def test_where_no_marker_is_kept_nothing_more_is_told_until_one_has_an_account(self) -> None:
        self.say(1)
        self.requests.tell_read(100.0)
        self.assertTrue(self.requests.is_quiet(ev.Refused(tag="t1", code="no-account")))
        self.say(2)
        self.requests.tell_read(200.0)
        self.assertEqual(len(self.reads()), 1)
        self.requests.logged_in()
        self.requests.tell_read(300.0)
        self.assertEqual(len(self.reads()), 2)

    def test_what_was_read_is_told_every_few_seconds_and_taken_quietly(self) -> None:
        self.say(1)
        self.requests.tell_read(100.0)
        told = ev.ReadUpTo(tag="t1", room="dev", message=f"{1:016x}")
        self.assertTrue(self.requests.is_quiet(told))
        self.say(2)
        self.requests.tell_read(104.9)
        self.say(3)
        self.say(4, "presence")
        self.requests.tell_read(105.0)
        self.requests.tell_read(200.0)
        self.assertEqual(self.reads(), [(f"{1:016x}", "dev", None), (f"{3:016x}", "dev", None)])
