"""What the bench and its client processes say to each other: one JSON object a line."""

from __future__ import annotations

import msgspec


class Target(msgspec.Struct, frozen=True):
    """The server under test: where it is, how one speaks to it (a key of :data:`bench.speak.SPEECHES`), and how many it
    lets in at a time."""

    host: str
    port: int
    speech: str
    at_once: int = 1000


# --- from the bench: first a job, then what to do next ---


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What all jobs have: ``clients`` to connect, whose nicknames count from ``first`` within the ``run``.

    ``at_once`` is how many logins may be under way at a time, ``timeout`` how many seconds may pass without any progress.
    """

    target: Target
    run: str
    room: str
    clients: int
    first: int = 0
    at_once: int = 200
    timeout: float = 30.0


class FanoutJob(Job, frozen=True, tag="fanout"):
    """Be ``clients`` members of the room. The first ``speakers`` of them speak.

    ``window`` messages in flight, or ``rate`` messages a second if that is not zero; texts of ``size`` bytes. ``idle`` more
    clients stay in the lobby. Deliveries are timed at ``timed`` of the members.
    """

    speakers: int
    window: int
    rate: float
    size: int
    timed: int
    idle: int = 0


class SessionsJob(Job, frozen=True, tag="sessions"):
    """Log in, be idle, leave."""


class UsersJob(Job, frozen=True, tag="users"):
    """Each client says ``messages`` texts of ``size`` bytes and waits for those of all ``total`` clients."""

    messages: int
    size: int
    total: int


class Go(msgspec.Struct, frozen=True, tag="go"):
    """Everybody is there: begin to speak."""


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Say no more, and report what was done so far."""


class Finish(msgspec.Struct, frozen=True, tag="finish"):
    """Wait until everything has come that was sent (by speaker; for at most ``timeout`` seconds without any), and report."""

    sent: list[int]
    timeout: float


class Leave(msgspec.Struct, frozen=True, tag="leave"):
    """Log everybody out, and report."""


Order = FanoutJob | SessionsJob | UsersJob | Go | Stop | Finish | Leave

# --- from a client process ---


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How far it is: clients logged in, messages sent, messages delivered, clients that left."""

    ready: int
    sent: int
    delivered: int
    left: int


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """Logins are over: how many succeeded, why the first of the others failed, how long all of it took.

    ``logins`` are the counts of a :class:`bench.stats.Latencies`.
    """

    ready: int
    failed: int
    why: str
    seconds: float
    logins: dict[int, int]


class Sent(msgspec.Struct, frozen=True, tag="sent"):
    """How many messages each speaker of this process sent."""

    sent: list[int]


class FanoutPart(msgspec.Struct, frozen=True, tag="fanout"):
    """What the members in one process got, of ``expected`` deliveries, in the ``seconds`` from the start to the last one.

    ``closed`` connections were ended by the server, ``why`` is the last it said to one of them. ``busy`` is the share of a
    processor that the client process used: near 1, it was the client that was slow.
    """

    expected: int
    delivered: int
    duplicates: int
    misordered: int
    seconds: float
    latencies: dict[int, int]
    closed: int
    why: str
    busy: float


class SessionsPart(msgspec.Struct, frozen=True, tag="sessions"):
    """How many left when asked to, in how many seconds, and how many the server had ended before."""

    left: int
    seconds: float
    closed: int
    why: str


class UserRow(msgspec.Struct, frozen=True):
    """One client: seconds from connecting to being logged in, and from the start to the last message it waited for.

    ``error`` is empty if it got each message of everybody else exactly once and in order.
    """

    nick: str
    login: float | None
    seconds: float | None
    delivered: int
    error: str


class UsersPart(msgspec.Struct, frozen=True, tag="users"):
    """Each client of one process."""

    rows: list[UserRow]


class Gone(msgspec.Struct, frozen=True, tag="gone"):
    """The server ended every connection, with these last words."""

    why: str


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The job cannot be done; one line that says why."""

    why: str


Report = Progress | Ready | Sent | FanoutPart | SessionsPart | UsersPart | Gone | Failed

_encoder = msgspec.json.Encoder()


def encode(message: msgspec.Struct) -> bytes:
    """Return a message as a line."""
    return _encoder.encode(message) + b"\n"


_orders: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
_reports: msgspec.json.Decoder[Report] = msgspec.json.Decoder(Report)


def order(line: bytes) -> Order:
    """Read what the bench says. Raises msgspec.ValidationError."""
    return _orders.decode(line)


def report(line: bytes) -> Report:
    """Read what a client process says. Raises msgspec.ValidationError."""
    return _reports.decode(line)
