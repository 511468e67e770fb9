"""The client on a full screen, on a terminal of its own."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.scenarios.helpers import Program, Scene, Server, scenario

ALTERNATE, NORMAL = b"\x1b[?1049h", b"\x1b[?1049l"


def full_screen(scene: Scene, server: Server, nick: str, errors: str = "/dev/tty") -> Program:
    folder = scene.folder()
    return scene.runs(
        nick,
        [
            "/usr/bin/env",
            *("TERM=xterm-256color", "COLUMNS=80", "LINES=24"),
            *(f"XDG_CONFIG_HOME={folder}", f"XDG_DATA_HOME={folder}"),
            *("/bin/sh", "-c", f'exec "$@" 2>"{errors}"', "sh"),
            *(sys.executable, "-m", "twisted_chat", "127.0.0.1", str(server.port), "--nick", nick),
        ],
        terminal=True,
    )


def press(client: Program, keys: str | bytes) -> None:
    assert client.transport is not None
    client.transport.write(keys.encode() if isinstance(keys, str) else keys)


@scenario
async def test_the_full_screen_talks_and_leaves_the_terminal_as_it_was(scene: Scene) -> None:
    server = await scene.server()
    bob = await scene.visits(server, "bob")
    alice = full_screen(scene, server, "alice")
    await alice.sees(re.compile("● connected"))
    await bob.sees(re.compile("alice joined"))
    press(alice, "hello :+1:\r")
    await bob.sees("<alice> hello 👍")
    bob.types("hi alice")
    await alice.sees(re.compile("hi alice|hi .*alice"))
    press(alice, "\x11")
    await alice.ends()
    assert alice.status == 0, alice.transcript()
    assert alice.raw.rfind(NORMAL) > alice.raw.find(ALTERNATE) >= 0
    await bob.sees(re.compile("alice left the chat"))


@scenario
async def test_what_is_typed_while_the_server_is_gone_arrives_once(
    scene: Scene, tmp_path: Path
) -> None:
    state = str(tmp_path / "state")
    server = await scene.server("--state-dir", state)
    alice = full_screen(scene, server, "alice")
    await alice.sees(re.compile("● connected"))
    server.kill("KILL")
    await server.ends(within=5)
    await alice.sees(re.compile("offline|connecting"))
    press(alice, "one\rtwo\r")
    await alice.sees(re.compile("2 waiting"))
    again = scene.starts("--state-dir", state, "--port", str(server.port))
    await again.sees(re.compile("the chat is open"))
    again.ports = server.ports
    await alice.sees(re.compile("● connected"))
    bob = await scene.connects(again, "bob")
    bob.types("bob")
    await bob.sees(re.compile(r"<alice> one$"))
    await bob.sees(re.compile(r"<alice> two$"))
    await bob.sees(re.compile("End of what was said earlier"))
    said = [line for line in bob.lines if "<alice>" in line]
    assert len(said) == 2, said


@scenario
async def test_a_terminated_client_leaves_the_terminal_as_it_was(scene: Scene) -> None:
    server = await scene.server()
    alice = full_screen(scene, server, "alice")
    await alice.sees(re.compile("● connected"))
    alice.kill("TERM")
    await alice.ends()
    assert alice.status == 0, alice.transcript()
    assert alice.raw.rfind(NORMAL) > 0


@scenario
async def test_bytes_that_are_no_text_end_nothing(scene: Scene) -> None:
    server = await scene.server()
    bob = await scene.visits(server, "bob")
    alice = full_screen(scene, server, "alice")
    await alice.sees(re.compile("● connected"))
    await bob.sees(re.compile("alice joined"))
    press(alice, b"one\xe4 \x1b[M \xc3\xa9\xc2\x9btwo\r")
    await bob.sees("<alice> one\ufffd two")


@scenario
async def test_standard_error_may_be_a_file(scene: Scene, tmp_path: Path) -> None:
    server = await scene.server()
    errors = tmp_path / "errors"
    alice = full_screen(scene, server, "alice", str(errors))
    await alice.sees(re.compile("● connected"))
    press(alice, "\x11")
    await alice.ends()
    assert (alice.status, errors.read_bytes()) == (0, b""), alice.transcript()
