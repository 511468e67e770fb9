from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import Stage, staged


class LinedTests(SynchronousTestCase):
    @staged()
    async def test_a_new_theme_is_below_what_is_drawn(self, stage: Stage) -> None:
        await stage.enter("bob")
        before = stage.app.messages.base.bgcolor
        await stage.press("f4")
        self.assertNotEqual(stage.app.messages.base.bgcolor, before)
