"""The fixtures of the scenarios."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tests.scenarios.helpers import Scene, fixture


@fixture
async def scene() -> AsyncGenerator[Scene, None]:
    """Servers and visitors for one test; afterwards all of them are gone."""
    scene = Scene()
    yield scene
    await scene.closes()
