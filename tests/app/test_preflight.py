"""``--check``: each thing that would keep the server from starting is told, and nothing is touched."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import socket
import sqlite3
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from twisted.trial.unittest import SynchronousTestCase

from tests.auth.test_operators import HASH
from tests.store import postgres
from tests.tls import certs
from twisted_chat.app import preflight
from twisted_chat.app.settings import Settings
from twisted_chat.store.sql import opening, schema
from twisted_chat.store.sql.database import Database, parse, sqlite_url
from twisted_chat.store.state_dir import StateDir
from twisted_chat.store.url import Sync


class CheckTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.state = self.folder / "state"

    def check(self, *, good: bool, **settings: Any) -> list[str]:
        """Check; return what was said but for what is fine. Nothing must have changed in the folder."""
        before = self.everything()
        with contextlib.redirect_stdout(io.StringIO()) as out:
            status = preflight.check(
                Settings(
                    **{"port": 0, "state_dir": str(self.state), "local_trust": "unix", **settings}
                ).check()
            )
        self.assertEqual(self.everything(), before)
        *lines, last = out.getvalue().splitlines()
        self.assertEqual(
            (status, last),
            (0, "the server could start") if good else (1, "the server could not start"),
        )
        return [
            line.replace(f"{self.folder}/", "") for line in lines if not line.startswith("fine: ")
        ]

    def everything(self) -> dict[Path, object]:
        """Return what is in the folder now, with the times at which it was changed."""
        return {
            path: (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in (self.folder, *self.folder.rglob("*"))
        }


class CheckTests(CheckTestCase):
    def test_a_port_that_is_given_twice_is_none_for_the_second(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        twice = f"problem: cannot listen on 127.0.0.1 port {port}: it is listed twice"
        self.assertEqual(self.check(good=False, port=(port, port)), [twice])
        everywhere = f"tcp:{port}:interface=0.0.0.0"
        self.assertEqual(self.check(good=False, port=(everywhere, port)), [twice])
        self.assertEqual(
            self.check(good=False, port=(port, f"tcp:{port}")),
            [f"problem: cannot listen on any address port {port}: it is listed twice"],
        )
        # Each is a port of its own: whichever is free, and that of another address.
        self.assertEqual(self.check(good=True, port=(0, 0)), [])
        self.assertEqual(self.check(good=True, port=(port, f"tcp:{port}:interface=127.0.0.2")), [])
        self.assertEqual(self.check(good=True, port=(port, f"tcp6:{port}:interface=\\:\\:1")), [])

    def test_a_name_of_a_socket_must_be_free_or_that_of_a_socket(self) -> None:
        path = self.folder / "chat.sock"
        self.assertEqual(self.check(good=True, port=f"unix:{path}"), [])
        self.assertEqual(
            self.check(good=False, port=(f"unix:{path}", f"unix:{path}")),
            ["problem: cannot listen on chat.sock: it is listed twice"],
        )
        with socket.socket(socket.AF_UNIX) as gone:
            gone.bind(str(path))
        self.assertEqual(self.check(good=True, port=f"unix:{path}"), [])
        path.unlink()
        path.touch()
        self.assertEqual(
            self.check(good=False, port=f"unix:{path}"),
            ["problem: cannot listen on chat.sock: it exists and is not a socket; remove it"],
        )

    def test_what_is_fine_is_said_too(self) -> None:
        cert, key = certs.write(self.folder, "chat.example")
        settings = Settings(
            port=0, state_dir=str(self.state), tls_port=0, tls_cert=str(cert), tls_key=str(key)
        )
        report = preflight.examine(settings, datetime.now(UTC))
        lines = [
            line.replace(f"{self.folder}/", "").partition("; until")[0] for line in report.lines
        ]
        self.assertEqual(
            lines,
            [
                "fine: options and configuration file",
                "fine: certificate certificate.pem (chat.example",
                "fine: 127.0.0.1 port 0 is free",
                "fine: 127.0.0.1 port 0 is free",
                "fine: state folder state",
                "fine: database state/chat.sqlite: would be created",
            ],
        )

    def test_certificates_that_cannot_be_used_are_problems(self) -> None:
        cert, key = certs.write(self.folder, "chat.example")
        files: dict[str, Any] = {"tls_port": 0, "tls_cert": str(cert), "tls_key": str(key)}
        self.assertEqual(self.check(good=True, **files), [])
        certs.write(self.folder, "chat.example", days=-1)
        self.assertRegex(
            self.check(good=False, **files)[0], "^problem: certificate.pem: expired on "
        )
        key.write_bytes(certs.self_signed("x").key)
        self.assertIn("do not belong together", self.check(good=False, **files)[0])
        key.unlink()
        self.assertEqual(
            self.check(good=False, **files),
            ["problem: key.pem: cannot be read: No such file or directory"],
        )

    def test_operators_that_cannot_be_used_are_a_problem(self) -> None:
        file = self.folder / "operators"
        file.write_text(f"root {HASH}\n")
        file.chmod(0o644)
        (line,) = self.check(good=True, operators=str(file))
        self.assertRegex(line, "^warning: operators: every user of this machine can read it")
        file.write_text("root\n")
        (line,) = self.check(good=False, operators=str(file))
        self.assertRegex(line, "^problem: operators:1: ")

    def test_what_is_doubtful_is_a_warning(self) -> None:
        cert, key = certs.write(self.folder, "chat.example", days=10)
        key.chmod(0o644)
        lines = self.check(good=True, tls_port=0, tls_cert=str(cert), tls_key=str(key))
        self.assertRegex(lines[0], r"^warning: certificate.pem: expires in \d+ days$")
        self.assertRegex(lines[1], "^warning: key.pem: every user of this machine can read it")

    def test_missing_library_is_a_problem(self) -> None:
        cert, _ = certs.write(self.folder, "chat.example")
        certs.not_installed(self)
        self.assertEqual(
            self.check(good=False, tls_port=0, tls_cert=str(cert)),
            [
                "problem: TLS needs OpenSSL, which is not installed: pip install 'PATH-OF-THE-CLONE[tls]'"
            ],
        )

    def test_taken_ports_are_problems_and_all_of_them_are_told(self) -> None:
        taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        for each in taken:
            self.addCleanup(each.close)
        ports = [each.getsockname()[1] for each in taken]
        self.assertEqual(
            self.check(good=False, port=tuple(ports)),
            [
                f"problem: cannot listen on 127.0.0.1 port {port}: Address already in use; "
                "stop the program that uses it"
                for port in ports
            ],
        )

    def test_trusted_loopback_on_a_port_for_others_is_a_warning(self) -> None:
        for interface, trust, warned in (
            ("0.0.0.0", "", True),
            ("0.0.0.0", "loopback", True),
            ("0.0.0.0", "none", False),
            ("127.0.0.1", "", False),
        ):
            lines = self.check(good=True, interface=interface, local_trust=trust)
            self.assertEqual(len(lines), warned, lines)
            if warned:
                self.assertIn("set --local-trust none", lines[0])

    def test_addresses_of_others_and_ports_behind_proxies_are_looked_at(self) -> None:
        (line,) = self.check(good=False, port="tcp:0:interface=192.0.2.1")
        self.assertRegex(line, "^problem: cannot listen on 192.0.2.1 port 0: Cannot assign")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = f"haproxy:tcp:{taken.getsockname()[1]}:interface=127.0.0.1"
            (line,) = self.check(good=False, port=port, trusted_proxy=("10.0.0.0/8",))
        self.assertIn("problem: cannot listen on 127.0.0.1 port", line)
        self.assertEqual(self.check(good=True, database=":memory:"), [])

    def test_unix_sockets_are_looked_at(self) -> None:
        path = self.folder / "chat.sock"
        self.assertEqual(self.check(good=True, port=f"unix:{path}"), [])
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen()
            self.assertIn("another program uses it", self.check(good=False, port=f"unix:{path}")[0])
        (line,) = self.check(good=False, port=f"unix:{self.folder}/no/chat.sock")
        self.assertIn("no is not writable", line)

    def test_endpoints_of_other_kinds_are_looked_at_as_far_as_can_be(self) -> None:
        self.assertRegex(
            self.check(good=False, port="tcp:99999")[0], "^problem: 'tcp:99999' is not an endpoint"
        )
        (line,) = self.check(good=True, port="systemd:domain=INET:index=0")
        self.assertEqual(
            line, "warning: systemd:domain=INET:index=0: this kind of endpoint cannot be checked"
        )


class PostgreSQLTests(CheckTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.url = postgres.fresh(self)

    def looked(self, *, good: bool, url: str = "") -> str:
        """Check the database; return what was said of it."""
        settings = Settings(port=0, database=url or self.url, local_trust="unix").check()
        report = preflight.examine(settings, datetime.now(UTC))
        self.assertEqual(report.good, good, report.lines)
        (line,) = [line for line in report.lines if ": database " in line]
        return line.replace(self.url, "URL")

    def query(self, *statements: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for each in statements:
                found = connection.execute(each)
            return found.fetchall() if found.description else []

    def makes(self) -> Database:
        database = Database(parse(self.url), Sync.OFF)
        self.addCleanup(database.close)
        opening.open_database(database)
        return database

    def test_new_database_is_opened_read_only_and_stays_as_it_is(self) -> None:
        self.assertIn(": the tables would be created", self.looked(good=True))
        self.assertEqual(
            self.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"), []
        )

    def test_database_of_this_version_is_fine_and_one_in_use_is_none(self) -> None:
        database = self.makes()
        self.assertIn("another server uses the database", self.looked(good=False))
        database.close()
        self.assertEqual(self.looked(good=True), "fine: database URL")
        self.query("UPDATE alembic_version SET version_num = '0001'")
        self.assertIn(f"would be upgraded to schema {schema.HEAD}", self.looked(good=True))
        self.query("UPDATE alembic_version SET version_num = '9999'")
        self.assertIn("was made by a newer version", self.looked(good=False))

    def test_database_that_cannot_be_used_is_a_problem(self) -> None:
        self.query("CREATE TABLE rooms (id bigint)")
        self.assertIn("has tables of another program", self.looked(good=False))
        self.assertIn(
            "cannot be opened", self.looked(good=False, url=self.url.replace("/chat", "/none", 1))
        )
        latin = postgres.fresh(self, "LATIN1")
        self.assertIn("has the encoding LATIN1", self.looked(good=False, url=latin))

    def test_user_who_may_not_write_there_is_a_problem(self) -> None:
        self.query("CREATE SCHEMA others", "ALTER ROLE chat SET search_path = ''")
        self.addCleanup(self.query, "ALTER ROLE chat RESET search_path")
        self.assertIn("has no permission to write", self.looked(good=False))

    def test_missing_library_is_a_problem(self) -> None:
        with patch.dict(sys.modules, {"psycopg": None}):
            self.assertIn("PostgreSQL needs psycopg", self.looked_without())

    def looked_without(self) -> str:
        settings = Settings(port=0, database=self.url, local_trust="unix").check()
        return "\n".join(preflight.examine(settings, datetime.now(UTC)).lines)


class StateTests(CheckTestCase):
    def makes(self) -> Path:
        """Make a database; return its path."""
        place = StateDir.open(self.state)
        database = Database(sqlite_url(place.database), Sync.OFF)
        opening.open_database(database)
        database.close()
        place.close()
        return place.database

    def test_one_that_was_used_is_fine(self) -> None:
        self.makes()
        self.assertEqual(self.check(good=True), [])

    def test_folder_in_use_is_a_problem(self) -> None:
        place = StateDir.open(self.state)
        self.addCleanup(place.close)
        self.assertEqual(
            self.check(good=False),
            [
                f"problem: state: process {os.getpid()} uses this folder; stop that server, or choose "
                "another folder with --state-dir"
            ],
        )

    def test_what_is_no_folder_is_a_problem(self) -> None:
        self.state.write_text("a file")
        self.assertEqual(
            self.check(good=False),
            ["problem: state: is not a folder; choose another folder with --state-dir"],
        )

    def test_databases_of_others_damaged_or_newer_are_problems(self) -> None:
        path = self.makes()
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
            connection.execute("PRAGMA journal_mode=DELETE")
        self.assertIn("newer version", self.check(good=False)[0])
        good = path.read_bytes()
        path.write_bytes(b"SQLite format 3\0" + bytes(100))
        self.assertIn("is not a database of twisted-chat", self.check(good=False)[0])
        path.write_bytes(good[:-4096] + b"\xff" * 4096)
        self.assertIn("is damaged", self.check(good=False)[0])
