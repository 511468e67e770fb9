from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import Stage, said, staged
from twisted_chat.client.model.conversation import room_key
from twisted_chat.client.screen import messages
from twisted_chat.client.screen.drawing import Drawer


class MessagesTests(SynchronousTestCase):
    @staged()
    async def test_only_what_is_on_the_screen_is_drawn(self, stage: Stage) -> None:
        await stage.enter("bob")
        for number in range(2000):
            stage.app._hear(said(number, "word " * 20))
        drawn: list[object] = []
        line = Drawer.line

        def count(drawer: Drawer, what: object) -> object:
            drawn.append(what)
            return line(drawer, what)  # type: ignore[arg-type]

        self.patch(Drawer, "line", count)
        await stage.settle()
        self.assertLess(len(drawn), 40)

    @staged()
    async def test_not_all_that_was_drawn_is_kept(self, stage: Stage) -> None:
        self.patch(messages, "_CACHED_ROWS", 100)
        await stage.enter("bob")
        for number in range(20):
            await stage.hear(said(number, "word " * 200))
        kept = stage.app.messages._strips
        self.assertLess(sum(len(kept[serial]) for serial in kept.keys()), 120)  # noqa: SIM118

    @staged()
    async def test_there_is_room_until_the_screen_is_full(self, stage: Stage) -> None:
        await stage.enter("bob")
        self.assertTrue(stage.shows("No messages here yet"))
        await stage.press("pageup", "pagedown", "end")
        self.assertTrue(stage.app.messages.at_end)
        self.assertTrue(stage.app.messages.has_room())
        await stage.hear(said(1, "one"))
        self.assertTrue(stage.app.messages.has_room())
        await stage.hear(*(said(number, "word " * 100) for number in range(2, 5)))
        self.assertFalse(stage.app.messages.has_room())

    @staged()
    async def test_short_conversations_stay_and_days_are_parted(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1, "one"), said(2, "two"))
        before = stage.rows()[1:20]
        await stage.press("pageup")
        self.assertEqual(stage.rows()[1:20], before)
        await stage.press("pagedown")
        self.assertTrue(stage.app.messages.at_end)
        await stage.hear(said(1, "one"), said(90_000, "two"))
        self.assertTrue(stage.shows("Friday, 20 November 2026"))
        self.assertTrue(stage.shows("Saturday, 21 November 2026"))

    @staged()
    async def test_each_conversation_stays_where_one_left_it(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(*(said(number, f"line {number}") for number in range(100)))
        await stage.press("pageup", "pageup")
        before = stage.rows()[1:20]
        await stage.press("alt+up", "alt+down")
        self.assertEqual(stage.app.state.view, room_key("lobby"))
        self.assertEqual([row[16:] for row in stage.rows()[1:20]], [row[16:] for row in before])
        stage.app.state.shown.buffer.drop(99)
        stage.app.messages.renew()
        await stage.settle()
        self.assertTrue(stage.shows("line 99"))
        stage.app.state.shown.buffer.drop(1)
        stage.app.messages.renew()
        await stage.settle()
        self.assertTrue(stage.shows("No messages here yet"))
        self.assertEqual(stage.app.messages.hidden_below(), 0)

    @staged()
    async def test_a_long_message_can_be_read_row_by_row(self, stage: Stage) -> None:
        await stage.enter("bob")
        text = "\n".join(f"row {number}" for number in range(60))
        await stage.hear(said(1, "first"), said(2, text))
        stage.app.messages.scroll_rows(5)
        await stage.settle()
        self.assertTrue(stage.shows("row 54"))
        self.assertFalse(stage.shows("row 55"))
        stage.app.messages.scroll_rows(-2)
        await stage.settle()
        self.assertTrue(stage.shows("row 56"))
