"""Keeps two kinds of tests apart: ``pytest tests`` runs what trial runs, ``pytest tests/scenarios`` the scenarios.

A pytest-twisted test that runs in the same process before a trial ``TestCase`` breaks it with DirtyReactorAggregateError.
"""

from __future__ import annotations

from pathlib import Path

import pytest

_SCENARIOS = Path(__file__).parent / "scenarios"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the scenarios out unless they were asked for by name."""
    if collection_path != _SCENARIOS:
        return None
    asked = (Path(argument.partition("::")[0]).resolve() for argument in config.args)
    return None if any(path.is_relative_to(_SCENARIOS) for path in asked) else True
