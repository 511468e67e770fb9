"""The jobs of a client process: be members of a room, be sessions, be the users of the classic benchmark."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import LoopingCall

from bench.check import Ledger, Listener, Reference
from bench.crowd import Crowd, Talker
from bench.speak import LOBBY, SPEECHES, Marker, nick
from bench.stats import Latencies
from bench.wire import (
    FanoutJob,
    FanoutPart,
    Gone,
    Job,
    Progress,
    Ready,
    Report,
    Sent,
    SessionsJob,
    SessionsPart,
    UserRow,
    UsersJob,
    UsersPart,
)

# How often a job looks whether it is over, in seconds.
_LOOK: Final = 0.05
# The most messages that one write of one speaker holds.
_BURST: Final = 64


class Load(Protocol):
    """A job under way."""

    async def start(self) -> None:
        """Log in; report when that is over."""

    def go(self) -> None:
        """Begin to speak."""

    def stop(self) -> None:
        """Stop what is under way, and report."""

    async def finish(self, sent: list[int], timeout: float) -> None:
        """Wait for what was sent, and report."""

    async def leave(self) -> None:
        """Log out, and report."""

    def progress(self) -> Progress:
        """Tell how far it is."""


def _micros() -> int:
    return time.monotonic_ns() // 1000


class _Base:
    """What all jobs share: a crowd, counters, orders they do not need."""

    def __init__(self, reactor: Any, job: Job, report: Callable[[Report], None]) -> None:
        self._reactor = reactor
        self._report = report
        at_once = min(job.at_once, job.target.at_once)
        self._crowd = Crowd(reactor, job.target, at_once=at_once, timeout=job.timeout)
        self._crowd.lost = self._lost
        self._logged_in = False
        self._closed = 0
        self._why = ""
        self._sent = 0
        self._left = 0
        self._delivered = 0

    def _nicks(self, job: Job) -> list[str]:
        return [nick(job.run, index) for index in range(job.first, job.first + job.clients)]

    async def _log_in(self) -> None:
        self._crowd.start()
        await self._crowd.done
        self._logged_in = True
        self._look_if_gone()

    def _ready(self) -> Ready:
        crowd = self._crowd
        return Ready(crowd.ready, crowd.failures, crowd.why, crowd.seconds, crowd.logins.counts())

    def _lost(self, talker: Talker) -> None:
        """The server ended a connection."""
        self._closed += 1
        self._why = talker.last_words or self._why
        self._look_if_gone()

    def _look_if_gone(self) -> None:
        # While some log in, others may leave.
        if self._logged_in and self._closed and self._closed == self._crowd.ready:
            self._report(Gone(self._why))

    def progress(self) -> Progress:
        return Progress(self._crowd.ready, self._sent, self._delivered, self._left)

    async def _until(self, over: Callable[[], bool], timeout: float) -> None:
        """Wait until ``over`` is true; not for longer than ``timeout`` seconds without a delivery or departure."""
        done: Deferred[None] = Deferred()
        count, at = self._delivered + self._left, self._reactor.seconds()

        def look() -> None:
            nonlocal count, at
            now = self._reactor.seconds()
            if self._delivered + self._left != count:
                count, at = self._delivered + self._left, now
            if over() or now - at > timeout or self._closed == self._crowd.ready:
                done.callback(None)

        looking = LoopingCall(look)
        looking.clock = self._reactor
        _ = looking.start(_LOOK)
        try:
            await done
        finally:
            looking.stop()

    def go(self) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing more is said; logins that are under way are given up."""
        self._crowd.stop()

    async def finish(self, sent: list[int], timeout: float) -> None:
        """Nothing."""

    async def leave(self) -> None:
        """Close all connections."""
        self._crowd.end()


class FanoutLoad(_Base):
    """Members of a room, the first of whom speak."""

    def __init__(self, reactor: Any, job: FanoutJob, report: Callable[[Report], None]) -> None:
        super().__init__(reactor, job, report)
        self._job = job
        self._speech = SPEECHES[job.target.speech]
        self._marker = Marker(self._speech, job.run, job.room, job.size)
        names = self._nicks(job)
        self._members = self._crowd.add(names, job.room)
        idle = range(job.first + job.clients, job.first + job.clients + job.idle)
        self._crowd.add([nick(job.run, index) for index in idle], LOBBY)
        self._latencies = Latencies()
        self._listeners: list[Listener] = []
        self._numbers = [0] * job.speakers
        self._turn = 0
        self._speaking = False
        self._pumping: IDelayedCall | None = None
        self._began = 0.0
        self._last = 0.0
        self._cpu = 0.0

    async def start(self) -> None:
        await self._log_in()
        await self._crowd.settled()
        # Before the go: the speakers of another process may get theirs earlier.
        self._listen()
        self._report(self._ready())

    def _listen(self) -> None:
        job, reference = self._job, Reference(self._marker)
        every = max(1, job.clients // max(1, job.timed))
        for index, talker in enumerate(self._members):
            listener = Listener(
                self._marker,
                self._got,
                _micros,
                self._latencies if index % every == 0 else None,
                # A speaker does not hear himself, so he hears something else than the others.
                reference if index >= job.speakers else None,
            )
            self._listeners.append(listener)
            talker.hear = listener.receive

    def go(self) -> None:
        self._began = self._last = self._reactor.seconds()
        self._cpu = time.process_time()
        if self._job.speakers:
            self._speaking = True
            self._pump()

    def _got(self, count: int) -> None:
        self._delivered += count
        self._last = self._reactor.seconds()
        if self._speaking and self._pumping is None and not self._job.rate:
            # Once a reactor turn, not once a member.
            self._pumping = self._reactor.callLater(0, self._pump)

    def _pump(self) -> None:
        """Send what the window or the rate allows now."""
        self._pumping = None
        job = self._job
        if job.rate:
            due = int((self._reactor.seconds() - self._began) * job.rate) + 1
            self._say(due - self._sent)
            wait = self._began + self._sent / job.rate - self._reactor.seconds()
            self._pumping = self._reactor.callLater(max(0.0, wait), self._pump)
        else:
            # A message is in flight until all members here have got it; counted as so many deliveries.
            hearers = max(1, job.clients - 1)
            self._say(job.window - self._sent + self._delivered // hearers)

    def _say(self, count: int) -> None:
        """Let the speakers say so many messages, by turns."""
        while count > 0:
            burst = min(-(-count // self._job.speakers), _BURST, count)
            speaker = self._turn
            self._turn = (speaker + 1) % self._job.speakers
            first = self._numbers[speaker]
            self._numbers[speaker] = first + burst
            now, say, text = _micros(), self._speech.say, self._marker.text
            self._members[speaker].transport.write(
                b"".join(
                    say(self._job.room, text(speaker, number, now))
                    for number in range(first, first + burst)
                )
            )
            self._sent += burst
            count -= burst

    def stop(self) -> None:
        super().stop()
        self._speaking = False
        if self._pumping is not None:
            self._pumping.cancel()
            self._pumping = None
        self._report(Sent(self._numbers))

    async def finish(self, sent: list[int], timeout: float) -> None:
        everything = sum(sent)
        expected = sum(
            everything - (self._numbers[index] if index < self._job.speakers else 0)
            for index in range(len(self._listeners))
        )
        await self._until(lambda: self._delivered >= expected, timeout)
        busy = (time.process_time() - self._cpu) / max(0.001, self._reactor.seconds() - self._began)
        results = [listener.result() for listener in self._listeners]
        seconds = self._last - self._began
        self._report(
            FanoutPart(
                expected,
                sum(result.delivered for result in results),
                sum(result.duplicates for result in results),
                sum(result.misordered for result in results),
                seconds,
                self._latencies.counts(),
                self._closed,
                self._why,
                busy,
            )
        )


class SessionsLoad(_Base):
    """Sessions that do nothing."""

    def __init__(self, reactor: Any, job: SessionsJob, report: Callable[[Report], None]) -> None:
        super().__init__(reactor, job, report)
        self._crowd.add(self._nicks(job), job.room)

    async def start(self) -> None:
        await self._log_in()
        self._report(self._ready())

    async def leave(self) -> None:
        closed, why = self._closed, self._why
        crowd = self._crowd
        here = [talker for talker in crowd.talkers if talker.connected]
        began = self._reactor.seconds()
        crowd.lost = self._gone
        for talker in here:
            if crowd.speech.goodbye:
                talker.transport.write(crowd.speech.goodbye)
            else:
                talker.transport.loseConnection()
        await self._until(lambda: self._left == len(here), 10.0)
        self._report(SessionsPart(self._left, self._reactor.seconds() - began, closed, why))

    def _gone(self, talker: Talker) -> None:
        self._left += 1


class UsersLoad(_Base):
    """The users of the classic benchmark: each says so much, and waits until it has heard all the others."""

    def __init__(self, reactor: Any, job: UsersJob, report: Callable[[Report], None]) -> None:
        super().__init__(reactor, job, report)
        self._job = job
        self._marker = Marker(self._crowd.speech, job.run, job.room, job.size)
        self._crowd.add(self._nicks(job), job.room)
        self._users: list[_User] = []

    async def start(self) -> None:
        await self._log_in()
        await self._crowd.settled()
        # Before the go: the users of another process may get theirs earlier.
        expected = (self._job.total - 1) * self._job.messages
        for index, talker in enumerate(self._crowd.talkers, self._job.first):
            if talker.login is not None:
                self._users.append(_User(talker, index, self._marker, expected, self._got))
        self._report(self._ready())

    def go(self) -> None:
        for user in self._users:
            user.speak(self._job)
            self._sent += self._job.messages

    def _got(self, count: int) -> None:
        self._delivered += count

    async def finish(self, sent: list[int], timeout: float) -> None:
        await self._until(lambda: all(user.seconds is not None for user in self._users), timeout)
        known = {user.talker: user for user in self._users}
        self._report(
            UsersPart(
                [
                    known[talker].row()
                    if talker in known
                    else UserRow(talker.nick, None, None, 0, talker.error)
                    for talker in self._crowd.talkers
                ]
            )
        )


class _User:
    """One user; ``seconds`` is how long it took to hear all the others."""

    def __init__(
        self,
        talker: Talker,
        index: int,
        marker: Marker,
        expected: int,
        got: Callable[[int], None],
    ) -> None:
        self.talker = talker
        self.seconds: float | None = None
        self._marker = marker
        self._expected = expected
        self._began = time.monotonic()
        self._got = got
        self._own = index
        self._listener = Listener(marker, self._count, _micros, None)
        talker.hear = self._listener.receive

    def speak(self, job: UsersJob) -> None:
        """Say everything at once."""
        say = SPEECHES[job.target.speech].say
        now = _micros()
        self._began = time.monotonic()
        texts = (self._marker.text(self._own, number, now) for number in range(job.messages))
        self.talker.transport.write(b"".join(say(job.room, text) for text in texts))

    def _heard(self) -> tuple[Ledger, int]:
        """Return what came, and how much of it is not its own: some servers send everybody everything."""
        ledger = self._listener.result()
        return ledger, ledger.delivered - ledger.next[self._own]

    def _count(self, count: int) -> None:
        self._got(count)
        if self.seconds is None and self._heard()[1] >= self._expected:
            self.seconds = time.monotonic() - self._began

    def row(self) -> UserRow:
        """Return how it went."""
        ledger, delivered = self._heard()
        talker = self.talker
        error = ""
        if ledger.duplicates or ledger.misordered:
            error = f"{ledger.duplicates} arrived twice, {ledger.misordered} out of order"
        elif self.seconds is None:
            error = f"got {delivered} of {self._expected} messages"
            if not talker.connected:
                error += f", then the server closed the connection{talker.last_words}"
        return UserRow(talker.nick, talker.login, self.seconds, delivered, error)
