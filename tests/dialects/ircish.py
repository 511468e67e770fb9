"""A small dialect in the manner of IRC. It needs of the interface what neither lines nor objects do.

A numeric carries the nick of who asked; one line may be several commands, each with an end of its own; several lines may be one
message; some lines are no command of the chat at all; and who comes says so in several lines. RFC 2812, and IRCv3 for ``CAP`` and
``BATCH``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import BadName, Nick, RoomName, parse_nick, parse_room
from twisted_chat.core.values.text import BadText, CleanText, decode
from twisted_chat.dialects.base import BadLine, Dialect, DialectSession, Request, Step, Variant

#: The most lines of one message: as in JSON.
MAX_LINES = 100


class IrcView:
    """What all sessions see alike of what others do."""

    def event(self, envelope: e.Envelope) -> bytes:
        event, author = envelope.event, envelope.author
        who = author.nick if author is not None else ""
        room = envelope.room.name if envelope.room is not None else ""
        match event:
            case e.Said(lines=lines):
                return _lines(f":{who} PRIVMSG {room} :{line}" for line in lines)
            case e.Told(nick=to, lines=lines):
                return _lines(f":{who} PRIVMSG {to} :{line}" for line in lines)
            case e.Joined():
                return _lines([f":{who} JOIN {room}"])
            case e.Left():
                return _lines([f":{who} PART {room}"])
            case e.Renamed(nick=nick):
                return _lines([f":{who} NICK {nick}"])
            case e.Departed(reason=reason):
                return _lines([f":{who} QUIT :{reason}"])
            case _:
                return b""

    def own(self, envelope: e.Envelope, *, acked: bool) -> bytes:
        return self.event(envelope)


class IrcSession:
    """One session: it knows its nick, what it has said of who it is, and what is to be said behind each command."""

    acks = False
    serial = True

    def __init__(self, view: IrcView) -> None:
        self.here = self.elsewhere = view
        self.echoes = False
        self._nick = "*"
        self._wanted: Nick | None = None
        self._named = False  # USER came
        self._negotiating = False
        self._batch: list[CleanText] | None = None
        self._batch_to = ""
        #: What stands behind the answer to each command that was read and is not finished, in their order.
        self._ends: deque[str] = deque()

    # --- what it sends ---

    def take(self, frame: bytes, *, logged_in: bool) -> Sequence[Step]:
        try:
            return list(self._read(CleanText(decode(frame)), logged_in))
        except (BadText, BadName) as bad:
            return [BadLine(str(bad))]

    def _read(self, line: CleanText, logged_in: bool) -> Iterable[Step]:
        tags, line = line.split(" ", 1) if line.startswith("@") else ("", line)  # type: ignore[assignment]
        head, _, last = line.partition(" :")
        verb, *words = [*head.split(), *([last] if last else [])] or [""]
        match verb.upper(), words:
            case "", _:
                pass
            case "CAP", [what, *names]:
                yield from self._cap(what, names)
            case "PING", [text]:
                yield _lines([f"PONG :{text}"])
            case "NICK", [nick] if logged_in:
                yield self._asks(c.Rename(parse_nick(nick)))
            case "NICK", [nick]:
                self._wanted = parse_nick(nick)
                yield from self._register()
            case "USER", [_, *_]:
                self._named = True
                yield from self._register()
            case _ if not logged_in:
                yield self._numeric(451, "Register first")
            case "JOIN", [rooms]:
                for room in map(parse_room, rooms.split(",")):
                    yield self._asks(c.Join(room), f"366 {{}} {room} :End of names")
            case "NAMES", [rooms]:
                for room in map(parse_room, rooms.split(",")):
                    yield self._asks(c.Who(room), f"366 {{}} {room} :End of names")
            case "PART", [rooms, *_]:
                for room in map(parse_room, rooms.split(",")):
                    yield self._asks(c.Leave(room))
            case "BATCH", [name, _, to] if name.startswith("+"):
                self._batch, self._batch_to = [], to
            case "BATCH", [name] if self._batch is not None:
                batch, self._batch = self._batch, None
                yield self._says(self._batch_to, batch)
            case "PRIVMSG", [_, text] if tags and self._batch is not None:
                if len(self._batch) == MAX_LINES:
                    yield BadLine("A message has 100 lines at most.")
                else:
                    self._batch.append(CleanText(text))
            case "PRIVMSG", [targets, text]:
                for to in targets.split(","):
                    yield self._says(to, [CleanText(text)])
            case "QUIT", _:
                yield self._asks(c.Quit())
            case _:
                yield self._numeric(421, f"{verb} :Unknown command")

    def _asks(self, command: c.Command, end: str = "") -> Request:
        self._ends.append(end)
        return Request(command)

    def _says(self, to: str, lines: Iterable[CleanText]) -> Request:
        if to.startswith("#"):
            return self._asks(c.Say(tuple(lines), parse_room(to)))
        return self._asks(c.PrivateMessage(parse_nick(to), tuple(lines)))

    def _cap(self, what: str, names: Sequence[str]) -> Iterable[Step]:
        match what.upper():
            case "LS":
                self._negotiating = True
                yield _lines([f":server CAP {self._nick} LS :batch echo-message"])
            case "REQ":
                self.echoes = "echo-message" in " ".join(names)
                yield _lines([f":server CAP {self._nick} ACK :{' '.join(names)}"])
            case _:
                self._negotiating = False
                yield from self._register()

    def _register(self) -> Iterable[Step]:
        if self._wanted is not None and self._named and not self._negotiating:
            nick, self._wanted = self._wanted, None
            yield self._asks(c.Login(nick))

    # --- what it is sent ---

    def finished(self) -> bytes:
        end = self._ends.popleft()
        return _lines([f":server {end.format(self._nick)}"]) if end else b""

    def reply(self, reply: r.Reply, tag: str | None) -> bytes:
        match reply:
            case r.Welcome(nick=nick):
                self._nick = nick.text
                return self._numeric(1, ":Welcome")
            case r.NameRefused(why=why):
                return self._numeric(433, f":{why}")
            case r.Refused(why=why):
                return self._numeric(400, f":{why}")
            case r.Entered(room=room, names=names):
                joined = _lines([f":{self._nick} JOIN {room}"])
                return joined + self._names(room, names)
            case r.People(room=RoomName() as room, people=people):
                return self._names(room, [each.nick for each in people])
            case r.FocusSet(left=RoomName() as room):
                return _lines([f":{self._nick} PART {room}"])
            case r.Farewell(why=why):
                return _lines([f"ERROR :{why}"])
            case _:
                return b""

    def own(self, envelope: e.Envelope, *, acked: bool) -> bytes:
        if isinstance(envelope.event, e.Renamed):
            self._nick = envelope.event.nick.text
        return self.here.own(envelope, acked=acked)

    def replay(self, envelope: e.Envelope, *, here: bool) -> bytes:
        return self.here.event(envelope)

    def found(self, envelope: e.Envelope, *, here: bool) -> bytes:
        return self.here.event(envelope)

    def _names(self, room: RoomName, names: Iterable[Nick]) -> bytes:
        return self._numeric(353, f"= {room} :{' '.join(map(str, names))}")

    def _numeric(self, number: int, rest: str) -> bytes:
        return _lines([f":server {number:03} {self._nick} {rest}"])


class IrcDialect:
    """Opens sessions that all see the same of what others do."""

    def __init__(self) -> None:
        self._view = IrcView()

    def open(self) -> IrcSession:
        return IrcSession(self._view)


def _lines(lines: Iterable[str]) -> bytes:
    return "".join([f"{line}\r\n" for line in lines]).encode()


_check: type[Dialect] = IrcDialect
_check_session: Callable[[IrcView], DialectSession] = IrcSession
_check_view: type[Variant] = IrcView
