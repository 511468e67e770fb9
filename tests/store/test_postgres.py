"""The PostgreSQL of the tests: each test has a database of its own, and it can go away and come back."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
from sqlalchemy import create_engine, make_url, text
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.making import folder_for
from tests.store import postgres
from twisted_chat.store.url import Kind, kind_of

ROOT = Path(__file__).parents[2]


class DatabaseTests(SynchronousTestCase):
    def test_sqlalchemy_finds_a_database_by_its_url(self) -> None:
        url = postgres.fresh(self)
        self.assertIs(kind_of(url), Kind.POSTGRESQL)
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
        self.addCleanup(engine.dispose)
        with engine.connect() as connection:
            self.assertEqual(connection.execute(text("SELECT 1")).scalar(), 1)

    def test_letters_of_every_language_have_two_cases(self) -> None:
        with psycopg.connect(postgres.fresh(self)) as connection:
            row = connection.execute(
                "SELECT lower('ÄΣЖ'), current_setting('server_encoding')"
            ).fetchone()
        self.assertEqual(row, ("äσж", "UTF8"))

    def test_what_one_test_keeps_no_other_sees(self) -> None:
        first, second = postgres.fresh(self), postgres.fresh(self)
        with psycopg.connect(first) as connection:
            connection.execute("CREATE TABLE messages (id bigint)")
        with psycopg.connect(second) as connection:
            self.assertRaises(
                psycopg.errors.UndefinedTable, connection.execute, "SELECT * FROM messages"
            )

    def test_a_database_goes_even_if_it_is_in_use(self) -> None:
        server = postgres.server()
        name = server.create()
        with psycopg.connect(server.url(name)) as connection:
            connection.execute("SELECT 1")
            server.drop(name)
            self.assertRaises(psycopg.OperationalError, connection.execute, "SELECT 1")


class ServerTests(SynchronousTestCase):
    def test_it_goes_away_and_comes_back_with_what_was_committed(self) -> None:
        url = postgres.fresh(self)
        server = postgres.server()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE messages (id bigint)")
        for number, how in enumerate((signal.SIGINT, signal.SIGQUIT, signal.SIGKILL), 1):
            connection = psycopg.connect(url, autocommit=True)
            self.addCleanup(connection.close)
            connection.execute("INSERT INTO messages VALUES (1)")
            server.stop(how)
            self.assertRaises(psycopg.OperationalError, connection.execute, "SELECT 1")
            self.assertRaises(psycopg.OperationalError, psycopg.connect, url)
            server.start()
            with psycopg.connect(url) as again:
                self.assertEqual(
                    again.execute("SELECT count(*) FROM messages").fetchone(), (number,)
                )

    def test_a_test_that_stops_it_troubles_no_other_and_only_a_socket_leads_to_it(self) -> None:
        postgres.fresh(self)
        postgres.server().stop()
        postgres.server().stop()
        postgres.fresh(self)
        with psycopg.connect(postgres.fresh(self)) as connection:
            self.assertEqual(connection.execute("SHOW listen_addresses").fetchone(), ("",))

    def test_one_that_cannot_start_says_why(self) -> None:
        server = postgres.PostgreSQL(postgres.programs())
        self.addCleanup(server.remove)
        (server.folder / "data" / "PG_VERSION").write_text("1")
        error = self.assertRaises(AssertionError, server.start)
        self.assertIn("incompatible with server", str(error))
        self.assertFalse(server.running)

    def test_nothing_is_left_of_it_when_the_tests_end(self) -> None:
        code = "from tests.store import postgres; s = postgres.server(); print(s.folder, s._process.pid)"
        postgres.programs()
        told = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        folder, process = told.stdout.split()
        self.assertFalse(Path(folder).exists())
        self.assertRaises(ProcessLookupError, os.kill, int(process), 0)


class SearchTests(SynchronousTestCase):
    """Where the programs may be."""

    def setUp(self) -> None:
        self.folder = folder_for(self)

    def nowhere(self) -> None:
        self.patch(shutil, "which", lambda name: None)
        self.patch(Path, "glob", lambda path, pattern: iter(()))

    def test_missing_it_fails_in_ci_and_is_skipped_elsewhere(self) -> None:
        self.nowhere()
        self.patch(os, "environ", {})
        error = self.assertRaises(SkipTest, postgres.programs)
        self.assertIn("install Debian's postgresql", str(error))
        self.patch(os, "environ", {"CI": "true"})
        self.assertRaises(AssertionError, postgres.programs)

    def installs(self, *names: str) -> Path:
        folder = self.folder.joinpath(*names)
        folder.mkdir(parents=True)
        for name in ("initdb", "postgres"):
            (folder / name).touch(0o755)
        return folder

    def test_the_one_in_path_goes_first_even_if_it_is_a_link(self) -> None:
        folder = self.installs("real")
        link = self.folder / "initdb"
        link.symlink_to(folder / "initdb")
        self.patch(shutil, "which", lambda name: str(link))
        self.assertEqual(postgres.programs(), folder)

    def test_of_debian_s_the_newest_is_taken(self) -> None:
        self.nowhere()
        found = [self.installs(version, "bin") for version in ("9", "15", "latest")]
        self.patch(Path, "glob", lambda path, pattern: iter(found))
        self.assertEqual(postgres.programs(), self.folder / "15" / "bin")

    def test_pg_config_knows_it_too(self) -> None:
        self.nowhere()
        folder = self.installs("bin")
        config = self.folder / "pg_config"
        config.write_text(f"#!/bin/sh\necho {folder}\n")
        config.chmod(0o755)
        self.patch(shutil, "which", {"initdb": None, "pg_config": str(config)}.get)
        self.assertEqual(postgres.programs(), folder)

    def test_root_runs_it_as_somebody_else(self) -> None:
        def only_nobody(name: str) -> str:
            if name == "postgres":
                raise KeyError(name)
            return name

        self.assertNotEqual(postgres._unprivileged().pw_uid, 0)
        self.patch(pwd, "getpwnam", only_nobody)
        self.assertEqual(postgres._unprivileged(), "nobody")
