"""A room whose operator sets it and bans people, before and after the server is killed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.scenarios.helpers import Scene, Server, Visitor, scenario


async def comes(scene: Scene, server: Server, name: str, **more: str) -> tuple[Visitor, str]:
    """Let a program in; return it, and the secret of its session."""
    program = await scene.connects(server, name)
    program.types(json.dumps({"type": "nick", "content": name, **more}))
    welcome: dict[str, Any] = json.loads(await program.sees(re.compile('"welcome"')))
    return program, welcome["session"]


def does(program: Visitor, *lines: str) -> None:
    for line in lines:
        program.types(json.dumps({"type": "command", "content": line, "id": line}))


@scenario
async def test_room_is_as_it_was_set_after_the_server_was_killed(
    scene: Scene, tmp_path: Path
) -> None:
    state = str(tmp_path / "state")
    server = await scene.server("--state-dir", state)
    olga, secret = await comes(scene, server, "olga")
    eve = await scene.visits(server, "eve")
    does(olga, "/join dev")
    await olga.sees(re.compile('"members".*"dev"'))
    eve.types("/join dev", "hello")
    await olga.sees(re.compile("hello"))
    does(olga, "/slow 30", "/private on", "/lock secret", "/ban eve 2h too loud", "/ban *spam*")
    await eve.sees(re.compile("olga banned eve from #dev for 2 hours"))
    eve.types("/join dev secret", "/rooms")
    # Of a private room nobody outside is told more.
    await eve.sees(re.compile("Wrong password for #dev"))
    await eve.sees("-- 1 room:")
    for line in ("/slow 30", "/ban *spam*"):
        await olga.hears(re.compile(rf'"ack".*{re.escape(line)}"'))
    server.kill("KILL")
    await server.ends(within=5)

    server = await scene.server("--state-dir", state)
    olga, _ = await comes(scene, server, "olga", session=secret)
    eve = await scene.visits(server, "eve")
    eve.types("/join dev secret")
    await eve.sees(re.compile("Wrong password for #dev"))
    does(olga, "/join dev secret", "/settings", "/bans")
    settings = json.loads(await olga.sees(re.compile('"settings"')))
    wanted = {"lock": True, "private": True, "slow": 30, "moderated": False, "owner": None}
    assert {key: settings[key] for key in wanted} == wanted
    bans = json.loads(await olga.sees(re.compile('"bans"')))
    assert [each["target"] for each in bans["bans"]] == ["eve", "*spam*"]
    does(olga, "/unban eve")
    await olga.sees(re.compile('"unban"'))
    eve.types("/join dev secret")
    await eve.sees(re.compile("You are in #dev, locked with a password"))
    await server.stops()
