"""What every store promises of private messages, and, but for the one in memory, of what is there after a restart."""

from __future__ import annotations

from msgspec import structs
from twisted.trial.unittest import TestCase

from tests.making import happened, room, said
from tests.store.contract import (
    NOW,
    Contract,
    MemoryAdapter,
    PostgresAdapter,
    SqliteAdapter,
    SqliteReadingAdapter,
)
from twisted_chat.core.api import events as e
from twisted_chat.core.state.conversations import GUESTS, as_kept, ref
from twisted_chat.core.values.ids import MessageId, RoomId, Scope, UserId
from twisted_chat.core.values.names import parse_nick
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.text import CleanText
from twisted_chat.store.port import Skip

DAY = 24 * 60 * 60
TALK, OTHER = RoomId(-1), RoomId(-2)


class TalkContract(Contract):
    """Private messages are history of their conversations, and wait for who is not here."""

    async def ids(self, count: int) -> list[MessageId]:
        return [MessageId(number) for number in await self.store.reserve(count)]

    def private(
        self,
        message: int,
        *,
        waits: bool = True,
        conversation: RoomId = TALK,
        by: str | None = "ann",
    ) -> e.Envelope:
        """Return what somebody tells Bob; ``by`` is the account of who does."""
        told = e.Told(
            UserId(0), parse_nick("bob"), "say", (CleanText("psst"),), conversation, "bob", waits
        )
        return self.by(by, happened(message, told))

    def by(self, account: str | None, envelope: e.Envelope) -> e.Envelope:
        """Let an account, which is an author of its own, or a guest have done something."""
        assert envelope.author is not None
        user = UserId(sum(map(ord, account or "")))
        author = structs.replace(
            envelope.author, account=account, user=user, scope=Scope(account or "guest")
        )
        return structs.replace(envelope, author=author)

    async def waiting(self, account: str = "bob") -> list[int]:
        return [each.id for each in await self.store.waiting(account)]

    async def test_private_message_waits_until_it_is_received(self) -> None:
        one, two, three = await self.ids(3)
        self.store.keep_private(self.private(one))
        self.store.keep_private(self.private(two, waits=False))
        # Kept or not yet, it is there.
        self.assertEqual(await self.waiting(), [one])
        await self.until_stored(two)
        (kept,) = await self.store.waiting("bob")
        self.assertEqual(kept.event, as_kept(self.private(one)).event)
        self.assertEqual((kept.room, kept.author), (ref(TALK), self.private(one).author))
        self.assertEqual(await self.waiting("ann"), [])
        self.store.keep_private(self.private(three))
        self.store.receive("bob", three)
        self.assertEqual(await self.waiting(), [three])
        self.store.receive("bob", MessageId(three + 1))
        self.assertEqual(await self.waiting(), [])

    async def test_talk_is_read_as_the_history_of_a_room_is(self) -> None:
        one, two, three = await self.ids(3)
        for message in (one, two):
            self.store.keep_private(self.private(message))
        self.store.keep_private(self.private(three, conversation=OTHER))
        await self.until_stored(three)
        self.assert_page(await self.store.history(ref(TALK), limit=1), [two], more=True)
        page = await self.store.history(ref(TALK), before=two, limit=5)
        self.assert_page(page, [one], more=False)

    async def test_what_guests_wrote_is_gone_with_their_talk(self) -> None:
        one, two = await self.ids(2)
        self.store.keep_private(self.private(one, by=None))
        await self.until_stored(one)
        self.assertEqual(await self.waiting(), [one])
        self.store.forget([TALK], two)
        self.assertEqual(await self.waiting(), [])
        await self.settle()
        self.assert_page(await self.store.history(ref(TALK), limit=5), [], more=False)

    async def test_what_an_account_erases_everywhere_does_not_wait(self) -> None:
        one, two, three = await self.ids(3)
        self.store.keep_private(self.private(one))
        self.store.keep_private(self.private(two, by="carl", conversation=OTHER))
        await self.until_stored(two)
        self.store.erase("ann", None, three)
        self.assertEqual(await self.waiting(), [two])
        await self.settle()
        self.assert_page(await self.store.history(ref(TALK), limit=5), [], more=False)

    async def test_what_is_erased_is_not_counted(self) -> None:
        one, two, three = await self.ids(3)
        for message, account in ((one, "ann"), (two, "carl")):
            self.store.append(self.by(account, said(message, 1)))
        await self.until_stored(two)
        self.store.erase("ann", None, three)
        count = await self.store.count(
            room(1), after=MessageId(0), before=three, skip=Skip("bob"), limit=9
        )
        self.assertEqual(count, 1)

    async def test_dropped_account_gets_nothing_and_nothing_of_it_waits(self) -> None:
        one, two, three = await self.ids(3)
        self.store.keep_private(self.private(one))
        self.store.drop_account("bob", two)
        self.assertEqual(await self.waiting(), [])
        self.store.drop_account("ann", three)

    async def test_lines_are_counted_between_two_and_up_to_a_limit(self) -> None:
        ids = await self.ids(6)
        for message, who in zip(ids, ("bob", "eve", "eve", "bob", "carl", "eve"), strict=True):
            self.store.append(said(message, 1, who=who))
        for _ in range(2):
            for skip, expected in (
                (Skip("bob"), 4),
                (Skip("bob", frozenset(("eve",))), 2),
                (Skip("nobody", frozenset(("bob", "eve", "carl"))), 0),
            ):
                count = await self.store.count(
                    room(1), after=ids[0], before=ids[5], skip=skip, limit=10
                )
                self.assertEqual(count, expected, skip)
            few = await self.store.count(
                room(1), after=MessageId(0), before=ids[5], skip=Skip("bob"), limit=3
            )
            self.assertEqual(few, 3)
            await self.until_stored(ids[5])

    async def test_own_lines_are_not_counted(self) -> None:
        one, two = await self.ids(2)
        for message, account in ((one, "bob"), (two, "ann")):
            self.store.append(self.by(account, said(message, 1)))
        for _ in range(2):
            count = await self.store.count(
                room(1), after=MessageId(0), before=MessageId(two + 1), skip=Skip("bob"), limit=9
            )
            self.assertEqual(count, 1)
            await self.until_stored(two)

    async def test_old_private_messages_are_dropped_by_their_age_alone(self) -> None:
        await self.again(Keep(days=30, lines=1))
        one, two, three = await self.ids(3)
        for message, age in ((one, 31), (two, 29), (three, 28)):
            old = structs.replace(self.private(message), time=NOW - age * DAY)
            self.store.keep_private(old)
        await self.until_stored(three)
        await self.store.tidy(NOW)
        page = await self.store.history(ref(TALK), limit=5)
        self.assert_page(page, [two, three], more=False)
        self.assertEqual(await self.waiting(), [two, three])


class LastingTalkContract(TalkContract):
    """The same, after a restart."""

    async def test_talks_and_what_waits_come_back(self) -> None:
        one, two, three, four = await self.ids(4)
        for message in (one, two):
            self.store.keep_private(self.private(message))
        self.store.keep_private(self.private(three, by=None, conversation=OTHER))
        self.store.keep_private(self.private(four, waits=False))
        await self.until_stored(four)
        remembered = await self.again()
        self.assertEqual(remembered.conversations, (("ann", "bob", TALK), (GUESTS, "bob", OTHER)))
        self.assertEqual(remembered.waiting, (("bob", GUESTS, 1), ("bob", "ann", 2)))
        self.assertEqual(await self.waiting(), [one, two, three])
        self.store.receive("bob", MessageId(four + 1))
        self.store.forget([OTHER], MessageId(four + 1))
        await self.settle()
        remembered = await self.again()
        self.assertEqual(remembered.conversations, (("ann", "bob", TALK),))
        self.assertEqual(remembered.waiting, ())

    async def test_talks_of_a_dropped_account_are_gone_in_the_same_commit(self) -> None:
        one, two, three, four, five = await self.ids(5)
        stored, unstored, new = (RoomId(-each) for each in (one, two, four))
        self.store.keep_private(self.private(one, conversation=stored))
        await self.until_stored(one)
        self.store.keep_private(self.private(two, conversation=unstored, by="carl"))
        self.store.drop_account("bob", three)
        # Somebody else has the name by now.
        self.store.keep_private(self.private(four, conversation=new))
        await self.until_stored(four)
        await self.rest()
        remembered = await self.again()
        self.assertEqual(remembered.conversations, (("ann", "bob", new),))
        for conversation, left in ((stored, ()), (unstored, ()), (new, (four,))):
            self.assert_page(await self.store.history(ref(conversation), limit=9), left, more=False)
        self.store.drop_account("ann", five)
        await self.settle()
        self.assertEqual((await self.again()).conversations, ())

    async def test_markers_come_back_where_they_were_moved(self) -> None:
        for place, message in ((1, 5), (-3, 6), (2, 7)):
            self.store.mark("bob", RoomId(place), MessageId(message))
        self.store.mark("ann", RoomId(1), MessageId(5))
        await self.settle()
        self.store.mark("bob", RoomId(1), MessageId(9))
        self.store.mark("bob", RoomId(-3), None)
        self.store.mark("eve", RoomId(1), MessageId(5))
        self.store.drop_account("ann", MessageId(10))
        self.store.drop_account("eve", MessageId(10))
        await self.settle()
        remembered = await self.again()
        self.assertEqual(remembered.read_markers, (("bob", 2, 7), ("bob", 1, 9)))
        self.store.forget([RoomId(1)], MessageId(11))
        await self.settle()
        self.assertEqual((await self.again()).read_markers, (("bob", 2, 7),))

    async def test_what_was_too_old_waits_no_more(self) -> None:
        await self.again(Keep(days=30))
        one, two = await self.ids(2)
        self.store.keep_private(structs.replace(self.private(one), time=NOW - 31 * DAY))
        self.store.keep_private(structs.replace(self.private(two), time=NOW))
        await self.until_stored(two)
        await self.store.tidy(NOW)
        self.assertEqual((await self.again()).waiting, (("bob", "ann", 1),))

    async def test_talk_of_which_nothing_is_left_is_gone_until_it_goes_on(self) -> None:
        await self.again(Keep(days=30))
        one, two, three = await self.ids(3)
        for message, conversation, days in ((one, TALK, 31), (two, OTHER, 1)):
            told = self.private(message, conversation=conversation)
            self.store.keep_private(structs.replace(told, time=NOW - days * DAY))
            self.store.mark("ann", conversation, message)
        self.store.mark("ann", RoomId(1), one)
        await self.until_stored(two)
        await self.store.tidy(NOW)
        remembered = await self.again()
        self.assertEqual([conversation for _, _, conversation in remembered.conversations], [OTHER])
        self.assertEqual({place for _, place, _ in remembered.read_markers}, {OTHER, 1})
        self.store.keep_private(self.private(three))
        await self.until_stored(three)
        remembered = await self.again()
        self.assertEqual(
            [conversation for _, _, conversation in remembered.conversations], [TALK, OTHER]
        )


class MemoryTests(TalkContract, MemoryAdapter, TestCase):
    pass


class SqliteTests(LastingTalkContract, SqliteAdapter, TestCase):
    pass


class SqliteReadingTests(LastingTalkContract, SqliteReadingAdapter, TestCase):
    pass


class PostgresTests(LastingTalkContract, PostgresAdapter, TestCase):
    pass
