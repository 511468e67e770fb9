"""What keeps history fails, or is not what it should be: real servers, real files, a disk that is really full."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from tests.auth.test_operators import HASH
from tests.scenarios.helpers import Scene, Server, Visitor, fixture, scenario, the_reactor

NOT_STORED = re.compile(r"cannot store anything now: ")
STORED_AGAIN = re.compile(r"storing works again")


async def comes(scene: Scene, server: Server, name: str, **more: str) -> Visitor:
    """Let a program in that speaks JSON."""
    program = await scene.connects(server, name)
    program.types(json.dumps({"type": "nick", "content": name, **more}))
    await program.sees(re.compile('"welcome"'))
    await program.sees(re.compile('"code":"hint"|"code": "hint"'))
    return program


def says(program: Visitor, *numbers: int) -> None:
    """Let a program say lines, each with its number as its id."""
    for number in numbers:
        said = {"type": "message", "content": f"line {number}", "id": f"m{number}"}
        program.types(json.dumps(said))


def told(program: Visitor, type: str) -> list[dict[str, Any]]:
    """Everything of one type that a program was told."""
    objects = [json.loads(line) for line in program.lines if line.startswith("{")]
    return [each for each in objects if each["type"] == type]


def acknowledged(program: Visitor) -> list[str]:
    return [each["id"] for each in told(program, "ack")]


async def history(scene: Scene, server: Server) -> list[str]:
    """What a newcomer is shown of the lobby."""
    program = await comes(scene, server, "newcomer")
    return [each["content"] for each in told(program, "message")]


async def talks_through(
    scene: Scene, server: Server, breaks: Callable[[], None], mends: Callable[[], None]
) -> None:
    """Talk before, during and after something that keeps the server from storing anything."""
    server.excused = NOT_STORED
    alice, bob = await comes(scene, server, "alice"), await scene.visits(server, "bob")
    says(alice, 1)
    await alice.sees(re.compile('"ack".*"m1"'))
    breaks()
    try:
        says(alice, 2, 3)
        await bob.sees("<alice> line 3")
        await server.sees(NOT_STORED)
        # It is tried again meanwhile; the chat goes on.
        says(alice, 4)
        await bob.sees("<alice> line 4")
        bob.types("I see it")
        await alice.sees(re.compile("I see it"))
        assert acknowledged(alice) == ["m1"]
    finally:
        mends()
    await server.sees(STORED_AGAIN)
    await alice.sees(re.compile('"ack".*"m4"'))
    assert acknowledged(alice) == ["m1", "m2", "m3", "m4"]
    said_so = [line for line in server.lines if NOT_STORED.search(line)]
    assert len(said_so) == 1, server.transcript()
    await server.stops()


async def is_all_there(scene: Scene, state: Path) -> None:
    """After a restart everything is there once, in order."""
    again = await scene.server("--state-dir", str(state))
    lines = ["line 1", "line 2", "line 3", "line 4", "I see it"]
    assert await history(scene, again) == lines


@fixture
async def small_disk(tmp_path: Path) -> AsyncGenerator[Path, None]:
    """A disk of 2 MiB. Only root may mount one, and not in every container."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        why = done.stderr.strip()
    except FileNotFoundError:
        why = "there is no mount"
    if not disk.is_mount():
        pytest.skip(f"a small disk cannot be mounted here: {why}")
    yield disk
    # The scene, which comes after this and ends before it, has stopped the servers; one may be left for all that.
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@scenario
async def test_full_disk_stops_acknowledgements_but_not_the_chat(
    small_disk: Path, scene: Scene
) -> None:
    state, filler = small_disk / "state", small_disk / "filler"

    def fills() -> None:
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            while True:
                file.write(bytes(4096))

    # What guests say is kept to the last byte.
    server = await scene.server("--state-dir", str(state), "--min-free", "0")
    await talks_through(scene, server, fills, filler.unlink)
    await is_all_there(scene, state)


@scenario
async def test_files_that_may_not_grow_stop_acknowledgements_but_not_the_chat(scene: Scene) -> None:
    server = await scene.server()
    state = server.folder / "state"
    unlimited = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)

    def limits() -> None:
        most = (state / "chat.sqlite-wal").stat().st_size
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (most, unlimited[1]))

    def lifts() -> None:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, unlimited)

    await talks_through(scene, server, limits, lifts)
    await is_all_there(scene, state)


@scenario
async def test_ban_is_not_confirmed_before_it_survives_the_end_of_the_server(scene: Scene) -> None:
    operators = scene.folder() / "operators"
    operators.write_text(f"root {HASH}\n")
    operators.chmod(0o600)
    server = await scene.server("--operators", str(operators))
    server.excused = NOT_STORED
    state = server.folder / "state"
    root = await comes(scene, server, "ann")
    root.types(json.dumps({"type": "command", "content": "/oper root correct horse"}))
    await root.sees(re.compile("the server operator root"))
    unlimited = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    most = (state / "chat.sqlite-wal").stat().st_size
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (most, unlimited[1]))
    says(root, 1)
    await server.sees(NOT_STORED)
    root.types(json.dumps({"type": "command", "content": "/server-ban 192.0.2.7", "id": "ban"}))
    await root.sees(re.compile("/server-ban is in force, but it is not stored yet"))
    assert not any("is banned for good" in line for line in root.lines)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, unlimited)
    await root.sees(re.compile("is banned for good"))
    server.kill("KILL")
    await server.ends()
    again = await scene.server("--state-dir", str(state), "--operators", str(operators))
    root = await comes(scene, again, "ann")
    root.types(json.dumps({"type": "command", "content": "/oper root correct horse"}))
    await root.sees(re.compile("the server operator root"))
    root.types(json.dumps({"type": "command", "content": "/server-bans"}))
    await root.sees(re.compile(r"192\.0\.2\.7"))


@scenario
async def test_removed_log_of_the_database_loses_nothing_that_was_acknowledged(
    scene: Scene,
) -> None:
    server = await scene.server()
    server.excused = re.compile("file of the database was removed while the server")
    state = server.folder / "state"
    alice = await comes(scene, server, "alice")
    says(alice, 1, 2)
    await alice.sees(re.compile('"ack".*"m2"'))
    (state / "chat.sqlite-wal").unlink()
    await server.sees(server.excused)  # nobody has to say anything for that
    (state / "chat.sqlite-wal").unlink()
    says(alice, 3)
    await alice.sees(re.compile('"ack".*"m3"'))
    server.kill("KILL")
    await server.ends()
    again = await scene.server("--state-dir", str(state))
    assert await history(scene, again) == ["line 1", "line 2", "line 3"]


@scenario
async def test_database_locked_by_another_program_stops_acknowledgements_but_not_the_chat(
    scene: Scene,
) -> None:
    server = await scene.server()
    state = server.folder / "state"
    with closing(sqlite3.connect(state / "chat.sqlite", isolation_level=None)) as other:
        await talks_through(
            scene,
            server,
            lambda: void(other.execute("BEGIN IMMEDIATE")),
            lambda: void(other.execute("ROLLBACK")),
        )
    await is_all_there(scene, state)


def void(result: object) -> None:
    """Take what nobody wants."""


@scenario
async def test_second_server_on_a_state_folder_leaves_the_first_alone(scene: Scene) -> None:
    first = await scene.server()
    state = first.folder / "state"
    alice = await comes(scene, first, "alice")
    await refuses(scene, state, rf"{state}: process {first.pid} uses this folder; stop that server")
    says(alice, 1)
    await alice.sees(re.compile('"ack".*"m1"'))
    assert await history(scene, first) == ["line 1"]


async def refuses(scene: Scene, state: Path, why: str) -> None:
    """Try to start a server: it ends with status 1, and with one line that says why."""
    server = scene.starts("--state-dir", str(state), "--port", "0")
    await server.ends()
    assert server.status == 1, server.transcript()
    said = [line for line in server.lines if line.startswith("twistd chat: ")]
    assert len(said) == 1, server.transcript()
    assert re.search(why, said[0]), said[0]


@scenario
async def test_state_folder_that_cannot_be_written_is_refused(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    await refuses(scene, tmp_path / "file", "is not a folder; .*--state-dir")
    await refuses(
        scene,
        tmp_path / "file" / "state",
        "is inside something that is not a folder; .*--state-dir",
    )
    # Not even root can write there.
    await refuses(scene, Path("/proc/1/state"), "cannot be written: .*--state-dir")
    if os.geteuid():
        tmp_path.chmod(0o500)
        await refuses(scene, tmp_path / "state", "cannot be written: Permission denied")
        tmp_path.chmod(0o700)


@contextmanager
def untouched(state: Path) -> Iterator[None]:
    """No file in the state folder changes, but for its lock."""

    def all_bytes() -> dict[str, bytes]:
        return {each.name: each.read_bytes() for each in state.iterdir() if each.name != "lock"}

    before = all_bytes()
    yield
    after = all_bytes()
    assert [name for name, data in before.items() if after.get(name) != data] == []


async def used_state(scene: Scene) -> Path:
    """Return a state folder that a server has used; the server is gone."""
    server = await scene.server("--no-flood-limit")
    alice = await comes(scene, server, "alice")
    says(alice, *range(300))
    await alice.sees(re.compile('"ack".*"m299"'))
    await server.stops()
    return server.folder / "state"


@scenario
async def test_damaged_database_is_refused_and_left_as_it_is(scene: Scene) -> None:
    state = await used_state(scene)
    with (state / "chat.sqlite").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 16384)
    with untouched(state):
        await refuses(
            scene,
            state,
            rf"{state}/chat.sqlite is damaged .*it was not changed; restore a backup .* or move it away",
        )


@scenario
async def test_database_of_another_program_is_refused_and_left_as_it_is(
    scene: Scene, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    with closing(sqlite3.connect(state / "chat.sqlite")) as other:
        other.execute("CREATE TABLE messages (mine TEXT)")
        other.commit()
    with untouched(state):
        await refuses(
            scene,
            state,
            rf"{state}/chat.sqlite is not a database of twisted-chat; it was not changed; move it",
        )
    (state / "chat.sqlite").write_text("Dear diary,\n")
    with untouched(state):
        await refuses(scene, state, "is not a database of twisted-chat")


@scenario
async def test_newer_database_is_refused_and_left_as_it_is(scene: Scene) -> None:
    state = await used_state(scene)
    with closing(sqlite3.connect(state / "chat.sqlite")) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
        other.commit()
    with untouched(state):
        await refuses(scene, state, "was made by a newer version .*install that version again")


@scenario
async def test_pause_of_the_process_makes_nobody_silent_who_answered(scene: Scene) -> None:
    server = await scene.server("--ping-after", "1", "--ping-wait", "1")
    pinged = re.compile(r'"type":\s?"ping"')
    pong = json.dumps({"type": "pong"})
    programs = [await comes(scene, server, f"robot{number}") for number in range(8)]
    for each in programs:
        await each.sees(pinged)
        each.types(pong)
    for each in programs:
        await each.sees(pinged)
    os.kill(server.pid, signal.SIGSTOP)
    for each in programs:
        each.types(pong)
    stopped: Deferred[None] = Deferred()
    the_reactor().callLater(7, stopped.callback, None)
    await stopped
    os.kill(server.pid, signal.SIGCONT)
    for each in programs:
        each.types(json.dumps({"type": "message", "content": "still here", "id": "1"}))
        await each.sees(re.compile(r'"ack"'))
