"""Tests of twisted_chat.client.screen.entry. What becomes of what is typed is in test_app."""

from __future__ import annotations

from textual import events
from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import Stage, staged


class EntryTests(SynchronousTestCase):
    @staged()
    async def test_passwords_are_hidden_as_wide_as_they_are(self, stage: Stage) -> None:
        await stage.enter()
        stage.app.entry.put("/login bob s3crét")
        await stage.settle()
        self.assertTrue(stage.shows("› /login ••• ••••••"), stage.rows())
        stage.app.entry.put("/login bob s3crét\nand more")
        await stage.settle()
        self.assertFalse(stage.shows("s3cr"))
        self.assertTrue(stage.shows("and more"))
        stage.app.entry.put("/register 日本")
        await stage.settle()
        self.assertTrue(stage.shows("› /register ••••"), stage.rows())

    @staged()
    async def test_tab_completes_inside_a_text_or_changes_nothing(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.types("zzz")
        await stage.press("tab", "tab")
        self.assertEqual(stage.app.entry.text, "zzz")
        self.assertTrue(stage.app.entry.has_focus)
        entry = stage.app.entry
        entry.put("one\nask bo\ntwo")
        entry.move_cursor((1, 6))
        await stage.press("tab")
        self.assertEqual(entry.text, "one\nask bob \ntwo")
        self.assertEqual(entry.cursor_location, (1, 8))

    @staged()
    async def test_shift_tab_begins_at_the_last(self, stage: Stage) -> None:
        await stage.enter("bert", "bob")
        await stage.types("b")
        await stage.press("shift+tab")
        self.assertEqual(stage.app.entry.text, "bob: ")

    @staged()
    async def test_up_moves_in_a_text_before_it_brings_back_another(self, stage: Stage) -> None:
        await stage.enter()
        await stage.types("x")
        await stage.press("up")
        self.assertEqual(stage.app.entry.text, "x")
        await stage.submit("before")
        entry = stage.app.entry
        entry.put("one\ntwo")
        await stage.press("up")
        self.assertEqual((entry.text, entry.cursor_location[0]), ("one\ntwo", 0))
        await stage.press("down")
        self.assertEqual((entry.text, entry.cursor_location[0]), ("one\ntwo", 1))
        await stage.press("down")
        self.assertEqual(entry.text, "one\ntwo")
        await stage.submit("before")
        stage.app.entry.put("word " * 30)
        await stage.press("up")
        self.assertEqual(stage.app.entry.text, "word " * 30)

    @staged()
    async def test_what_is_typed_right_behind_enter_is_the_next_message(self, stage: Stage) -> None:
        await stage.enter()
        for key in ("a", "enter", "b", "enter", "c"):
            stage.app.entry.post_message(events.Key(key, key if key != "enter" else None))
        await stage.settle()
        said = [text for text, *_ in stage.asked("say")]
        self.assertEqual((said, stage.app.entry.text), (["a", "b"], "c"))

    @staged()
    async def test_the_entry_grows_up_to_six_lines_and_ctrl_d_deletes(self, stage: Stage) -> None:
        await stage.enter()
        await stage.types("ab")
        await stage.press("home", "ctrl+d")
        self.assertEqual((stage.app.entry.text, stage.app.is_running), ("b", True))
        stage.app.entry.put("\n".join("abcdefghij"))
        await stage.settle()
        self.assertEqual(stage.app.entry.size.height, 6)
