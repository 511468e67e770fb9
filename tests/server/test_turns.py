"""Turns: whoever asks for much waits behind the others."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clocks import TurnsClock
from twisted_chat.server.turns import Slices, Turns


class SlicesTests(SynchronousTestCase):
    def test_one_slice_is_done_in_a_turn_and_what_has_begun_is_finished_first(self) -> None:
        clock, done = TurnsClock(), []
        left = {"a1": 3, "a2": 1, "b1": 2}

        def carry_on(one: str) -> None:
            done.append(one)
            left[one] -= 1
            if left[one]:
                slices.add((one[0], one), one)

        slices = Slices(clock, carry_on)
        for one in left:
            slices.add((one[0], one), one)
        for turn in range(1, 7):
            clock.advance(0)
            self.assertEqual(len(done), turn)
        # Then networks take turns.
        self.assertEqual(done, ["a1", "a1", "a1", "b1", "b1", "a2"])
        self.assertEqual(clock.getDelayedCalls(), [])


class TurnsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.turns = Turns()
        self.begun: list[str] = []

    def ask(self, network: str, user: int, name: str) -> Deferred[None]:
        async def work() -> None:
            await self.turns.begin((network, str(user)))
            self.begun.append(name)

        return Deferred.fromCoroutine(work())

    def asks(self, *asked: tuple[str, int, str]) -> None:
        for each in asked:
            _ = self.ask(*each)

    def ends(self, times: int) -> list[str]:
        for _ in range(times):
            self.turns.end()
        return self.begun

    def test_first_begins_at_once_and_others_when_it_is_done(self) -> None:
        self.asks(("a", 1, "first"), ("b", 2, "second"))
        self.assertEqual((self.begun, len(self.turns)), (["first"], 1))
        self.assertEqual(self.ends(1), ["first", "second"])
        self.assertEqual(self.ends(1), ["first", "second"])
        self.asks(("a", 1, "third"))
        self.assertEqual(self.begun[-1], "third")

    def test_networks_take_turns_however_much_one_asks_for(self) -> None:
        self.asks(*(("a", number, f"a{number}") for number in range(4)), ("b", 9, "b"))
        self.assertEqual(self.ends(4), ["a0", "a1", "b", "a2", "a3"])

    def test_users_of_one_network_take_turns(self) -> None:
        self.asks(("a", 1, "1"), ("a", 1, "1 again"), ("a", 1, "1 once more"), ("a", 2, "2"))
        self.assertEqual(self.ends(3), ["1", "1 again", "2", "1 once more"])

    def test_whoever_gives_up_is_passed_over(self) -> None:
        self.asks(("a", 1, "first"))
        given_up = self.ask("a", 1, "given up")
        self.asks(("a", 1, "last"))
        given_up.cancel()
        self.failureResultOf(given_up, CancelledError)
        self.assertEqual(len(self.turns), 1)
        self.assertEqual(self.ends(1), ["first", "last"])
