"""TLS with the programs that people have for it, and a server that reads its certificates and settings again."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.ssl import CertificateOptions

from tests.scenarios.helpers import Scene, Server, Visitor, real, scenario, the_reactor


class Place:
    """A server with a plain port and one with TLS, and the certificate of the latter."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.folder = scene.folder()
        self.certificate = self.folder / "tls" / "certificate.pem"
        self.key = self.folder / "tls" / "key.pem"
        self.config = self.folder / "chat.toml"
        self.port = 0

    def makes_certificate(self, *names: str) -> str:
        """Make a certificate with the documented command, over the one that is there; return what it prints."""
        for each in (self.certificate, self.key):
            each.unlink(missing_ok=True)
        options = [f"--name={name}" for name in names]
        command = [sys.executable, "-m", "twisted_chat.tls", *options, str(self.folder / "tls")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def options(self) -> list[str]:
        files = ["--tls-cert", str(self.certificate), "--tls-key", str(self.key)]
        return ["--tls-port", "0", *files, "--config", str(self.config)]

    async def opens(self, *options: str) -> Server:
        self.makes_certificate("one.example")
        self.config.write_text('motd = "The first."\n')
        server = await self.scene.server(*self.options(), *options)
        line = await server.hears(re.compile(r"open with TLS on 127\.0\.0\.1 port \d+"))
        found = re.search(r"port (\d+)", line)
        assert found is not None
        self.port = int(found[1])
        return server

    async def visits(self, name: str) -> Visitor:
        """Somebody logs in over TLS."""
        plain = HostnameEndpoint(the_reactor(), "127.0.0.1", self.port)
        endpoint = wrapClientTLS(CertificateOptions(), plain)
        visitor: Visitor = await connectProtocol(endpoint, Visitor(name))
        self.scene.joins(visitor)
        visitor.types(name)
        await visitor.sees(re.compile("/help"))
        return visitor


def clients(place: Place) -> dict[str, list[str]]:
    """The command of each program; all of them check the certificate."""
    port, trusted = str(place.port), str(place.certificate)
    return {
        "openssl": [
            *("s_client", "-quiet", "-connect", f"127.0.0.1:{port}", "-CAfile", trusted),
            *("-verify_return_error", "-verify_ip", "127.0.0.1"),
        ],
        "socat": ["-", f"OPENSSL:127.0.0.1:{port},cafile={trusted},commonname=localhost"],
        "ncat": ["-4", "--ssl-verify", "--ssl-trustfile", trusted, "localhost", port],
    }


@pytest.mark.parametrize("program", ["openssl", "socat", "ncat"])
@scenario
async def test_real_programs_chat_over_tls_with_people_who_do_not(
    scene: Scene, program: str
) -> None:
    place = Place(scene)
    server = await place.opens()
    alice = await scene.visits(server, "alice")
    bob = scene.runs("bob", [real(program), *clients(place)[program]])
    await bob.sees(re.compile("Pick a nickname"))
    bob.types("bob")
    await bob.sees("-- The first.")
    await bob.sees(re.compile("/help"))
    bob.types("hi", "日本")
    await alice.sees("<bob> hi")
    await alice.sees("<bob> 日本")
    alice.types("hello")
    await bob.sees("<alice> hello")
    bob.types("/quit")
    await bob.sees("-- Goodbye.")
    bob.types_no_more()  # ncat goes only then
    await bob.ends()
    await alice.sees(re.compile("^-- bob left"))


@scenario
async def test_printed_fingerprint_is_that_which_a_client_sees(scene: Scene) -> None:
    place = Place(scene)
    await place.opens()
    said = place.makes_certificate("two.example")
    fingerprint = re.search("fingerprint: (.*)", said)
    assert fingerprint is not None
    server = await place.scene.server(*place.options(), "--server-name", "Another")
    line = await server.hears(re.compile("open with TLS"))
    port = re.search(r"port (\d+)", line)
    assert port is not None
    command = (
        f"{real('openssl')} s_client -connect 127.0.0.1:{port[1]} </dev/null 2>/dev/null "
        "| openssl x509 -noout -fingerprint -sha256"
    )
    client = scene.runs("sh", ["/bin/sh", "-c", command])
    await client.sees(re.compile(re.escape(fingerprint[1])))


@scenario
async def test_new_certificate_and_motd_are_taken_up_under_load_and_nobody_is_dropped(
    scene: Scene,
) -> None:
    place = Place(scene)
    server = await place.opens("--no-flood-limit")
    talkers = [await place.visits(f"talker{number}") for number in range(5)]
    witness = await scene.visits(server, "witness")
    for turn in range(20):
        for talker in talkers:
            talker.types(*(f"{turn}.{number}" for number in range(20)))
        if turn in (5, 10):
            place.makes_certificate(f"turn{turn}.example")
            place.config.write_text(f'motd = "Turn {turn}."\n')
            server.kill("HUP")
            await server.sees(re.compile(rf"reloaded the certificates: .*turn{turn}\.example"))
            late = await place.visits(f"late{turn}")
            tls: Any = late.transport
            presented = tls.getHandle().get_peer_certificate(as_cryptography=True)
            assert presented.subject.rfc4514_string() == f"CN=turn{turn}.example"
            await late.hears(f"-- Turn {turn}.")
    for talker in talkers:
        await witness.hears(f"<{talker.name}> 19.19")
    said = witness.said()
    for talker in talkers:
        own = [line for line in said if line.startswith(f"<{talker.name}>")]
        assert own == [f"<{talker.name}> {turn}.{each}" for turn in range(20) for each in range(20)]
        assert not talker.ended
        others = [line for line in said if not line.startswith(f"<{talker.name}>")]
        last = others[-1]
        await talker.hears(last)
        assert talker.said() == others


@scenario
async def test_deaf_one_over_tls_is_closed_at_the_limit(scene: Scene) -> None:
    place = Place(scene)
    server = await place.opens("--no-flood-limit")
    talker = await scene.visits(server, "talker")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.connect(("127.0.0.1", place.port))
    with context.wrap_socket(plain) as deaf:
        deaf.sendall(b"deaf\n")
        await talker.sees(re.compile("^-- deaf joined"))
        before, sent = server.resident(), 0
        while not any("deaf left the chat (too slow to read)" in line for line in talker.lines):
            talker.types(*["x" * 4_000] * 10, "/topic")
            sent += 40_000
            await talker.sees(re.compile("no topic"))
            assert sent < 20_000_000, "nobody closed it"
        assert server.resident() - before < 10_000_000
    assert sent < 4_000_000


@scenario
async def test_old_tls_is_refused_and_what_is_no_tls_has_no_effect(scene: Scene) -> None:
    place = Place(scene)
    server = await place.opens("--login-time=2")
    witness = await scene.visits(server, "witness")
    options = ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-connect", f"127.0.0.1:{place.port}"]
    old = scene.runs("old", [real("openssl"), "s_client", *options])
    await old.ends()
    assert old.status == 1
    await server.sees(re.compile("left without a nickname: no TLS handshake: unsupported protocol"))
    for data in (
        b"mallory\nhi\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b'{"type": "nick", "content": "mallory"}\n',
        bytes(range(256)) * 400,
        b"\x16\x03\x01\x02\x00\x01" + b"\xff" * 2_000,
    ):
        stranger = await scene.connects(server, port=place.port)
        stranger.sends(data)
        await stranger.ends()
        await server.sees(re.compile("left without a nickname: no TLS handshake"))
    for data in (b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
        silent = await scene.connects(server, port=place.port)
        silent.sends(data) if data else None
        await silent.ends(within=12)
    witness.types("/who")
    await witness.sees("-- 1 person is here:")
    assert not [line for line in witness.lines if "mallory" in line]


@scenario
async def test_sighup_never_ends_a_server(scene: Scene) -> None:
    server = scene.starts("--port", "0")
    await server.sees(re.compile("history and rooms are kept"))
    server.kill("HUP")
    await server.sees(re.compile("reloaded the settings: nothing changed"))
    for _ in range(20):
        server.kill("HUP")
    await server.sees(re.compile("reloaded the settings"))


@scenario
async def test_check_tells_before_a_start_and_during_a_run(scene: Scene) -> None:
    place = Place(scene)
    place.makes_certificate("one.example")
    place.config.write_text("")
    checked = scene.starts("--port", "0", *place.options(), "--check")
    await checked.sees(re.compile("^fine: certificate .*one.example"))
    await checked.sees("the server could start")
    await checked.ends()
    assert checked.status == 0
    assert list(checked.folder.iterdir()) == []
    server = await place.opens()
    taken = scene.starts(*place.options(), "--port", str(server.port), "--check")
    await taken.sees(re.compile(f"^problem: cannot listen on 127.0.0.1 port {server.port}"))
    await taken.sees("the server could not start")
    await taken.ends()
    assert taken.status == 1
    assert Path(taken.folder, "state").exists() is False
