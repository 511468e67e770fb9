"""One conversation in plain lines, in JSON objects, and in both at once.

The same is shown to the same people in the same order. Each visit is played on a real node (hub, bus,
delivery, store in memory) with doors that only keep what is written to them. What a visitor gets is read
back from the bytes into tuples that say who sees what, in whatever dialect it came.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.auth.fakes import open_gate
from tests.seam.packed import to_connections, to_hub
from twisted_chat.core.api import commands as c
from twisted_chat.core.bus import LocalBus
from twisted_chat.core.hub import Hub
from twisted_chat.core.values.ids import Node as NodeName
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import LOBBY, Nick, RoomName
from twisted_chat.delivery.port import SessionsById
from twisted_chat.delivery.sessions import Door, Sessions
from twisted_chat.dialects.base import BadLine, Dialect, Request
from twisted_chat.dialects.json.parse import JsonDialect
from twisted_chat.dialects.line.parse import LineDialect
from twisted_chat.runtime import tasks
from twisted_chat.runtime.log_sums import LogSums
from twisted_chat.server.node import Node
from twisted_chat.store.id_blocks import IdAllocator
from twisted_chat.store.memory import MemoryStore

#: What somebody was shown: what kind of thing, and its names and texts.
Seen = tuple[object, ...]

#: What somebody does: the word for it, and its names and texts.
Step = tuple[str, ...]

# --- how each step is written ---


def as_line(step: Step) -> str:
    """Write a step as a person types it."""
    match step:
        case ("log in", nick):
            return nick
        case ("say", text):
            return text
        case ("join", room, *password):
            return " ".join(["JOIN", room, *password])
        case ("tell", nick, text):
            return f"MSG {nick}:{text}"
        case ("answer", text, _):
            return f"/reply {text}"
        case ("leave",):
            return "LEAVE"
        case ("list",):
            return "LIST"
        case ("rename", nick):
            return f"/nick {nick}"
        case (word, *rest):
            return " ".join([f"/{word}", *rest])
        case _:
            raise AssertionError(step)


def as_object(step: Step) -> dict[str, str]:
    """Write a step in the types of the JSON dialect, as far as it has one for it."""
    match step:
        case ("log in" | "rename", nick):
            return {"type": "nick", "content": nick}
        case ("say", text):
            return {"type": "message", "content": text}
        case ("me", text):
            return {"type": "message", "content": text, "kind": "action"}
        case ("tell", nick, text):
            return {"type": "private", "to": nick, "content": text}
        case ("join", room, *password):
            return {"type": "join", "content": room} | (
                {"password": password[0]} if password else {}
            )
        case ("topic", text):
            return {"type": "topic", "content": text}
        case ("who", room):
            return {"type": "who", "content": room}
        case ("quit", reason):
            return {"type": "quit", "content": reason}
        case ("leave" | "list",):
            return {"type": step[0]}
        case _:
            return as_command(step)


def as_command(step: Step) -> dict[str, str]:
    """Write a step as a line inside an object; but the login, which comes before commands, as itself."""
    return as_object(step) if step[0] == "log in" else {"type": "command", "content": as_line(step)}


# --- how what is shown is read back ---

# Each pattern with what its groups mean. The first that fits the whole line counts.
_PATTERNS: list[tuple[str, Callable[..., Seen | None]]] = [
    (r"Welcome to (.+)\.", lambda server: ("greeting", server)),
    (r"Pick a nickname, .*", lambda: None),
    (r"-- Welcome, (\S+)\.", lambda nick: ("welcome", nick)),
    (r"! (.+)\. Try (\S+)\.", lambda why, other: ("no such luck", why, other)),
    (r"! (#\S+) is locked with a password\. .*", lambda room: ("locked", room)),
    (r"! (.+?)\.?", lambda why: ("error", why)),
    (
        r"-- You are in (a new room, )?(#[^\s,]+?)(, locked .*)?\. "
        r"(?:Nobody else is here\.|([0-9]+) people are here:)",
        lambda new, room, lock, count: ("in", room, int(count or 1), bool(new), bool(lock)),
    ),
    (
        r"-- Topic of (#\S+?)(?: \(set by \S+\))?: (.*)",
        lambda room, topic: ("topic is", room, topic),
    ),
    (r"-- (#\S+) has no topic\. .*", lambda room: ("topic is", room, "")),
    (r"-- Earlier in (#\S+):", lambda room: ("history", room)),
    (r"-- End of what was said earlier in (#\S+)\.", lambda room: ("end of history", room)),
    (r"-- You talk in (#\S+) now\.", lambda room: ("you talk in", room)),
    (r"-- You left (#\S+)\. You talk in (#\S+) now\.", lambda room, now: ("you left", room, now)),
    (
        r"-- You left (#\S+)\. You are not in any room now\. .*",
        lambda room: ("you left", room, None),
    ),
    (r"-- You are now called (\S+)\.", lambda nick: ("you are", nick)),
    (r"-- You are now marked as away \((.*)\)\. .*", lambda why: ("you are away", why)),
    (r"-- You are no longer marked as away\.", lambda: ("you are back",)),
    (r"-- (\S+) joined (#\S+)", lambda nick, room: ("joined", nick, room)),
    (r"-- (\S+) left the chat \((.*)\)", lambda nick, why: ("gone", nick, why)),
    (r"-- (\S+) left (#\S+)", lambda nick, room: ("left", nick, room)),
    (r"-- (\S+) is now called (\S+)", lambda nick, new: ("renamed", nick, new)),
    (
        r"-- (\S+) removed (\S+) from (#\S+)(?: \((.*)\))?",
        lambda nick, who, room, why: ("kicked", nick, who, room, why),
    ),
    (
        r"-- (\S+) set the topic of (#\S+): (.*)",
        lambda nick, room, topic: ("topic", nick, room, topic),
    ),
    (r"-- ([0-9]+) rooms?:", lambda count: ("rooms", int(count))),
    (
        r"--   (#\S+) +([0-9]+)( locked)?(?:  (.*))?",
        lambda room, count, lock, topic: ("room", room, int(count), bool(lock), topic or ""),
    ),
    (r"-- ([0-9]+) (?:person is|people are) here:", lambda count: ("people", int(count), None)),
    (
        r"-- ([0-9]+) (?:person is|people are) in (#\S+):",
        lambda count, room: ("people", int(count), room),
    ),
    (r"--   (.+)", lambda names: ("names", *names.split(", "))),
    (r"-- Goodbye\.", lambda: ("bye",)),
    (r"-- (.*)\.", lambda text: ("notice", text)),
    (r"-> \*(\S+)\* (.*)", lambda nick, text: ("you tell", nick, text)),
    (r"\*(\S+)\* (.*)", lambda nick, text: ("told", nick, text)),
    (r"(#\S+ )?<(\S+)> (.*)", lambda room, nick, text: ("said", room, nick, text)),
    (r"(#\S+ )?\* (\S+) (.*)", lambda room, nick, text: ("did", room, nick, text)),
]


def read_line(line: str, focus: str) -> Seen | None:
    """Read one line; ``focus`` is the room that a line without one is from."""
    again = re.fullmatch(r"\[[0-9]{2}:[0-9]{2}\] (.*)", line)
    if again:
        return ("again", *(read_line(again[1], focus) or ()))
    for pattern, meaning in _PATTERNS:
        found = re.fullmatch(pattern, line)
        if found:
            seen = meaning(*found.groups())
            if seen is not None and seen[0] in ("said", "did"):
                return (seen[0], str(seen[1] or focus).strip(), *seen[2:])
            return seen
    raise AssertionError(f"nobody would understand {line!r}")


def read_object(value: dict[str, Any], me: str, asked: dict[str, Step]) -> Iterator[Seen]:
    """Read one object that was sent to ``me``; ``asked`` are the steps by the ids they were sent under."""
    who, room, content = value.get("from"), f"#{value.get('room')}", value["content"]
    match value["type"]:
        case "notice" if value["code"] == "greeting":
            yield "greeting", content.removeprefix("Welcome to ").removesuffix(".")
        case "notice" if value["code"] == "focus":
            yield "you talk in", f"#{value['focus']}"
        case "notice":
            yield "notice", content.removesuffix(".")
        case "welcome":
            yield "welcome", value["nick"]
        case "error" if "suggestion" in value:
            yield "no such luck", content.removesuffix("."), value["suggestion"]
        case "error" if ". Try " in content:
            why, _, suggestion = content.removesuffix(".").partition(". Try ")
            yield "no such luck", why, suggestion
        case "error" if value["code"] == "password-needed":
            yield "locked", room
        case "error":
            yield "error", content.removesuffix(".")
        case "members":
            yield "in", room, value["count"], value["created"], value["locked"]
            if value["count"] > 1:
                yield "names", *value["names"]
            if value["topic"]:
                yield "topic is", room, value["topic"]
        case "history_start" if value["count"]:
            yield "history", room
        case "history_end" if value["count"]:
            yield "end of history", room
        case "history_start" | "history_end":
            return
        case "message":
            seen = ("did" if value.get("kind") == "action" else "said", room, who, content)
            yield ("again", *seen) if value.get("replay") else seen
        case "private":
            yield "told", who, content
        case "ack":
            # The sender's own copy: only what was told in private is shown to who types lines.
            match asked[value["id"]]:
                case ("tell", nick, text) | ("answer", text, nick):
                    yield "you tell", nick, text
                case _:
                    return
        case "join":
            yield "joined", who, room
        case "leave" if who is None:
            yield "you left", room, f"#{value['focus']}" if value["focus"] else None
        case "leave":
            yield "left", who, room
        case "quit" if who is None:
            yield ("bye",)
        case "quit":
            yield "gone", who, value["reason"]
        case "nick" if who == me:
            yield "you are", content
        case "nick":
            yield "renamed", who, content
        case "kick":
            yield "kicked", who, value["to"], room, value.get("reason")
        case "topic" if "id" in value and "time" in value and len(value["id"]) == 16:
            yield "topic", who, room, content
        case "topic":
            yield "topic is", room, content
        case "away" if who == me:
            yield ("you are away", content) if value["away"] else ("you are back",)
        case "away":
            return  # programs are told, people are not: it scrolls by, and /who says it
        case "list":
            yield "rooms", len(value["rooms"])
            for each in value["rooms"]:
                yield "room", f"#{each['room']}", each["count"], each["locked"], each["topic"]
            yield from _people(value["users"], None)
        case "who":
            yield from _people(value["users"], room)
        case _:
            raise AssertionError(f"nobody would understand {value!r}")


def _people(users: list[dict[str, Any]], room: str | None) -> Iterator[Seen]:
    def shown(user: dict[str, Any]) -> str:
        away = "; away" if user["away"] is not None else ""
        return f"{'@' if user['operator'] else ''}{user['nick']} (guest{away})"

    yield "people", len(users), room
    yield "names", *map(shown, users)


# --- the stage ---


class Visitor:
    """A session and its door. ``write_step`` says in which way its owner writes what it does."""

    def __init__(
        self, stage: Stage, dialect: Dialect, write_step: Callable[[Step], object]
    ) -> None:
        self._stage = stage
        self._write_step = write_step
        self._got = bytearray()
        self._asked: dict[str, Step] = {}
        self._inside = False
        self._nick = ""
        self.seen: list[Seen] = []
        self.ended = False
        self.peer = stage.sessions.open(self, dialect.open(), None)

    def do(self, step: Step) -> None:
        """Hand in a step as the door would, and let everybody read what came of it."""
        written = self._write_step(step)
        if isinstance(written, dict):
            # Every request has an id, and every answer must come back under one that was sent.
            written["id"] = f"id {len(self._asked)}"
            self._asked[written["id"]] = step
            written = json.dumps(written)
        [asked] = list(self.peer.dialect.take(str(written).encode(), logged_in=self._inside))
        if isinstance(asked, BadLine):
            self._stage.sessions.refuse(self.peer, asked)
        else:
            assert isinstance(asked, Request)
            self._stage.sessions.submit(self.peer, asked)
        self._stage.settle()

    def vanish(self) -> None:
        """Lose the connection."""
        self._stage.sessions.close(self.peer, "connection lost")
        self._stage.settle()

    def read(self) -> None:
        """Read what came since the last time."""
        focus = None if self.ended else self._stage.node.hub.state.sessions.get(self.peer.id)
        room = self._stage.node.hub.focus_of(self.peer.id) if focus is not None else None
        lines = bytes(self._got).decode().splitlines()
        self._got.clear()
        for line in lines:
            if not line.startswith("{"):
                seen = read_line(line, str(room.name) if room is not None else "?")
                self.seen += [seen] if seen is not None else []
                continue
            for seen in read_object(json.loads(line), self._nick, self._asked):
                self.seen.append(seen)
                if seen[0] in ("welcome", "you are"):
                    self._nick = str(seen[1])

    # What a node asks of a door.

    def send(self, data: bytes) -> int:
        self._got += data
        return len(data)

    def hold(self, data: bytes) -> None:
        raise AssertionError("all was taken at once")

    def drained(self) -> None: ...

    def overflowed(self, reason: str) -> None:
        raise AssertionError("nobody here reads slowly")

    def resumed(self) -> None:
        pass

    def logged_in(self, *, resumed: bool) -> None:
        self._inside = True

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        return False

    private = True

    def end(self) -> None:
        self.ended = True

    def enter_lobby(self) -> None:
        """Do what the line door does by itself after login."""
        self._stage.sessions.submit(self.peer, Request(c.Join(LOBBY)))
        self._stage.settle()


_check: type[Door] = Visitor


class Stage:
    """A node with visitors, and time that stands still but for what is due."""

    def __init__(self) -> None:
        self.clock = Clock()
        store = MemoryStore(self.clock)
        ids = IdAllocator(store, self.clock)
        bus = LocalBus(ids.take)
        gate, _ = open_gate(store)
        log_sums = LogSums(self.clock)
        self.sessions = Sessions(self.clock, Limits(), log_sums)
        hub, port = Hub(NodeName("n"), Limits()), to_connections(SessionsById(self.sessions))
        self.node = Node(hub, bus, store, self.clock, gate, port, log_sums, server="test")
        self.sessions.attach(to_hub(self.node))

        async def start() -> None:
            await store.start(self.node.on_committed, self.node.on_drained)

        tasks.start(start(), "store")
        tasks.start(ids.start(bus.drain), "ids")
        self.visitors: list[Visitor] = []

    def settle(self) -> None:
        """Let the turns pass that it takes until everything is out, and everybody read it."""
        while self.clock.getDelayedCalls():
            self.clock.advance(0)
        for visitor in self.visitors:
            visitor.read()


LINE, OBJECT, COMMAND = "plain lines", "objects", "lines in objects"

_WAYS: dict[str, Callable[[Step], object]] = {LINE: as_line, OBJECT: as_object, COMMAND: as_command}


def play(
    script: Iterable[tuple[str, Step]], ways: dict[str, str]
) -> tuple[Stage, dict[str, list[Seen]]]:
    """Play a script in which each visitor writes in the way named; return what each of them saw."""
    stage = Stage()
    dialects: dict[str, Dialect] = {LINE: LineDialect(stage.clock.seconds, UTC)}
    dialects[OBJECT] = dialects[COMMAND] = JsonDialect(stage.clock.seconds, UTC)
    visitors: dict[str, Visitor] = {}
    for name, step in script:
        if name not in visitors:
            way = ways[name]
            visitors[name] = Visitor(stage, dialects[way], _WAYS[way])
            stage.visitors.append(visitors[name])
        visitor = visitors[name]
        if step == ("vanish",):
            visitor.vanish()
        elif step == ("enter",):
            visitor.enter_lobby()
        else:
            visitor.do(step)
    return stage, {name: visitor.seen for name, visitor in visitors.items()}


SCRIPT: list[tuple[str, Step]] = [
    ("alice", ("log in", "alice")),
    ("alice", ("enter",)),
    ("alice", ("say", "is anybody here?")),
    ("bob", ("log in", "Alice")),
    ("bob", ("log in", "bob")),
    ("bob", ("enter",)),
    ("bob", ("say", "hi, alice")),
    ("alice", ("me", "waves")),
    ("alice", ("tell", "bob", "psst")),
    ("bob", ("answer", "what?", "alice")),
    ("alice", ("tell", "carol", "are you there?")),
    ("carol", ("log in", "carol")),
    ("carol", ("enter",)),
    ("alice", ("join", "dev", "secret")),
    ("alice", ("topic", "Release day")),
    ("bob", ("join", "dev")),
    ("bob", ("join", "dev", "wrong")),
    ("bob", ("join", "#DEV", "secret")),
    ("bob", ("say", "made it")),
    ("carol", ("say", "who is in the lobby?")),
    ("bob", ("rename", "alice")),
    ("bob", ("rename", "robert")),
    ("bob", ("away", "lunch")),
    ("alice", ("who", "dev")),
    ("alice", ("list",)),
    ("bob", ("back",)),
    ("bob", ("kick", "alice")),
    ("alice", ("kick", "robert", "too loud")),
    ("bob", ("say", "can you hear me?")),
    ("bob", ("join", "lobby")),
    ("bob", ("say", "I was thrown out")),
    ("alice", ("ignore", "robert")),
    ("bob", ("say", "nobody listens")),
    ("alice", ("leave",)),
    ("alice", ("say", "back here")),
    ("carol", ("vanish",)),
    ("bob", ("quit", "good night")),
    ("alice", ("tell", "robert", "are you gone?")),
    ("alice", ("quit", "me too")),
]

#: What each of them sees of it. Of errors and notices only the beginning counts: their wording is
#: for others to test.
EXPECTED: dict[str, list[Seen]] = {
    "alice": [
        ("greeting", "test"),
        ("welcome", "alice"),
        ("in", "#lobby", 1, False, False),
        ("joined", "bob", "#lobby"),
        ("said", "#lobby", "bob", "hi, alice"),
        ("you tell", "bob", "psst"),
        ("told", "bob", "what?"),
        ("error", "carol is not here"),
        ("joined", "carol", "#lobby"),
        ("in", "#dev", 1, True, True),
        ("topic", "alice", "#dev", "Release day"),
        ("joined", "bob", "#dev"),
        ("said", "#dev", "bob", "made it"),
        ("said", "#lobby", "carol", "who is in the lobby?"),
        ("renamed", "bob", "robert"),
        ("people", 2, "#dev"),
        ("names", "@alice (guest)", "robert (guest; away)"),
        ("rooms", 2),
        ("room", "#dev", 2, True, "Release day"),
        ("room", "#lobby", 3, False, ""),
        ("people", 3, None),
        ("names", "alice (guest)", "carol (guest)", "robert (guest; away)"),
        ("kicked", "alice", "robert", "#dev", "too loud"),
        ("said", "#lobby", "robert", "I was thrown out"),
        ("notice", "You no longer see messages from robert"),
        ("you left", "#dev", "#lobby"),
        ("gone", "carol", "connection lost"),
        ("gone", "robert", "good night"),
        ("error", "robert is not here"),
        ("bye",),
    ],
    "bob": [
        ("greeting", "test"),
        ("no such luck", '"Alice" is taken', "Alice2"),
        ("welcome", "bob"),
        ("in", "#lobby", 2, False, False),
        ("names", "alice", "bob"),
        ("history", "#lobby"),
        ("again", "said", "#lobby", "alice", "is anybody here?"),
        ("end of history", "#lobby"),
        ("did", "#lobby", "alice", "waves"),
        ("told", "alice", "psst"),
        ("you tell", "alice", "what?"),
        ("joined", "carol", "#lobby"),
        ("locked", "#dev"),
        ("error", "Wrong password for #dev"),
        ("in", "#dev", 2, False, True),
        ("names", "alice", "bob"),
        ("topic is", "#dev", "Release day"),
        ("said", "#lobby", "carol", "who is in the lobby?"),
        ("no such luck", '"alice" is taken', "alice2"),
        ("you are", "robert"),
        ("you are away", "lunch"),
        ("you are back",),
        ("error", "Only operators of #dev can do that"),
        ("kicked", "alice", "robert", "#dev", "too loud"),
        ("notice", "You are no longer in #dev"),
        ("error", "You are not talking in any room"),
        ("you talk in", "#lobby"),
        ("said", "#lobby", "alice", "back here"),
        ("gone", "carol", "connection lost"),
        ("bye",),
    ],
    "carol": [
        ("greeting", "test"),
        ("welcome", "carol"),
        ("in", "#lobby", 3, False, False),
        ("names", "alice", "bob", "carol"),
        ("history", "#lobby"),
        ("again", "said", "#lobby", "alice", "is anybody here?"),
        ("again", "said", "#lobby", "bob", "hi, alice"),
        ("again", "did", "#lobby", "alice", "waves"),
        ("end of history", "#lobby"),
        ("renamed", "bob", "robert"),
        ("said", "#lobby", "robert", "I was thrown out"),
        ("said", "#lobby", "robert", "nobody listens"),
        ("said", "#lobby", "alice", "back here"),
    ],
}


def brief(seen: Seen) -> Seen:
    """Cut an error or notice behind its first clause."""
    kind, *rest = seen
    if kind in ("error", "notice", "no such luck"):
        return (kind, re.split(r"[:;(]|\. ", str(rest[0]))[0].strip(" ."), *rest[1:])
    return seen


class ConversationTests(SynchronousTestCase):
    maxDiff = None

    def play(self, ways: dict[str, str]) -> dict[str, list[Seen]]:
        stage, seen = play(SCRIPT, ways)
        self.assertEqual(stage.clock.getDelayedCalls(), [])
        self.assertEqual(len(stage.sessions), 0)
        return seen

    def check(self, way: str) -> None:
        seen = self.play(dict.fromkeys(EXPECTED, way))
        for name, expected in EXPECTED.items():
            self.assertEqual([brief(each) for each in seen[name]], expected, name)

    def test_everybody_in_plain_lines(self) -> None:
        self.check(LINE)

    def test_everybody_in_json_objects(self) -> None:
        self.check(OBJECT)

    def test_everybody_in_lines_inside_of_json_objects(self) -> None:
        self.check(COMMAND)

    def test_mixed_company_sees_the_same_to_the_letter(self) -> None:
        plain = self.play(dict.fromkeys(EXPECTED, LINE))
        for ways in itertools.product(_WAYS, repeat=len(EXPECTED)):
            company = dict(zip(EXPECTED, ways, strict=True))
            self.assertEqual(self.play(company), plain, company)
