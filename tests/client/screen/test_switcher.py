"""Tests of twisted_chat.client.screen.switcher. That it switches is in test_app."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import Stage, said, staged
from twisted_chat.client.model.conversation import room_key


class SwitcherTests(SynchronousTestCase):
    @staged()
    async def test_it_shows_what_is_unread_and_a_click_chooses(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1, room="dev"))
        await stage.press("ctrl+k")
        self.assertTrue(stage.shows("#dev  1"))
        await stage.pilot.click("OptionList", offset=(2, 0))
        await stage.settle()
        self.assertEqual(stage.app.state.view, room_key("dev"))

    @staged()
    async def test_what_calls_stands_first_and_what_is_shown_last(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1, room="dev"), said(2, "me?", room="ops"))
        await stage.press("ctrl+k", "enter")
        self.assertEqual(stage.app.state.view, room_key("ops"))
        await stage.press("ctrl+k", "enter")
        self.assertEqual(stage.app.state.view, room_key("dev"))
        await stage.press("ctrl+k", "enter")
        self.assertEqual(stage.app.state.view, room_key("ops"))

    @staged()
    async def test_what_nothing_matches_can_be_entered(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.press("ctrl+k")
        await stage.types("brandnew")
        self.assertTrue(stage.shows("enter #brandnew"))
