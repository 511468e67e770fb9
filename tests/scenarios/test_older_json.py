"""Clients of the older JSON program, which know nothing of today's protocol, on the port for programs."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tests.scenarios.helpers import Program, Scene, Server, scenario

READS = Path(__file__).with_name("classic") / "reads.py"


async def opens(scene: Scene) -> tuple[Server, int]:
    """Start a server, and return it with its port for programs."""
    server = scene.starts("--port", "0", "--json-port", "0")
    for pattern in (r"the chat is open on \S+ port (\d+)", r"speak JSON on \S+ port (\d+)"):
        found = re.search(pattern, await server.sees(re.compile(pattern)))
        assert found is not None
        server.ports.append(int(found[1]))
    return server, server.ports[1]


async def enters(scene: Scene, port: int, first: dict[str, str], end: str) -> Program:
    """Start a client and wait until it is in the lobby."""
    argv = [sys.executable, str(READS), "127.0.0.1", str(port), json.dumps(first), end]
    client = scene.runs(first["content"], argv)
    await client.sees("notice Welcome to twisted-chat.")
    await client.sees(re.compile(r"^NOTICE Welcome, \w+\.$"))
    await client.sees(re.compile(r"^JOIN You are in #lobby\."))
    return client


def ann_and_ben(end: str) -> list[dict[str, str]]:
    """The first objects of two clients. With line ends only a time in it tells."""
    time = {"timestamp": "12:00:00"} if end else {}
    return [{"type": "nick", "content": name, **time} for name in ("ann", "ben")]


async def talk(scene: Scene, end: str) -> None:
    server, port = await opens(scene)
    ann, ben = [await enters(scene, port, first, end) for first in ann_and_ben(end)]
    await ann.sees("JOIN ben joined #lobby.")
    carl = await scene.visits(server, "carl")
    for each in (ann, ben):
        await each.sees("JOIN carl joined #lobby.")
    ann.types("MSG hello from ann")
    await ben.sees("MSG ann: hello from ann")
    await carl.sees("<ann> hello from ann")
    carl.types("hello from carl")
    for each in (ann, ben):
        await each.sees("MSG carl: hello from carl")
    ann.types("MSG ben:just for you", "MSG that was it")
    await ben.sees("MSG ann (private): just for you")
    await carl.sees("<ann> that was it")
    carl.types("/msg ann and back")
    await ann.sees("MSG carl (private): and back")
    assert b"just for you" not in carl.raw
    assert b"and back" not in ben.raw
    assert b"ann: " not in ann.raw
    ann.types("LIST")
    await ann.sees(re.compile("^LIST   ann .*, ben .*, carl "))
    ann.types("HELP")
    await ann.sees(re.compile("^HELP MSG USER:TEXT"))
    for each in (ann, ben):
        each.types("JOIN dev")
        await each.sees(re.compile(r"^JOIN You are in .*#dev\."))
    await ann.sees("JOIN ben joined #dev.")
    ben.types("MSG in here")
    await ann.sees("MSG ben: in here")
    ben.types("LEAVE")
    await ben.sees("LEAVE You left #dev. You talk in #lobby now.")
    await ann.sees("LEAVE ben left #dev.")
    carl.types(*[f"line {number}" for number in range(20)])
    carl.types("x" * 4000)
    await ben.sees("MSG carl: line 19")
    await ann.sees(re.compile("^MSG #lobby carl: xxx"))
    ben.types("QUIT")
    await ben.sees("QUIT Goodbye.")
    await ben.ends()
    assert ben.status == 0, ben.transcript()
    await ann.sees(re.compile("^LEAVE ben left the chat"))
    await carl.sees(re.compile("^-- ben left the chat"))
    for each in (ann, ben):
        assert b"BROKEN" not in each.raw and b"in here" not in carl.raw


@scenario
async def test_older_programs_without_line_ends_talk_with_everybody(scene: Scene) -> None:
    await talk(scene, "")


@scenario
async def test_older_programs_with_line_ends_talk_with_everybody(scene: Scene) -> None:
    await talk(scene, "\n")


@scenario
async def test_older_program_that_knows_no_nicknames_is_a_guest(scene: Scene) -> None:
    server, port = await opens(scene)
    carl = await scene.visits(server, "carl")
    for end in ("", "\n"):
        guest = await enters(scene, port, {"type": "JOIN", "content": "dev"}, end)
        await guest.sees(re.compile(r"^JOIN You are in .*#dev\."))
        await carl.sees(re.compile(r"^-- guest\d joined #lobby"))
        guest.types("QUIT")
        await guest.ends()
        assert guest.status == 0, guest.transcript()


@scenario
async def test_client_in_ten_lines_reads_the_port_for_programs_as_before(scene: Scene) -> None:
    server, port = await opens(scene)
    carl = await scene.visits(server, "carl")
    script = Path(__file__).parents[2] / "docs" / "json_client.py"
    ten = scene.runs("ten", [sys.executable, str(script), "127.0.0.1", str(port), "ten"])
    await carl.sees("-- ten joined #lobby")
    carl.types("hello")
    await ten.sees("<carl> hello")
    ten.types("hello yourself", "/msg carl psst")
    await carl.sees("<ten> hello yourself")
    await carl.sees("*ten* psst")
    carl.types("/msg ten psst yourself")
    await ten.sees("<carl> psst yourself")
    ten.types_no_more()
    await ten.ends()
