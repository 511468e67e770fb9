"""Private messages to who is not here, and what was read, before and after the server is killed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.scenarios.helpers import Scene, Server, Visitor, scenario


async def got(visitor: Visitor, kind: str) -> dict[str, Any]:
    """Wait for the next object of a type."""
    line = await visitor.sees(re.compile(rf'^\{{"type":"{kind}"'))
    found: dict[str, Any] = json.loads(line)
    return found


async def program(scene: Scene, server: Server, name: str) -> Visitor:
    """Log in with an account, as a program."""
    visitor = await scene.connects(server, f"{name}'s program")
    sends(visitor, type="nick", content=name, password="correct-horse")
    await got(visitor, "members")
    return visitor


def sends(visitor: Visitor, **fields: Any) -> None:
    visitor.types(json.dumps(fields))


async def account(scene: Scene, server: Server, name: str) -> Visitor:
    visitor = await scene.visits(server, name)
    visitor.types("/register correct-horse")
    await visitor.hears(re.compile(f"{name} is registered, and is now yours"))
    return visitor


@scenario
async def test_what_was_written_to_who_is_not_here_survives_and_is_told_once(
    scene: Scene, tmp_path: Path
) -> None:
    state = str(tmp_path / "state")
    server = await scene.server("--state-dir", state)
    bob, ann = await account(scene, server, "bob"), await account(scene, server, "ann")
    ann.types("/join dev", "/register-room")
    await ann.hears(re.compile("ann registered #dev"))
    bob.types("/join dev", "/quit")
    await bob.ends()
    await ann.sees(re.compile("bob left the chat"))
    writer = await program(scene, server, "ann")
    sends(writer, type="message", room="dev", content="bob: look at this", id="1")
    sends(writer, type="private", to="bob", content="psst", id="2")
    # Once it is acknowledged, it is stored.
    while (await got(writer, "ack"))["id"] != "2":
        pass
    server.kill("KILL")
    await server.ends(within=5)

    server = await scene.server("--state-dir", state)
    bob = await scene.connects(server, "bob")
    bob.types("bob correct-horse")
    await bob.sees("-- Private messages that came while you were away:")
    await bob.sees(re.compile(r"^\[\d{4}-\d\d-\d\d \d\d:\d\d\] \*ann\* psst$"))
    await bob.sees("-- End of what came while you were away (1 message).")
    await bob.sees("-- While you were away: #dev 1 line, 1 mention; 1 private message (ann 1).")
    bob.types("/history @ann")
    await bob.sees("-- Earlier with ann:")
    await bob.sees(re.compile(r"\*ann\* psst$"))
    bob.types("/quit")
    await bob.ends()
    await server.stops()

    server = await scene.server("--state-dir", state)
    again = await program(scene, server, "bob")
    sends(again, type="history", **{"with": "ann"})
    assert (await got(again, "private"))["content"] == "psst"
    await got(again, "history_end")
    assert not [line for line in again.lines if "waiting_start" in line]


@scenario
async def test_two_clients_of_an_account_agree_on_what_was_read(
    scene: Scene, tmp_path: Path
) -> None:
    state = str(tmp_path / "state")
    server = await scene.server("--state-dir", state)
    bob, ann = await account(scene, server, "bob"), await account(scene, server, "ann")
    bob.types("/quit")
    await bob.ends()
    one, two = await program(scene, server, "bob"), await program(scene, server, "bob")
    ann.types("first", "second")
    first = await got(one, "message")
    sends(one, type="read", room="lobby", message=first["id"], id="7")
    for visitor in (one, two):
        read = await got(visitor, "read")
        assert (read["room"], read["message"]) == ("lobby", first["id"])
    for visitor in (one, two):
        sends(visitor, type="read", room="lobby", message=first["id"])
        await got(visitor, "read")
        sends(visitor, type="quit")
        await visitor.ends()
    await server.stops()

    server = await scene.server("--state-dir", state)
    three = await program(scene, server, "bob")
    missed = await got(three, "missed")
    (lobby,) = missed["rooms"]
    assert (lobby["room"], lobby["count"], lobby["after"]) == ("lobby", 1, first["id"])
