"""What every store promises of server operators; and, but for the one in memory, of what is there after a restart."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.store.contract import NOW, Contract, MemoryAdapter, PostgresAdapter, SqliteAdapter
from twisted_chat.core.api.records import AuditRecord
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.text import CleanText

YEAR = 365 * 24 * 60 * 60.0


def record(number: int, time: float = NOW) -> AuditRecord:
    return AuditRecord(time, "root", "ann", "192.0.2.7", CleanText(f"did {number}"))


class TrailContract(Contract):
    """The audit trail, and when accounts were here."""

    async def page(self, number: int, size: int) -> tuple[list[str], int]:
        records, count = await self.store.audit(number, size)
        return [each.what for each in records], count

    async def test_trail_is_read_in_pages_the_latest_first(self) -> None:
        self.assertEqual(await self.page(1, 2), ([], 0))
        for number in range(3):
            self.store.record(record(number))
        self.assertEqual(await self.page(1, 2), (["did 2", "did 1"], 3))
        self.assertEqual(await self.page(2, 2), (["did 0"], 3))
        self.assertEqual(await self.page(3, 2), ([], 3))
        self.assertEqual((await self.store.audit(2, 2))[0], (record(0),))

    async def test_dropped_account_was_never_seen(self) -> None:
        self.store.account_seen("bob", NOW)
        self.assertEqual(await self.store.last_seen("bob"), NOW)
        self.store.drop_account("bob", MessageId(1))
        self.assertIsNone(await self.store.last_seen("bob"))
        self.store.account_seen("eve", NOW)
        self.store.drop_account("eve", MessageId(2))
        self.assertIsNone(await self.store.last_seen("eve"))

    async def test_account_is_seen_when_it_was_here_last(self) -> None:
        self.assertIsNone(await self.store.last_seen("bob"))
        for time in (NOW, NOW + 5):
            self.store.account_seen("bob", time)
        self.store.account_seen("eve", NOW + 9)
        self.assertEqual(await self.store.last_seen("bob"), NOW + 5)
        self.assertIsNone(await self.store.last_seen("carol"))

    async def test_every_store_has_a_secret(self) -> None:
        self.assertEqual(len(self.remembered.secret), 32)
        self.assertEqual((self.remembered.bans, self.remembered.panic), ((), 0))
        self.store.ban(Ban("account", "eve", "root", NOW), MessageId(1))
        self.store.unban("account", "eve", MessageId(2))
        self.store.set_panic(1, MessageId(3))
        await self.until_stored(MessageId(3))


class LastingTrailContract(TrailContract):
    """The same, after a restart."""

    async def test_bans_come_back_in_their_order_and_lifted_ones_do_not(self) -> None:
        first = Ban("network", "10.0.0.0/8", "root", NOW + 2, NOW + 1e9, CleanText("spam"))
        second = Ban("account", "eve", "root", NOW + 1)
        lifted = Ban("account", "bob", "root", NOW)
        for ban in (first, second, lifted):
            self.store.ban(ban, MessageId(1))
        self.store.unban("account", "bob", MessageId(2))
        await self.again()
        self.store.ban(lifted, MessageId(1))
        self.store.ban(Ban("account", "eve", "root", NOW + 3), MessageId(1))
        await self.settle()
        self.store.unban("account", "bob", MessageId(2))
        remembered = await self.again()
        self.assertEqual(remembered.bans, (first, Ban("account", "eve", "root", NOW + 3)))

    async def test_ban_that_is_over_does_not_come_back(self) -> None:
        self.store.ban(Ban("network", "192.0.2.7", "root", NOW, NOW + 60), MessageId(1))
        await self.settle()
        await self.store.tidy(NOW + 60)
        self.assertEqual((await self.again()).bans, ())

    async def test_secret_panic_trail_and_last_seen_last(self) -> None:
        secret = self.remembered.secret
        self.store.set_panic(2, MessageId(1))
        remembered = await self.again()
        self.assertEqual((remembered.secret, remembered.panic), (secret, 2))
        self.store.record(record(1))
        self.store.account_seen("bob", NOW)
        await self.again()
        self.assertEqual(await self.page(1, 9), (["did 1"], 1))
        self.assertEqual(await self.store.last_seen("bob"), NOW)

    async def test_trail_is_kept_for_a_year(self) -> None:
        for number, time in enumerate((NOW - YEAR - 1, NOW - YEAR + 1, NOW)):
            self.store.record(record(number, time))
        await self.store.audit(1, 1)  # they are written by then
        await self.store.tidy(NOW)
        self.assertEqual(await self.page(1, 9), (["did 2", "did 1"], 2))


class MemoryTrailTests(TrailContract, MemoryAdapter, TestCase):
    pass


class SqliteTrailTests(LastingTrailContract, SqliteAdapter, TestCase):
    pass


class PostgresTrailTests(LastingTrailContract, PostgresAdapter, TestCase):
    pass
