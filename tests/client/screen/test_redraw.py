"""Tests of twisted_chat.client.screen.redraw: sizes, themes, and when it is drawn."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import Stage, said, staged


class LookTests(SynchronousTestCase):
    @staged()
    async def test_f4_and_the_command_change_the_theme(self, stage: Stage) -> None:
        await stage.enter()
        await stage.press("f4")
        self.assertEqual(stage.app.theme, "light")
        await stage.submit("/theme contrast")
        self.assertEqual(stage.app.theme, "contrast")

    @staged()
    async def test_a_screen_that_was_too_small_takes_keys_again(self, stage: Stage) -> None:
        """Those of a message, and those of a question."""
        await stage.enter()
        for key in ((), ("ctrl+f",)):
            await stage.press(*key)
            for size in ((10, 3), (80, 24)):
                await stage.pilot.resize_terminal(*size)
                await stage.settle()
            await stage.types("hi")
            asked = stage.app.ask.value if key else stage.app.entry.text
            self.assertEqual(asked, "hi")

    @staged(theme="mono")
    async def test_mono_has_no_colour(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1, "me?"))
        for strip in stage.strips():
            for segment in strip:
                for colour in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                    if colour is not None and colour.triplet is not None:
                        self.assertEqual(len({*colour.triplet}), 1, segment)

    @staged(size=(20, 5))
    async def test_a_very_small_screen_works(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1, "日本語 hello there"))
        self.assertTrue(stage.shows("12:13 bob"), stage.rows())
        await stage.types("hi")
        self.assertTrue(stage.shows("› hi"))

    @staged(size=(10, 3))
    async def test_a_smaller_one_says_so(self, stage: Stage) -> None:
        await stage.enter("bob")
        self.assertTrue(stage.shows("too small"))
        await stage.pilot.resize_terminal(80, 24)
        await stage.settle()
        self.assertFalse(stage.shows("too small"))
        self.assertTrue(stage.shows("● connected"))

    @staged()
    async def test_a_new_size_wraps_anew_and_many_events_are_drawn_once(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1, "word " * 30))
        before = len([row for row in stage.rows() if "word" in row])
        await stage.pilot.resize_terminal(60, 24)
        await stage.settle()
        self.assertGreater(len([row for row in stage.rows() if "word" in row]), before)
        drawn = stage.app.draws
        for number in range(500):
            stage.app.heard(said(number))
        await stage.settle()
        self.assertLess(stage.app.draws - drawn, 50)

    @staged(size=(120, 24))
    async def test_a_new_size_is_taken_during_a_question(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.press("ctrl+k")
        await stage.pilot.resize_terminal(70, 24)
        await stage.press("escape")
        self.assertFalse(stage.app.members.display)
        await stage.press("ctrl+k")
        await stage.pilot.resize_terminal(10, 3)
        await stage.press("escape")
        self.assertTrue(stage.shows("too small"))

    @staged(members="always")
    async def test_people_can_always_be_shown(self, stage: Stage) -> None:
        await stage.enter("bob")
        self.assertTrue(stage.app.members.display)
        await stage.press("alt+up")
        self.assertFalse(stage.app.members.display)
