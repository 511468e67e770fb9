"""The bundled client and bots made with it: processes of their own, with real servers, and with none."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

from twisted.internet.address import IPv4Address
from twisted.internet.defer import maybeDeferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import Factory, Protocol

from tests.scenarios.helpers import Program, Scene, Server, Visitor, real, scenario, the_reactor
from twisted_chat.tls import __main__ as certificate

DOCS = Path(__file__).parents[2] / "docs"


def client(scene: Scene, name: str, port: int, *options: str, terminal: bool = False) -> Program:
    """Start ``twisted-chat`` in plain mode."""
    argv = [sys.executable, "-m", "twisted_chat", "127.0.0.1", str(port), "--nick", name, *options]
    return scene.runs(name, argv, terminal)


async def comes_in(scene: Scene, server: Server, name: str, *options: str) -> Program:
    program = client(scene, name, server.port, *options)
    await program.sees(f"-- Welcome, {name}.")
    await program.sees(re.compile(r"^-- You are in #lobby\."))
    return program


async def ended(program: Program, status: int, complaint: str | None = None) -> None:
    await program.ends()
    complaints = program.complaints.decode()
    assert program.status == status, program.transcript() + complaints
    if complaint is None:
        assert complaints == ""
    else:
        assert re.fullmatch(f"twisted-chat: (?:{complaint})\n", complaints), complaints


class Stranger(Protocol):
    """Somebody who is no chat server."""

    def __init__(self, first: bytes, answer: bytes) -> None:
        self.first = first
        self.answer = answer

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(self.first)

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(self.answer)


async def stranger(first: bytes = b"", answer: bytes = b"") -> tuple[IListeningPort, int]:
    endpoint = TCP4ServerEndpoint(the_reactor(), 0, interface="127.0.0.1")
    port = await endpoint.listen(Factory.forProtocol(lambda: Stranger(first, answer)))
    address = port.getHost()
    assert isinstance(address, IPv4Address)
    return port, address.port


async def stops(port: IListeningPort) -> None:
    await maybeDeferred(port.stopListening)


@scenario
async def test_a_pipe_says_a_line_in_a_room_and_leaves(scene: Scene) -> None:
    server = await scene.server()
    alice = await scene.visits(server, "alice")
    alice.types("/join dev")
    await alice.sees(re.compile("new room, #dev"))
    bob = client(scene, "bob", server.port, "--plain", "--room", "dev")
    bob.types("hi")
    bob.types_no_more()
    await alice.sees("<bob> hi")
    await alice.sees(re.compile("^-- bob left the chat"))
    await ended(bob, 0)
    await bob.hears("<You> hi")


@scenario
async def test_people_with_the_client_and_with_netcat_talk(scene: Scene) -> None:
    server = await scene.server()
    alice = await scene.visits(server, "alice")
    bob = await comes_in(scene, server, "bob")
    alice.types("hello bob", "/msg bob psst", "/me waves")
    await bob.sees("<alice> hello bob")
    await bob.sees("*alice* psst")
    await bob.sees("* alice waves")
    bob.types("/reply what?", "/me nods", "psst again > alice", "/who")
    await alice.sees("*bob* what?")
    await alice.sees("* bob nods")
    await alice.sees("*bob* psst again")
    await bob.sees("-- 2 people are here:")
    bob.types("/quit")
    await ended(bob, 0)


@scenario
async def test_what_is_typed_while_the_server_is_killed_and_started_again_arrives_once_and_in_order(
    scene: Scene,
) -> None:
    server = await scene.server()
    port = server.port
    state = ("--state-dir", str(server.folder / "state"))
    alice = await comes_in(scene, server, "alice", "--reconnect")
    bob = await comes_in(scene, server, "bob", "--reconnect")
    await alice.hears("-- bob joined #lobby")
    alice.types(*(f"line {number}" for number in range(5)))
    await bob.sees("<alice> line 0")
    # In the middle of it: some lines are acknowledged, some are on their way.
    server.kill("KILL")
    await server.ends()
    alice.types(*(f"line {number}" for number in range(5, 12)))
    await alice.sees(re.compile("^-- Not connected"))
    again = scene.starts(*state, "--port", str(port))
    await again.sees(re.compile("the chat is open"))
    alice.types(*(f"line {number}" for number in range(12, 15)))
    alice.types_no_more()
    await ended(alice, 0)
    bob.types("done")
    bob.types_no_more()
    await ended(bob, 0)
    heard = [line for line in bob.lines if "<alice>" in line]
    texts = [line.partition("<alice> ")[2] for line in heard]
    assert texts == [f"line {number}" for number in range(15)], bob.transcript()
    again.ports.append(port)
    carol = await comes_in(scene, again, "carol")
    await carol.hears(re.compile("<bob> done"))
    kept = [line.partition("<alice> ")[2] for line in carol.lines if "<alice>" in line]
    assert kept == texts, carol.transcript()


@scenario
async def test_without_reconnecting_a_lost_server_is_status_1(scene: Scene) -> None:
    server = await scene.server()
    bob = await comes_in(scene, server, "bob")
    server.kill("KILL")
    await server.ends()
    await ended(bob, 1, "the server closed the connection|connection lost")


@scenario
async def test_no_server_is_status_1(scene: Scene) -> None:
    port, number = await stranger()
    await stops(port)
    bob = client(scene, "bob", number)
    await ended(bob, 1, "cannot connect: connection refused")


@scenario
async def test_a_host_that_is_not_known_is_status_1(scene: Scene) -> None:
    argv = [sys.executable, "-m", "twisted_chat", "no-such-host.invalid"]
    await ended(scene.runs("bob", argv), 1, "cannot connect: no such host")


@scenario
async def test_a_web_server_is_no_chat_server(scene: Scene) -> None:
    port, number = await stranger(answer=b"HTTP/1.1 400 Bad Request\r\n\r\n")
    bob = client(scene, "bob", number, "--reconnect")
    await ended(bob, 1, "that is not a twisted-chat server: it speaks HTTP")
    await stops(port)


@scenario
async def test_random_bytes_are_no_chat_server(scene: Scene) -> None:
    port, number = await stranger(first=os.urandom(100_000))
    bob = client(scene, "bob", number)
    await ended(
        bob, 1, "that is not a twisted-chat server: it does not speak the twisted-chat protocol"
    )
    await stops(port)


@scenario
async def test_silence_is_no_chat_server(scene: Scene) -> None:
    port, number = await stranger()
    bob = client(scene, "bob", number)
    await ended(bob, 1, "that is not a twisted-chat server: it does not answer like.*")
    await stops(port)


@scenario
async def test_a_name_that_is_taken_is_status_2(scene: Scene) -> None:
    server = await scene.server()
    await scene.visits(server, "bob")
    bob = client(scene, "bob", server.port)
    await ended(bob, 2, '.*"bob" is taken.* Try --nick bob.*')


@scenario
async def test_on_a_terminal_ctrl_d_leaves_and_ctrl_c_too(scene: Scene) -> None:
    server = await scene.server()
    alice = await scene.visits(server, "alice")
    for key, name in ((b"\x04", "dan"), (b"\x03", "cat")):
        program = client(scene, name, server.port, "--plain", terminal=True)
        await alice.sees(f"-- {name} joined #lobby")
        await program.sees(re.compile("You are in #lobby"))
        program.types("/who")
        await program.sees(re.compile("-- 2 people are here:"))
        assert program.transport is not None
        program.transport.write(key)
        await alice.sees(re.compile(f"^-- {name} left the chat"))
        await program.ends()
        assert program.status == 0, program.transcript()


@scenario
async def test_an_account_comes_in_with_its_password_file(scene: Scene) -> None:
    server = await scene.server()
    bob = await comes_in(scene, server, "bob")
    bob.types("/register correct horse")
    bob.types("/register horse-battery")
    bob.types_no_more()
    await bob.ends()
    secret = scene.folder() / "password"
    secret.write_text("horse-battery\n")
    again = await comes_in(scene, server, "bob", "--password-file", str(secret))
    again.types("/whois bob")
    await again.sees(re.compile(r"^-- bob \(account bob\)"))
    secret.write_text("wrong\n")
    await ended(client(scene, "bob", server.port, "--password-file", str(secret)), 2, ".+")


@scenario
async def test_a_log_keeps_what_was_seen(scene: Scene) -> None:
    server = await scene.server()
    log = scene.folder() / "log"
    bob = await comes_in(scene, server, "bob", "--log", str(log))
    bob.types("hi")
    bob.types_no_more()
    await ended(bob, 0)
    assert re.search(r"^\d{4}-.*\[chat#info\] <You> hi$", log.read_text(), re.MULTILINE)


@scenario
async def test_over_tls_a_certificate_is_remembered_and_a_change_refused(scene: Scene) -> None:
    folder = scene.folder()

    def visits(port: int, *options: str) -> Program:
        program = [sys.executable, "-m", "twisted_chat", "127.0.0.1", str(port), "--nick", "bob"]
        return scene.runs("bob", [real("env"), f"XDG_DATA_HOME={folder}/data", *program, *options])

    assert certificate.main([str(folder / "one")]) == 0
    cert, key = str(folder / "one" / "certificate.pem"), str(folder / "one" / "key.pem")
    server = scene.starts("--tls-port", "0", "--port", "0", "--tls-cert", cert, "--tls-key", key)
    line = await server.sees(re.compile(r"port \d+.*TLS|TLS.*port \d+"))
    found = re.search(r"port (\d+)", line)
    assert found is not None
    port = int(found[1])
    bob = visits(port, "--tls")
    await bob.sees(re.compile("self-signed"))
    await bob.sees("-- Welcome, bob.")
    bob.types("hi")
    bob.types_no_more()
    await ended(bob, 0)
    bob = visits(port, "--tls")
    bob.types_no_more()
    await ended(bob, 0)
    assert "self-signed" not in bob.transcript()
    known = folder / "data" / "twisted-chat" / "known_servers"
    print_ = known.read_text().split()[-1]
    known.write_text(known.read_text().replace(print_, ":".join(["AB"] * 32)))
    await ended(visits(port, "--tls"), 1, ".*has changed.*")
    bob = visits(port, "--fingerprint", print_)
    bob.types_no_more()
    await ended(bob, 0)
    # A port without TLS, and TLS without --tls.
    await ended(visits(port), 1, "that is not a twisted-chat server.*")


async def guest(scene: Scene, server: Server, session: str = "") -> tuple[Visitor, str]:
    """Come in as the guest bob, perhaps with the secret of a session; return that secret too."""
    visitor = await scene.connects(server, "bob's program")
    visitor.types(json.dumps({"type": "nick", "content": "bob", "session": session}))
    welcome = json.loads(await visitor.sees(re.compile(r'^\{"type":"welcome"')))
    return visitor, welcome["session"]


async def written_offline(scene: Scene) -> tuple[Program, Server, str]:
    """Let ann write to bob while the server is gone; return her, the server that is back, and the secret of bob's session."""
    server = await scene.server()
    port, state = server.port, ("--state-dir", str(server.folder / "state"))
    _, session = await guest(scene, server)
    ann = await comes_in(scene, server, "ann", "--plain", "--reconnect")
    ann.types("/who")
    await ann.sees(re.compile(r"^--   .*\bbob \(guest\)"))
    server.kill("KILL")
    await server.ends()
    await ann.sees(re.compile("^-- Not connected"))
    ann.types("/msg bob psst")
    server = scene.starts(*state, "--port", str(port))
    await server.sees(re.compile("the chat is open"))
    server.ports.append(port)
    return ann, server, session


@scenario
async def test_private_text_written_offline_waits_for_the_guest_it_is_for(scene: Scene) -> None:
    ann, server, session = await written_offline(scene)
    await ann.sees("-- Welcome, ann.")
    bob, again = await guest(scene, server, session)
    assert again == session
    await bob.sees(re.compile('"type":"private","content":"psst"'))
    await ann.sees("-> *bob* psst")
    ann.types_no_more()
    await ended(ann, 0)


@scenario
async def test_private_text_written_offline_does_not_reach_who_took_the_name(scene: Scene) -> None:
    ann, server, _ = await written_offline(scene)
    thief, _ = await guest(scene, server)
    await ann.sees("-- Welcome, ann.")
    ann.types_no_more()
    await ended(ann, 2, "bob may not be the person you wrote to: .* was not sent. It was: psst")
    assert not [line for line in thief.lines if "psst" in line]


# --- bots ---


def bot(scene: Scene, name: str, script: str, *arguments: str) -> Program:
    return scene.runs(name, [sys.executable, str(DOCS / script), "127.0.0.1", *arguments])


@scenario
async def test_five_lines_post_a_message(scene: Scene) -> None:
    (script,) = re.findall(
        r"python -c '\n(.*?)'\n```", (DOCS / "bots.md").read_text("utf-8"), re.DOTALL
    )
    assert len(script.splitlines()) == 5
    server = await scene.server()
    alice = await scene.visits(server, "alice")
    program = scene.runs("bot", [sys.executable, "-c", script.replace("12000", str(server.port))])
    await alice.sees("<bot> Good morning")
    await ended(program, 0)


@scenario
async def test_the_echo_bot_says_everything_again_also_after_the_server_was_gone(
    scene: Scene,
) -> None:
    server = await scene.server()
    port = server.port
    echo = bot(scene, "echo", "echo_bot.py", str(port), "dev")
    alice = await scene.visits(server, "alice")
    await talks_with_echo(alice)
    server.kill("KILL")
    await server.ends()
    state = ("--state-dir", str(server.folder / "state"))
    again = scene.starts(*state, "--port", str(port))
    await again.sees(re.compile("the chat is open"))
    again.ports.append(port)
    bob = await scene.visits(again, "bob")
    await talks_with_echo(bob)
    assert "<echo> alice: hello" not in bob.lines
    assert echo.complaints == b""


async def talks_with_echo(person: Visitor) -> None:
    """Wait until the bot is in the lobby and in the room, and talk with it."""
    if not any("are here" in line for line in person.lines):
        await person.sees("-- echo joined #lobby")
    person.types("/join dev")
    if "2 people are here" not in await person.sees(re.compile("You are in (a new room, )?#dev")):
        await person.sees("-- echo joined #dev")
    person.types("hello", "/msg echo psst")
    await person.hears(f"-echo- {person.name}: hello")
    await person.hears("*echo* psst")


@scenario
async def test_two_echo_bots_in_one_room_do_not_answer_each_other(scene: Scene) -> None:
    server = await scene.server()
    alice = await scene.visits(server, "alice")
    alice.types("/join dev")
    await alice.sees(re.compile("You are in a new room, #dev"))
    for name in ("echo", "ohce"):
        bot(scene, name, "echo_bot.py", str(server.port), "dev", name)
        await alice.sees(f"-- {name} joined #dev")
    alice.types("hello")
    for name in ("echo", "ohce"):
        await alice.hears(f"-{name}- alice: hello")
    # What they would say to each other came before the answers to this.
    for name in ("echo", "ohce"):
        alice.types(f"/msg {name} psst")
        await alice.hears(f"*{name}* psst")
    alice.types("bye")
    for name in ("echo", "ohce"):
        await alice.hears(f"-{name}- alice: bye")
    answers = [line for line in alice.lines if "hello" in line or "bye" in line]
    assert len(answers) == 4, answers


@scenario
async def test_the_bridge_says_what_is_piped_into_it(scene: Scene) -> None:
    server = await scene.server()
    alice = await scene.visits(server, "alice")
    alice.types("/join dev")
    await alice.sees(re.compile("#dev"))
    bridge = bot(scene, "bridge", "bridge.py", str(server.port), "dev", "builds")
    bridge.types("one", "\x1b[32mtwo\x1b[0m", "10%\r100%", "", "three\f", "/quit", "x" * 5_000)
    bridge.types_no_more()
    for text in ("one", "two", "100%", "three", "/quit", "x" * 4_096, "x" * 904):
        await alice.sees(f"<builds> {text}")
    await ended(bridge, 0)


@scenario
async def test_the_bridge_ends_though_nothing_is_piped_into_it_any_more(scene: Scene) -> None:
    server = await scene.server()
    alice = await scene.visits(server, "alice")
    alice.types("/join dev")
    await alice.sees(re.compile("#dev"))
    bridge = bot(scene, "bridge", "bridge.py", str(server.port), "dev", "builds")
    bridge.types("one")
    await alice.sees("<builds> one")
    bridge.kill("INT")
    await alice.sees(re.compile("^-- builds left the chat"))
    await bridge.ends()
