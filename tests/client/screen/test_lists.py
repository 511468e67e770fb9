from __future__ import annotations

from textual import events
from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import Stage, said, staged
from twisted_chat.client import events as ev
from twisted_chat.client.model.conversation import room_key
from twisted_chat.client.screen.lists import Row
from twisted_chat.client.screen.palette import palette

WHEEL = (0, 0, 0, 0, 0, False, False, False)
TEXT = palette("dark").text


class RowTests(SynchronousTestCase):
    def test_names_are_cut_to_fit_before_the_end(self) -> None:
        self.assertEqual(Row("#dev", TEXT, "12").strip(12).text, " #dev    12 ")
        strip = Row("#development", TEXT, "12").strip(12)
        self.assertEqual((strip.text, strip.cell_length), (" #devel… 12 ", 12))
        self.assertEqual(Row("日本語日本語", TEXT).strip(8).cell_length, 8)


class ListsTests(SynchronousTestCase):
    @staged(size=(120, 12))
    async def test_the_room_shown_is_in_sight_and_the_end_the_end(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(*(said(1, room=f"r{number}") for number in range(20)))
        rooms = stage.app.conversations
        for _ in range(20):
            rooms.post_message(events.MouseScrollDown(rooms, *WHEEL))
        await stage.pilot.pause()
        self.assertTrue(any(row.startswith(" #r19") for row in stage.rows()))
        for _ in range(20):
            rooms.post_message(events.MouseScrollUp(rooms, *WHEEL))
        await stage.pilot.pause()
        self.assertTrue(any(row.startswith(" server") for row in stage.rows()))
        await stage.press("alt+up", "alt+up")
        self.assertEqual(stage.app.state.view, room_key("r19"))
        self.assertTrue(any(row.startswith(" #r19") for row in stage.rows()))
        await stage.press("alt+down")
        self.assertTrue(any(row.startswith(" server") for row in stage.rows()))

    @staged(size=(120, 12))
    async def test_a_click_below_the_last_row_does_nothing(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.pilot.click("#conversations", offset=(3, 8))
        await stage.settle()
        self.assertEqual(stage.app.state.view, room_key("lobby"))

    @staged(size=(100, 24))
    async def test_more_than_999_are_not_counted_exactly(self, stage: Stage) -> None:
        await stage.enter("bob")
        stage.app.state.room("dev").unread = 1000
        await stage.settle()
        self.assertTrue(
            any(row.startswith(" #dev      999+") for row in stage.rows()), stage.rows()
        )

    @staged(size=(120, 12))
    async def test_people_scrolled_to_their_end_ask_for_more(self, stage: Stage) -> None:
        await stage.enter(*(f"n{number}" for number in range(20)), count=200)
        tag = f"t{len(stage.link.asked)}"
        await stage.hear(ev.Who(tag=tag, users=(), count=200, page=1, pages=4, room="lobby"))
        members = stage.app.members
        members.post_message(events.MouseScrollDown(members, *WHEEL))
        await stage.settle()
        self.assertEqual(len(stage.asked("command")), 1)
        for _ in range(6):
            members.post_message(events.MouseScrollDown(members, *WHEEL))
        await stage.settle()
        self.assertEqual(stage.asked("command")[1:], [("/who #lobby 2",)])

    @staged(size=(120, 12))
    async def test_operators_come_first_with_a_sign(self, stage: Stage) -> None:
        await stage.enter("bob", "zoe", "eve")
        role = {"sender": "me", "room": "lobby", "given": True}
        await stage.hear(
            ev.Role(**role, to="zoe", role="operator"),  # type: ignore[arg-type]
            ev.Role(**role, to="eve", role="voice"),  # type: ignore[arg-type]
        )
        rows = [row[100:].strip() for row in stage.rows()[1:5]]
        self.assertEqual(rows, ["@zoe", "+eve", "bob", "me"])
