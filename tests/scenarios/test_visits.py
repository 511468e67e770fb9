"""Whole visits: a stranger looks around, people keep secrets, the unkind come by, the server says goodbye."""

from __future__ import annotations

import json
import random
import re
import socket

from tests.scenarios.helpers import Scene, Server, Visitor, fence, scenario

COMMANDS = (
    *("help", "nick", "join", "leave", "msg", "reply", "me", "who", "rooms", "list", "topic"),
    *("away", "back", "ignore", "unignore", "whois", "quit"),
)

# --- a stranger's visit ----------------------------------------------------------------------------------------


@scenario
async def test_stranger_finds_people_rooms_and_the_way_out(scene: Scene) -> None:
    server = await scene.server()
    alice = await scene.visits(server, "alice")
    alice.types("has anybody seen the spanner?")
    stranger = await scene.connects(server)
    await stranger.sees(re.compile("Welcome"))
    await stranger.sees("Pick a nickname, or press Enter for a guest name.")
    stranger.types("stan")
    await stranger.sees("-- Welcome, stan.")
    await stranger.sees(re.compile(r"^-- You are in #lobby\. 2 people are here:"))
    await stranger.sees(re.compile("alice, stan"))
    await stranger.sees(re.compile(r"^\[\d\d:\d\d\] <alice> has anybody seen the spanner\?$"))
    await stranger.sees(re.compile("/help"))
    await alice.sees("-- stan joined #lobby")

    stranger.types("/help")
    for group in ("talk", "people", "rooms", "account", "moderation", "server"):
        await stranger.sees(re.compile(rf"^--   {group} +[a-z]"))
    await stranger.sees(re.compile("/help GROUP and /help COMMAND"))
    for command in COMMANDS:
        stranger.types(f"/help /{command}")
        await stranger.sees(re.compile(rf"^-- /{command}\b"))
    stranger.types("/hlep")
    await stranger.sees(re.compile("^! .*/hlep.*Did you mean /help"))

    stranger.types("/join workshop")
    await stranger.sees(re.compile(r"^-- You are in a new room, #workshop\."))
    stranger.types("/topic Where the spanners are", "/rooms")
    await stranger.sees(re.compile("topic of #workshop: Where the spanners are"))
    await stranger.sees(re.compile("^-- +#workshop +1 +Where the spanners are$"))
    alice.types("JOIN workshop")
    await alice.sees(re.compile(r"^-- You are in #workshop\. 2 people"))
    await alice.sees("-- Topic of #workshop: Where the spanners are")
    await stranger.sees("-- alice joined #workshop")
    alice.types("here!", "/me waves", "/msg stan psst")
    await stranger.sees("<alice> here!")
    await stranger.sees("* alice waves")
    await stranger.sees("*alice* psst")
    stranger.types("/reply psst yourself")
    await alice.sees("*stan* psst yourself")
    stranger.types("/leave", "and here is the lobby")
    await stranger.sees("-- You left #workshop. You talk in #lobby now.")
    await alice.sees(re.compile("^-- stan left #workshop"))
    await alice.sees("#lobby <stan> and here is the lobby")
    stranger.types("/quit it was nice")
    await stranger.sees(re.compile("^-- Goodbye"))
    await stranger.ends()
    assert "it was nice" in await alice.sees(re.compile("^-- stan left the chat"))


@scenario
async def test_rename_and_departure_are_told_once_to_those_who_share_several_rooms(
    scene: Scene,
) -> None:
    server = await scene.server()
    alice, bob = [await scene.visits(server, name) for name in ("alice", "bob")]
    outsider = await scene.visits(server, "oscar")
    for room in ("one", "two", "three"):
        for member in (alice, bob):
            member.types(f"JOIN {room}")
            await member.sees(re.compile(f"^-- You are in .*#{room}"))
    outsider.types("JOIN elsewhere", "LEAVE", "LEAVE")
    await outsider.sees(re.compile("^-- You left #lobby"))
    alice.types("/nick alicia")
    await alice.sees("-- You are now called alicia.")
    await bob.sees("-- alice is now called alicia")
    bob.types("/whois alice", "/whois alicia")
    await bob.sees(re.compile("^-- alice is not here"))
    await bob.sees(re.compile(r"^-- alicia \(guest\) is in "))
    alice.resets()
    await bob.sees(re.compile("^-- alicia left the chat"))
    outsider.types("?")
    await outsider.sees(re.compile(r"bob( \(guest\))?, oscar"))
    bob.types("?")
    await bob.sees(re.compile(r"bob( \(guest\))?, oscar"))
    assert sum("is now called" in line for line in bob.lines) == 1
    assert sum("left the chat" in line for line in bob.lines) == 1
    assert not [line for line in outsider.lines if "alicia" in line]


@scenario
async def test_away_whois_and_ignore(scene: Scene) -> None:
    server = await scene.server()
    alice, bob, carol = [await scene.visits(server, name) for name in ("alice", "bob", "carol")]
    alice.types("/away gone to lunch")
    await alice.sees(re.compile("away.*gone to lunch"))
    bob.types("/whois Alice", "?")
    assert "gone to lunch" in await bob.sees(re.compile(r"^-- alice \(guest\) is in #lobby"))
    await bob.sees(re.compile(r"alice \(guest; away\)"))
    alice.types("/back")
    await alice.sees(re.compile("no longer marked as away"))
    bob.types("/whois alice")
    assert "away" not in await bob.sees(re.compile(r"^-- alice \(guest\)"))

    bob.types("/ignore alice")
    await bob.sees(re.compile("no longer see messages from alice"))
    alice.types("one", "/me does two", "/msg bob three", "four > bob", "/nick alias", "five")
    await carol.sees("<alias> five")
    await fence(carol, alice, bob)
    heard = [line for line in bob.lines if re.search(r"<al|\* al|\*al", line)]
    assert heard == []
    assert "-- alice is now called alias" in bob.lines
    bob.types("/unignore alias")
    await bob.sees(re.compile("see messages from alias again"))
    alice.types("six")
    await bob.sees("<alias> six")


@scenario
async def test_kick_is_for_who_made_the_room_and_leaves_no_focus(scene: Scene) -> None:
    server = await scene.server()
    alice, bob = [await scene.visits(server, name) for name in ("alice", "bob")]
    for member in (alice, bob):
        member.types("JOIN den")
        await member.sees(re.compile("^-- You are in .*#den"))
    bob.types("/kick alice")
    await bob.sees(re.compile("^! Only operators of #den"))
    alice.types("/kick bob too loud")
    await bob.sees(re.compile(r"alice removed bob from #den \(too loud\)"))
    bob.types("can you still hear me?")
    await bob.sees(re.compile("^! .*The message was not sent"))
    bob.types("JOIN lobby", "in the lobby then")
    await bob.sees("-- You talk in #lobby now.")
    await alice.sees("#lobby <bob> in the lobby then")
    assert b"still hear" not in alice.raw
    alice.types("after the kick")
    await fence(alice)
    bob.types("?")
    await bob.sees(re.compile(r"alice( \(guest\))?, bob"))
    assert b"after the kick" not in bob.raw


@scenario
async def test_room_and_its_history_vanish_with_the_last_member(scene: Scene) -> None:
    server = await scene.server()
    alice, bob = [await scene.visits(server, name) for name in ("alice", "bob")]
    alice.types("JOIN den s3cret", "what nobody else may read", "/topic none of your business")
    await alice.sees(re.compile("topic of #den"))
    bob.types("JOIN den", "JOIN den guess")
    await bob.sees(re.compile("^! #den is locked"))
    await bob.sees(re.compile("^! Wrong password for #den"))
    alice.types("LEAVE")
    await alice.sees("-- You left #den. You talk in #lobby now.")
    bob.types("JOIN den")
    await bob.sees(re.compile(r"^-- You are in a new room, #den\."))
    await fence(alice)
    await bob.sees("#lobby <alice> that was it")
    assert b"nobody else" not in bob.raw
    assert b"business" not in bob.raw


@scenario
async def test_refused_name_is_asked_again_until_one_is_free(scene: Scene) -> None:
    server = await scene.server()
    await scene.visits(server, "bob")
    stranger = await scene.connects(server)
    for name, why in (
        ("bob", "is taken"),
        ("BOB", "is taken"),
        ("b0b", "is taken"),
        ("1st", "cannot"),
        ("a:b", "cannot"),
    ):
        stranger.types(name)
        assert f'"{name}"' in await stranger.sees(re.compile(f"^! .*{why}"))
        await stranger.sees("Pick a nickname, or press Enter for a guest name.")
    stranger.types("stan")
    await stranger.sees("-- Welcome, stan.")


@scenario
async def test_a_registered_name_is_its_owners_from_any_connection(scene: Scene) -> None:
    server = await scene.server()
    bob = await scene.visits(server, "bob")
    bob.types("/register correct-horse")
    await bob.sees(re.compile("^-- bob is registered, and is now yours"))
    stranger = await scene.connects(server)
    stranger.types("bob hunter2-hunter2")
    assert "hunter2" not in await stranger.sees(re.compile("^! Wrong password for bob"))
    await stranger.sees("-- Welcome, guest1.")
    stranger.types("/login bob correct-horse")
    await stranger.sees("-- You are logged in as bob.")
    bob.types("/quit")
    stranger.types("/who")
    await stranger.sees("--   bob")


@scenario
async def test_lines_piped_behind_a_refused_name_are_neither_names_nor_said(scene: Scene) -> None:
    server = await scene.server()
    bob = await scene.visits(server, "bob")
    pipe = await scene.connects(server)
    pipe.types("bob", "my secret", "another")
    await pipe.sees(re.compile('^! "bob" is taken.'))
    await pipe.ends()
    await scene.visits(server, "witness")
    await bob.sees("-- witness joined #lobby")
    assert [line for line in bob.lines if "joined" in line] == ["-- witness joined #lobby"]
    assert b"secret" not in bob.raw


# --- secrets ---------------------------------------------------------------------------------------------------

NEAR_MISSES = (
    "MSG bobb:{}",
    "MSG bobb: {}",
    "msg bobb:{}",
    "Msg Bobb:{}",
    "MSG bobb : {}",
    "MSG bobb :{}",
    "MSG :{}",
    "MSG @bob:{}",
    "!msg bobb {}",
    "! msg bob {}",
    "!MSG bobb {}",
    "!mgs bob {}",
    "!m bob {}",
    "!tell bob {}",
    "/msg bobb {}",
    "/mgs bob {}",
    "/m bob {}",
    "/tell bob {}",
    "/msg @bob {}",
    "/msg bob,carol {}",
    "/reply {}",
    "/ msg bob {}",
    "{} > bobb",
    "{} >bobb",
    "{}> bobb",
    "{} >> bobb",
    " /msg bob {}",
    "\t/msg bob {}",
    " !msg bob {}",
    " MSG bob:{}",
    "  msg bob:{}",
)


@scenario
async def test_private_near_miss_is_an_error_and_shown_to_nobody(scene: Scene) -> None:
    server = await scene.server("--no-flood-limit")
    alice, bob, carol = [await scene.visits(server, name) for name in ("alice", "bob", "carol")]
    await alice.sees("-- carol joined #lobby")
    for number, form in enumerate(NEAR_MISSES):
        alice.types(form.format(f"secret{number}"))
        assert (await alice.sees(re.compile(""))).startswith("! "), form
    await fence(alice, bob, carol)
    assert not [line for line in bob.lines + carol.lines if "secret" in line]


@scenario
async def test_private_near_miss_of_a_program_is_an_error_and_shown_to_nobody(scene: Scene) -> None:
    server = await scene.server("--no-flood-limit")
    bob, carol = [await scene.visits(server, name) for name in ("bob", "carol")]
    program = await enters_with_json(scene, server, "petra")
    objects: list[dict[str, object]] = [
        {"type": "private", "content": "secret"},
        {"type": "private", "content": "secret", "to": ""},
        {"type": "private", "content": "secret", "to": "bobb"},
        {"type": "private", "content": "secret", "to": None},
        {"type": "private", "content": "secret", "to": ["bob", "carol"]},
        {"type": "privat", "content": "secret", "to": "bob"},
        {"type": "command", "content": "/mgs bob secret"},
        {"type": "command", "content": "secret > bobb"},
        {"type": "command", "content": " MSG bob:secret"},
        {"content": "secret", "to": "bob"},
    ]
    for number, thing in enumerate(objects):
        program.types(json.dumps({**thing, "id": f"n{number}"}))
        assert (await next_object(program))["type"] == "error", thing
    program.types(json.dumps({"type": "message", "content": "that was it"}))
    for other in (bob, carol):
        await other.sees("<petra> that was it")
        assert b"secret" not in other.raw


async def enters_with_json(scene: Scene, server: Server, name: str, **more: str) -> Visitor:
    """Log in as a program, and read on to the end of the login."""
    program = await scene.connects(server, name)
    program.types(json.dumps({"type": "nick", "content": name, **more}))
    await program.sees(re.compile('"notice"'))
    return program


async def next_object(program: Visitor) -> dict[str, object]:
    thing = json.loads(await program.sees(re.compile(r"^\{")))
    assert isinstance(thing, dict)
    return thing


@scenario
async def test_program_that_comes_back_with_its_session_says_nothing_twice(scene: Scene) -> None:
    server = await scene.server()
    bob = await scene.visits(server, "bob")
    program = await scene.connects(server, "petra")
    program.types(json.dumps({"type": "nick", "content": "petra"}))
    welcome = await next_object(program)
    assert welcome["type"] == "welcome"
    program.types(json.dumps({"type": "message", "content": "only once", "id": "m1"}))
    await bob.sees("<petra> only once")
    again = await scene.connects(server, "petra")
    again.types(json.dumps({"type": "nick", "content": "petra", "session": welcome["session"]}))
    assert (await next_object(again))["nick"] == "petra"
    again.types(
        json.dumps({"type": "message", "content": "only once", "id": "m1"}),
        json.dumps({"type": "message", "content": "something else", "id": "m1"}),
        json.dumps({"type": "message", "content": "next", "id": "m2"}),
    )
    await bob.sees("<petra> next")
    assert bob.said() == ["<petra> only once", "<petra> next"]
    # Acknowledgements wait for the store; a refusal waits for nothing.
    assert "m2" in await again.sees(re.compile('"ack".*"m2"'))
    told = [json.loads(line) for line in again.lines if '"id"' in line]
    assert [each["id"] for each in told if each["type"] == "ack"] == ["m1", "m2"]
    assert [each["code"] for each in told if each["type"] == "error"] == ["id-reused"]
    await program.ends()


# --- crowds ----------------------------------------------------------------------------------------------------


@scenario
async def test_who_on_a_crowded_server_answers_in_pages(scene: Scene) -> None:
    server = await scene.server()
    crowd = []
    for number in range(120):
        member = await scene.connects(server, f"member{number:03}")
        member.types(member.name)
        crowd.append(member)
    for member in crowd:
        await member.sees(re.compile("/help"))
    asker = crowd[-1]
    seen: list[list[str]] = []
    for number, question in enumerate(("?", "/who 2", "/who 3"), start=1):
        before = len(asker.lines)
        asker.types(question, f"/topic page {number} was asked for")
        await asker.sees(re.compile(f"topic of #lobby: page {number}"))
        answer = asker.lines[before:]
        assert "120 people" in "".join(answer)
        assert max(len(line.encode()) for line in answer) < 2_000
        # Lines of names are indented; a line of gathered arrivals is not.
        seen.append([line for line in answer if line.startswith("--   member")])
    names = [re.findall(r"member\d+", "".join(page)) for page in seen]
    assert [len(set(page)) for page in names] == [50, 50, 20]
    assert len({name for page in names for name in page}) == 120
    await asker.hears(re.compile("/who 2"))
    asker.types("LIST")
    await asker.sees("-- 1 room:")
    await asker.sees(re.compile("^-- 120 people are here .*page 1 of 3"))
    # Arrivals in a crowd are gathered: nobody was told of each of the others by a line of its own.
    assert sum("joined" in line for line in crowd[0].lines) < 115


# --- the unkind ------------------------------------------------------------------------------------------------


@scenario
async def test_two_people_go_on_talking_while_the_unkind_come_by(scene: Scene) -> None:
    server = await scene.server()
    alice, bob = [await scene.visits(server, name) for name in ("alice", "bob")]
    said = 0

    async def talk() -> None:
        nonlocal said
        for _ in range(2):
            said += 1
            alice.types(f"alice {said}")
            await bob.sees(f"<alice> alice {said}")
            bob.types(f"bob {said}")
            await alice.sees(f"<bob> bob {said}")

    before = server.resident()
    await talk()

    garbage = await scene.visits(server, "garbage")
    chance = random.Random(2)
    for _ in range(200):
        garbage.sends(bytes(chance.randrange(256) for _ in range(200)))
    garbage.sends(b"\xff\xfa" * 5_000 + b"\xff\xf0" + b"\xff\xfb\x01" * 5_000 + b"\n")
    await talk()
    raw = await scene.connects(server, "raw")
    raw.sends(bytes(chance.randrange(256) for _ in range(2_000)) + b"\n" * 10)
    await talk()

    endless = await scene.visits(server, "endless")
    for _ in range(64):
        endless.sends(b"x" * 65_536)
    await talk()
    await endless.ends()
    await bob.hears(re.compile("^-- endless left the chat"))

    sleeper = socket.create_connection(("127.0.0.1", server.port))
    sleeper.sendall(b"sleeper\n" + b"/help\n" * 20_000)
    await talk()

    half = await scene.visits(server, "half")
    half.sends(b"this line has no e")
    half.resets()
    await bob.hears(re.compile("^-- half left the chat"))
    await talk()

    web = await scene.connects(server, "web")
    web.sends(
        b"POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\nmallory\nhello\n"
    )
    await web.ends()
    hello = await scene.connects(server, "hello")
    hello.sends(b"\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03mallory\nhello\n")
    await hello.ends()
    await talk()

    assert [line for line in bob.said() if line.startswith("<alice>")] == [
        f"<alice> alice {n}" for n in range(1, said + 1)
    ]
    assert [line for line in alice.said() if line.startswith("<bob>")] == [
        f"<bob> bob {n}" for n in range(1, said + 1)
    ]
    for listener in (alice, bob):
        assert not [
            line for line in listener.lines if "mallory" in line or "this line has no e" in line
        ]
        assert not re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f\xff]|\xc2[\x80-\x9f]", listener.raw)
    assert server.resident() - before < 10 * 2**20
    sleeper.close()


@scenario
async def test_bad_lines_are_answered_each_by_one_error_and_the_session_stays(scene: Scene) -> None:
    server = await scene.server("--no-flood-limit")
    witness = await scene.visits(server, "witness")
    clumsy = await scene.visits(server, "clumsy")
    for bad in (
        b"caf\xe9",
        b"\xc3\x28",
        b"\xed\xa0\x80",
        b"\x1b[2J\x1b[H",
        b"nul \x00 here",
        b"bell\x07",
        "\u202eevil".encode(),
        "c1\x9bhere".encode(),
        b"x" * 4_097,
        "é".encode() * 2_049,
        b"z" + "\u0351".encode() * 50,
    ):
        before = len(clumsy.lines)
        clumsy.sends(bad + b"\n")
        await clumsy.sees(re.compile("^! "))
        clumsy.types("/me is still here")
        await witness.sees("* clumsy is still here")
        assert len(clumsy.lines) == before + 1, bad[:20]
    clumsy.sends(b"y" * 4_096 + b"\n")
    await witness.sees("<clumsy> " + "y" * 4_096)
    assert len(witness.said()) == 1


@scenario
async def test_ten_thousand_lines_in_one_packet_come_through_in_order(scene: Scene) -> None:
    server = await scene.server("--no-flood-limit")
    witness = await scene.visits(server, "witness")
    hasty = await scene.visits(server, "hasty")
    hasty.sends(b"".join(b"%d\n" % number for number in range(10_000)))
    await witness.sees("<hasty> 9999")
    assert witness.said() == [f"<hasty> {number}" for number in range(10_000)]


@scenario
async def test_line_cut_at_every_byte_is_one_line(scene: Scene) -> None:
    server = await scene.server("--no-flood-limit")
    witness = await scene.visits(server, "witness")
    slow = await scene.connects(server, "slow")
    slow.transport.setTcpNoDelay(True)
    for byte in "slow\r\n/me sägt 日本\r\n".encode():
        slow.sends(bytes([byte]))
        # A command of somebody else makes sure that the server has seen the byte by itself.
        witness.types("/topic")
        await witness.sees(re.compile("no topic"))
    await witness.hears("* slow sägt 日本")


@scenario
async def test_who_says_nothing_at_login_is_let_go(scene: Scene) -> None:
    server = await scene.server("--login-time=1")
    silent = await scene.connects(server)
    patient = await scene.visits(server, "patient")
    await silent.ends(within=5)
    assert len(silent.lines) > 2, "no reason was given"
    await fence(patient)
    assert not patient.ended


# --- the end ---------------------------------------------------------------------------------------------------


@scenario
async def test_server_says_goodbye_to_all_and_ends_with_success(scene: Scene) -> None:
    server = await scene.server(ports=2)
    alice = await scene.visits(server, "alice")
    bob = await scene.visits(server, "bob", server.ports[1])
    undecided = await scene.connects(server)
    await undecided.sees(re.compile("Pick a nickname"))
    program = await enters_with_json(scene, server, "petra")
    sleeper = socket.create_connection(("127.0.0.1", server.port))
    sleeper.sendall(b"sleeper\n" + b"/help\n" * 20_000)
    await alice.sees(re.compile("sleeper joined"))
    await server.stops()
    for visitor in (alice, bob, undecided):
        await visitor.sees(re.compile("^-- Goodbye"))
        await visitor.ends()
    await program.sees(re.compile("Goodbye"))
    await program.ends()
    assert not [line for line in alice.lines if "left the chat" in line], (
        "the goodbye of others is no news then"
    )
    sleeper.close()


@scenario
async def test_log_tells_who_came_and_went_and_never_what_was_said(scene: Scene) -> None:
    server = await scene.server()
    alice, bob = [await scene.visits(server, name) for name in ("alice", "bob")]
    alice.types(
        "confidential one",
        "/msg bob confidential two",
        "/me confidential",
        "JOIN vault confidential",
    )
    alice.types("/topic confidential", "/confidential", "x" * 5_000, "/quit confidential")
    await bob.sees(re.compile("^-- alice left the chat"))
    secretive = await scene.connects(server)
    secretive.types("carol confidential")
    await secretive.sees(re.compile("^! "))
    program = await enters_with_json(scene, server, "petra")
    token = json.loads(next(line for line in program.lines if '"welcome"' in line))["session"]
    program.types('{"type": "message", "content": "confidential", "oops')
    await program.sees(re.compile('"error"'))
    await server.stops()
    log = "\n".join(server.lines)
    assert "alice arrived" in log
    assert "alice left" in log
    assert "confidential" not in log
    assert token not in log
