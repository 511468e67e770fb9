from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import Stage, staged
from twisted_chat.client.screen.help import KEYS

DOCS = Path(__file__).parents[3] / "docs" / "client.md"


class HelpingTests(SynchronousTestCase):
    def test_the_documentation_names_each_key(self) -> None:
        text = DOCS.read_text("utf-8")
        for keys, what in KEYS:
            self.assertIn(f"| {keys} | {what} |", text)

    @staged(size=(60, 200))
    async def test_each_command_is_there_with_its_help(self, stage: Stage) -> None:
        await stage.press("f1")
        self.assertTrue(stage.shows("/join ROOM [PASSWORD]"))
        self.assertTrue(stage.shows("/theme"))
        self.assertTrue(stage.shows("Escape closes this."))
