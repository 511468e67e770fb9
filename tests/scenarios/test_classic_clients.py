"""Clients of the five older programs, written from descriptions of those, meet in one room.

Each is a program of its own in ``classic/``, as naive as such clients are: it sends its name first, reads 1,024 bytes at
a time, and knows only its own commands.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.scenarios.helpers import Program, Scene, Server, fence, scenario

CLASSIC = Path(__file__).with_name("classic")
KINDS = ("bang", "verbs", "question", "broadcast", "objects")


async def enters(
    scene: Scene, server: Server, kind: str, name: str, port: int | None = None
) -> Program:
    """Start a client of a kind, and wait until it is in the lobby."""
    argv = [
        sys.executable,
        str(CLASSIC / f"{kind}.py"),
        "127.0.0.1",
        str(port or server.port),
        name,
    ]
    client = scene.runs(name, argv)
    if kind == "objects":
        await client.sees(f"-- welcome: Welcome, {name}.")
        await client.sees(re.compile("^-- members: You are in #lobby"))
        await client.sees(re.compile("^-- notice: "))
    else:
        await client.sees(re.compile("Welcome"))
        await client.sees(f"-- Welcome, {name}.")
        await client.sees(re.compile(r"^-- You are in #lobby\."))
        await client.sees(re.compile("/help"))
    return client


@scenario
async def test_all_five_kinds_meet_in_one_room_and_hear_the_same_lines(scene: Scene) -> None:
    server = await scene.server(ports=2)
    crowd: list[Program] = []
    for kind in KINDS:
        port = server.ports[1] if kind == "broadcast" else server.ports[0]
        newcomer = await enters(scene, server, kind, f"{kind}_user", port)
        for other in crowd:
            await other.sees(re.compile(f"{kind}_user joined #lobby$"))
        crowd.append(newcomer)
    script = []
    for turn in range(3):
        for speaker in crowd:
            text = f"line {turn} of {speaker.name}, with ünïcödé and 日本語"
            script.append((speaker, f"<{speaker.name}> {text}"))
            speaker.types(text)
            for other in crowd:
                if other is not speaker:
                    await other.sees(f"<{speaker.name}> {text}")
    for listener in crowd:
        assert listener.said() == [line for speaker, line in script if speaker is not listener]


@scenario
async def test_lines_said_at_the_same_time_have_one_order_for_every_kind(scene: Scene) -> None:
    server = await scene.server()
    crowd = [await enters(scene, server, kind, f"{kind}_user") for kind in KINDS]
    judge = await enters(scene, server, "broadcast", "judge")
    for speaker in crowd:
        speaker.types(*(f"{speaker.name} says {n}" for n in range(10)))
    for speaker in crowd:
        speaker.types("I am done")
    for _ in crowd:
        await judge.sees(re.compile("> I am done$"))
    await fence(judge, *crowd)
    order = judge.said()
    assert len(order) == 11 * len(crowd)
    for listener in crowd:
        others = [line for line in order if not line.startswith(f"<{listener.name}>")]
        assert listener.said() == [*others, "<judge> that was it"]


@scenario
async def test_bang_client_lists_whispers_and_logs_out(scene: Scene) -> None:
    server = await scene.server()
    bang, joe, ann = [
        await enters(scene, server, kind, name)
        for kind, name in (("bang", "kim"), ("question", "Joe"), ("broadcast", "ann"))
    ]
    bang.types("!who")
    await bang.sees("-- 3 people are here:")
    assert "kim" in (names := await bang.sees(re.compile("kim")))
    assert "Joe" in names
    assert "ann" in names
    bang.types("!msg Joe the key is under the mat")
    await joe.sees("*kim* the key is under the mat")
    await bang.sees("-> *Joe* the key is under the mat")
    bang.types("!msg Jo the key is under the mat", "!mgs Joe the key", "!msg Joe", "!msg")
    await bang.sees(re.compile("^! Jo is not here. The message was not sent"))
    await bang.sees(re.compile("^! .*!mgs"))
    await bang.sees(re.compile("^! "))
    await bang.sees(re.compile("^! "))
    await fence(bang, joe, ann)
    assert b"the key" not in ann.raw
    assert joe.raw.count(b"the key") == 1
    bang.types("!logout")
    await bang.sees(re.compile("^-- Goodbye"))
    await bang.ends()
    assert bang.status == 0, bang.complaints
    for other in (joe, ann):
        await other.sees(re.compile(r"^-- kim left the chat"))


@scenario
async def test_verbs_client_joins_talks_lists_and_leaves(scene: Scene) -> None:
    server = await scene.server()
    verbs = await enters(scene, server, "verbs", "vera")
    bob = await enters(scene, server, "verbs", "bob")
    ann = await enters(scene, server, "broadcast", "ann")
    verbs.types("JOIN dev")
    await verbs.sees(re.compile(r"^-- You are in a new room, #dev\."))
    bob.types("JOIN dev")
    await verbs.sees("-- bob joined #dev")
    verbs.types("MSG hello developers", "/topic the next release")
    await bob.sees("<vera> hello developers")
    await verbs.sees(re.compile("topic of #dev: the next release"))
    ann.types("LIST")
    await ann.sees("-- 2 rooms:")
    await ann.sees(re.compile(r"^-- +#dev +2 +the next release$"))
    await ann.sees(re.compile(r"^-- +#lobby +3$"))
    await ann.sees("-- 3 people are here:")
    await ann.sees(re.compile("vera.*bob|bob.*vera"))
    verbs.types(
        "MSG ann:just for you", "MSG ann: and this", "MSG nobody:not for anybody", "MSG ann:"
    )
    await ann.sees("*vera* just for you")
    await ann.sees("*vera* and this")
    await verbs.sees("-> *ann* just for you")
    await verbs.sees(re.compile("^! nobody is not here. The message was not sent"))
    await verbs.sees(re.compile("^! .*MSG ann:TEXT"))
    verbs.types("HELP")
    await verbs.sees(re.compile("JOIN"))
    verbs.types("LEAVE")
    await verbs.sees("-- You left #dev. You talk in #lobby now.")
    await bob.sees(re.compile("^-- vera left #dev"))
    await fence(verbs, ann)
    assert b"for you" not in bob.raw
    assert b"not for anybody" not in bob.raw + ann.raw
    verbs.types("QUIT")
    await verbs.sees(re.compile("^-- Goodbye"))
    await verbs.ends()
    for other in (bob, ann):
        await other.sees(re.compile("^-- vera left the chat"))


@scenario
async def test_question_client_asks_who_is_here_and_talks_to_joe_alone(scene: Scene) -> None:
    server = await scene.server()
    asker = await enters(scene, server, "question", "quinn")
    joe = await enters(scene, server, "bang", "Joe")
    ann = await enters(scene, server, "objects", "ann")
    asker.types("?")
    await asker.sees("-- 3 people are here:")
    await asker.sees("--   ann (guest), Joe (guest), quinn (guest)")
    asker.types("secret one > Joe", "secret two >joe", "secret three> Joe", "secret > four > Joe")
    for text in ("secret one", "secret two", "secret three", "secret > four"):
        await joe.sees(f"*quinn* {text}")
        await asker.sees(f"-> *Joe* {text}")
    asker.types("secret five > Jo", "secret six > joee")
    await asker.sees(re.compile("^! Jo is not here. The message was not sent"))
    await asker.sees(re.compile("^! joee is not here. The message was not sent"))
    asker.types("3 > 2 and 2 < 3")
    await ann.sees("<quinn> 3 > 2 and 2 < 3")
    await fence(asker, joe, ann)
    assert b"secret" not in ann.raw
    assert joe.raw.count(b"secret") == 4


@scenario
async def test_broadcast_goes_to_all_but_the_sender_with_welcome_and_leave_notices(
    scene: Scene,
) -> None:
    server = await scene.server(ports=2)
    one, two, three = [
        await enters(scene, server, "broadcast", name, server.ports[1])
        for name in ("one", "two", "three")
    ]
    await one.sees("-- two joined #lobby")
    await one.sees("-- three joined #lobby")
    one.types("anybody here?", "hello?")
    for other in (two, three):
        await other.sees("<one> anybody here?")
        await other.sees("<one> hello?")
    await fence(two, one, three)
    assert b"anybody" not in one.raw
    two.types_no_more()
    for other in (one, three):
        await other.sees(re.compile("^-- two left the chat"))
    three.kill("KILL")
    await one.sees(re.compile("^-- three left the chat"))


@scenario
async def test_objects_client_talks_in_public_and_in_private(scene: Scene) -> None:
    server = await scene.server()
    ann = await enters(scene, server, "bang", "ann")
    bob = await enters(scene, server, "verbs", "bob")
    objects = await enters(scene, server, "objects", "olga")
    objects.types("hello from a program", "text > ann is said as it is", "/quit")
    for other in (ann, bob):
        await other.sees("<olga> hello from a program")
        await other.sees("<olga> text > ann is said as it is")
        await other.sees("<olga> /quit")
    objects.types("@ann psst", "@an psst")
    await ann.sees("*olga* psst")
    await objects.sees(re.compile("^-- ack: "))
    await objects.sees(re.compile("^-- error: an is not here. The message was not sent"))
    ann.types("!msg olga psst yourself", "hello, program")
    await objects.sees("*ann* psst yourself")
    await objects.sees("<ann> hello, program")
    objects.types("list", "who", "help")
    await objects.sees(re.compile("^-- list: 1 room"))
    await objects.sees(re.compile("^-- who: 3 people"))
    await objects.sees(re.compile("^-- help: "))
    await fence(bob, ann, objects)
    assert b"psst" not in bob.raw
    objects.types("quit")
    await ann.sees(re.compile("^-- olga left the chat"))


@scenario
async def test_naive_client_whose_name_is_taken_is_asked_again(scene: Scene) -> None:
    server = await scene.server()
    await enters(scene, server, "broadcast", "sam")
    argv = [sys.executable, str(CLASSIC / "broadcast.py"), "127.0.0.1", str(server.port), "SAM"]
    second = scene.runs("second", argv)
    assert '"SAM"' in await second.sees(re.compile("is taken"))
    second.types("sam_too")
    await second.sees("-- Welcome, sam_too.")
