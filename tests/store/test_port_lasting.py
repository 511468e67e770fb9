"""What every store promises of what it drops, and, but for the one in memory, of what is there after a restart."""

from __future__ import annotations

import time

from msgspec import structs
from twisted.trial.unittest import TestCase

from tests.making import room, said
from tests.store.contract import (
    NOW,
    OTHER,
    ROOM,
    Contract,
    MemoryAdapter,
    PostgresAdapter,
    SqliteAdapter,
    SqliteReadingAdapter,
)
from twisted_chat.core.api import events as e
from twisted_chat.core.api.commands import Term
from twisted_chat.core.api.records import Invitation, Query, Remembered, RoomRecord, Sent
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.room_settings import Settings
from twisted_chat.core.values.text import CleanText

DAY = 24 * 60 * 60
A, B = Scope("aaaa"), Scope("bbbb")


def said_by(message: int, account: str | None, where: int = ROOM) -> e.Envelope:
    """Somebody with an account of that name says something, its nick and its id; None is a guest."""
    envelope = said(message, where, f"m{message} by {account}", who=account or "guest1")
    assert envelope.author is not None
    author = structs.replace(
        envelope.author, account=account, user=UserId(sum(map(ord, account or "")))
    )
    return structs.replace(envelope, author=author)


class EraseContract(Contract):
    """What somebody wishes to be forgotten is gone at once, and later from the database too."""

    async def talk(self, *accounts: str | None, where: RoomId = ROOM) -> list[MessageId]:
        ids = [MessageId(number) for number in await self.store.reserve(len(accounts))]
        for message, account in zip(ids, accounts, strict=True):
            self.store.append(said_by(message, account, where))
        return ids

    async def left(self, where: RoomId = ROOM) -> list[int]:
        return [each.id for each in (await self.store.history(room(where), limit=100)).envelopes]

    async def found(self, word: str) -> list[int]:
        rooms = (room(ROOM), room(OTHER))
        return [
            each.id for each in (await self.store.search(Query(rooms, (Term(word),)))).envelopes
        ]

    async def test_messages_of_one_account_in_one_room_are_erased(self) -> None:
        ids = await self.talk("ann", "bob", None, "ann", "annie")
        others = await self.talk("ann", where=OTHER)
        (at,) = await self.store.reserve(1)
        self.store.erase("ann", ROOM, MessageId(at))
        self.assertEqual(await self.left(), [ids[1], ids[2], ids[4]])
        await self.settle()
        self.assertEqual(await self.left(), [ids[1], ids[2], ids[4]])
        self.assertEqual(await self.found("ann"), others)
        self.assertEqual(await self.found("annie"), [ids[4]])

    async def test_what_is_stored_is_hidden_from_the_moment_of_the_wish(self) -> None:
        ids = await self.talk("ann", "bob")
        (at,) = await self.store.reserve(1)
        await self.until_stored(ids[-1])
        self.store.erase("ann", ROOM, MessageId(at))
        self.assertEqual(await self.left(), [ids[1]])
        (at,) = await self.store.reserve(1)
        self.store.erase("bob", None, MessageId(at))
        self.assertEqual(await self.found("bob"), [])

    async def test_messages_of_one_account_in_all_rooms_are_erased(self) -> None:
        await self.talk("ann", where=OTHER)
        ids = await self.talk("bob", "ann")
        await self.settle()
        (at,) = await self.store.reserve(1)
        self.store.erase("ann", None, MessageId(at))
        await self.until_stored(MessageId(at))
        for _ in range(2):
            self.assertEqual((await self.left(), await self.left(OTHER)), ([ids[0]], []))
            self.assertEqual(await self.found("ann"), [])
            await self.settle()

    async def test_what_is_said_after_the_wish_stays(self) -> None:
        await self.talk("ann")
        (at,) = await self.store.reserve(1)
        self.store.erase("ann", None, MessageId(at))
        after = await self.talk("ann")
        await self.settle()
        self.assertEqual((await self.left(), await self.found("ann")), (after, after))

    async def test_single_messages_are_deleted_at_once_and_for_good(self) -> None:
        ids = await self.talk("ann", "bob", "ann", "bob")
        await self.until_stored(ids[1])
        await self.settle()
        late = await self.talk("ann")
        for gone in (ids[1], late[0], MessageId(10**9)):
            (at,) = await self.store.reserve(1)
            self.store.delete(ROOM, gone, MessageId(at))
        for _ in range(2):
            self.assertEqual(await self.left(), [ids[0], ids[2], ids[3]])
            self.assertEqual(await self.found("bob"), [ids[3]])
            self.assertEqual(await self.found("ann"), [ids[0], ids[2]])
            await self.settle()

    async def test_more_than_one_step_is_erased(self) -> None:
        ids = await self.talk(*["ann", "bob"] * 600)
        (at,) = await self.store.reserve(1)
        self.store.erase("ann", ROOM, MessageId(at))
        await self.settle()
        page = await self.store.history(room(ROOM), after=MessageId(0), limit=2000)
        self.assert_page(page, ids[1::2], more=False)

    async def test_two_wishes_are_both_carried_out(self) -> None:
        ids = await self.talk("ann", "bob", "zoe")
        for account, at in zip(("ann", "zoe"), await self.store.reserve(2), strict=True):
            self.store.erase(account, ROOM, MessageId(at))
        await self.settle()
        self.assertEqual(await self.left(), [ids[1]])

    async def drop(self, account: str) -> None:
        (at,) = await self.store.reserve(1)
        self.store.drop_account(account, MessageId(at))

    async def test_next_owner_of_a_dropped_name_erases_only_what_they_said(self) -> None:
        for at_once in (True, False):
            await self.again()
            old = await self.talk("ann", "bob")
            if not at_once:
                await self.settle()
            await self.drop("ann")
            new = await self.talk("ann")
            (at,) = await self.store.reserve(1)
            self.store.erase("ann", None, MessageId(at))
            self.assertEqual((await self.left())[-2:], old)
            await self.settle()
            self.assertEqual((await self.left())[-2:], old)
            self.assertFalse(set(new) & set(await self.found("ann")))
            await self.stop()

    async def test_what_a_dropped_account_said_is_shown_as_nobodys(self) -> None:
        await self.talk("ann", "bob")
        await self.settle()
        await self.talk("ann", "bob")
        await self.drop("ann")
        await self.talk("ann")
        for _ in range(2):
            page = await self.store.history(room(ROOM), limit=100)
            accounts = [each.author.account for each in page.envelopes if each.author]
            self.assertEqual(accounts, [None, "bob", None, "bob", "ann"])
            await self.settle()

    async def test_what_was_erased_before_the_account_was_dropped_is_gone(self) -> None:
        for at_once in (True, False):
            await self.again()
            before = await self.left()
            ids = await self.talk(*["ann"] * 3, "bob")
            (at,) = await self.store.reserve(1)
            self.store.erase("ann", None, MessageId(at))
            if not at_once:
                await self.until_stored(MessageId(at))
            await self.drop("ann")
            self.assertEqual(await self.left(), [*before, ids[3]])
            await self.settle()
            self.assertEqual(await self.left(), [*before, ids[3]])
            self.assertEqual(await self.found("ann"), [])
            await self.stop()


class TidyContract(Contract):
    """Messages and what is remembered of clients go when their time is over."""

    async def kept(self, number: RoomId = ROOM) -> list[int]:
        page = await self.store.history(room(number), limit=100)
        return [envelope.id for envelope in page.envelopes]

    async def say_at(self, *times: float, where: RoomId = ROOM) -> list[MessageId]:
        ids = [MessageId(number) for number in await self.store.reserve(len(times))]
        for message, at in zip(ids, times, strict=True):
            self.store.append(structs.replace(said(message, where), time=at))
        await self.settle()
        return ids

    def keep(self, number: RoomId, days: int = 0, lines: int = 0) -> None:
        """Give a room a limit of its own."""
        self.store.keep_room(RoomRecord(room(number), NOW, keep=Keep(days, lines)), MessageId(1))

    async def test_nothing_is_dropped_where_there_is_no_limit(self) -> None:
        ids = await self.say_at(0.0, NOW)
        await self.store.tidy(NOW + 1000 * DAY)
        self.assertEqual(await self.kept(), ids)

    async def test_room_keeps_what_is_younger_than_its_days(self) -> None:
        await self.again(Keep(days=30))
        self.keep(ROOM)
        self.keep(OTHER, days=7)
        times = [NOW - 31 * DAY, NOW - 29 * DAY, NOW - 8 * DAY, NOW - DAY]
        ids = await self.say_at(*times)
        others = await self.say_at(*times, where=OTHER)
        await self.store.tidy(NOW)
        self.assertEqual((await self.kept(), await self.kept(OTHER)), (ids[1:], others[3:]))

    async def test_room_keeps_its_last_lines(self) -> None:
        await self.again(Keep(lines=5))
        self.keep(ROOM)
        self.keep(OTHER, lines=2)
        times = [NOW] * 8
        ids = await self.say_at(*times)
        others = await self.say_at(*times, where=OTHER)
        await self.store.tidy(NOW)
        self.assertEqual((await self.kept(), await self.kept(OTHER)), (ids[3:], others[6:]))

    async def test_room_cannot_keep_more_than_the_server_does(self) -> None:
        await self.again(Keep(lines=3))
        self.keep(ROOM, lines=1000)
        ids = await self.say_at(*[NOW] * 6)
        await self.store.tidy(NOW)
        self.assertEqual(await self.kept(), ids[3:])

    async def test_lobby_which_has_no_record_is_within_the_limits_of_the_server(self) -> None:
        await self.again(Keep(lines=2))
        ids = await self.say_at(*[NOW] * 4, where=LOBBY_ID)
        await self.store.tidy(NOW)
        self.assertEqual(await self.kept(LOBBY_ID), ids[2:])

    async def test_what_is_dropped_is_not_found_and_the_rest_still_is(self) -> None:
        await self.again(Keep(lines=2))
        self.keep(ROOM)
        ids = await self.say_at(*[NOW] * 4)
        self.store.append(said(ids[-1] + 1, ROOM, "again m1"))
        await self.settle()
        await self.store.tidy(NOW)
        found = await self.store.search(Query((room(ROOM),), (Term("m", prefix=True),)))
        self.assertEqual([each.id for each in found.envelopes], [ids[-1], ids[-1] + 1])
        found = await self.store.search(Query((room(ROOM),), (Term("again"),)))
        self.assertEqual([each.id for each in found.envelopes], [ids[-1] + 1])

    async def test_who_spoke_before_still_speaks_after(self) -> None:
        """An author of whom nothing is left is dropped, too, and must come back with the next message."""
        await self.again(Keep(lines=1))
        self.keep(ROOM)
        writer = said(1, ROOM).author
        for _ in range(3):
            (message,) = await self.store.reserve(1)
            self.store.append(structs.replace(said(message, ROOM), author=writer))
            await self.settle()
            await self.store.tidy(NOW)
            self.assertEqual(await self.kept(), [message])


class LastingContract(Contract):
    """What is there after a restart."""

    async def test_there_is_nothing_at_first(self) -> None:
        self.assertEqual(structs.replace(self.remembered, secret=b""), Remembered())

    async def test_ids_go_on_above_every_one_that_was_reserved(self) -> None:
        first = await self.store.reserve(100)
        await self.again()
        second = await self.store.reserve(100)
        self.assertGreaterEqual(second.start, first.stop)

    async def test_history_is_there_and_goes_on(self) -> None:
        ids = await self.say(30)
        await self.again()
        for limit in (3, 20, 40):
            page = await self.store.history(room(ROOM), limit=limit)
            self.assert_page(page, ids[-limit:], more=limit < 30)
        ids += await self.say(3)
        page = await self.store.history(room(ROOM), limit=5)
        self.assert_page(page, ids[-5:], more=True)
        page = await self.store.history(room(ROOM), after=ids[28], limit=3)
        self.assert_page(page, ids[29:32], more=True)
        page = await self.store.history(room(ROOM), before=ids[-1], limit=25)
        self.assert_page(page, ids[-26:-1], more=True)

    async def test_those_who_come_back_at_once_are_all_answered(self) -> None:
        ids = await self.say(30)
        await self.again()
        asked = [self.store.history(room(ROOM), limit=20) for _ in range(20)]
        for page in [await each for each in asked]:
            self.assert_page(page, ids[-20:], more=True)

    async def test_times_until_when_accounts_have_read_come_back(self) -> None:
        for account, target, until in (
            *(("ann", "#dev", 5), ("ann", "bob", 1_546_612_406_123), ("eve", "#dev", 6)),
            *(("ann", "#dev", 9), ("ann", "#old", 1), ("ann", "#old", None)),
        ):
            self.store.mark_time(account, target, until)
        expected = (("ann", "#dev", 9), ("ann", "bob", 1_546_612_406_123), ("eve", "#dev", 6))
        self.assertEqual((await self.again()).read_times, expected)
        self.store.mark_time("eve", "#dev", None)
        (at,) = await self.store.reserve(1)
        self.store.drop_account("ann", MessageId(at))
        self.assertEqual((await self.again()).read_times, ())

    async def test_room_comes_back_as_it_was_last(self) -> None:
        bare = RoomRecord(room(ROOM), NOW)
        full = RoomRecord(
            e.RoomRef(OTHER, parse_room("Bücher")),
            NOW + 0.5,
            "digest",
            CleanText('it\'s "the" topic'),
            parse_nick("Ann"),
            NOW + 1.25,
            (A, B),
            Keep(30, 1000),
            Settings(True, True, True, True, 30, True),
            (("ann", frozenset(("owner", "operator"))), ("bob", frozenset(("voice",)))),
            (
                Ban(read_target("Bücher"), "Ann", NOW, NOW + 1.5, CleanText("too loud")),
                Ban(read_target("2001:db8::/32"), "Ann", NOW),
            ),
            (Ban(read_target("eve"), "Ann", NOW, scope=A),),
            (("account zoe", Invitation("Ann", NOW)), ("session s", Invitation("bob", NOW, False))),
            (("bans", Ban(read_target("*!*@zoe.user"), "Ann", NOW)),),
        )
        self.store.keep_room(full, MessageId(1))
        self.store.keep_room(structs.replace(bare, topic=CleanText("old")), MessageId(2))
        self.store.keep_room(bare, MessageId(3))
        self.assertEqual((await self.again()).rooms, (bare, full))
        again = structs.replace(full, topic=CleanText(""), password=None)
        self.store.keep_room(again, MessageId(4))
        self.assertEqual((await self.again()).rooms, (bare, again))

    async def test_what_was_erased_stays_so(self) -> None:
        ids = await self.talk("ann", "bob", "ann")
        self.store.erase("ann", None, MessageId(ids[-1] + 1))
        await self.again()
        page = await self.store.history(room(ROOM), limit=10)
        self.assert_page(page, [ids[1]], more=False)

    async def talk(self, *accounts: str) -> list[MessageId]:
        """Let these accounts say one message each."""
        ids = [MessageId(number) for number in await self.store.reserve(len(accounts) + 1)]
        for message, account in zip(ids[:-1], accounts, strict=True):
            self.store.append(said_by(message, account))
        return ids[:-1]

    async def test_room_that_is_forgotten_does_not_come_back(self) -> None:
        for number in (ROOM, OTHER):
            self.store.keep_room(RoomRecord(room(number), NOW), MessageId(number))
        self.store.forget([ROOM], MessageId(3))
        remembered = await self.again()
        self.assertEqual([record.ref.id for record in remembered.rooms], [OTHER])
        self.store.forget([OTHER], MessageId(4))
        self.assertEqual((await self.again()).rooms, ())

    async def test_scopes_are_remembered_for_a_day_the_longest_idle_first(self) -> None:
        now = self.now()
        self.store.seen({A: "", Scope("old"): ""}, now - 2 * DAY)
        self.store.seen({B: "near"}, now - 100.0)
        self.store.seen({A: ""}, now - 50.0)
        await self.store.tidy(now)
        remembered = await self.again()
        self.assertEqual(remembered.scopes, ((B, now - 100.0, "near"), (A, now - 50.0, "")))

    async def test_ids_of_clients_are_remembered_for_a_day(self) -> None:
        now = self.now()
        ids = [MessageId(number) for number in await self.store.reserve(4)]
        times = [now - 2 * DAY, now - 10, now - 5, now]
        wanted = []
        for number, (message, at) in enumerate(zip(ids, times, strict=True)):
            tag = f"tag {number}"
            sent = Sent(bytes([number]) * 8, message, at)
            origin = e.Origin(Node("n"), SessionId(1), tag)
            event = (
                said(message, ROOM).event
                if number % 2
                else e.Told(said(1, ROOM).author.user, parse_nick("x"), "say", (CleanText("psst"),))  # type: ignore[union-attr]
            )
            envelope = structs.replace(said(message, ROOM), origin=origin, event=event)
            self.store.append(envelope, sent)
            assert envelope.author is not None
            wanted.append((envelope.author.scope, tag, sent))
        await self.settle()
        await self.store.tidy(now)
        remembered = await self.again()
        self.assertEqual(remembered.sent, tuple(wanted[1:]))
        page = await self.store.history(room(ROOM), limit=10)
        self.assert_page(page, [ids[1], ids[3]], more=False)

    async def test_what_is_too_old_to_be_remembered_is_dropped(self) -> None:
        now = self.now()
        self.store.seen({A: ""}, now - 2 * DAY)
        await self.settle()
        await self.store.tidy(now)
        self.store.seen({B: "near"}, now)
        self.assertEqual([scope for scope, _, _ in (await self.again()).scopes], [B])

    async def test_start_drops_nothing_for_its_age(self) -> None:
        self.store.seen({A: ""}, self.now() - 40 * DAY)
        self.assertEqual([scope for scope, _, _ in (await self.again()).scopes], [A])

    async def test_changes_are_reported_as_stored_in_their_order(self) -> None:
        ids = await self.say(1)
        self.store.keep_room(RoomRecord(room(ROOM), NOW), MessageId(ids[0] + 1))
        self.store.forget([ROOM], MessageId(ids[0] + 2))
        await self.until_stored(MessageId(ids[0] + 2))
        self.assertEqual(self.reported[-1], ids[0] + 2)

    async def test_health_tells_of_what_was_stored(self) -> None:
        await self.say(5)
        await self.settle()
        health = self.store.health()
        self.assertEqual((health.waiting, health.stored, health.error), (0, 5, None))

    def now(self) -> float:
        return float(int(time.time()))


class MemoryEraseContract(EraseContract, MemoryAdapter, TestCase):
    pass


class SqliteEraseContract(EraseContract, SqliteAdapter, TestCase):
    pass


class SqliteReadingEraseContract(EraseContract, SqliteReadingAdapter, TestCase):
    pass


class PostgresEraseContract(EraseContract, PostgresAdapter, TestCase):
    pass


class MemoryTidyContract(TidyContract, MemoryAdapter, TestCase):
    pass


class SqliteTidyContract(TidyContract, SqliteAdapter, TestCase):
    pass


class SqliteReadingTidyContract(TidyContract, SqliteReadingAdapter, TestCase):
    pass


class SqliteLastingContract(LastingContract, SqliteAdapter, TestCase):
    pass


class SqliteReadingLastingContract(LastingContract, SqliteReadingAdapter, TestCase):
    pass


class PostgresTidyContract(TidyContract, PostgresAdapter, TestCase):
    pass


class PostgresLastingContract(LastingContract, PostgresAdapter, TestCase):
    pass
