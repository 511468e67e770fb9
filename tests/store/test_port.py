"""What every store promises of history: one contract, run against each adapter of the port."""

from __future__ import annotations

from msgspec import structs
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from tests.making import author, room, said
from tests.store.contract import (
    NEVER,
    OTHER,
    ROOM,
    Contract,
    MemoryAdapter,
    PostgresAdapter,
    SqliteAdapter,
    SqliteReadingAdapter,
)
from twisted_chat.core.api import events as e
from twisted_chat.core.api.commands import Kind
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import MessageId, Node, SessionId
from twisted_chat.core.values.text import CleanText, FormattedText


class StoreContract(Contract):
    """The claims."""

    # --- ids ---

    async def test_every_block_lies_above_those_before(self) -> None:
        above = 0  # the lobby's id: no message has it
        for count in (1, 10, 1000, 1):
            block = await self.store.reserve(count)
            self.assertEqual((len(block), block.step), (count, 1))
            self.assertGreater(block.start, above)
            above = block[-1]

    # --- history ---

    async def test_room_where_nothing_was_said_has_no_history(self) -> None:
        await self.say(1, OTHER)
        for before, after in ((None, None), (MessageId(5), None), (None, MessageId(0))):
            page = await self.store.history(room(NEVER), before=before, after=after, limit=10)
            self.assert_page(page, [], more=False)

    async def test_lines_come_oldest_first_and_no_more_than_asked_for(self) -> None:
        ids = await self.say(5)
        for limit, want in ((2, ids[3:]), (4, ids[1:])):
            self.assert_page(await self.store.history(room(ROOM), limit=limit), want, more=True)
        for limit in (5, 6, 1000):
            self.assert_page(await self.store.history(room(ROOM), limit=limit), ids, more=False)
        await self.say(2)
        self.assert_page(await self.store.history(room(ROOM), limit=0), [], more=True)
        self.assert_page(await self.store.history(room(NEVER), limit=0), [], more=False)

    async def test_lines_before_a_message_are_the_last_ones_before_it(self) -> None:
        ids = await self.say(6)
        page = await self.store.history(room(ROOM), before=ids[4], limit=2)
        self.assert_page(page, ids[2:4], more=True)
        page = await self.store.history(room(ROOM), before=ids[2], limit=2)
        self.assert_page(page, ids[:2], more=False)
        page = await self.store.history(room(ROOM), before=ids[0], limit=2)
        self.assert_page(page, [], more=False)

    async def test_lines_after_a_message_are_the_first_ones_after_it(self) -> None:
        ids = await self.say(6)
        page = await self.store.history(room(ROOM), after=ids[1], limit=2)
        self.assert_page(page, ids[2:4], more=True)
        page = await self.store.history(room(ROOM), after=ids[3], limit=2)
        self.assert_page(page, ids[4:], more=False)
        page = await self.store.history(room(ROOM), after=ids[5], limit=2)
        self.assert_page(page, [], more=False)

    async def test_the_last_line_before_a_time_is_found(self) -> None:
        ids = await self.say(9)
        await self.say(3, OTHER)
        page = await self.store.history(room(ROOM), limit=9)
        times = [each.time for each in page.envelopes]
        for message, time in zip(ids, times, strict=True):
            earlier = [one for one, at in zip(ids, times, strict=True) if at < time]
            found = await self.store.last_before(room(ROOM), time)
            self.assertEqual(found, earlier[-1] if earlier else 0)
            self.assertGreaterEqual(await self.store.last_before(room(ROOM), time + 0.001), message)
        self.assertEqual(await self.store.last_before(room(ROOM), times[-1] + 9), ids[-1])
        self.assertEqual(await self.store.last_before(room(NEVER), times[-1]), 0)

    async def test_last_lines_begin_behind_the_line_before_them(self) -> None:
        ids = await self.say(6)
        await self.say(3, OTHER)
        for before, limit, want in (
            (None, 1, ids[4]),
            (None, 5, ids[0]),
            (None, 6, None),
            (None, 100_000, None),
            (ids[4], 1, ids[2]),
            (ids[4], 3, ids[0]),
            (ids[4], 4, None),
            (ids[0], 1, None),
            (MessageId(ids[5] + 1), 5, ids[0]),
        ):
            found = await self.store.start_of(room(ROOM), before=before, limit=limit)
            self.assertEqual(found, want, (before, limit))
        self.assertIsNone(await self.store.start_of(room(NEVER), limit=1))

    async def test_last_lines_are_those_behind_where_they_begin(self) -> None:
        ids = await self.say(7)
        for limit in range(1, 9):
            for before in (None, ids[5]):
                last = await self.store.history(room(ROOM), before=before, limit=limit)
                start = await self.store.start_of(room(ROOM), before=before, limit=limit)
                self.assertEqual(start is not None, last.more)
                read = await self.store.history(
                    room(ROOM), after=start or MessageId(0), limit=limit
                )
                wanted = [each.id for each in last.envelopes]
                self.assertEqual([each.id for each in read.envelopes[: len(wanted)]], wanted)

    async def test_place_may_be_between_messages_of_the_room(self) -> None:
        first = await self.say(2)
        (between,) = await self.say(1, OTHER)
        last = await self.say(2)
        page = await self.store.history(room(ROOM), before=between, limit=10)
        self.assert_page(page, first, more=False)
        page = await self.store.history(room(ROOM), after=between, limit=10)
        self.assert_page(page, last, more=False)

    async def test_pages_put_together_are_the_whole_in_both_directions(self) -> None:
        ids = await self.say(17)
        forward: list[int] = []
        page = await self.store.history(room(ROOM), after=MessageId(0), limit=5)
        while True:
            forward += [envelope.id for envelope in page.envelopes]
            if not page.more:
                break
            page = await self.store.history(room(ROOM), after=MessageId(forward[-1]), limit=5)
        backward: list[int] = []
        page = await self.store.history(room(ROOM), limit=5)
        while True:
            backward = [envelope.id for envelope in page.envelopes] + backward
            if not page.more:
                break
            page = await self.store.history(room(ROOM), before=MessageId(backward[0]), limit=5)
        self.assertEqual((forward, backward), (ids, ids))

    async def test_rooms_are_kept_apart(self) -> None:
        a, b, c = [(await self.say(1, where))[0] for where in (ROOM, OTHER, ROOM)]
        self.assert_page(await self.store.history(room(ROOM), limit=9), [a, c], more=False)
        self.assert_page(await self.store.history(room(OTHER), limit=9), [b], more=False)

    async def test_history_has_what_was_appended_before_it_was_asked_for(self) -> None:
        """Stored yet or not: a join shows all up to its own place, and live begins there."""
        ids = await self.say(2)
        await self.until_stored(ids[-1])
        block = [MessageId(number) for number in await self.store.reserve(2)]
        self.store.append(said(block[0], ROOM))
        asked = Deferred.fromCoroutine(self.store.history(room(ROOM), before=block[1], limit=10))
        self.store.append(said(block[1], ROOM))
        self.assert_page(await asked, [*ids, block[0]], more=False)

    async def test_message_comes_back_as_it_was_appended(self) -> None:
        kinds: tuple[Kind, ...] = ("say", "action", "notice", "ctcp", "tags")
        block = await self.store.reserve(len(kinds))
        lines = tuple(map(CleanText, ("h\u00e9 \N{GRINNING FACE}", "", " 'quoted'; -- \\ %s")))
        given: list[e.Envelope] = []
        for number, kind in zip(block, kinds, strict=True):
            origin = e.Origin(Node("local"), SessionId(7), None if kind == "say" else f"tag {kind}")
            who = structs.replace(
                author("Ann"), host="h", real_name="R", bot=True, user_name="u", account_name="A"
            )
            event, time = e.Said(kind, lines if kind != "tags" else ()), 1_700_000_000.123
            if kind == "action":
                formatted = tuple(FormattedText(f"\x02{line}") for line in lines)
                event = structs.replace(event, extras=Extras((), formatted, cuts=((0, 3),)))
            elif kind == "tags":
                tags = (("react", "\r\n;\\"), ("v.org/x", ""))
                event = structs.replace(event, extras=Extras(tags))
            given.append(e.Envelope(MessageId(number), time, event, origin, who, room(1)))
            self.store.append(given[-1])
        page = await self.store.history(room(ROOM), limit=10)
        whole = [
            structs.replace(each, origin=each.origin and e.Origin(Node(""), SessionId(0), each.tag))
            for each in given
        ]
        came = [
            structs.replace(each, origin=each.origin and e.Origin(Node(""), SessionId(0), each.tag))
            for each in page.envelopes
        ]
        self.assertEqual(came, whole)
        for envelope in page.envelopes:
            assert envelope.author is not None and envelope.room is not None
            self.assertEqual(envelope.author.nick.text, "Ann")
            self.assertEqual(envelope.room.name.text, "room1")
            assert isinstance(envelope.event, e.Said)
            self.assertLessEqual({type(line) for line in envelope.event.lines}, {CleanText})

    # --- stored ---

    async def test_nothing_is_reported_before_append_has_returned(self) -> None:
        for number in await self.store.reserve(3):
            before = len(self.reported)
            self.store.append(said(number, ROOM))
            self.assertEqual(len(self.reported), before)

    async def test_everything_is_reported_in_growing_order(self) -> None:
        for _ in range(3):
            ids = await self.say(3)
            await self.until_stored(ids[-1])
        self.assertEqual(self.reported, sorted(set(self.reported)))
        self.assertEqual(self.reported[-1], ids[-1])

    async def test_stopping_stores_what_was_appended(self) -> None:
        ids = await self.say(3)
        await self.stop()
        self.assertEqual(self.reported[-1], ids[-1])

    async def test_store_that_was_given_nothing_stops_in_silence(self) -> None:
        await self.stop()
        self.assertEqual(self.reported, [])

    # --- forgetting ---

    async def test_forgotten_room_has_no_history(self) -> None:
        ids = await self.say(2, ROOM)
        other = await self.say(2, OTHER)
        await self.until_stored(other[-1])
        self.store.forget([ROOM, NEVER], other[-1])
        self.assert_page(await self.store.history(room(ROOM), limit=10), [], more=False)
        page = await self.store.history(room(ROOM), after=MessageId(0), limit=1)
        self.assert_page(page, [], more=False)
        page = await self.store.history(room(OTHER), before=MessageId(other[-1] + 1), limit=10)
        self.assert_page(page, other, more=False)
        self.assertLess(ids[-1], other[0])

    async def test_forgetting_a_room_forgets_what_was_not_stored_yet_and_no_other(self) -> None:
        ids = await self.say(1)
        self.store.forget([], ids[-1])
        self.assert_page(await self.store.history(room(ROOM), limit=10), ids, more=False)
        ids = await self.say(2)
        self.store.forget([ROOM], ids[-1])
        self.assert_page(await self.store.history(room(ROOM), limit=10), [], more=False)
        await self.until_stored(ids[-1])
        self.assert_page(await self.store.history(room(ROOM), limit=10), [], more=False)


class MemoryStoreContract(StoreContract, MemoryAdapter, TestCase):
    pass


class SqliteStoreContract(StoreContract, SqliteAdapter, TestCase):
    pass


class SqliteReadingContract(StoreContract, SqliteReadingAdapter, TestCase):
    pass


class PostgresStoreContract(StoreContract, PostgresAdapter, TestCase):
    pass
