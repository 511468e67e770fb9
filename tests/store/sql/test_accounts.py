"""Accounts in the database: one that the rules of today forbid, or that somebody spoilt, harms no other."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from twisted.logger import formatEvent

from tests.core.world import NOW, nick
from tests.making import log_of
from tests.store.sql.fakes import SchemaCase
from twisted_chat.core.values.account import Account, Proof
from twisted_chat.core.values.ids import MessageId, Scope
from twisted_chat.store.sql.accounts import AccountBatch, read_accounts, read_invites, read_logins
from twisted_chat.store.sql.schema import accounts, invites, logins, passwords

BOB = Account(nick("Bob"), NOW, MessageId(1), "accounts", (("eve", "Eve"),))


class Case(SchemaCase):
    def setUp(self) -> None:
        super().setUp()
        self.batch = AccountBatch()

    def write(self) -> None:
        self.batch.write(self.connection)
        self.batch = AccountBatch()


class WritingTests(Case):
    def test_an_account_comes_back_as_it_was(self) -> None:
        self.batch.keep(BOB, "hash")
        self.write()
        (found,) = read_accounts(self.connection)
        self.assertEqual((found, found.name.text), (BOB, "Bob"))

    def test_a_dropped_account_takes_its_password_and_its_logins_along(self) -> None:
        self.batch.keep(BOB, "hash")
        self.batch.logins[Scope("s")] = BOB.proof
        self.write()
        self.batch.drop("bob", MessageId(9))
        self.write()
        for table in (accounts, passwords, logins):
            self.assertEqual(self.connection.execute(select(table)).all(), [])

    def test_what_was_kept_before_the_drop_in_the_same_commit_is_gone(self) -> None:
        self.batch.keep(BOB, "hash")
        self.batch.drop("bob", MessageId(9))
        self.write()
        self.assertEqual(self.connection.execute(select(passwords)).all(), [])

    def test_an_invitation_that_is_used_is_gone(self) -> None:
        self.batch.invites.update({"a": NOW + 1, "b": NOW - 1})
        self.write()
        self.assertEqual(read_invites(self.connection), (("a", NOW + 1), ("b", NOW - 1)))
        self.batch.invites["a"] = None
        self.write()
        self.assertEqual([row.digest for row in self.connection.execute(select(invites))], ["b"])


class ReadingTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.observer = log_of(self)
        self.batch.keep(BOB, "hash")
        self.write()

    def add(self, key: str, name: str) -> None:
        row = {
            "key": key,
            "name": name,
            "created": NOW,
            "since": 2,
            "privacy": "all",
            "ignored": "",
        }
        self.connection.execute(insert(accounts), [row])

    def test_a_name_that_is_none_today_is_left_out_and_said(self) -> None:
        self.add("a b", "a b")
        self.add("another", "eve")
        self.assertEqual(read_accounts(self.connection), (BOB,))
        lines = [formatEvent(event) or "" for event in self.observer]
        named = [line.partition(" was not restored")[0] for line in lines]
        self.assertEqual(named, ["account a b", "account eve"])

    def test_settings_that_somebody_spoilt_are_the_defaults(self) -> None:
        self.connection.execute(
            update(accounts).values(privacy="x", ignored="eve\n \n\x1b \x1b\nann Ann")
        )
        (found,) = read_accounts(self.connection)
        self.assertEqual((found.privacy, dict(found.ignored)["ann"]), ("all", "Ann"))
        self.assertNotIn("\x1b", "".join(name for _, name in found.ignored))

    def test_logins_are_those_of_scopes_that_are_known(self) -> None:
        self.batch.logins.update({Scope("s"): BOB.proof, Scope("old"): BOB.proof})
        self.write()
        found = read_logins(self.connection, {Scope("s")})
        self.assertEqual(found, ((Scope("s"), Proof("bob", MessageId(1))),))
