"""What every store promises of accounts, and, but for the one in memory, of what is there after a restart."""

from __future__ import annotations

import time

from twisted.trial.unittest import TestCase

from tests.store.contract import (
    NOW,
    Contract,
    MemoryAdapter,
    PostgresAdapter,
    SqliteAdapter,
    SqliteReadingAdapter,
)
from twisted_chat.core.values.account import KNOWN_FOR, Account, KnownNetwork, Proof
from twisted_chat.core.values.ids import MessageId, Scope
from twisted_chat.core.values.names import parse_nick
from twisted_chat.store.sql import reading

DAY = 24 * 60 * 60


def account(name: str, since: int) -> Account:
    return Account(
        parse_nick(name),
        NOW,
        MessageId(since),
        "rooms",
        (("eve", "Eve"), ("m\u00fcller", "M\u00fcller")),
    )


class PasswordContract(Contract):
    """What is stored of a password is there from when it was set, kept yet or not."""

    async def events(self, count: int) -> list[MessageId]:
        return [MessageId(number) for number in await self.store.reserve(count)]

    async def test_a_password_is_there_at_once_and_reported_when_it_is_kept(self) -> None:
        (at,) = await self.events(1)
        self.store.keep_account(account("Bob", at), "hash", at)
        self.assertEqual(await self.store.password("bob"), "hash")
        await self.until_stored(at)
        self.assertEqual(await self.store.password("bob"), "hash")
        self.assertIsNone(await self.store.password("eve"))

    async def test_settings_leave_the_password_as_it_is(self) -> None:
        one, two = await self.events(2)
        self.store.keep_account(account("bob", one), "hash", one)
        self.store.keep_account(account("bob", one), None, two)
        await self.until_stored(two)
        self.assertEqual(await self.store.password("bob"), "hash")

    async def test_a_dropped_account_has_no_password_and_its_name_can_have_another(self) -> None:
        one, two, three = await self.events(3)
        self.store.keep_account(account("bob", one), "hash", one)
        await self.until_stored(one)
        self.store.drop_account("bob", two)
        self.assertIsNone(await self.store.password("bob"))
        await self.until_stored(two)
        self.assertIsNone(await self.store.password("bob"))
        self.store.keep_account(account("bob", three), "another", three)
        await self.until_stored(three)
        self.assertEqual(await self.store.password("bob"), "another")


class LastingContract(PasswordContract):
    """Accounts, logins and invitations come back."""

    async def test_everything_comes_back_as_it_was(self) -> None:
        one, two = await self.events(2)
        bob = account("Bob", one)
        self.store.keep_account(bob, "hash", one)
        self.store.seen({Scope("s"): ""}, NOW)
        self.store.keep_login(Scope("s"), bob.proof, one)
        self.store.keep_login(Scope("forgotten"), bob.proof, one)
        self.store.keep_invite("digest", NOW + DAY * 10_000, one)
        self.store.keep_invite("used", NOW + DAY * 10_000, one)
        self.store.keep_invite("used", None, two)
        await self.until_stored(two)
        remembered = await self.again()
        self.assertEqual(remembered.accounts, (bob,))
        self.assertEqual(remembered.accounts[0].name.text, "Bob")
        self.assertEqual([digest for digest, _ in remembered.invites], ["digest"])
        self.assertEqual(await self.store.password("bob"), "hash")

    async def test_logins_come_back_as_long_as_their_scopes_do(self) -> None:
        (one,) = await self.events(1)
        bob = account("bob", one)
        self.store.keep_account(bob, "hash", one)
        self.store.keep_login(Scope("s"), bob.proof, one)
        self.store.keep_login(Scope("forgotten"), bob.proof, one)
        self.store.seen({Scope("s"): ""}, time.time())
        await self.until_stored(one)
        await self.store.tidy(time.time())
        remembered = await self.again()
        self.assertEqual(remembered.logins, ((Scope("s"), Proof("bob", one)),))

    async def test_crowd_of_guests_does_not_keep_others_from_being_remembered(self) -> None:
        self.patch(reading, "MAX_SCOPES", 4)
        now = time.time()
        (one,) = await self.events(1)
        self.store.keep_account(account("bob", one), "hash", one)
        self.store.keep_login(Scope("ann"), Proof("bob", one), one)
        self.store.seen({Scope("ann"): "crowd"}, now - 100.0)
        self.store.seen({Scope("ben"): "home"}, now - 90.0)
        for number in range(9):
            self.store.seen({Scope(f"crowd {number}"): "crowd"}, now - 80.0 + number)
        await self.until_stored(one)
        known = [scope for scope, _, _ in (await self.again()).scopes]
        self.assertEqual(known, ["ann", "ben", "crowd 7", "crowd 8"])

    async def test_places_are_remembered_for_long_but_not_after_the_account(self) -> None:
        one, two = await self.events(2)
        now = time.time()
        for name in ("ann", "bob"):
            self.store.keep_account(account(name, one), "hash", one)
        for each in (
            KnownNetwork("bob", "b", now - 50),
            KnownNetwork("ann", "a", now - 60),
            KnownNetwork("bob", "old", now - KNOWN_FOR - 1),
            KnownNetwork("bob", "b", now - 40),
            KnownNetwork("bob", "c", now - 70),
        ):
            self.store.place_seen(each)
        await self.until_stored(one)
        await self.store.tidy(now)
        wanted = (
            KnownNetwork("bob", "c", now - 70),
            KnownNetwork("ann", "a", now - 60),
            KnownNetwork("bob", "b", now - 40),
        )
        self.assertEqual((await self.again()).places, wanted)
        self.store.place_seen(KnownNetwork("bob", "d", now))
        self.store.drop_account("bob", two)
        await self.until_stored(two)
        self.assertEqual((await self.again()).places, wanted[1:2])

    async def test_what_was_dropped_and_made_anew_at_once_is_the_new_one(self) -> None:
        one, two, three = await self.events(3)
        self.store.keep_account(account("bob", one), "hash", one)
        await self.until_stored(one)
        self.store.drop_account("bob", two)
        self.store.keep_account(account("bob", three), "another", three)
        await self.until_stored(three)
        (bob,) = (await self.again()).accounts
        self.assertEqual((bob.since, await self.store.password("bob")), (three, "another"))


class MemoryTests(PasswordContract, MemoryAdapter, TestCase):
    pass


class SqliteTests(LastingContract, SqliteAdapter, TestCase):
    pass


class SqliteReadingTests(LastingContract, SqliteReadingAdapter, TestCase):
    pass


class PostgresTests(LastingContract, PostgresAdapter, TestCase):
    pass
