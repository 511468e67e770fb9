"""``--check``: find out whether the server could start, without changing anything."""

from __future__ import annotations

import errno
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import ServerFactory
from twisted.python.failure import Failure

from twisted_chat.app.settings import Settings
from twisted_chat.auth.operators import OperatorsError, read_operators
from twisted_chat.core.values.text import shown
from twisted_chat.doors.proxy import without_proxy
from twisted_chat.store.port import StoreError
from twisted_chat.store.state_dir import StateDir, StateDirError, database_in
from twisted_chat.store.url import Kind, without_password

#: Endpoints that only listen, and at what :class:`Probe` knows; others may begin to talk.
_KNOWN: Final = ("tcp", "tcp4", "tcp6", "unix")


_LOOPBACK: Final = (
    "local-trust: connections from a loopback address are exempt from limits and bans; if a program on this machine "
    "forwards other people to the chat (ssh -L, Tor, the proxy of a container), set --local-trust none"
)


class Problem(Exception):
    """Something that the server could not start with. ``str()`` is one line."""


class Report:
    """The result of a check: lines to print, and whether the server could start."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.good = True

    def fine(self, text: str) -> None:
        self._add("fine", text)

    def warn(self, text: str) -> None:
        self._add("warning", text)

    def problem(self, text: str) -> None:
        self.good = False
        self._add("problem", text)

    def _add(self, kind: str, text: str) -> None:
        self.lines.append(f"{kind}: {shown(text, 1000)}")


def check(settings: Settings) -> int:
    """Print what is wrong and what is fine; return 0 if the server could start with these settings, else 1."""
    report = examine(settings, datetime.now(UTC))
    for line in report.lines:
        print(line)
    print("the server could start" if report.good else "the server could not start")
    return 0 if report.good else 1


def examine(settings: Settings, now: datetime) -> Report:
    """Check what the server would need. The settings themselves were checked when they were read."""
    report = Report()
    report.fine("options and configuration file")
    _certificates(report, settings, now)
    probe = Probe()
    for port in settings.ports():
        _port(report, probe, without_proxy(port.endpoint) or port.endpoint)
    if settings.who_is_local() == "loopback" and not settings.only_here():
        report.warn(_LOOPBACK)
    _operators(report, settings)
    _state(report, settings)
    return report


def _operators(report: Report, settings: Settings) -> None:
    file = settings.operators_file()
    if file is None:
        return
    try:
        operators = read_operators(file)
    except OperatorsError as error:
        report.problem(str(error))
        return
    if operators.warning:
        report.warn(operators.warning)
    report.fine(f"operators in {file}")


def _certificates(report: Report, settings: Settings, now: datetime) -> None:
    if not settings.encrypts:
        return
    try:
        from twisted_chat.tls import certificates
    except ImportError as error:
        report.problem(
            f"TLS needs {error.name}, which is not installed: pip install 'PATH-OF-THE-CLONE[tls]'"
        )
        return
    try:
        found = certificates.find(*settings.tls_files())
        certificates.refuse_expired(found, now)
    except certificates.BadCertificate as error:
        report.problem(str(error))
        return
    for line in certificates.doubts(found, now):
        report.warn(line)
    for each in found.all:
        report.fine(f"certificate {each}")


def _port(report: Report, probe: Probe, description: str) -> None:
    """See whether an endpoint could be listened on."""
    outcome: list[object] = []
    kind = description.partition(":")[0]
    if kind not in _KNOWN:
        report.warn(f"{description}: this kind of endpoint cannot be checked")
        return
    try:
        _ = serverFromString(probe, description).listen(ServerFactory()).addBoth(outcome.append)
        if isinstance(outcome[0], Failure):
            outcome[0].raiseException()
    except Problem as error:
        report.problem(str(error))
    except Exception as error:
        # Each of them says in its own way that a description is wrong.
        report.problem(f"{description!r} is not an endpoint: {type(error).__name__}: {error}")
    else:
        report.fine(f"{outcome[0]} is free")


class Probe:
    """Stands in for the reactor: sees whether it could listen, and does not. Returns where that would be."""

    def __init__(self) -> None:
        #: Where it would listen by now: the interface and port, or the path.
        self._places: list[tuple[str, int]] = []

    def listenTCP(self, port: int, factory: object, backlog: int = 50, interface: str = "") -> str:
        place = f"{interface or 'any address'} port {port}"
        with socket.socket(socket.AF_INET6 if ":" in interface else socket.AF_INET) as probe:
            # As the reactor does: a port that was used a moment ago can be had.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((interface, port))
            except OSError as error:
                taken = "; stop the program that uses it" if error.errno == errno.EADDRINUSE else ""
                raise Problem(f"cannot listen on {place}: {error.strerror}{taken}") from None
        if port and any(
            port == other and _overlap(interface, host) for host, other in self._places
        ):
            raise Problem(f"cannot listen on {place}: it is listed twice")
        self._places.append((interface, port))
        return place

    def listenUNIX(self, address: str, factory: object, *options: Any, **more: Any) -> str:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(address) == 0:
                raise Problem(
                    f"cannot listen on {address}: another program uses it; stop that program"
                )
        # The socket of a server that was killed is taken over; anything else stays where it is.
        if os.path.lexists(address) and not Path(address).is_socket():
            raise Problem(f"cannot listen on {address}: it exists and is not a socket; remove it")
        if (address, 0) in self._places:
            raise Problem(f"cannot listen on {address}: it is listed twice")
        self._places.append((address, 0))
        folder = Path(address).absolute().parent
        if not os.access(folder, os.W_OK | os.X_OK):
            raise Problem(f"cannot listen on {address}: {folder} is not writable")
        return address


def _overlap(one: str, other: str) -> bool:
    """Return whether two interfaces cannot share a port: they are the same, or one of them means all."""
    if (":" in one) != (":" in other):
        return False
    return one == other or not {one, other}.isdisjoint(("", "0.0.0.0", "::"))  # noqa: S104  not listened on


def _state(report: Report, settings: Settings) -> None:
    """See whether what lasts could be kept."""
    folder = settings.state_folder()
    if folder is None:
        if settings.database_kind() is Kind.POSTGRESQL:
            _postgresql(report, settings)
        return
    try:
        StateDir.look(folder)
    except StateDirError as error:
        report.problem(str(error))
        return
    report.fine(f"state folder {folder}")
    from twisted_chat.store.sql.opening import look

    path = database_in(folder)
    try:
        done = look(path)
    except StoreError as error:
        report.problem(str(error))
    else:
        report.fine(f"database {path}{f': {done}' if done else ''}")


def _postgresql(report: Report, settings: Settings) -> None:
    """See whether a database of PostgreSQL could be used."""
    from twisted_chat.store.sql.database import Database, parse
    from twisted_chat.store.sql.opening import look_at

    name = without_password(settings.database)
    try:
        done = look_at(Database(parse(settings.database)))
    except ImportError as error:
        report.problem(
            f"PostgreSQL needs {error.name}, which is not installed: pip install 'PATH-OF-THE-CLONE[postgres]'"
        )
    except StoreError as error:
        report.problem(f"database {name}: {error}")
    else:
        report.fine(f"database {name}{f': {done}' if done else ''}")
