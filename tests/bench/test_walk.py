"""Tests of bench.walk: a line is followed from the door to the store, and nothing is left running."""

from __future__ import annotations

import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase


class WalkTests(SynchronousTestCase):
    def test_it_names_what_a_line_passes_and_counts_it(self) -> None:
        walked = subprocess.run(
            [sys.executable, "-m", "bench.walk"], capture_output=True, text=True, timeout=60
        )
        *files, counted = walked.stdout.splitlines()
        self.assertEqual((walked.returncode, walked.stderr), (0, ""))
        for passed in ("doors/reader.py", "core/hub.py", "store/memory.py"):
            self.assertIn(passed, files)
        self.assertRegex(
            counted, rf"^{len(files)} files, \d+ moves, \d+ calls; [\d.]+ µs of Python"
        )
