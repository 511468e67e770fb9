"""Results as pictures."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from unittest import mock, skipUnless

from twisted.trial.unittest import SynchronousTestCase

from bench import plot
from bench.errors import BenchError
from bench.results import Outcome
from tests.bench import samples


class CheckTests(SynchronousTestCase):
    def test_bad_file_names_and_a_missing_matplotlib_are_told_before_the_run(self) -> None:
        error = self.assertRaises(BenchError, plot.check, Path("x.jpg"))
        self.assertEqual(str(error), "x.jpg: a plot's name ends with .png or .svg")
        with mock.patch.object(importlib.util, "find_spec", return_value=None):
            error = self.assertRaises(BenchError, plot.check, Path("x.png"))
        self.assertIn("pip install matplotlib", str(error))


@skipUnless(importlib.util.find_spec("matplotlib"), "matplotlib is not installed")
class DrawTests(SynchronousTestCase):
    def draw(self, result: Outcome, ending: str = ".svg") -> bytes:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / f"x{ending}"
            plot.check(path)
            plot.draw(path, result)
            return path.read_bytes()

    def test_every_result_can_be_drawn(self) -> None:
        for result in (
            samples.fanout(),
            samples.users(),
            samples.sessions(),
            samples.store(),
            samples.crash(),
            samples.logins(),
            samples.client(),
            samples.timing(),
            samples.comparison(),
        ):
            self.assertIn(b"<svg", self.draw(result))
        self.assertEqual(self.draw(samples.fanout(), ".png")[:4], b"\x89PNG")

    def test_comparisons_name_their_servers_and_sixty_users_nobody(self) -> None:
        result = samples.comparison()
        result.rounds[1].append(samples.fanout("ours", "sparse"))
        picture = self.draw(result)
        for name in (b"ours", b"threads", b"ngircd"):
            self.assertIn(b"<!-- %s -->" % name, picture)
        result.rounds = [[]]
        self.assertIn(b"<svg", self.draw(result))
        sixty = samples.users()
        sixty.rows *= 20
        self.assertNotIn(b"<!-- a -->", self.draw(sixty))
        error = self.assertRaises(BenchError, plot.draw, Path("/no/such/x.svg"), samples.fanout())
        self.assertIn("cannot write /no/such/x.svg", str(error))
