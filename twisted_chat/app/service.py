"""From options to a running server: the only module that joins the two sides, and what starts and stops them."""

from __future__ import annotations

import gc
import secrets
import signal
import sys
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from types import FrameType
from typing import Any, Final

from twisted.application.app import ServerOptions
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.error import ReactorNotRunning
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import LoopingCall
from twisted.logger import ILogObserver, Logger
from twisted.python.failure import Failure

from twisted_chat.app.doors import Doors
from twisted_chat.app.logs import Logs
from twisted_chat.app.options import Options
from twisted_chat.app.reload import NotReloaded, Reload
from twisted_chat.app.settings import BadSetting, Settings
from twisted_chat.app.startup import (
    StartError,
    encrypted,
    kept,
    make_store,
    print_start_error,
    raise_file_limit,
)
from twisted_chat.auth.files import names_of
from twisted_chat.auth.gate import Gate
from twisted_chat.auth.operators import Operators, OperatorsError, read_operators
from twisted_chat.auth.passwords import Passwords, RealRunner
from twisted_chat.core.bus import LocalBus
from twisted_chat.core.hub import Hub
from twisted_chat.core.values.ids import Node as NodeName
from twisted_chat.core.values.text import shown
from twisted_chat.delivery.port import SessionsById
from twisted_chat.delivery.sessions import Sessions
from twisted_chat.runtime import tasks
from twisted_chat.runtime.clock import clock_of, wall_of
from twisted_chat.runtime.log_sums import LogSums
from twisted_chat.runtime.watchdog import Watchdog
from twisted_chat.server.node import Node
from twisted_chat.store.id_blocks import IdAllocator
from twisted_chat.store.port import StoreError
from twisted_chat.store.state_dir import StateDir, StateDirError

log = Logger(namespace="twisted_chat.service")

#: How long connections have to end when the server stops, in seconds; it must be gone within five, and a store that hangs
#: takes two and a half of them.
_GOODBYE: Final = 2.0
#: How often silent connections are looked after, in seconds.
_CHECK_EVERY: Final = 5.0
#: How often the store is told which users are still here, and drops what is too old, in seconds. Users are remembered for 24
#: hours after they were here, so after a crash for a little less.
_LOOK_AFTER_STORE_EVERY: Final = 600.0
#: How many objects are made before the youngest are searched for garbage that refers to itself. Python's 700 is what five logins
#: make, and the search a tenth of what they cost; a connection that is gone leaves some of it, so it has to be.
_COLLECT_EVERY: Final = 5_000
#: After so many seconds of a start it is said what it waits for.
_LONG_START: Final = 1.0
_WAITS: Final = "waiting for the database; not accepting connections yet"


class ChatService(Service):
    """The server: doors, node, store; started in that order from the end, stopped from the front."""

    def __init__(
        self,
        settings: Settings,
        reactor: Any,
        reread: Callable[[], Settings] | None = None,
        twistd: Mapping[str, Any] | None = None,
        twist: MutableMapping[str, Any] | None = None,
    ) -> None:
        """``reread`` returns the current settings when the server reloads them, or raises ``BadSetting``.

        ``twistd``, ``twist``: the options of the program that runs it, if it is that one.
        """
        # From here on there may be a StartError.
        sys.excepthook = print_start_error
        self._settings = settings
        self._reactor = reactor
        # From here on a SIGHUP does not end it, even if there is nothing yet that could be read again: twistd may have written
        # its pid file before the server starts.
        signal.signal(signal.SIGHUP, self._hung_up)
        # Nor does a SIGUSR1; and twistd installs no handler of its own, which would rotate a file that has been rotated.
        signal.signal(signal.SIGUSR1, self._log_moved)
        self._logs = Logs(settings.log_level)
        self._twistd = twistd
        if twist is not None:
            self._logs.quieten(twist)
        clock = self._clock = clock_of(reactor)
        # Made absolute before twistd goes to another folder.
        self._folder = settings.state_folder()
        self._place: StateDir | None = None
        self._store = make_store(settings, self._folder, reactor, clock)
        self._ids = IdAllocator(self._store, clock)
        self._bus = LocalBus(self._ids.take)
        try:
            checkers = settings.checkers()
        except BadSetting as error:
            raise StartError(str(error)) from None
        # Found before twistd goes to another folder.
        self._operators_file = settings.operators_file()
        self._gate = Gate(
            Passwords(RealRunner(reactor)), self._store.password, checkers, wall_of(clock)
        )
        self._reserved = [name for checker in checkers for name in names_of(checker)]
        name, limits = NodeName(secrets.token_hex(8)), settings.effective_limits()
        hub = Hub(name, limits, registration=settings.who_registers())
        log_sums = LogSums(clock)
        self.sessions = Sessions(clock, limits, log_sums)
        self.node = Node(
            hub,
            self._bus,
            self._store,
            clock,
            self._gate,
            SessionsById(self.sessions),
            log_sums,
            server=settings.server_name,
            motd=settings.motd_lines(),
        )
        self.sessions.attach(self.node)
        self.doors = Doors(settings, reactor, self.sessions)
        self._reload = Reload(settings, reread or (lambda: settings), self._change)
        self._check = LoopingCall(self._look_after)
        self._check.clock = reactor
        self._judging: IDelayedCall | None = None
        self._upkeep = LoopingCall(self._look_after_store)
        self._upkeep.clock = reactor
        self._waiting: IDelayedCall | None = None
        self._watchdog = Watchdog(reactor)

    def setServiceParent(self, parent: Any) -> None:
        """Belong to an application; under twistd, before that begins to log, say to what."""
        super().setServiceParent(parent)
        observer = self._logs.observer(self._twistd) if self._twistd is not None else None
        if observer is not None:
            parent.setComponent(ILogObserver, observer)

    def startService(self) -> None:
        """Start, or raise :class:`StartError`: twistd then removes its pid file and the process ends with status 1."""
        super().startService()
        failed: list[Failure] = []
        tasks.start(self._start(), "starting the server", failed.append)
        if failed:
            failed[0].raiseException()
        self._reactor.callWhenRunning(self._handle_signals)

    async def _start(self) -> None:
        self._watchdog.start()
        raise_file_limit()
        try:
            self.load_operators(self._operators_file, in_clear=self._settings.oper_in_clear)
        except OperatorsError as error:
            raise StartError(str(error)) from None
        self._reload.add("operators", self._load_operators_again)
        # What is loaded now stays: it need not be searched again and again.
        gc.freeze()
        gc.set_threshold(_COLLECT_EVERY)
        # Before anything is made or opened: without its certificates it does not start.
        wrap = None
        if self._settings.encrypts:
            wrap = encrypted(self._settings, self._reload, self._reactor)
        if self._folder is not None:
            # Not before twistd has gone to the background: it would be another process.
            try:
                self._place = StateDir.open(self._folder)
            except StateDirError as error:
                raise StartError(str(error)) from None
        try:
            remembered = await self._store.start(self.node.on_committed, self.node.on_drained)
        except StoreError as error:
            raise StartError(str(error)) from None
        log.info("{line}", line=kept(self._settings, self._folder))
        self.node.restored(remembered)
        self.node.reserve(self._reserved)
        self._waiting = self._reactor.callLater(_LONG_START, log.warn, "{line}", line=_WAITS)
        await self._ids.start(self._bus.drain)
        self._cancel_waiting()
        await self.doors.open(wrap)
        _ = self._check.start(_CHECK_EVERY, now=False)
        _ = self._upkeep.start(_LOOK_AFTER_STORE_EVERY, now=False)
        self._watchdog.started()

    def load_operators(self, file: Path | None, *, in_clear: bool) -> None:
        """Take up the operators of the server that stand in a file (None: there are none), at the start or later.

        ``in_clear``: they may send their password from other machines without TLS. Raises :class:`OperatorsError`, and then
        nothing is changed.
        """
        operators = Operators() if file is None else read_operators(file)
        if operators.warning:
            log.warn("{line}", line=shown(operators.warning, 1000))
        self.node.admin.load(operators)
        self.node.admin.in_clear = in_clear

    def _load_operators_again(self, settings: Settings) -> str:
        try:
            self.load_operators(settings.operators_file(), in_clear=settings.oper_in_clear)
        except OperatorsError as error:
            raise NotReloaded(str(error)) from None
        return ""

    def stopService(self) -> Deferred[None]:
        """Stop listening, say goodbye and wait (for two seconds at most), close the store."""
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    def _cancel_waiting(self) -> None:
        if self._waiting is not None and self._waiting.active():
            self._waiting.cancel()

    async def _stop(self) -> None:
        self._watchdog.stopping()
        self._cancel_waiting()
        for each in (self._check, self._upkeep):
            if each.running:
                each.stop()
        if self._judging is not None and self._judging.active():
            self._judging.cancel()
        await self.doors.close()
        gone = self.doors.connections.all_gone()
        self.node.stop("the server is stopping")
        try:
            await gone.addTimeout(_GOODBYE, self._reactor)
        except DeferredTimeoutError:
            self.doors.connections.abort()
        self._ids.stop()
        self._gate.stop()
        try:
            await self._store.stop()
        finally:
            self._watchdog.stop()
            if self._place is not None:
                self._place.close()

    def _change(self, settings: Settings) -> None:
        """Let settings count that can change while the server runs."""
        self.node.lifecycle.server = settings.server_name
        self.node.lifecycle.motd = settings.motd_lines()
        self._logs.set_level(settings.log_level)
        self.node.limit(settings.effective_limits())
        self.node.hub.let_register(settings.who_registers())
        self.doors.connections.max_per_address = settings.limits.max_per_address

    def _hung_up(self, number: int, frame: FrameType | None) -> None:
        # Before the reactor runs this waits until it does; all is made by then.
        self._reactor.callFromThread(self._reload_now)

    def _log_moved(self, number: int, frame: FrameType | None) -> None:
        self._reactor.callFromThread(self._logs.reopen)

    def _reload_now(self) -> None:
        self._reload.run()

    def _look_after(self) -> None:
        # A turn later: after a pause of the process or the machine, what arrived meanwhile has been read by then.
        self._judging = self._reactor.callLater(0, self._judge)

    def _judge(self) -> None:
        """Check idle connections, and do what is due regularly."""
        try:
            self.doors.connections.check(self._clock.seconds())
            self.node.tick()
        except Exception:
            log.failure("checking idle connections failed")

    def _look_after_store(self) -> None:
        try:
            self.node.housekeep()
        except Exception:
            # A LoopingCall ends for good at its first exception.
            log.failure("housekeeping of the store failed")

    def _handle_signals(self) -> None:
        # twistd's own handlers end the process by the signal it got; a clean stop is exit 0.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self._reactor.callFromThread(self._stop_reactor)

    def _stop_reactor(self) -> None:
        log.info("the server is stopping")
        try:
            self._reactor.stop()
        except ReactorNotRunning:
            pass  # asked for twice


def makeService(options: Options) -> ChatService:
    """Make the server, for ``twistd chat`` and ``twist chat``. With ``--check``, report whether it could start, and exit."""
    if options["check"]:
        from twisted_chat.app.preflight import check

        raise SystemExit(check(options.settings))
    from twisted.internet import reactor

    parent = getattr(options, "parent", None)
    if isinstance(parent, ServerOptions):
        return ChatService(options.settings, reactor, options.reread, twistd=parent)
    return ChatService(options.settings, reactor, options.reread, twist=parent)
