"""Copying a database to another: everything is there, both ways, or nothing is."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Boolean, Double, Integer, LargeBinary, Table, insert, select
from twisted.trial.unittest import SynchronousTestCase

from tests.store import postgres
from twisted_chat.store.__main__ import main
from twisted_chat.store.port import StoreError
from twisted_chat.store.sql import copying
from twisted_chat.store.sql.copying import copy
from twisted_chat.store.sql.schema import audit, counters, metadata, settings
from twisted_chat.store.state_dir import StateDir


def sample(table: Table, number: int) -> dict[str, Any]:
    """Make a row, with a value for each column that no other row has."""
    row: dict[str, Any] = {}
    for column in table.columns:
        match column.type:
            case Boolean():
                row[column.name] = bool(number % 2)
            case Double():
                row[column.name] = number + 0.5
            case BigInteger() | Integer():
                row[column.name] = number
            case LargeBinary():
                row[column.name] = bytes([number % 256, 0, 255])
            case _:
                row[column.name] = f"{column.name} {number} \u00e9\U0001f600"
    return row


class CopyCase(SynchronousTestCase):
    def setUp(self) -> None:
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        self.folder = Path(folder)
        self.told: list[int] = []

    def filled(self, count: int = 5) -> str:
        """Return a state folder with rows in every table."""
        place = str(self.folder / "filled")
        with copying.opened(place) as connection, connection.begin():
            for table in metadata.sorted_tables:
                if table not in (settings, counters):
                    rows = [sample(table, number) for number in range(1, count + 1)]
                    connection.execute(insert(table), rows)
            connection.execute(counters.update().values(value=77))
        return place

    def dump(self, place: str) -> dict[str, list[tuple[Any, ...]]]:
        with copying.opened(place) as connection, connection.begin():
            return {
                table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
                for table in metadata.sorted_tables
            }

    def copies(self, source: str, target: str) -> int:
        return copy(source, target, self.told.append)

    def refused(self, source: str, target: str) -> str:
        return str(self.assertRaises(StoreError, self.copies, source, target))


class CopyTests(CopyCase):
    def test_everything_is_the_same_there_and_back_again(self) -> None:
        self.patch(copying, "_ROWS", 2)
        source, other, back = self.filled(), postgres.fresh(self), str(self.folder / "back")
        count = self.copies(source, other)
        self.assertEqual(self.told[-1], count)
        self.assertEqual(self.copies(other, back), count)
        before, there, after = map(self.dump, (source, other, back))
        self.assertEqual(before["counters"], [("ids", 77), ("indexed", 77)])
        before["counters"] = [("ids", 77), ("indexed", 0)]  # the index is made anew
        self.assertEqual(there, before)
        self.assertEqual(after, before)

    def test_what_operators_do_next_gets_a_number_of_its_own(self) -> None:
        other = postgres.fresh(self)
        self.copies(self.filled(), other)
        with copying.opened(other) as connection, connection.begin():
            row = {key: value for key, value in sample(audit, 9).items() if key != "id"}
            self.assertEqual(connection.execute(insert(audit), row).inserted_primary_key, (6,))

    def test_target_that_is_in_use_is_left_as_it_is(self) -> None:
        source = self.filled()
        other = str(self.folder / "other")
        self.copies(source, other)
        before = self.dump(other)
        self.assertIn("is in use already; copy to a new one", self.refused(source, other))
        self.assertEqual(self.dump(other), before)

    def test_copy_that_fails_leaves_the_target_empty(self) -> None:
        source, other = self.filled(), str(self.folder / "other")

        def fails(done: int) -> None:
            if done > 20:
                raise KeyboardInterrupt

        self.assertRaises(KeyboardInterrupt, copy, source, other, fails)
        self.copies(source, other)

    def test_no_server_may_run_on_either(self) -> None:
        source = self.filled()
        running = StateDir.open(self.folder / "filled")
        self.addCleanup(running.close)
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            self.assertEqual(main(["copy", source, str(self.folder / "other")]), 1)
        self.assertIn("stop that server", errors.getvalue())

    def test_where_there_is_nothing_or_the_same_nothing_is_copied(self) -> None:
        nowhere = str(self.folder / "nowhere")
        self.assertIn("there is no database", self.refused(nowhere, str(self.folder / "other")))
        self.assertEqual(list(self.folder.iterdir()), [])
        other = postgres.fresh(self)
        self.copies(self.filled(), other)
        self.assertTrue(self.refused(other, other))


class CopyCommandTests(CopyCase):
    def test_command_tells_how_far_it_is_and_what_it_did(self) -> None:
        self.patch(copying, "_ROWS", 50)
        source, other = self.filled(), str(self.folder / "other")
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(main(["copy", source, other]), 0)
        self.assertRegex(out.getvalue(), r"^\d+ rows copied; ")

    def test_what_is_no_database_is_one_line(self) -> None:
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            self.assertEqual(main(["copy", self.filled(), "mysql://db/x"]), 1)
        self.assertEqual(len(errors.getvalue().splitlines()), 1)
