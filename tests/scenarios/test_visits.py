from __future__ import annotations
from tests.scenarios.helpers import Scene, scenario


@scenario
async def test_two_people_hear_each_other(scene: Scene) -> None:
    server = await scene.server()
    alice = await scene.visits(server, "alice")
    bob = await scene.visits(server, "bob")
    alice.types("hi bob")
    await bob.sees("<alice> hi bob")
