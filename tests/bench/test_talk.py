"""What is said in a store under test."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from bench.talk import Talk
from twisted_chat.core.api.commands import Term
from twisted_chat.core.api.events import Said
from twisted_chat.core.api.records import Query
from twisted_chat.store.id_blocks import BLOCK


class TalkTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.talk = Talk(3_000, 1_000.0)

    def test_numbers_say_the_same_with_ids_and_times_that_grow(self) -> None:
        again = Talk(3_000, 1_000.0)
        self.assertEqual(
            [self.talk.envelope(n) for n in range(100)], [again.envelope(n) for n in range(100)]
        )
        said = [self.talk.envelope(number) for number in range(3_000)]
        ids = [each.id for each in said]
        self.assertEqual(ids, list(range(BLOCK + 1, BLOCK + 3_001)))
        self.assertEqual(sorted(each.time for each in said), [each.time for each in said])
        self.assertLess(said[-1].time, 1_000.0)

    def test_everybody_speaks_in_several_rooms_that_have_all_of_it_once(self) -> None:
        rooms = range(len(self.talk.rooms))
        ids = sorted(each.id for room in rooms for each in self.talk.of(room))
        self.assertEqual(ids, list(range(BLOCK + 1, BLOCK + 3_001)))
        for room in rooms:
            self.assertEqual({each.room for each in self.talk.of(room)}, {self.talk.rooms[room]})
        where: dict[str, set[str]] = {}
        for number in range(3_000):
            said = self.talk.envelope(number)
            assert said.author is not None and said.room is not None
            where.setdefault(said.author.nick.text, set()).add(said.room.name.text)
        self.assertEqual({len(rooms) for rooms in where.values()}, {20})

    def test_some_words_are_in_most_messages_and_most_in_few(self) -> None:
        counts: dict[str, int] = {}
        for number in range(3_000):
            event = self.talk.envelope(number).event
            assert isinstance(event, Said)
            for word in set(event.lines[0].split()):
                counts[word] = counts.get(word, 0) + 1
        self.assertEqual(counts["common"], 3_000)
        self.assertEqual(counts["rare"], 1)
        self.assertGreater(counts["w1"], 1_000)
        self.assertGreater(len([1 for count in counts.values() if count < 5]), len(counts) / 2)

    def test_searches_have_names_and_find_the_newest_that_fit(self) -> None:
        room = self.talk.rooms[0]
        lowest, found = self.talk.expected(Query((room,), (Term("common"),)))
        self.assertEqual(lowest, BLOCK + 1)
        self.assertEqual(found, [each.id for each in self.talk.of(0)][-50:])
        self.assertEqual(self.talk.expected(Query((room,), (Term("nosuchword"),)))[1], [])
        queries = self.talk.queries()
        self.assertEqual(len({name for name, _ in queries}), len(queries))
        counts = {name: len(self.talk.expected(query)[1]) for name, query in queries}
        self.assertEqual([name for name, count in counts.items() if not count], [queries[-1][0]])
