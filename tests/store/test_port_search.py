"""What every store promises of a search: one contract, run against each adapter of the port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs
from twisted.trial.unittest import TestCase

from tests.making import room, said
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
from twisted_chat.core.api.commands import Term
from twisted_chat.core.api.records import Query
from twisted_chat.core.values.ids import MessageId, RoomId


class SearchContract(Contract):
    """The claims. Each is asked before anything is stored, and when all is stored and indexed."""

    async def talk(self, *texts: str, where: RoomId = ROOM, who: str = "bob") -> list[MessageId]:
        """Let somebody say these texts, and return their ids."""
        ids = [MessageId(number) for number in await self.store.reserve(len(texts))]
        for message, text in zip(ids, texts, strict=True):
            self.store.append(said(message, where, *text.split("\n"), who=who))
        return ids

    async def find(self, *terms: str, rooms: Sequence[RoomId] = (ROOM,), **more: Any) -> list[int]:
        """Return the ids of what is found; a term with a star is the beginning of a word."""
        query = Query(
            tuple(room(number) for number in rooms),
            tuple(Term(term.rstrip("*"), term.endswith("*")) for term in terms),
        )
        self.page = await self.store.search(structs.replace(query, **more))
        return [envelope.id for envelope in self.page.envelopes]

    async def both_times(
        self, wanted: Sequence[int], *terms: str, rooms: Sequence[RoomId] = (ROOM,), **more: Any
    ) -> None:
        """Search now, and when everything is stored and indexed."""
        self.assertEqual(await self.find(*terms, rooms=rooms, **more), list(wanted))
        await self.settle()
        self.assertEqual(await self.find(*terms, rooms=rooms, **more), list(wanted))

    async def test_message_is_found_by_all_its_words_in_any_case_and_order(self) -> None:
        a, b, _ = await self.talk("The deploy is DONE", "done: deploy 2", "deploy")
        await self.both_times([a, b], "done", "Deploy")

    async def test_what_is_before_the_floor_of_its_room_is_not_found(self) -> None:
        a, b, c = await self.talk("news", "news", "news")
        floors = ((ROOM, MessageId(a)), (OTHER, MessageId(c)))
        await self.both_times([b, c], "news", floors=floors)
        await self.both_times([b, c], floors=floors)

    async def test_words_are_whole_and_a_star_takes_beginnings(self) -> None:
        a, b, c = await self.talk("deploy", "deployed yesterday", "redeploy")
        await self.both_times([a], "deploy")
        await self.both_times([a, b], "depl*")
        await self.both_times([b], "deployed yes*")
        self.assertNotIn(c, await self.find("d*"))

    async def test_phrase_is_found_where_its_words_follow_on_each_other(self) -> None:
        _, b, _ = await self.talk("on call is who", "who is on call?", "on the call")
        await self.both_times([b], "is on-call")

    async def test_marks_on_letters_and_other_scripts_are_as_people_write_them(self) -> None:
        a, b, c, d = await self.talk("Café zu", "cafe auf", "ПРИВЕТ мир", "日本 語")
        await self.both_times([a, b], "CAFÉ")
        await self.both_times([c], "привет")
        await self.both_times([d], "語")

    async def test_lines_and_parts_of_texts_without_blanks_are_searched_together(self) -> None:
        a, b = await self.talk("東京タワーへ", "京都と東の京")
        await self.both_times([a], "東京")
        await self.both_times([a], "タワー")
        await self.both_times([b], "京都")
        await self.both_times([], "タワー東")
        (a,) = await self.talk("first line\nand second")
        await self.both_times([a], "first", "second")

    async def test_full_width_strokes_and_unseen_characters_make_no_difference(self) -> None:
        a, b, c, d = await self.talk(
            "\uff35\uff33\uff22\u3000stick",
            "Do\u00adnau und \u0141\u00f3d\u017a",
            "Troms\u00f8, \u00c6r\u00f8",
            "Diyarbak\u0131r",
        )
        await self.both_times([a], "usb")
        await self.both_times([b], "donau", "lodz")
        await self.both_times([b], "\u0142\u00f3d\u017a")
        await self.both_times([c], "tromso", "aero")
        await self.both_times([d], "DIYARBAKIR")

    async def test_korean_words_are_found_with_their_particles(self) -> None:
        a, b = await self.talk(
            "\uc11c\uc6b8\uc5d0\uc11c \ub9cc\ub098\uc694", "\ubd80\uc0b0\uc73c\ub85c"
        )
        await self.both_times([a], "\uc11c\uc6b8")
        await self.both_times([a], "\ub9cc\ub098\uc694", "\uc11c\uc6b8*")
        await self.both_times([b], "\ubd80\uc0b0")

    async def test_signs_part_words_and_mean_nothing(self) -> None:
        a, b = await self.talk("mail bob_b@example.org, now", 'it\'s "quoted" 100% -- ; x')
        await self.both_times([a], "bob b example org")
        await self.both_times([a], "example")
        await self.both_times([b], "100")
        for text in ("quoted", '"quoted"', "NEAR(quoted", "text:quoted", "quoted' OR 1=1 --"):
            await self.find(text)
        for word in ("AND", "OR", "NOT", "NEAR", "to_tsquery", "1=1", "a:b", "x' --", 'x"', "(x)"):
            self.assertLessEqual(len(await self.find(word)), 1)

    async def test_only_the_rooms_asked_for_are_searched(self) -> None:
        (a,) = await self.talk("here it is")
        (b,) = await self.talk("here too", where=OTHER)
        await self.both_times([a], "here")
        await self.both_times([b], "here", rooms=[OTHER, NEVER])
        await self.both_times([a, b], "here", rooms=[ROOM, OTHER])
        await self.both_times([], "here", rooms=[NEVER])
        await self.both_times([], "here", rooms=[])

    async def test_search_can_be_for_what_one_person_said(self) -> None:
        (a,) = await self.talk("lunch?", who="Ann")
        (b,) = await self.talk("lunch!", who="bob")
        await self.both_times([a], "lunch", nick="ann")
        await self.both_times([b], nick="bob")
        await self.both_times([], "lunch", nick="eve")
        await self.both_times([], "lunch", nick="-1")

    async def test_search_can_begin_at_a_time_and_end_before_a_message(self) -> None:
        ids = await self.talk("x a", "x b", "x c", "x d")  # said at the times of their ids
        await self.both_times(ids[2:], "x", since=float(ids[2]))
        await self.both_times(ids[:2], "x", before=ids[2])
        await self.both_times([ids[1]], "x", since=float(ids[1]), before=ids[2])
        await self.both_times([], "x", since=float(ids[-1] + 1))

    async def test_newest_are_found_oldest_first(self) -> None:
        ids = await self.talk(*(f"again {number}" for number in range(5)))
        for _ in range(2):
            self.assertEqual(await self.find("again", limit=3), ids[2:])
            self.assertTrue(self.page.more and self.page.whole)
            self.assertEqual(await self.find("again", limit=5), ids)
            self.assertFalse(self.page.more)
            await self.settle()

    async def test_forgotten_room_is_found_by_nothing_when_its_messages_are_gone(self) -> None:
        await self.talk("gone tomorrow")
        (other,) = await self.talk("not gone", where=OTHER)
        await self.settle()
        self.store.forget([ROOM], other)
        await self.settle()
        self.assertEqual(await self.find("gone", rooms=[ROOM, OTHER]), [other])


class MemorySearchContract(SearchContract, MemoryAdapter, TestCase):
    pass


class SqliteSearchContract(SearchContract, SqliteAdapter, TestCase):
    pass


class SqliteReadingSearchContract(SearchContract, SqliteReadingAdapter, TestCase):
    pass


class PostgresSearchContract(SearchContract, PostgresAdapter, TestCase):
    pass
