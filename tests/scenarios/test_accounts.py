"""An account that owns a room, before and after the server is killed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.scenarios.helpers import Scene, scenario


@scenario
async def test_owner_of_a_room_is_that_again_with_the_password(
    scene: Scene, tmp_path: Path
) -> None:
    state = str(tmp_path / "state")
    server = await scene.server("--state-dir", state)
    olga = await scene.visits(server, "olga")
    olga.types("/register correct-horse", "/join dev", "/register-room", "/moderated on")
    # That is told only once it is stored.
    await olga.hears(re.compile("olga is registered, and is now yours"))
    await olga.hears(re.compile("olga registered #dev"))
    eve = await scene.visits(server, "eve")
    eve.types("/join dev", "hello")
    await eve.sees(re.compile("#dev is moderated"))
    olga.types("/settings")
    await olga.sees(re.compile("#dev belongs to olga; moderated"))
    server.kill("KILL")
    await server.ends(within=5)

    server = await scene.server("--state-dir", state)
    olga = await scene.connects(server, "olga")
    olga.types("olga wrong-horse")
    await olga.sees(re.compile("Wrong password for olga"))
    await olga.sees(re.compile("/help"))
    olga.types("/login olga correct-horse")
    await olga.sees(re.compile("logged in as olga"))
    olga.types("/join dev", "/settings")
    await olga.sees(re.compile("#dev belongs to olga; moderated"))
    second = await scene.connects(server, "olga again")
    second.types("olga correct-horse", "/join dev", "/settings")
    await second.sees(re.compile("#dev belongs to olga; moderated"))
    second.types("/drop-account correct-horse")
    await olga.sees(re.compile("The account olga was deleted"))
    olga.types("/settings")
    await olga.sees(re.compile("#dev belongs to nobody; moderated"))
    await server.stops()
