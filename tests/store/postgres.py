"""A PostgreSQL of the tests' own: one server for each process that runs tests, and a fresh database for each test."""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import psycopg
from twisted.trial.unittest import SkipTest, SynchronousTestCase

_USER: Final = "chat"
#: How long the server may take to start or stop, in seconds; only a fault takes that long.
_PATIENCE: Final = 60.0
# Small, and quick to start: nothing that it keeps outlives the tests. It listens on its socket only.
_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "50",
    "max_wal_size": "64MB",
    "min_wal_size": "32MB",
    "lc_messages": "C",
}


class PostgreSQL:
    """A private server in a temporary folder, which is gone after :meth:`remove`. It is stopped at first.

    ``programs``: the folder with ``initdb`` and ``postgres``.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # Not in $TMPDIR: the path of a socket has at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="chat-pg-", dir="/tmp"))
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[str] | None = None
        self._log: deque[str] = deque(maxlen=50)
        self._ready = threading.Event()
        self._reader: threading.Thread | None = None
        # PostgreSQL refuses to run as root.
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = _unprivileged()
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        try:
            self._make()
        except BaseException:
            self.remove()
            raise

    def _make(self) -> None:
        made = subprocess.run(
            [
                *(str(self._programs / "initdb"), "--pgdata", str(self.folder / "data")),
                *("--username", _USER, "--auth=trust", "--no-sync", "--no-instructions"),
                *("--encoding=UTF8", "--locale=C.UTF-8"),
            ],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **self._as,
        )
        assert made.returncode == 0, made.stdout

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        assert self._process is None, "it runs"
        settings = (f"--{name}={value}" for name, value in _SETTINGS.items())
        self._ready.clear()
        self._process = subprocess.Popen(
            [
                *(str(self._programs / "postgres"), "-D", str(self.folder / "data")),
                *("-k", str(self.folder), *settings),
            ],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            **self._as,
        )
        self._reader = threading.Thread(target=self._read, args=[self._process.stderr], daemon=True)
        self._reader.start()
        self._ready.wait(_PATIENCE)
        if "ready to accept connections" not in "".join(self._log):
            self.stop(signal.SIGKILL)
            raise AssertionError("".join(self._log))

    def _read(self, log: Any) -> None:
        """Read the log: it must not fill its pipe, and it says when the server is ready."""
        self._log.clear()
        with log:
            for line in log:
                self._log.append(line)
                if "ready to accept connections" in line:
                    self._ready.set()
        self._ready.set()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it, unless it is stopped, and wait until all of its processes are gone.

        ``how``: SIGINT tells its clients and closes in order; SIGQUIT does not write what it has in memory; SIGKILL ends it
        as a crash would.
        """
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        process.wait(_PATIENCE)
        # The others have the log open until they are gone, which they are soon after the first.
        assert self._reader is not None
        self._reader.join(_PATIENCE)
        assert not self._reader.is_alive(), "some of its processes are still there"

    def remove(self) -> None:
        """End it, and leave nothing behind."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://{_USER}@/{database}?host={self.folder}"

    def create(self, encoding: str = "UTF8") -> str:
        """Make an empty database; return its name."""
        name = f"test{next(self._numbers)}"
        self._run(
            f"CREATE DATABASE {name} ENCODING {encoding} LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
            if encoding != "UTF8"
            else f"CREATE DATABASE {name}"
        )
        return name

    def drop(self, database: str) -> None:
        """Drop a database, whoever uses it."""
        self._run(f"DROP DATABASE {database} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


def server() -> PostgreSQL:
    """Return the server of this process, running. Where PostgreSQL is missing, skip the test, or fail it if ``CI`` is set."""
    found = _the_server()
    if not found.running:
        found.start()
    return found


def fresh(test: SynchronousTestCase, encoding: str = "UTF8") -> str:
    """Return the URL of an empty database, which is gone after ``test``."""
    running = server()
    name = running.create(encoding)
    # A test may have stopped the server.
    test.addCleanup(lambda: server().drop(name))
    return running.url(name)


@cache
def _the_server() -> PostgreSQL:
    made = PostgreSQL(programs())
    mine = os.getpid()

    def remove() -> None:
        if os.getpid() == mine:  # not in a process that was forked
            made.remove()

    atexit.register(remove)
    return made


def programs() -> Path:
    """Return the folder of ``initdb`` and ``postgres``. Raises :class:`SkipTest`, or fails if ``CI`` is set."""
    for folder in _folders():
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            return folder
    why = "no PostgreSQL here: install Debian's postgresql, or another with initdb and postgres in PATH"
    if os.environ.get("CI"):
        raise AssertionError(why)
    raise SkipTest(why)


def _folders() -> Iterator[Path]:
    """Name the folders in which it may be: Debian has it where nobody looks, the newest is taken."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    debian = [
        each for each in Path("/usr/lib/postgresql").glob("*/bin") if each.parent.name.isdigit()
    ]
    yield from sorted(debian, key=lambda each: int(each.parent.name), reverse=True)
    config = shutil.which("pg_config")
    if config is not None:
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(told.stdout.strip())


def _unprivileged() -> pwd.struct_passwd:
    """Return a user who is not root."""
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
