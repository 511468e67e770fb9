"""How to log in, enter a room, say something and recognise it again, in each kind of server.

What is said carries who said it, the how-manieth of that speaker it is, and when: so whoever gets it can tell order, loss,
duplicates and latency from the bytes alone.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, Protocol

#: The shortest text that holds a :class:`Marker`.
LEAST_SIZE: Final = len("=abc.0000.00000000.000000000000=")
#: The room where a login puts one.
LOBBY: Final = "lobby"


def nick(run: str, index: int) -> str:
    """Return a client's nickname: of eight characters, which the oldest servers allow, and no other run's."""
    return f"b{run}{index:04x}"


class Step(NamedTuple):
    """One step of a login: once the server sent something that matches, send this. None: at once."""

    awaits: re.Pattern[bytes] | None
    sends: bytes


class Speech(Protocol):
    """What a client says to a kind of server, and what it hears there."""

    @property
    def ready(self) -> re.Pattern[bytes] | None:
        """Ends the login, as something the server sends. None: nobody knows; it is over when the server falls silent."""

    @property
    def refused(self) -> re.Pattern[bytes] | None:
        """A line that ends a login without success; group 1 says why."""

    @property
    def goodbye(self) -> bytes:
        """What to send to leave; empty: close the connection."""

    def login(self, nick: str, room: str) -> tuple[Step, ...]:
        """Return how to log in and be in ``room`` and no other."""

    def say(self, room: str, text: bytes) -> bytes:
        """Return what says ``text`` in the room."""

    def author(self, nick: bytes, room: str) -> bytes:
        """Return a regular expression (multi-line) for what stands before the text in a delivery."""

    def pong(self, data: bytes) -> bytes:
        """Return what to answer to what the server sent, if it must be answered."""


class Line:
    """Our line door."""

    ready = re.compile(rb"(?m)^-- (?:You are in #lobby|You left #lobby)\b")
    refused = re.compile(rb"(?m)^! ([^\r\n]*)\r?\n")
    goodbye = b"QUIT\n"

    def login(self, nick: str, room: str) -> tuple[Step, ...]:
        first = Step(None, f"{nick}\n".encode())
        if room == LOBBY:
            return (first,)
        entered = re.compile(rb"(?m)^-- You are in (?:a new room, )?#%s\b" % room.encode())
        return first._replace(sends=first.sends + f"JOIN {room}\n".encode()), Step(
            entered, f"/leave {LOBBY}\n".encode()
        )

    def say(self, room: str, text: bytes) -> bytes:
        return text + b"\n"

    def author(self, nick: bytes, room: str) -> bytes:
        return rb"^<%s> " % nick

    def pong(self, data: bytes) -> bytes:
        return b""


class Irc:
    """An IRC server (RFC 2812)."""

    # RPL_ENDOFNAMES comes last after a JOIN.
    ready = re.compile(rb"(?m)^\S+ 366 ")
    # 43x: the nickname; 451, 46x: not let in; 47x: not into the room.
    refused = re.compile(rb"(?m)^(?::\S+ (?:43|46|47|45(?=1))\d|ERROR) ([^\r\n]*)\r?\n")
    goodbye = b"QUIT\r\n"

    def login(self, nick: str, room: str) -> tuple[Step, ...]:
        # InspIRCd takes no JOIN before the login is through: it ends with the MOTD, or the lack of one (376, 422).
        return (
            Step(None, f"NICK {nick}\r\nUSER bench 0 * :bench\r\n".encode()),
            Step(re.compile(rb"(?m)^\S+ (?:376|422) "), f"JOIN #{room}\r\n".encode()),
        )

    def say(self, room: str, text: bytes) -> bytes:
        return b"PRIVMSG #%s :%s\r\n" % (room.encode(), text)

    def author(self, nick: bytes, room: str) -> bytes:
        return rb"^:%s!\S+ PRIVMSG #%s :" % (nick, room.encode())

    def pong(self, data: bytes) -> bytes:
        return b"".join(b"PONG %s\r\n" % match[1] for match in _PING.finditer(data))


_PING: Final = re.compile(rb"(?m)^(?:\S+ )?PING ([^\r\n]*)\r?\n")


class Peer:
    """The small servers of :mod:`bench.peers`: a nickname, then lines; one room."""

    ready: re.Pattern[bytes] | None = re.compile(rb"(?m)^-- Welcome\b")
    refused: re.Pattern[bytes] | None = re.compile(rb"(?m)^! ([^\r\n]*)\r?\n")
    goodbye = b"QUIT\n"

    def login(self, nick: str, room: str) -> tuple[Step, ...]:
        return (Step(None, f"{nick}\n".encode()),)

    def say(self, room: str, text: bytes) -> bytes:
        return text + b"\n"

    def author(self, nick: bytes, room: str) -> bytes:
        return rb"^<%s> " % nick

    def pong(self, data: bytes) -> bytes:
        return b""


class Plain(Peer):
    """Any server whose first line is the name and that hands each further line to everybody else, in whatever dress."""

    ready = None
    refused = None
    goodbye = b""

    def author(self, nick: bytes, room: str) -> bytes:
        return rb""


#: The ways to speak, by name.
SPEECHES: Final[dict[str, Speech]] = {
    "line": Line(),
    "irc": Irc(),
    "peer": Peer(),
    "plain": Plain(),
}


class Delivery(NamedTuple):
    """One message, as somebody got it."""

    speaker: int
    number: int
    sent: int  # µs of the monotonic clock, which all processes of a machine share
    end: int  # where its line ends in the bytes looked at


class Marker:
    """What is said: makes texts of ``size`` bytes and finds them again.

    ``run`` (three hexadecimal digits) tells this run's texts from those of earlier ones that a server may replay.
    """

    def __init__(self, speech: Speech, run: str, room: str, size: int) -> None:
        self._run = run.encode()
        self._padding = b"x" * (size - LEAST_SIZE)
        before = speech.author(rb"b%s([0-9a-f]{4})" % self._run, room)
        # Whose text arrives under another's name, or shortened, does not count as delivered.
        author = rb"\1" if before else rb"[0-9a-f]{4}"
        self._pattern = re.compile(
            rb"(?m)%sk%s\.(%s)\.([0-9a-f]{8})\.([0-9a-f]{12})=%s\r?\n"
            % (before, self._run, author, self._padding)
        )
        self._first = self._pattern.groups - 2

    def text(self, speaker: int, number: int, sent: int) -> bytes:
        """Return the text of a message, which begins with a letter, as what people say does."""
        return b"k%s.%04x.%08x.%012x=%s" % (self._run, speaker, number, sent, self._padding)

    def find(self, data: bytes) -> list[Delivery]:
        """Return the messages in whole lines of ``data``, in order."""
        first = self._first
        return [
            Delivery(
                int(match[first], 16),
                int(match[first + 1], 16),
                int(match[first + 2], 16),
                match.end(),
            )
            for match in self._pattern.finditer(data)
        ]
