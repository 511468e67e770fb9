"""Every message exactly once and in order, whatever a server does to the stream."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from bench import check
from bench.check import Ledger, Listener, Reference
from bench.speak import SPEECHES, Marker, nick
from bench.stats import Latencies

MARKER = Marker(SPEECHES["line"], "abc", "bench", 32)
NOISE = b"-- somebody joined #bench\r\n"


def line(speaker: int, number: int, sent: int = 0) -> bytes:
    return b"<%s> %s\r\n" % (nick("abc", speaker).encode(), MARKER.text(speaker, number, sent))


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    edges = pairwise([0, *sorted(places), len(data)])
    return [data[start:end] for start, end in edges if start < end]


class Room:
    """Listeners with one reference, or none."""

    def __init__(
        self, count: int, *, compared: bool = True, latencies: Latencies | None = None
    ) -> None:
        self.delivered = 0
        reference = Reference(MARKER) if compared else None
        self.listeners = [
            Listener(MARKER, self._got, lambda: 1000, latencies, reference) for _ in range(count)
        ]

    def _got(self, count: int) -> None:
        self.delivered += count

    def results(self) -> list[tuple[int, int, int]]:
        found = [listener.result() for listener in self.listeners]
        return [(each.delivered, each.duplicates, each.misordered) for each in found]


def model(messages: list[tuple[int, int]]) -> tuple[int, int, int]:
    """Tell (delivered, duplicates, misordered), by looking at each message alone."""
    seen: set[tuple[int, int]] = set()
    duplicates = misordered = 0
    for speaker, number in messages:
        if (speaker, number) in seen:
            duplicates += 1
        else:
            misordered += any(s == speaker and n > number for s, n in seen)
            seen.add((speaker, number))
    return len(seen), duplicates, misordered


streams = st.lists(st.integers(0, 2), max_size=30)  # who speaks, in turn
damages = st.lists(
    st.tuples(st.sampled_from(["drop", "twice", "swap"]), st.integers(0, 29)), max_size=3
)


def numbered(speakers: list[int]) -> list[tuple[int, int]]:
    return [(speaker, speakers[:index].count(speaker)) for index, speaker in enumerate(speakers)]


def damaged(
    messages: list[tuple[int, int]], damage: list[tuple[str, int]]
) -> list[tuple[int, int]]:
    messages = messages.copy()
    for what, place in damage:
        if place < len(messages) - 1:
            match what:
                case "drop":
                    del messages[place]
                case "twice":
                    messages.insert(place, messages[place])
                case _:
                    messages[place : place + 2] = reversed(messages[place : place + 2])
    return messages


class ListenerTests(SynchronousTestCase):
    @given(streams, st.lists(damages, min_size=1, max_size=4), st.randoms(use_true_random=False))
    def test_each_member_is_judged_as_by_looking_at_each_message(
        self, speakers: list[int], damage: list[list[tuple[str, int]]], chance: random.Random
    ) -> None:
        """Members get the same but for what the server did wrong to each; in pieces, in any order among them."""
        for compared in (True, False):
            got = [damaged(numbered(speakers), each) for each in damage]
            room = Room(len(got), compared=compared)
            pieces = []
            for index, messages in enumerate(got):
                data = NOISE * chance.randint(0, 2) + b"".join(line(*each) for each in messages)
                places = [chance.randint(0, len(data)) for _ in range(chance.randint(0, 9))]
                pieces.append([(index, piece) for piece in cut(data, places)])
            while any(pieces):
                index, piece = chance.choice([each for each in pieces if each]).pop(0)
                room.listeners[index].receive(piece)
            self.assertEqual(room.results(), [model(each) for each in got])
            self.assertEqual(room.delivered, sum(delivered for delivered, _, _ in room.results()))

    def test_a_notice_in_between_for_one_alone_is_no_error(self) -> None:
        room = Room(2)
        room.listeners[0].receive(line(0, 0) + line(0, 1) + line(0, 2))
        room.listeners[1].receive(line(0, 0) + line(0, 1)[:9])
        room.listeners[1].receive(line(0, 1)[9:] + NOISE + line(0, 2))
        self.assertEqual(room.results(), [(3, 0, 0), (3, 0, 0)])

    def test_what_never_came_is_not_counted(self) -> None:
        room = Room(2)
        room.listeners[0].receive(line(0, 0) + line(0, 1))
        room.listeners[1].receive(line(0, 0))
        self.assertEqual(room.results(), [(2, 0, 0), (1, 0, 0)])

    def test_a_garbled_line_is_not_counted(self) -> None:
        room = Room(2)
        room.listeners[0].receive(line(0, 0) + line(0, 1))
        room.listeners[1].receive(line(0, 0) + line(0, 1).replace(b"kabc", b"kabd"))
        self.assertEqual(room.results(), [(2, 0, 0), (1, 0, 0)])

    def test_every_delivery_is_timed_compared_or_not(self) -> None:
        for compared in (True, False):
            latencies = Latencies()
            room = Room(2, compared=compared, latencies=latencies)
            for listener in room.listeners:
                listener.receive(line(0, 0, 990) + line(0, 1, 990) + line(0, 2, 995))
            self.assertEqual(latencies.counts(), {10: 4, 5: 2})

    def test_endless_noise_is_not_kept(self) -> None:
        room = Room(1)
        for _ in range(40):
            room.listeners[0].receive(b"x" * 10_000)
        self.assertLessEqual(len(room.listeners[0]._rest), 64 * 1024)
        self.assertEqual(room.results(), [(0, 0, 0)])


class ReferenceTests(SynchronousTestCase):
    def setUp(self) -> None:
        for name, value in (("_TRIM", 1000), ("_MOST", 4000)):
            self.patch(check, name, value)

    def test_what_everybody_has_got_is_forgotten(self) -> None:
        room = Room(3)
        for number in range(1000):
            for listener in room.listeners:
                listener.receive(line(number % 3, number // 3))
        self.assertEqual(room.results(), [(1000, 0, 0)] * 3)
        reference = room.listeners[0]._reference
        assert reference is not None
        self.assertLess(len(reference._data), 2000)
        self.assertLess(len(reference._ends), 50)

    def test_who_is_far_behind_is_not_waited_for_and_still_checked(self) -> None:
        room = Room(3)
        everything = b"".join(line(0, number) for number in range(500))
        room.listeners[1].receive(everything[:500])
        for place in range(0, len(everything), 100):
            room.listeners[0].receive(everything[place : place + 100])
        self.assertIsNone(room.listeners[1]._reference)
        self.assertIsNone(room.listeners[2]._reference)
        room.listeners[1].receive(everything[500:])
        room.listeners[2].receive(everything)
        self.assertEqual(room.results(), [(500, 0, 0)] * 3)

    def test_who_differs_after_much_was_forgotten_is_judged_rightly(self) -> None:
        room = Room(2)
        for number in range(200):
            for listener in room.listeners:
                listener.receive(line(0, number))
        room.listeners[0].receive(line(0, 200))
        room.listeners[1].receive(line(0, 199))
        room.listeners[1].receive(line(0, 200))
        self.assertEqual(room.results(), [(201, 0, 0), (201, 1, 0)])


class LedgerTests(SynchronousTestCase):
    def test_ledgers_go_on_from_given_numbers_and_late_messages_came_twice(self) -> None:
        ledger = Ledger({1: 2})
        ledger.note(1, 2)
        ledger.note(2, 0)
        self.assertEqual((ledger.delivered, dict(ledger.next)), (4, {1: 3, 2: 1}))
        ledger = Ledger()
        for number in (1, 0, 0, 2):
            ledger.note(5, number)
        self.assertEqual((ledger.delivered, ledger.duplicates, ledger.misordered), (3, 1, 1))
