"""What all clients of one test were told, and what of it breaks a promise of the server.

A text is the name of who says it and a number that counts up: "ann 17". Who speaks JSON uses the number as the message's own
id as well, says every line again until it is acknowledged, and is known by one scope all the time.
"""

from __future__ import annotations

from typing import Final

import msgspec

from bench.waiting import Event

# More is of no use: all come from the first.
_MOST: Final = 20


class Got(msgspec.Struct, frozen=True, gc=False, rename={"author": "from"}):
    """What the server sends in JSON; what is not there is empty."""

    type: str
    content: str = ""
    author: str = ""
    room: str = ""
    id: str = ""
    message: str = ""
    nonce: str = ""
    scope: str = ""
    code: str = ""
    session: str = ""
    topic: str = ""
    replay: bool = False
    created: bool = False
    locked: bool = False
    more: bool = False


class Line(msgspec.Struct, gc=False):
    """A line that somebody said. Ids are the server's: as it was acknowledged, and as it was shown last."""

    room: str
    acked: str = ""
    shown: str = ""


class Speaker:
    """Who says lines, by their numbers (from 0)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.scope = ""
        self.lines: list[Line] = []

    def says(self, room: str) -> int:
        """Note a new line; return its number."""
        self.lines.append(Line(room))
        return len(self.lines) - 1

    def text(self, number: int) -> str:
        """Return the text of a line."""
        return f"{self.name} {number}"


class Ledger:
    """Holds what one client is told against what all were told before."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        #: Happens with the first of them.
        self.broken: Event[str] = Event()
        self.speakers: dict[str, Speaker] = {}
        #: Rooms that are there to stay: the first thing that happened in them, their topic, is acknowledged.
        self.topics: set[str] = set()
        #: What each id was used for.
        self.ids: dict[str, str] = {}
        self.newest = ""
        self.floor = ""
        #: How often somebody was shown something; how many acknowledgements came, and how many of them for what was
        #: stored already; how many lines were shown, lost, and said again under another id.
        self.shown = 0
        self.acks = 0
        self.again = 0
        self.lost = 0

    def speaker(self, name: str) -> Speaker:
        """Return who has this name."""
        return self.speakers.setdefault(name, Speaker(name))

    def violated(self, what: str) -> None:
        """Note that a promise was broken."""
        if len(self.violations) < _MOST and what not in self.violations:
            self.violations.append(what)
            self.broken.happen(what)

    def killed(self) -> None:
        """Note that the server was killed: what happens from now on gets ids above all that were seen."""
        self.floor = self.newest

    def line(self, text: str) -> tuple[Speaker, int] | None:
        """Tell who said a text, and which of their lines it is; None if nobody did."""
        name, _, number = text.partition(" ")
        speaker = self.speakers.get(name)
        if speaker is None or not number.isdecimal() or int(number) >= len(speaker.lines):
            return None
        return speaker, int(number)

    def happened(self, got: Got) -> None:
        """Somebody is shown something that has an id, now or later."""
        what = f"{got.type} of {got.author} in {got.room or 'no room'}: {got.content}"
        self._used(got.id, what)
        self.shown += 1
        if not got.replay and got.id <= self.floor:
            self.violated(
                f"{got.id} was assigned after a restart, but is below {self.floor} ({what})"
            )
        if got.type == "message":
            self._message(got)

    def _used(self, number: str, what: str) -> None:
        before = self.ids.setdefault(number, what)
        if before != what:
            self.violated(f"{number} was used twice: {before} | {what}")
        self.newest = max(self.newest, number)

    def _message(self, got: Got) -> None:
        found = self.line(got.content)
        if found is None or found[0].name != got.author:
            self.violated(f"{got.id} was never said by {got.author}: {got.content}")
            return
        speaker, number = found
        line = speaker.lines[number]
        if line.room != got.room:
            self.violated(f"{got.content} was said in {line.room}, not in {got.room}")
        if got.nonce:
            speaker.scope = speaker.scope or got.scope
            if (got.scope, got.nonce) != (speaker.scope, str(number)):
                self.violated(
                    f"{got.content} has {got.scope} {got.nonce}, not {speaker.scope} {number}"
                )
        if line.acked and line.acked != got.id:
            # What was shown before the acknowledgement was lost; what is shown after it, and is another, is a double.
            self.violated(
                f"{got.content} was acknowledged as {line.acked}, but also appears as {got.id}"
            )
        elif line.shown and line.shown != got.id:
            self._shown_again(got, line)
        line.shown = got.id

    def _shown_again(self, got: Got, line: Line) -> None:
        if got.nonce and line.shown <= self.floor < got.id:
            self.lost += 1
        else:
            self.violated(f"{got.content} was said once, but appears as {line.shown} and {got.id}")

    def acknowledged(self, speaker: Speaker, number: int, message: str) -> None:
        """Somebody is told that a line is stored as ``message``."""
        line = speaker.lines[number]
        text = speaker.text(number)
        self.acks += 1
        if line.acked and line.acked != message:
            self.violated(f"{text} was acknowledged as {line.acked}, then as {message}")
        elif line.shown > message:
            self.violated(f"{text} was shown as {line.shown}, then acknowledged as {message}")
        if line.acked or message <= self.floor:
            self.again += 1
        line.acked = message
        self._used(message, f"message of {speaker.name} in {line.room}: {text}")

    def audit(self, room: str, history: list[Got]) -> None:
        """Look at the whole history of a room, when all is over: each acknowledged line is there once, in its order."""
        last: dict[str, int] = {}
        before = ""
        there: set[str] = set()
        for got in history:
            if got.id <= before:
                self.violated(f"in the history of {room}, {got.id} comes after {before}")
            before = got.id
            there.add(got.id)
            found = self.line(got.content)
            if found is None:
                continue  # that was noted when it came
            speaker, number = found
            if number <= last.get(speaker.name, -1):
                self.violated(
                    f"in the history of {room}, {got.content} comes after {speaker.text(last[speaker.name])}"
                )
            last[speaker.name] = number
        for speaker in self.speakers.values():
            for number, line in enumerate(speaker.lines):
                if line.room == room and line.acked and line.acked not in there:
                    self.violated(
                        f"{speaker.text(number)} was acknowledged as {line.acked}, but is not in the history of {room}"
                    )
