"""Tests of twisted_chat.client.screen.asking. What becomes of the answers is in test_app."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import Stage, staged


class AskTests(SynchronousTestCase):
    @staged()
    async def test_it_takes_the_place_of_the_entry(self, stage: Stage) -> None:
        await stage.enter()
        await stage.press("ctrl+f")
        self.assertEqual((stage.app.ask.display, stage.app.entry.display), (True, False))
        await stage.press("tab", "escape")
        self.assertEqual((stage.app.ask.display, stage.app.entry.display), (False, True))

    @staged()
    async def test_only_a_password_is_hidden(self, stage: Stage) -> None:
        stage.app.ask.ask("password")
        self.assertTrue(stage.app.ask.password)
        stage.app.ask.ask("nick", "bob")
        self.assertEqual((stage.app.ask.password, stage.app.ask.value), (False, "bob"))

    @staged()
    async def test_a_question_with_yes_or_no_takes_other_keys_for_nothing(
        self, stage: Stage
    ) -> None:
        stage.app._pasted_text = "x"
        stage.app._ask("paste")
        await stage.press("x", "enter")
        self.assertEqual(stage.app.entry.text, "")
        self.assertFalse(stage.app.ask.display)
