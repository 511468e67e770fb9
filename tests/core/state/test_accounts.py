"""Accounts as data: whose names are whose, and what proves that."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, nick
from twisted_chat.core.state import accounts
from twisted_chat.core.state.accounts import Accounts
from twisted_chat.core.values.account import Account, Proof
from twisted_chat.core.values.ids import MessageId, Scope


def account(name: str, since: int = 1) -> Account:
    return Account(nick(name), NOW, MessageId(since))


class AccountsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.accounts = Accounts()
        self.bob = account("Bob")
        self.accounts.put(self.bob)

    def test_a_name_is_held_in_any_case_and_script_until_its_account_is_gone(self) -> None:
        for name in ("Bob", "bob", "BOB", "b\u043eb"):
            self.assertIs(self.accounts.holder(nick(name)), self.bob, name)
        self.assertIsNone(self.accounts.holder(nick("bobby")))
        self.accounts.drop("bob")
        self.assertIsNone(self.accounts.holder(nick("Bob")))
        self.assertIsNone(self.accounts.holder(nick("b\u043eb")))
        self.assertEqual(self.accounts.altered, {"bob": None})

    def test_accounts_of_before_that_look_alike_today_go_one_by_one(self) -> None:
        alike = account("b\u043eb")
        self.accounts.restore(alike)
        self.accounts.drop("bob")
        self.assertIs(self.accounts.holder(nick("Bob")), alike)
        self.accounts.drop(alike.key)
        self.assertIsNone(self.accounts.holder(nick("Bob")))

    def test_what_the_store_gave_need_not_be_told_to_it(self) -> None:
        self.accounts.altered.clear()
        self.accounts.restore(account("eve"))
        self.accounts.restore_login(Scope("s"), Proof("eve", MessageId(1)))
        self.assertEqual((self.accounts.altered, self.accounts.new_logins), ({}, {}))
        self.assertIn("eve", self.accounts)

    def test_a_proof_is_worth_nothing_after_another_password_or_another_account(self) -> None:
        proof = self.bob.proof
        self.assertIs(self.accounts.proven(proof), self.bob)
        changed = account("Bob", since=2)
        self.accounts.put(changed)
        self.assertIsNone(self.accounts.proven(proof))
        self.assertIs(self.accounts.proven(Proof("bob", outside=True)), changed)
        self.accounts.drop("bob")
        self.assertIsNone(self.accounts.proven(changed.proof))
        self.assertIsNone(self.accounts.proven(Proof("bob", outside=True)))

    def test_a_scope_comes_back_as_its_account_until_the_password_is_another(self) -> None:
        self.accounts.logged_in(Scope("s"), self.bob.proof)
        self.assertIs(self.accounts.login_of(Scope("s")), self.bob)
        self.assertIsNone(self.accounts.login_of(Scope("another")))
        self.accounts.put(account("Bob", since=2))
        self.assertIsNone(self.accounts.login_of(Scope("s")))

    def test_logins_are_bounded_and_the_oldest_goes(self) -> None:
        self.patch(accounts, "MAX_LOGINS", 3)
        for name in "abcd":
            self.accounts.logged_in(Scope(name), self.bob.proof)
        known = [name for name in "abcd" if self.accounts.login_of(Scope(name))]
        self.assertEqual(known, ["b", "c", "d"])

    def test_a_dump_is_plain(self) -> None:
        self.accounts.logged_in(Scope("s"), self.bob.proof)
        dump = self.accounts.dump()
        self.assertEqual(dump["accounts"], {"bob": ("Bob", NOW, 1, "all", (), ())})
        self.assertEqual(dump["logins"], [("s", "bob", 1)])
