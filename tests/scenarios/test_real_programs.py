"""The programs that people have: both netcats, telnet on a terminal, and the JSON client of the docs.

They are the real ones. A missing one skips its test, or fails it where ``CI`` is set; ``.ci/get-programs`` installs them.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.scenarios.helpers import Program, Scene, Server, real, scenario

JSON_CLIENT = Path(__file__).parents[2] / "docs" / "json_client.py"

IAC, ESC = b"\xff", b"\x1b"
NETCATS = ("nc.openbsd", "nc.traditional")


async def netcat(scene: Scene, server: Server, program: str, name: str) -> Program:
    """Join with a netcat."""
    client = scene.runs(name, [real(program), "127.0.0.1", str(server.port)])
    return await logs_in(client)


async def telnet(scene: Scene, server: Server, name: str, *options: str) -> Program:
    """Join with telnet on a terminal. With ``-8`` it negotiates; otherwise not, since the port is not telnet's own."""
    argv = [real("telnet"), *options, "127.0.0.1", str(server.port)]
    client = scene.runs(name, argv, terminal=True)
    await client.sees(re.compile("^Escape character"))
    return await logs_in(client)


async def logs_in(client: Program) -> Program:
    """Give a name when asked for it, as a person does."""
    await client.sees(re.compile("Welcome"))
    await client.sees("Pick a nickname, or press Enter for a guest name.")
    client.types(client.name)
    await client.sees(f"-- Welcome, {client.name}.")
    await client.sees(re.compile(r"^-- You are in #lobby\."))
    await client.sees(re.compile("/help"))
    return client


async def json_client(scene: Scene, server: Server, name: str) -> Program:
    """Join with the JSON client of the docs. It shows nothing of its own arrival, so somebody else must wait for that."""
    return scene.runs(
        name, [sys.executable, "-u", str(JSON_CLIENT), "127.0.0.1", str(server.port), name]
    )


@scenario
async def test_real_programs_hold_a_conversation_with_the_same_lines_in_the_same_order(
    scene: Scene,
) -> None:
    server = await scene.server()
    openbsd = await netcat(scene, server, "nc.openbsd", "olga")
    traditional = await netcat(scene, server, "nc.traditional", "trude")
    terminal = await telnet(scene, server, "tess")
    json = await json_client(scene, server, "jason")
    await terminal.sees("-- jason joined #lobby")
    crowd = (openbsd, traditional, terminal, json)
    script = []
    for turn in range(3):
        for speaker in crowd:
            # telnet takes some bytes for keys (0x9C, as in 本, for its quit key), so none of those here.
            line = f"<{speaker.name}> turn {turn}: grüße, {{braces}}, \\ and 5 €"
            script.append((speaker, line))
            speaker.types(line.partition("> ")[2])
            for other in crowd:
                if other is not speaker:
                    await other.sees(line)

    # Somebody comes by with a pipe, says one line and has gone before anybody can answer.
    pipe = f"printf 'bob\\nhi\\n' | {shlex.quote(real('nc.openbsd'))} -N 127.0.0.1 {server.port}"
    passer_by = scene.runs("bob", ["/bin/sh", "-c", pipe])
    await passer_by.sees("-- Welcome, bob.")
    await passer_by.sees(re.compile("^-- Goodbye"))
    await passer_by.ends()
    assert passer_by.status == 0
    for other in (openbsd, traditional, terminal):
        await other.sees("-- bob joined #lobby")
        await other.sees("<bob> hi")
        await other.sees(re.compile("^-- bob left the chat"))
    await json.sees("<bob> hi")

    # All at once.
    for speaker in crowd:
        speaker.types(*(f"{speaker.name} counts {n}" for n in range(8)))
    for listener in crowd:
        for speaker in crowd:
            if speaker is not listener:
                await listener.hears(f"<{speaker.name}> {speaker.name} counts 7")
    said = {listener: listener.said() for listener in crowd}
    turns = [*script, (passer_by, "<bob> hi")]
    for listener in crowd:
        assert said[listener][: -8 * 3] == [
            line for speaker, line in turns if speaker is not listener
        ]
    for one in crowd:
        for other in crowd:
            both = [line for line in said[one] if not line.startswith(f"<{other.name}>")]
            assert both == [line for line in said[other] if not line.startswith(f"<{one.name}>")]

    for netcat_client in (openbsd, traditional, passer_by):
        assert IAC not in netcat_client.raw
        assert ESC not in netcat_client.raw
        assert netcat_client.raw.count(b"\n") == netcat_client.raw.count(b"\r\n")
        assert netcat_client.raw.endswith(b"\r\n")
    assert ESC not in terminal.raw
    assert not terminal.complaints + openbsd.complaints + traditional.complaints + json.complaints


@pytest.mark.parametrize("program", NETCATS)
@scenario
async def test_pipe_into_netcat_loses_nothing(scene: Scene, program: str) -> None:
    server = await scene.server("--no-flood-limit")
    witness = await scene.visits(server, "witness")
    lines = [f"{n}: " + "x" * 400 for n in range(500)]
    text = scene.folder() / "text"
    text.write_text("\n".join(["piper", *lines[:-1], f"{lines[-1]}"]))
    # Each says in its own way that nothing more comes; the traditional one keeps listening for a second.
    ends = {"nc.openbsd": "-N", "nc.traditional": "-q 1"}[program]
    argv = f"{shlex.quote(real(program))} {ends} 127.0.0.1 {server.port} < {shlex.quote(str(text))}"
    piper = scene.runs("piper", ["/bin/sh", "-c", argv])
    await witness.sees(re.compile("^-- piper left the chat"))
    assert witness.said() == [f"<piper> {line}" for line in lines]
    await piper.ends()
    assert "<piper>" not in piper.raw.decode()


@scenario
async def test_pipe_under_the_flood_limit_is_slowed_down_and_loses_nothing(scene: Scene) -> None:
    server = await scene.server("--flood-burst=5", "--flood-rate=50")
    witness = await scene.visits(server, "witness")
    lines = [f"line {n}" for n in range(60)]
    text = scene.folder() / "text"
    text.write_text("\n".join(["piper", *lines, ""]))
    argv = (
        f"{shlex.quote(real('nc.openbsd'))} -N 127.0.0.1 {server.port} < {shlex.quote(str(text))}"
    )
    piper = scene.runs("piper", ["/bin/sh", "-c", argv])
    await witness.sees(re.compile("^-- piper left the chat"))
    assert witness.said() == [f"<piper> {line}" for line in lines]
    await piper.ends()


@pytest.mark.parametrize("program", NETCATS)
@scenario
async def test_netcat_user_who_gives_no_name_gets_a_guest_name(scene: Scene, program: str) -> None:
    server = await scene.server()
    clients = [
        scene.runs(f"client {n}", [real(program), "127.0.0.1", str(server.port)]) for n in (1, 2)
    ]
    for client in clients:
        await client.sees(re.compile("press Enter"))
        client.types("")
        await client.sees(re.compile(r"^-- Welcome, guest\d+\.$"))
        await client.sees(re.compile("/help"))
    clients[0].types("who am I?")
    await clients[1].sees(re.compile(r"^<guest\d+> who am I\?$"))


@scenario
async def test_interrupted_netcat_is_a_departure_like_any_other(scene: Scene) -> None:
    server = await scene.server()
    witness = await scene.visits(server, "witness")
    client = await netcat(scene, server, "nc.openbsd", "hasty")
    client.kill("INT")
    await witness.sees(re.compile("^-- hasty left the chat"))


@scenario
async def test_telnet_that_negotiates_sees_and_sends_utf_8(scene: Scene) -> None:
    server = await scene.server()
    witness = await scene.visits(server, "witness")
    client = await telnet(scene, server, "tess", "-8")
    client.types("grüße from a terminal")
    await witness.sees("<tess> grüße from a terminal")
    witness.types("grüße zurück")
    await client.sees("<witness> grüße zurück")
    assert IAC not in client.raw
    assert IAC not in witness.raw
    # The terminal shows what is typed; the server does not send it a second time.
    assert client.raw.count("grüße from a terminal".encode()) == 1
    client.types("/quit")
    await client.sees(re.compile("^-- Goodbye"))
    await client.ends()


@scenario
async def test_telnet_escape_to_its_own_prompt_and_quit_is_a_departure(scene: Scene) -> None:
    server = await scene.server()
    witness = await scene.visits(server, "witness")
    client = await telnet(scene, server, "tess")
    client.types("I am here")
    await witness.sees("<tess> I am here")
    client.types("\x1dquit")
    await witness.sees(re.compile("^-- tess left the chat"))
    await client.ends()


@scenario
async def test_json_client_of_the_docs_says_what_is_piped_into_it(scene: Scene) -> None:
    server = await scene.server()
    witness = await scene.visits(server, "witness")
    command = " ".join(shlex.quote(word) for word in (sys.executable, str(JSON_CLIENT)))
    script = (
        f"printf 'one\\ntwo\\nlast, without a line end' | {command} 127.0.0.1 {server.port} jason"
    )
    client = scene.runs("jason", ["/bin/sh", "-c", script])
    for text in ("one", "two", "last, without a line end"):
        await witness.sees(f"<jason> {text}")
    await witness.sees(re.compile("^-- jason left the chat"))
    await client.ends()
    assert client.status == 0
    assert not client.complaints


def test_json_client_of_the_docs_has_ten_lines() -> None:
    source = JSON_CLIENT.read_text().partition('"""\n')[2]
    code = [
        line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")
    ]
    assert len(code) <= 10
