"""What a start needs besides the parts of the server: the store that the settings ask for, and the log lines about all of it."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from twisted.internet.interfaces import IProtocolFactory
from twisted.logger import Logger

from twisted_chat.app.reload import NotReloaded, Reload
from twisted_chat.app.settings import Settings
from twisted_chat.core.values.text import shown
from twisted_chat.store.memory import MemoryStore
from twisted_chat.store.port import Store
from twisted_chat.store.state_dir import database_in
from twisted_chat.store.url import Kind, without_password

log = Logger(namespace="twisted_chat.service")

#: What the log says about which connections count as local.
LOCAL: Final = {
    "none": "no connection counts as local (local-trust: none)",
    "unix": "connections over UNIX sockets count as local, exempt from limits and bans (local-trust: unix)",
    "loopback": "connections from this machine count as local, exempt from limits and bans (local-trust: loopback)",
}

#: Puts what a port needs around a door.
Wrap = Callable[[IProtocolFactory], IProtocolFactory]


class StartError(Exception):
    """The server cannot start. ``str()`` is one line for the operator."""


def print_start_error(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Show a :class:`StartError` as the one line it is; anything else as ever. An exception hook of :mod:`sys`."""
    if isinstance(error, StartError):
        # twistd has put its log, which goes to standard output, in the place of sys.stderr.
        print(f"twistd chat: {shown(str(error), 1000)}", file=sys.__stderr__)
    else:
        sys.__excepthook__(kind, error, trace)


def make_store(settings: Settings, folder: Path | None, reactor: Any, clock: Any) -> Store:
    """Make the store that the settings ask for, not opened yet; ``folder`` is its state folder, if it needs one."""
    keep = settings.limits.most_kept()
    if settings.database_kind() is Kind.MEMORY:
        # Nothing outlives the process, but clients remember ids: these lie above those of every earlier run.
        return MemoryStore(clock, first_id=int(time.time() * 1_000_000), keep=keep)
    # They take as long to load as all the rest, which does without them.
    from twisted_chat.store.sql.database import Database, parse, sqlite_url
    from twisted_chat.store.sql.store import SqlStore
    from twisted_chat.store.sql.threads import RealThreads

    url = parse(settings.database) if folder is None else sqlite_url(database_in(folder))
    try:
        database = Database(url, settings.sync)
    except ImportError as error:
        raise StartError(
            f"PostgreSQL needs {error.name}, which is not installed: pip install 'PATH-OF-THE-CLONE[postgres]'"
        ) from None
    return SqlStore(
        database, RealThreads(reactor), clock, lines=settings.limits.history_lines, keep=keep
    )


def kept(settings: Settings, folder: Path | None) -> str:
    """Say where what lasts is kept."""
    if folder is not None:
        return f"history and rooms are kept in {shown(str(folder), 1000)}"
    if settings.database_kind() is Kind.MEMORY:
        return "nothing is kept: --database :memory:"
    return f"history and rooms are kept in {without_password(settings.database)}"


def room(most: int) -> str:
    """Say how many connections there is room for, and how to get more."""
    if most == sys.maxsize:
        return "no limit on the number of connections"
    connections = "1 connection" if most == 1 else f"{most:,} connections"
    return f"there is room for up to {connections}; LimitNOFILE= (systemd) or ulimit -Hn (a shell) sets this limit"


def raise_file_limit() -> None:
    """Allow this process as many connections as the system lets it have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError):
            return  # some systems refuse what they say is allowed


def encrypted(settings: Settings, reload: Reload, reactor: Any) -> Wrap:
    """Read the certificates; return how to put TLS around a door."""
    try:
        from twisted_chat.doors.tls import TlsFactory
        from twisted_chat.tls import certificates
    except ImportError as error:
        raise StartError(
            f"TLS needs {error.name}, which is not installed: pip install 'PATH-OF-THE-CLONE[tls]'"
        ) from None
    try:
        in_use = certificates.Certificates(certificates.find(*settings.tls_files()))
    except certificates.BadCertificate as error:
        raise StartError(str(error)) from None
    for line in certificates.doubts(in_use.found, datetime.now(UTC)):
        log.warn("{line}", line=shown(line, 1000))

    def change(new: Settings) -> str:
        try:
            found = certificates.find(*new.tls_files())
            certificates.refuse_expired(found, datetime.now(UTC))
            in_use.use(found)
        except certificates.BadCertificate as error:
            raise NotReloaded(str(error)) from None
        return "; ".join(map(str, found.all))

    reload.add("certificates", change)
    return lambda door: TlsFactory(in_use, door, reactor)
