"""What the bench tells its user when it cannot go on."""

from __future__ import annotations


class BenchError(Exception):
    """The bench cannot go on. ``str()`` is one line that says why, and where possible what to do."""
