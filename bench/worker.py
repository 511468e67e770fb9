"""A client process: takes orders from the bench on its standard input, reports on its standard output."""

from __future__ import annotations

import gc
from collections.abc import Coroutine
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.protocol import connectionDone
from twisted.internet.stdio import StandardIO
from twisted.internet.task import LoopingCall
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure
from zope.interface import provider

from bench import wire
from bench.limits import raise_file_limit
from bench.loads import FanoutLoad, Load, SessionsLoad, UsersLoad

# How often the bench is told how far it is, in seconds.
_PROGRESS: Final = 0.25


class Worker(LineOnlyReceiver):
    """Turns orders into calls of the job, and what goes wrong into a report."""

    delimiter = b"\n"
    MAX_LENGTH = 1024 * 1024

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._load: Load | None = None
        self._progress = LoopingCall(self._tell_progress)
        self._progress.clock = reactor

    def lineReceived(self, line: bytes) -> None:
        try:
            self._obey(wire.order(line))
        except Exception as error:
            self._fail(error)

    def _obey(self, order: wire.Order) -> None:
        match order:
            case wire.FanoutJob():
                self._begin(FanoutLoad(self._reactor, order, self._report))
            case wire.SessionsJob():
                self._begin(SessionsLoad(self._reactor, order, self._report))
            case wire.UsersJob():
                self._begin(UsersLoad(self._reactor, order, self._report))
            case wire.Go():
                # Thousands of clients are no garbage: a collection that looks at all of them would stop the clock.
                gc.freeze()
                self._current.go()
            case wire.Stop():
                self._current.stop()
            case wire.Finish(sent=sent, timeout=timeout):
                self._await(self._current.finish(sent, timeout))
            case wire.Leave():
                self._await(self._current.leave())

    @property
    def _current(self) -> Load:
        assert self._load is not None, "no job yet"
        return self._load

    def _begin(self, load: Load) -> None:
        self._load = load
        _ = self._progress.start(_PROGRESS, now=False)
        self._await(load.start())

    def _await(self, work: Coroutine[Any, Any, None]) -> None:
        def failed(failure: Failure) -> None:
            self._fail(failure.value)

        _ = Deferred.fromCoroutine(work).addErrback(failed)

    def observe(self, event: LogEvent) -> None:
        """Report an exception that Twisted would do no more than log: it looks like a closed connection."""
        failure = event.get("log_failure")
        if failure is not None:
            self._fail(failure.value)

    def _report(self, report: wire.Report) -> None:
        self.sendLine(wire.encode(report).rstrip(b"\n"))

    def _tell_progress(self) -> None:
        self._report(self._current.progress())

    def _fail(self, error: BaseException | None) -> None:
        self._report(wire.Failed(f"a client process failed: {type(error).__name__}: {error}"))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        # The bench is gone.
        if self._progress.running:
            self._progress.stop()
        self._reactor.stop()


def main() -> None:
    """Run until the bench closes the standard input."""
    from twisted.internet import reactor  # noqa: PLC0415  only the program needs one

    raise_file_limit()
    worker = Worker(reactor)

    @provider(ILogObserver)
    def observe(event: LogEvent) -> None:
        worker.observe(event)

    globalLogPublisher.addObserver(observe)
    StandardIO(worker)
    reactor.run()


if __name__ == "__main__":
    main()
