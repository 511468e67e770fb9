"""An operator of the server and an account that is suspended, before and after the server is killed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.auth.test_operators import HASH
from tests.scenarios.helpers import Scene, scenario


@scenario
async def test_suspended_account_is_cut_and_stays_out(scene: Scene, tmp_path: Path) -> None:
    state, file = str(tmp_path / "state"), tmp_path / "operators"
    file.write_text(f"root {HASH}\n")
    file.chmod(0o600)
    server = await scene.server("--state-dir", state, "--operators", str(file))
    ann, eve = [await scene.visits(server, name) for name in ("ann", "eve")]
    eve.types("/register correct-horse")
    await eve.sees(re.compile("eve is registered"))
    ann.types("/oper root wrong horse", "/oper root correct horse", "/suspend eve spam")
    await ann.sees(re.compile("no operator with that name and password"))
    await ann.sees(re.compile("You are now the server operator root"))
    await eve.sees(re.compile("You are banned from this server for good: spam."))
    await eve.ends()
    ann.types("/panic 1", "/invite-code", "/audit")
    await ann.sees(re.compile("/register PASSWORD "))
    await ann.sees(re.compile("made an invitation"))
    await ann.sees(re.compile("banned account eve for good: spam"))
    server.kill("KILL")
    await server.ends(within=5)

    server = await scene.server("--state-dir", state, "--operators", str(file))
    eve = await scene.connects(server, "eve")
    eve.types("eve correct-horse")
    await eve.sees(re.compile("You are banned from this server for good: spam."))
    ann = await scene.visits(server, "ann")
    ann.types("/oper root correct horse", "/unsuspend eve")
    await ann.sees(re.compile("The account eve is no longer banned."))
    eve = await scene.connects(server, "eve")
    eve.types("eve correct-horse")
    await eve.sees("-- Welcome, eve.")
    await server.stops()
