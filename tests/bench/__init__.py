"""Tests of the bench."""

import os
from unittest import skipUnless

#: For tests that start servers and clients: a third of the time of all tests, for a tool that users of the server do not run.
real_runs = skipUnless(
    os.environ.get("REAL_RUNS"), "real runs of the bench: REAL_RUNS=1 trial tests.bench"
)
