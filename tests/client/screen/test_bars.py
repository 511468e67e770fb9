from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import Stage, staged
from twisted_chat.client.model.completion import Candidate
from twisted_chat.client.screen.bars import OFFERED


class AboveTests(SynchronousTestCase):
    @staged()
    async def test_nothing_takes_no_room_and_a_long_text_several_rows(self, stage: Stage) -> None:
        self.assertFalse(stage.app.above.display)
        stage.app.above.tell("word " * 30)
        await stage.settle()
        self.assertEqual(stage.app.above.size.height, 2)
        self.assertEqual(stage.app.above.text, "word " * 30)
        long = " ".join(f"word{n}" for n in range(300))
        stage.app.above.tell(long[:700], error=True)
        await stage.settle()
        rows = [row.strip() for row in stage.rows() if "word" in row]
        self.assertEqual(" ".join(rows), long[:700])
        stage.app.above.tell(long)
        await stage.settle()
        rows = [row for row in stage.rows() if "word" in row]
        self.assertEqual((len(rows), rows[-1][-1]), (12, "…"))

    @staged()
    async def test_the_one_that_is_taken_is_in_sight(self, stage: Stage) -> None:
        candidates = tuple(Candidate(f"c{n}", f"c{n}", "help") for n in range(20))
        for index in (0, 10, 19):
            stage.app.above.offer(candidates, index)
            await stage.settle()
            self.assertTrue(stage.shows(f" c{index} "), index)
            self.assertEqual(stage.app.above.size.height, OFFERED)
