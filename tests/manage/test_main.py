"""Accounts of a server that does not run: what the command does to its database, and what it says."""

from __future__ import annotations

import contextlib
import io
import re
import runpy
import shutil
import sys
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.store import postgres
from twisted_chat.auth.gate import Code, read_code
from twisted_chat.auth.passwords import _matches as matches
from twisted_chat.core.api.events import RoomRef
from twisted_chat.core.api.records import Remembered
from twisted_chat.core.state import snapshot
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.state import State
from twisted_chat.core.values.account import KEPT_ELSEWHERE, Account, Proof
from twisted_chat.core.values.ids import MessageId, RoomId, Scope
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.manage import __main__ as manage
from twisted_chat.store.sql.copying import opened
from twisted_chat.store.sql.operators import read_audit
from twisted_chat.store.sql.reading import read_remembered
from twisted_chat.store.sql.schema import passwords
from twisted_chat.store.sql.writing import Batch, take_ids
from twisted_chat.store.state_dir import StateDir

NOW = 1_767_323_045.0  # 2026-01-02 03:04:05 UTC


class ManageCase(SynchronousTestCase):
    """Ann owns #dev, where Bob is operator; Bob alone owns #den. Carl's account is kept elsewhere."""

    def setUp(self) -> None:
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        self.place = str(Path(folder) / "state")
        self.how: tuple[str, ...] = ("--state-dir", self.place)
        self.fill()

    def fill(self) -> None:
        state, batch = State(Limits()), Batch()
        for number, name in enumerate(("ann", "bob", "carl"), 1):
            since = KEPT_ELSEWHERE if name == "carl" else MessageId(number)
            batch.accounts.keep(Account(parse_nick(name), NOW, since), f"hash of {name}")
        batch.accounts.logins[Scope("scope of bob")] = Proof("bob", MessageId(2))
        batch.scopes[Scope("scope of bob")] = (NOW, "")
        batch.others.seen["ann"] = NOW
        dev = Room(RoomRef(RoomId(5), parse_room("dev")), NOW)
        dev.roles = {"ann": frozenset(("owner",)), "bob": frozenset(("operator",))}
        den = Room(RoomRef(RoomId(6), parse_room("den")), NOW)
        den.roles = {"bob": frozenset(("owner",))}
        batch.rooms = {room.ref.id: snapshot.record(state, room) for room in (dev, den)}
        with opened(self.place) as connection, connection.begin():
            take_ids(connection, 100)
            batch.write(connection)

    def says(self, *arguments: str, status: int = 0) -> str:
        with (
            contextlib.redirect_stdout(io.StringIO()) as out,
            contextlib.redirect_stderr(io.StringIO()) as errors,
        ):
            try:
                ended: object = manage.main([*arguments, *self.how])
            except SystemExit as end:
                ended = end.code
        self.assertEqual(ended, status, errors.getvalue())
        return (out if status == 0 else errors).getvalue()

    def remembered(self) -> Remembered:
        with opened(self.place) as connection, connection.begin():
            return read_remembered(connection)

    def state(self) -> State:
        state = State(Limits())
        snapshot.restore(state, self.remembered())
        return state

    def password(self, key: str) -> str | None:
        with opened(self.place) as connection, connection.begin():
            rows = connection.execute(passwords.select()).all()
            return {row.account: row.hash for row in rows}.get(key)

    def trail(self) -> list[str]:
        with opened(self.place) as connection, connection.begin():
            return [each.what for each in read_audit(connection, 1, 10)[0]]


class ManageTests(ManageCase):
    def test_accounts_are_listed_by_a_mask(self) -> None:
        lines = self.says("accounts").splitlines()
        self.assertEqual([line.split(",")[0] for line in lines], ["ann", "bob", "carl"])
        self.assertRegex(lines[0], r"\Aann, registered 2026-01-0\d [\d:]{5}, last here 2026-01-0\d")
        self.assertEqual(len(self.says("accounts", "B*").splitlines()), 1)
        self.assertEqual(self.says("accounts", "x*"), "There is no such account.\n")

    def test_code_takes_the_place_of_the_password_and_sessions_do_not_come_back(self) -> None:
        told = self.says("reset-password", "Bob")
        found = re.search(r"for one login within 24 hours: (\S+)\n\Z", told)
        assert found is not None, told
        code = read_code(self.password("bob"))
        assert isinstance(code, Code) and not code.used
        self.assertTrue(matches(code.hashed, found[1]))
        self.assertEqual(self.password("ann"), "hash of ann")
        state = self.state()
        self.assertIsNone(state.accounts.login_of(Scope("scope of bob")))
        self.assertGreaterEqual(state.accounts["bob"].since, 100)
        self.assertEqual(
            self.trail(), ["reset the password of the account bob, while the server did not run"]
        )

    def test_removed_account_is_in_no_room_and_its_own_are_inherited_or_gone(self) -> None:
        self.says("remove-account", "ann")
        state = self.state()
        dev = state.rooms_by_key["dev"]
        self.assertEqual((sorted(state.accounts), dev.owner), (["bob", "carl"], "bob"))
        self.assertIsNone(self.password("ann"))
        self.assertEqual(self.says("remove-account", "bob"), "Removed the account bob.\n")
        state = self.state()
        self.assertEqual(
            (sorted(state.accounts), sorted(state.rooms_by_key)), (["carl"], ["lobby"])
        )
        self.assertIsNone(state.accounts.login_of(Scope("scope of bob")))

    def test_what_cannot_be_done_is_one_line_and_changes_nothing(self) -> None:
        before = self.remembered()
        for command in ("reset-password", "remove-account"):
            for name, why in (
                ("nobody", "there is no account nobody"),
                ("carl", "is defined in a file"),
            ):
                said = self.says(command, name, status=1)
                self.assertTrue(said.startswith(f"{command}: ") and why in said, said)
                self.assertEqual(said.count("\n"), 1)
            self.assertIn("cannot be in", self.says(command, "a b", status=1))
        self.assertEqual(self.remembered(), before)
        self.assertEqual(self.trail(), [])

    def test_it_is_the_same_with_postgresql(self) -> None:
        self.place = postgres.fresh(self)
        self.how = ("--database", self.place)
        self.fill()
        self.assertEqual(len(self.says("accounts").splitlines()), 3)
        self.says("reset-password", "bob")
        self.assertIsInstance(read_code(self.password("bob")), Code)
        self.says("remove-account", "ann")
        state = self.state()
        self.assertEqual(sorted(state.accounts), ["bob", "carl"])
        self.assertEqual(state.rooms_by_key["dev"].owner, "bob")

    def test_running_servers_and_wrong_places_are_errors(self) -> None:
        place = StateDir.open(Path(self.place))
        try:
            self.says("accounts", status=1)
        finally:
            place.close()
        self.how = ("--state-dir", self.place + "-other")
        self.assertIn("no such folder", self.says("accounts", status=1))
        for url in (":memory:", "mysql://x"):
            self.how = ("--database", url)
            self.assertIn("--database", self.says("accounts", status=2))

    def test_it_is_a_program(self) -> None:
        self.patch(sys, "argv", ["manage", "--help"])
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertRaises(SystemExit, runpy.run_module, "twisted_chat.manage", None, "__main__")
        self.assertIn("reset-password", out.getvalue())
