"""Stand-ins for what delivery works with: a dialect of readable bytes, and the end of a connection."""

from __future__ import annotations

from collections.abc import Callable

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.delivery.outbox import Backlog, Outbox
from twisted_chat.dialects.base import PlainSession, Request


class View:
    """A variant. ``acks``: it is of a dialect whose clients are sent acknowledgements instead of a copy."""

    def __init__(self, name: str = "", *, acks: bool = False) -> None:
        self.name = name
        self.acks = acks
        self.sums = True
        #: How many events were rendered, and for which of them that fails.
        self.rendered = 0
        self.broken: Callable[[e.Envelope], bool] = lambda envelope: False

    def event(self, envelope: e.Envelope) -> bytes:
        self.rendered += 1
        if self.broken(envelope):
            raise ZeroDivisionError("this event cannot be shown")
        return self._line(_tell(envelope))

    def own(self, envelope: e.Envelope, *, acked: bool) -> bytes:
        acked = acked and self.acks
        if isinstance(envelope.event, e.Said) or (acked and isinstance(envelope.event, e.Told)):
            return b""
        if isinstance(envelope.event, e.OperatorSet):
            return b""  # as of all dialects but IRC: an answer tells it
        return self._line(f"own {_tell(envelope)}")

    def replay(self, envelope: e.Envelope) -> bytes:
        if self.broken(envelope):
            raise ZeroDivisionError("this event cannot be shown")
        return self._line(f"replay {_tell(envelope)}")

    def found(self, envelope: e.Envelope) -> bytes:
        if self.broken(envelope):
            raise ZeroDivisionError("this event cannot be shown")
        return self._line(f"found {_tell(envelope)}")

    def reply(self, reply: r.Reply, tag: str | None) -> bytes:
        return self._line(_answer(reply) + (f" [{tag}]" if tag is not None else ""))

    def _line(self, text: str) -> bytes:
        return f"{self.name}{text}\n".encode() if text else b""


class FakeDialect:
    """A dialect; with ``acks`` of programs, else of people."""

    def __init__(self, *, acks: bool = False) -> None:
        self.acks = acks
        self.here = View(acks=acks)
        self.elsewhere = View("(other room) ", acks=acks)

    def open(self) -> PlainSession:
        return PlainSession(self.here, self.elsewhere, self.parse, acks=self.acks)

    def parse(self, frame: bytes, *, logged_in: bool) -> Request | None:
        raise NotImplementedError("the tests hand in commands")


class FakeSink:
    """Takes bytes. ``during`` is called in each write, once the bytes are taken."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.overflows = 0
        self.reason = ""
        #: How much of each write goes at once, None for all; what happens with the first that is held.
        self.part: int | None = None
        self.full: Callable[[], None] = lambda: None
        self.during: Callable[[], None] = lambda: None
        self._writing = False

    @property
    def data(self) -> bytes:
        return b"".join(self.writes)

    def send(self, data: bytes) -> int:
        assert data and not self._writing, "nothing was written, or a write within a write"
        self._writing = True
        try:
            self.writes.append(data[: self.part])
            self.during()
        finally:
            self._writing = False
        return len(self.writes[-1])

    def hold(self, data: bytes) -> None:
        assert data, "nothing was left"
        self.writes.append(data)
        self.full()

    def drained(self) -> None: ...

    def overflowed(self, reason: str) -> None:
        self.overflows += 1
        self.reason = reason


class Ear:
    """A session: an outbox and its sink."""

    def __init__(
        self, here: View | None = None, elsewhere: View | None = None, limit: int = 1_000_000
    ) -> None:
        self.sink = FakeSink()
        self.here = here or View()
        self.elsewhere = elsewhere or self.here
        self.outbox = Outbox(self.sink, self.here, self.elsewhere, limit, Backlog(10**9))

    def take(self) -> list[str]:
        """Return the lines that came since the last call."""
        data = self.sink.data.decode()
        self.sink.writes.clear()
        return data.splitlines()


def _tell(envelope: e.Envelope) -> str:
    who = envelope.author.nick.text if envelope.author is not None else ""
    where = f" {envelope.room.name}" if envelope.room is not None else ""
    match envelope.event:
        case e.Said(kind="ctcp"):
            return ""
        case e.Said(lines=lines):
            return f"{where} <{who}> {' / '.join(lines)}".lstrip()
        case e.Told(nick=nick, lines=lines):
            return f"*{who}* to {nick}: {' / '.join(lines)}"
        case e.Renamed(nick=nick):
            return f"renamed {who} {nick}"
        case e.Kicked(nick=nick):
            return f"kicked {nick}{where} by {who}"
        case e.Departed(reason=reason):
            return f"departed {who} ({reason})"
        case e.Gathered(joined=joined, left=left, members=members):
            names = [f"+{each.nick}" for each in joined] + [f"-{each.nick}" for each in left]
            return f"gathered{where} {' '.join(names)} = {members}"
        case e.Detached():
            return ""
        case e.Announced(lines=lines):
            return f"announced by {who}: {' / '.join(lines)}"
        case event:
            return f"{type(event).__name__.lower()} {who}{where}"


def _answer(reply: r.Reply) -> str:
    match reply:
        case r.Acked(message=message, kept=kept):
            return f"acked {message}" if kept else f"acked {message}, not kept"
        case r.Refused(code=code, why=why):
            return f"refused {code}: {why}" if code == "internal" else f"refused {code}"
        case r.NameRefused(code=code, suggestion=suggestion):
            return f"name refused {code}, try {suggestion}"
        case r.Welcome(nick=nick, resumed=resumed):
            return f"welcome{' back' if resumed else ''} {nick}"
        case r.Entered(room=room, count=count):
            return f"entered {room} ({count})"
        case r.FocusSet(room=room, left=left):
            return f"focus {room}, left {left}" if left is not None else f"focus {room}"
        case r.HistoryStart(room=room, count=count):
            return f"history {room} ({count})"
        case r.HistoryEnd(room=room, more=more):
            return f"end of history {room}{', more' if more else ''}"
        case r.SearchStart(count=count):
            return f"found ({count})"
        case r.SearchEnd(count=count, more=more, whole=whole):
            return f"end of {count} found{', more' if more else ''}{'' if whole else ', not all'}"
        case r.Notice(code=code):
            return f"notice {code}"
        case r.AccountList(accounts=accounts, count=count):
            return f"accounts {', '.join(str(each.name) for each in accounts)} ({count})"
        case r.Confirmed(text=text):
            return f"done: {text}"
        case r.WasHere(name=name, ago=ago):
            return f"{name} was here {ago:.0f} seconds ago"
        case r.Farewell(why=why):
            return f"farewell {why}".rstrip()
        case reply:
            return type(reply).__name__.lower()
