"""One connection to a server: turns bytes into events, and checks that it is one of our servers and still there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Protocol

from twisted.internet import error
from twisted.internet.interfaces import IDelayedCall, IReactorTime, ITCPTransport
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_chat.client import events as ev
from twisted_chat.client.link import wire
from twisted_chat.core.values.text import shown
from twisted_chat.dialects.framing import Endless, LineFramer, TooLong

log = Logger(namespace="twisted_chat.client")

#: Seconds within which a server must show that it is one of ours. It answers in one round trip.
GREETING_TIME: Final = 10.0
#: Seconds within which a login must be answered: passwords are checked one after the other when many people come at once.
LOGIN_TIME: Final = 60.0
#: Seconds between two pings. Well under the five minutes after which the meanest of address translators forget a connection.
PING_EVERY: Final = 30.0
#: Seconds of silence after which the server is taken for gone: a ping and a half.
SILENCE: Final = 45.0

# A greeting has two lines, and perhaps some a proxy adds.
_MAX_GREETING_LINES: Final = 64
_MAX_GREETING: Final = 16 * 1024
# How many different unknown types are logged before no more are.
_MAX_UNKNOWN: Final = 100

_TURNED_AWAY: Final = b"! "

# How others begin.
_OTHERS: Final = (
    (re.compile(rb"HTTP/\d|<(!doctype )?html", re.IGNORECASE), "it speaks HTTP"),
    (re.compile(rb"SSH-\d"), "it speaks SSH"),
    (re.compile(rb"220[ -]"), "it is a mail or file server"),
    (re.compile(rb"(:\S+ )?(NOTICE|ERROR|\d{3}) [^ ]* ?:"), "it speaks IRC"),
    (re.compile(rb"\x15\x03"), "it speaks TLS: try --tls"),
)


class Untrusted(Exception):
    """The server is not the one it should be. ``str()`` says why, and what to do."""


class Owner(Protocol):
    """What a connection reports to."""

    def greeted(self) -> None:
        """It is a server of ours: one may log in."""

    def heard(self, event: ev.Event) -> None:
        """The server said something."""

    def measured(self, lag: float, number: int) -> None:
        """The server has answered ping ``number`` after ``lag`` seconds; so it has seen all that was sent before."""

    def lost(self, conversation: Conversation, why: str, *, ours: bool, trusted: bool) -> None:
        """The connection is over. ``ours``: it was one to a server of ours; ``trusted``: nothing spoke against it.

        Called once, as the last.
        """


class Conversation(TwistedProtocol):
    """The protocol of one connection."""

    transport: ITCPTransport

    def __init__(self, clock: IReactorTime, owner: Owner) -> None:
        self._clock = clock
        self._owner = owner
        self._framer = LineFramer(wire.MAX_LINE, 4 * wire.MAX_LINE)
        self._ours = False
        #: What came is nothing that a server of ours says.
        self.foreign = False
        self._greeting_lines = 0
        self._greeting_bytes = 0
        self._why: str | None = None
        self._over = False
        self._deadline: IDelayedCall | None = None
        self._heard_at = 0.0
        #: The pings that are out, and when each was sent.
        self._pings: dict[int, float] = {}
        #: The number of the next ping.
        self.next_ping = 1
        self._unknown: set[str] = set()

    def connectionMade(self) -> None:
        # It is answered before a login, and it tells a stranger nothing: no name and no password.
        self._wait(GREETING_TIME, "it does not answer like a twisted-chat server")
        self.ping()

    def send(self, data: bytes) -> None:
        """Send what :mod:`~twisted_chat.client.link.wire` made."""
        if not self._over:
            self.transport.write(data)

    def ping(self) -> int:
        """Send a ping now; return its number."""
        number = self.next_ping
        self.next_ping += 1
        self._pings[number] = self._clock.seconds()
        self.send(wire.ping(str(number)))
        return number

    def logged_in(self) -> None:
        """The login was answered: see from now on whether the server is still there."""
        self._watch()

    def hear_no_more(self, why: str) -> None:
        """End the connection because of ``why``; what still arrives is ignored."""
        if self._why is None:
            self._why = why

    def close(self, why: str) -> None:
        """End the connection because of ``why``, once what was sent is out."""
        self.hear_no_more(why)
        self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        self._heard_at = self._clock.seconds()
        if not self._ours:
            self._greeting_bytes += len(data)
        for frame in self._framer.receive(data):
            if self._over or self._why is not None:
                return
            match frame:
                case bytes():
                    self._line(frame)
                case TooLong():
                    self._tell(ev.Malformed(type="", why="a line that is too long"))
                case Endless():  # pragma: no branch (mypy sees a missing case)
                    self._break_off("it sent a line without an end")
        if not self._ours and self._why is None and self._greeting_bytes > _MAX_GREETING:
            self._not_ours()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._over = True
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        why = self._why or reason_of(reason)
        done = reason.check(error.ConnectionDone) is not None
        if done and self._why is None and self._greeting_bytes == 0:
            why = "it closed the connection at once"
        self._owner.lost(
            self, why, ours=self._ours, trusted=not isinstance(reason.value, Untrusted)
        )

    def _line(self, line: bytes) -> None:
        if not self._ours and not line.startswith(b"{"):
            self._greeting(line)
            return
        event = wire.decode(line)
        if not self._ours:
            if isinstance(event, ev.Unknown | ev.Malformed):
                self._not_ours()
                return
            self._ours = True
            self._wait(LOGIN_TIME, "it did not answer the login")
            self._owner.greeted()
        self._tell(event)

    def _greeting(self, line: bytes) -> None:
        """Pass over what stands before the first object."""
        for begin, what in _OTHERS:
            if begin.match(line):
                self._not_ours(what)
                return
        if line.startswith(_TURNED_AWAY):
            # Before it knows what language is spoken, a server refuses clients in plain words.
            why = wire.clean(line.removeprefix(_TURNED_AWAY).decode("utf-8", "replace"))
            self._owner.heard(ev.Refused(code="turned-away", content=why))
            return
        self._greeting_lines += 1
        if self._greeting_lines > _MAX_GREETING_LINES:
            self._not_ours()

    def _tell(self, event: ev.Event) -> None:
        match event:
            case ev.Ping():
                self.send(wire.pong())
            case ev.Pong(text=text):
                # Compared as text: a number of thousands of digits is none that Python reads.
                number = next((each for each in self._pings if str(each) == text), None)
                if number is not None:
                    sent = self._pings.pop(number)
                    self._owner.measured(self._clock.seconds() - sent, number)
            case ev.Unknown(type=kind) | ev.Malformed(type=kind):
                if kind not in self._unknown and len(self._unknown) < _MAX_UNKNOWN:
                    self._unknown.add(kind)
                    log.info(
                        "the server sent something that this client does not understand: {event}",
                        event=event,
                    )
            case _:
                self._owner.heard(event)

    def _watch(self) -> None:
        """Ping every now and then, and break off when nothing comes any more."""
        silent = self._clock.seconds() - self._heard_at
        if silent >= SILENCE:
            self._break_off(f"it has said nothing for {silent:.0f} seconds")
            return
        self._again(min(PING_EVERY, SILENCE - silent), self._watch)
        self.ping()

    def _wait(self, seconds: float, why: str) -> None:
        self._again(seconds, lambda: self._break_off(why))

    def _again(self, seconds: float, then: Callable[[], None]) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = self._clock.callLater(seconds, then)

    def _not_ours(self, why: str = "it does not speak the twisted-chat protocol") -> None:
        self.foreign = True
        self._break_off(why)

    def _break_off(self, why: str) -> None:
        """End the connection now, because the other side may never read what is still to be sent."""
        self.hear_no_more(why)
        self.transport.abortConnection()


def reason_of(reason: Failure) -> str:
    """Say in a few words why a connection was not made, or lost."""
    value = reason.value
    match value:
        case error.ConnectionRefusedError():
            return "connection refused"
        case error.DNSLookupError():
            return "no such host"
        case error.TimeoutError() | error.TCPTimedOutError():
            return "no answer"
        case error.NoRouteError():
            return "no route to the host"
        case error.ConnectionDone():
            return "the server closed the connection"
        case error.ConnectionLost() | error.ConnectionAborted():
            return "connection lost"
        case Untrusted():
            return str(reason.value)
        case _:
            return str(shown(str(value) or type(value).__name__, 300))
