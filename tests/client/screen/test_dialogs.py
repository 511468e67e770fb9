"""Tests of twisted_chat.client.screen.dialogs. What becomes of the answers is in test_app."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import Stage, staged
from twisted_chat.client import events as ev


class AskTests(SynchronousTestCase):
    @staged()
    async def test_it_takes_the_place_of_the_entry(self, stage: Stage) -> None:
        await stage.enter()
        await stage.press("ctrl+f")
        self.assertEqual((stage.app.ask.display, stage.app.entry.display), (True, False))
        await stage.press("tab", "escape")
        self.assertEqual((stage.app.ask.display, stage.app.entry.display), (False, True))

    @staged()
    async def test_only_passwords_are_hidden(self, stage: Stage) -> None:
        stage.app.ask.ask("password")
        self.assertTrue(stage.app.ask.password)
        stage.app.ask.ask("nick", "bob")
        self.assertEqual((stage.app.ask.password, stage.app.ask.value), (False, "bob"))
        stage.app._pasted_text = "x"
        stage.app._ask("paste")
        await stage.press("x", "enter")
        self.assertEqual(stage.app.entry.text, "")
        self.assertFalse(stage.app.ask.display)

    @staged()
    async def test_names_and_passwords_are_asked_for_in_words(self, stage: Stage) -> None:
        await stage.hear(ev.NameRefused(code="nick-taken", nick="bob", suggestion="bob2"))
        self.assertEqual(stage.app.ask.value, "bob2")
        await stage.types("rob")
        self.assertEqual(stage.app.ask.value, "rob")
        why = '"bob" is registered; send it with "password", or pick another nickname'
        await stage.hear(ev.NameRefused(code="password-needed", nick="bob", content=why))
        self.assertTrue(
            stage.shows(
                "bob is registered. Type its password, or press Escape for another nickname."
            )
        )
