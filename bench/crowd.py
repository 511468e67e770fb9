"""Many clients in one process: they connect and log in, so many at a time, and then listen."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.internet.error import TimeoutError as TookTooLong
from twisted.internet.interfaces import IConnector, IDelayedCall, ITCPTransport
from twisted.internet.protocol import ClientFactory, Protocol, connectionDone
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from bench.speak import SPEECHES, Step
from bench.stats import Latencies
from bench.wire import Target

# What a server that says nothing special after a login is given to say what it says, in seconds.
_SILENCE: Final = 0.3
# How long everybody is waited for to have heard everything about the logins, in seconds.
_SETTLE: Final = 60.0
# Longer than any line that ends a login.
_LONGEST: Final = 64 * 1024


class Talker(Protocol):
    """One client. ``error`` says why it is not logged in; ``login`` is how long that took, in seconds."""

    transport: ITCPTransport

    def __init__(self, crowd: Crowd, nick: str, room: str) -> None:
        self._crowd = crowd
        self._speech = crowd.speech
        self._steps: deque[Step] = deque(self._speech.login(nick, room))
        self._pings = bool(self._speech.pong(b"PING x\r\n"))
        self._rest = b""
        self._silence: IDelayedCall | None = None
        self._last = b""
        self.nick = nick
        self.room = room
        self.began = 0.0
        self.error = ""
        self.login: float | None = None
        self.connected = False
        #: Gets what the server sends after the login.
        self.hear: Callable[[bytes], None] = crowd.note

    def connectionMade(self) -> None:
        self.connected = True
        if self.error:
            self.end()  # given up meanwhile
            return
        self.transport.setTcpNoDelay(True)
        self._advance(b"")

    def dataReceived(self, data: bytes) -> None:
        self._last = data
        if self.login is None:
            if not self.error:
                self._advance(self._rest + data)
            return
        if self._pings and b"PING " in data:
            self.transport.write(self._speech.pong(data))
        self.hear(data)

    def _advance(self, heard: bytes) -> None:
        """Go on with the login, as far as what was heard allows; it begins with the beginning of a line."""
        refused = self._speech.refused and self._speech.refused.search(heard)
        if refused:
            self.fail(f"the server refused the login: {_text(refused[1])}")
            return
        start = 0
        while self._steps:
            awaits, sends = self._steps[0]
            if awaits is not None:
                match = awaits.search(heard, start)
                if match is None:
                    break
                start = match.end()
            self._steps.popleft()
            self.transport.write(sends)
        else:
            if self._speech.ready is None:
                self._wait_for_silence()
            elif self._speech.ready.search(heard, start):
                self._logged_in()
                return
        # Whole lines were looked at.
        self._rest = heard[heard.rfind(b"\n") + 1 :][-_LONGEST:]

    def _wait_for_silence(self) -> None:
        if self._silence is None:
            self._silence = self._crowd.reactor.callLater(_SILENCE, self._logged_in)
        else:
            self._silence.reset(_SILENCE)

    def _logged_in(self) -> None:
        waited = 0.0 if self._silence is None else _SILENCE
        self._silence = None
        self._rest = b""
        self.login = self._crowd.reactor.seconds() - self.began - waited
        self._crowd.came(self)

    def fail(self, why: str) -> None:
        """Give up, before the login is through."""
        if not self.error and self.login is None:
            self.error = why
            self.end()
            self._crowd.failed(self)

    def end(self) -> None:
        """Close the connection at once."""
        if self._silence is not None and self._silence.active():
            self._silence.cancel()
        if self.connected:
            self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.connected = False
        if self.login is None:
            self.fail(f"the server closed the connection during the login{self.last_words}")
        else:
            self._crowd.lost(self)

    @property
    def last_words(self) -> str:
        """What the server said last, to be put behind a sentence that tells that it closed the connection."""
        line = _text(self._last.rstrip(b"\r\n").rpartition(b"\n")[2])
        return f" (it said: {line})" if line else ""


def _text(line: bytes) -> str:
    shown = line[:200].decode("utf-8", "replace").strip()
    return "".join(each if each.isprintable() else "?" for each in shown)


class Crowd:
    """Clients that log in, at most ``at_once`` at a time; ``done`` fires when each of them did, or failed to."""

    def __init__(self, reactor: Any, target: Target, *, at_once: int, timeout: float) -> None:
        self.reactor = reactor
        self.target = target
        self.speech = SPEECHES[target.speech]
        self.talkers: list[Talker] = []
        self.ready = 0
        self.failures = 0
        self.why = ""
        self.logins = Latencies()
        self.seconds = 0.0
        #: Called with a client whose connection the server ended.
        self.lost: Callable[[Talker], None] = lambda talker: None
        self.done: Deferred[None] = Deferred()
        self._heard = 0.0
        self._timeout = timeout
        self._at_once = at_once
        self._waiting: deque[Talker] = deque()
        self._under_way: dict[Talker, None] = {}
        self._began = 0.0
        self._late = LoopingCall(self._look_for_late)
        self._late.clock = reactor

    def add(self, nicks: Iterable[str], room: str) -> list[Talker]:
        """Return clients that will log in to ``room``."""
        added = [Talker(self, nick, room) for nick in nicks]
        self.talkers += added
        self._waiting.extend(added)
        return added

    def start(self) -> None:
        """Begin to connect."""
        self._began = self._heard = self.reactor.seconds()
        _ = self._late.start(1.0, now=False)
        self._connect_more()

    def stop(self) -> None:
        """Give up those that are not logged in."""
        self._waiting.clear()
        for talker in list(self._under_way):
            talker.fail("the run was stopped")
        self._connect_more()

    def _connect_more(self) -> None:
        while self._waiting and len(self._under_way) < self._at_once:
            talker = self._waiting.popleft()
            self._under_way[talker] = None
            talker.began = self.reactor.seconds()
            self.reactor.connectTCP(
                self.target.host, self.target.port, _Factory(talker), timeout=self._timeout
            )
        if not self._waiting and not self._under_way and self._late.running:
            self._late.stop()
            self.seconds = self.reactor.seconds() - self._began
            self.done.callback(None)

    def _look_for_late(self) -> None:
        now = self.reactor.seconds()
        for talker in list(self._under_way):
            if now - talker.began > self._timeout:
                talker.fail(f"not logged in within {self._timeout:g} s{talker.last_words}")

    def came(self, talker: Talker) -> None:
        """One is logged in."""
        self.ready += 1
        self.logins.add(int((talker.login or 0.0) * 1_000_000))
        self._over(talker)

    def failed(self, talker: Talker) -> None:
        """One is not."""
        self.failures += 1
        self.why = self.why or talker.error
        self._over(talker)

    def _over(self, talker: Talker) -> None:
        self._heard = self.reactor.seconds()
        self._under_way.pop(talker, None)
        self._connect_more()

    def note(self, data: bytes) -> None:
        """Take what a client hears that listens to nothing in particular."""
        self._heard = self.reactor.seconds()

    async def settled(self) -> None:
        """Wait until the talk about the logins is over."""
        began = self.reactor.seconds()
        quiet: Deferred[None] = Deferred()

        def look() -> None:
            now = self.reactor.seconds()
            if now - self._heard >= _SILENCE or now - began > _SETTLE:
                quiet.callback(None)

        looking = LoopingCall(look)
        looking.clock = self.reactor
        _ = looking.start(_SILENCE / 3, now=False)
        try:
            await quiet
        finally:
            looking.stop()

    def end(self) -> None:
        """Close every connection at once."""
        self.lost = lambda talker: None
        for talker in self.talkers:
            talker.end()


class _Factory(ClientFactory):
    """Connects one client."""

    noisy = False

    def __init__(self, talker: Talker) -> None:
        self._talker = talker

    def buildProtocol(self, addr: object) -> Talker:
        return self._talker

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        self._talker.fail(_explain(self._talker._crowd.target, reason.value))


def _explain(target: Target, error: BaseException | None) -> str:
    """Say why a connection could not be made."""
    where = f"{target.host} port {target.port}"
    number = getattr(error, "osError", None) or getattr(error, "errno", None)
    if number is None and error is not None and error.args:
        number = error.args[0]
    if isinstance(error, Refused):
        return f"nothing listens on {where}"
    if isinstance(error, TookTooLong):
        return f"no answer from {where}"
    if number in (errno.EMFILE, errno.ENFILE):
        return "the limit on open files is too low for so many clients (ulimit -n)"
    if number == errno.EADDRNOTAVAIL:
        return f"this machine has no free port left for one more connection to {where}"
    return f"cannot connect to {where}: {error}"
