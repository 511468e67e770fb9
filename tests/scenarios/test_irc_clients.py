"""The IRC clients that people have, WeeChat and irssi, each on a terminal of its own."""

from __future__ import annotations

import fcntl
import re
import struct
import termios
from typing import cast

import pytest
from twisted.internet.process import PTYProcess

from tests.scenarios.helpers import Program, Scene, Server, real, scenario

PASSWORD = "correct-horse"


async def chat(scene: Scene, *options: str) -> tuple[Server, int]:
    """Start a server with a port for IRC; return that, too."""
    server = await scene.server("--irc-port", "0", *options)
    line = await server.sees(re.compile(r"open for IRC clients on 127\.0\.0\.1 port \d+"))
    found = re.search(r"port (\d+)", line)
    assert found is not None
    return server, int(found[1])


def weechat(scene: Scene, port: int, nick: str, *settings: str) -> Program:
    folder = scene.folder()
    commands = [
        f"/server add our 127.0.0.1/{port} -notls",
        f"/set irc.server.our.nicks {nick}",
        "/set irc.server.our.autoreconnect_delay 1",
        "/set irc.network.autoreconnect_delay_growing 1",
        "/set irc.server.our.autojoin #lobby",
        *(f"/set irc.server.our.{each}" for each in settings),
        "/connect our",
    ]
    program = scene.runs(
        nick,
        [
            *("/usr/bin/env", "TERM=xterm-256color"),
            *(real("weechat"), "-d", str(folder)),
            *(word for each in commands for word in ("-r", each)),
        ],
        terminal=True,
    )
    # It asks the terminal how large that is.
    terminal = cast("PTYProcess", program.transport)
    fcntl.ioctl(terminal.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    return program


def irssi(scene: Scene, port: int, nick: str, *settings: str) -> Program:
    folder = scene.folder()
    password = settings[-1].split()[-1] if settings else ""
    sasl = (
        f'sasl_mechanism = "PLAIN"; sasl_username = "{nick}"; sasl_password = "{password}";'
        if settings
        else ""
    )
    (folder / "config").write_text(
        f"""
        servers = ({{ address = "127.0.0.1"; port = "{port}"; chatnet = "our"; autoconnect = "yes"; }});
        chatnets = {{ our = {{ type = "IRC"; nick = "{nick}"; {sasl} }}; }};
        channels = ({{ name = "#lobby"; chatnet = "our"; autojoin = "yes"; }});
        settings = {{
            core = {{ nick = "{nick}"; user_name = "{nick}"; real_name = "Real {nick}"; server_reconnect_time = "2s"; }};
        }};
        """
    )
    return scene.runs(
        nick,
        [
            *("/usr/bin/env", "TERM=xterm-256color", "COLUMNS=120", "LINES=40"),
            *(real("irssi"), f"--home={folder}"),
        ],
        terminal=True,
    )


CLIENTS = pytest.mark.parametrize("client", [weechat, irssi], ids=["weechat", "irssi"])


def press(client: Program, line: str) -> None:
    """Type a line and press Enter."""
    assert client.transport is not None
    client.transport.write(f"{line}\r".encode())


async def enters(program: Program, client: type) -> None:
    """Wait until the room is on the screen, and go there: what is typed before that is said nowhere."""
    if client is irssi:
        await program.shows("Act: ")
        press(program, "/window 2")
    await program.shows("bob")


@CLIENTS
@scenario
async def test_it_talks_in_the_same_room_as_everybody(scene: Scene, client: type) -> None:
    server, port = await chat(scene)
    bob = await scene.visits(server, "bob")
    ann = client(scene, port, "ann")
    await bob.sees("-- ann joined #lobby")
    await enters(ann, client)
    press(ann, "hello from here")
    await bob.sees("<ann> hello from here")
    bob.types("hello ann", "/topic be kind")
    await ann.shows("hello ann")
    await ann.shows("be kind")
    press(ann, "/msg bob psst")
    await bob.sees("*ann* psst")
    press(ann, "/me waves")
    await bob.sees("* ann waves")
    press(ann, "/topic all welcome")
    await bob.sees("-- ann set the topic of #lobby: all welcome")
    press(ann, "/nick anna")
    await bob.sees("-- ann is now called anna")
    press(ann, "/join #dev")
    await ann.shows("has joined #dev")
    bob.types("/join dev")
    await bob.sees(re.compile(r"^-- You are in #dev\."))
    press(ann, "/kick bob enough")
    await bob.sees(re.compile(r"anna removed (you|bob) from #dev"))
    press(ann, "/quit bye")
    await bob.sees(re.compile("anna left the chat"))
    await ann.ends()


@CLIENTS
@scenario
async def test_it_logs_in_with_sasl_and_comes_back_after_a_crash(
    scene: Scene, client: type
) -> None:
    state = str(scene.folder() / "state")
    server, port = await chat(scene, "--state-dir", state)
    bob = await scene.visits(server, "alice")
    bob.types(f"/register {PASSWORD}")
    await bob.sees(re.compile("alice is registered"))
    bob.types("/quit")
    await bob.ends()
    alice = client(scene, port, "alice", "sasl_username alice", f"sasl_password {PASSWORD}")
    bob = await scene.visits(server, "bob")
    await bob.sees(re.compile("alice"))
    bob.types("/whois alice")
    await bob.sees(re.compile(r"alice \(account alice|alice \(account\)|registered|account"))
    server.kill("KILL")
    await server.ends(within=5)
    again = scene.starts("--state-dir", state, "--irc-port", str(port), "--port", str(server.port))
    await again.sees(re.compile("open for IRC clients"))
    again.ports = server.ports
    bob = await scene.visits(again, "bob")
    if not any("alice" in line for line in bob.lines):
        await bob.sees(re.compile("alice joined #lobby"), within=30)
    if client is irssi:
        press(alice, "/window 2")
    press(alice, "back again")
    await bob.sees("<alice> back again")
