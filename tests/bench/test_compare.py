"""The same load in turn on several servers: order, failures, ratios."""

from __future__ import annotations

from unittest import mock

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from bench import compare, fanout
from bench.compare import Compare, compared, order
from bench.errors import BenchError
from bench.fanout import Fanout
from bench.results import Comparison, FanoutResult
from bench.runs import Run
from bench.servers import KINDS, Kind
from bench.stats import Spread
from tests.bench import samples


class OrderTests(SynchronousTestCase):
    def test_each_comes_first_and_last_in_turn(self) -> None:
        self.assertEqual(
            [order("abc", number) for number in range(4)],
            [list("abc"), list("bca"), list("cab"), list("abc")],
        )


class ComparedTests(SynchronousTestCase):
    def test_ratios_come_from_rounds_in_which_both_were_sound(self) -> None:
        found = {
            ratio.server: ratio
            for ratio in compared(samples.comparison(), ["ours", "threads", "ngircd"], "busy")
        }
        self.assertEqual(found["ours"].cost, Spread(1, 1, 1))
        self.assertEqual(found["threads"].cost, Spread(0.75, 0.5, 1))
        self.assertEqual(found["ngircd"].cost, Spread(3, 3, 3))
        self.assertEqual(
            [ratio.cost for ratio in compared(samples.comparison(), ["threads"], "sparse")], [None]
        )


class MeasureTests(SynchronousTestCase):
    """With runs that are through at once."""

    def setUp(self) -> None:
        self.ran: list[tuple[str, str]] = []
        self.broken = ""
        self.stop_after = 100
        for target, name, value in ((fanout, "measure", self._measure), (compare, "Run", None)):
            self.patch(target, name, value)

    async def _measure(self, run: str, load: Fanout) -> FanoutResult:
        self.ran.append((run, load.mode))
        if run == self.broken:
            raise BenchError("it fell")
        return samples.fanout(run, load.mode)

    def compare(self, load: Compare) -> Comparison:
        def run(name: str) -> Run:
            stand_in = mock.Mock()
            stand_in.stop.happened = False
            return name if name != self.broken else _Named(name)  # type: ignore[return-value]

        self.told: list[FanoutResult] = []
        return self.successResultOf(
            Deferred.fromCoroutine(
                compare.measure(
                    load, run, lambda: len(self.ran) >= self.stop_after, self.told.append
                )
            )
        )

    def test_every_round_runs_every_load_on_every_server(self) -> None:
        loads = (Fanout(mode="busy"), Fanout(mode="sparse"))
        found = self.compare(Compare(loads=loads, servers=("ours", "threads"), repeat=2))
        self.assertEqual(
            self.ran,
            [
                (name, mode)
                for name in ("ours", "threads", "threads", "ours")
                for mode in ("busy", "sparse")
            ],
        )
        self.assertEqual((found.error, found.missing, found.baseline), ("", {}, "ours"))
        self.assertEqual(len(self.told), 8)

    def test_what_is_not_installed_is_left_out_and_named(self) -> None:
        with mock.patch.dict(KINDS, {"ngircd": Kind("irc", lambda setting: [], "no-such-ircd")}):
            found = self.compare(Compare(loads=(Fanout(),), servers=("ours", "ngircd"), repeat=1))
            self.assertEqual(self.ran, [("ours", "busy")])
            self.assertIn("no-such-ircd is not installed", found.missing["ngircd"])
            failed = Deferred.fromCoroutine(
                compare.measure(
                    Compare(loads=(Fanout(),), servers=("ngircd",)), mock.Mock(), bool, mock.Mock()
                )
            )
            self.failureResultOf(failed, BenchError)

    def test_a_server_that_fails_does_not_end_the_comparison(self) -> None:
        self.broken = "threads"
        found = self.compare(Compare(loads=(Fanout(),), servers=("threads", "ours"), repeat=1))
        self.assertEqual([each.error for each in found.rounds[0]], ["it fell", ""])
        self.assertEqual(found.error, "not every run was valid: threads")

    def test_ctrl_c_leaves_what_was_measured_until_then(self) -> None:
        self.stop_after = 3
        found = self.compare(Compare(loads=(Fanout(),), servers=("ours", "threads"), repeat=2))
        self.assertTrue(found.stopped)
        self.assertEqual([len(each) for each in found.rounds], [2, 1])


class _Named(str):
    """A run that is no more than its name, and was not stopped."""

    stop = mock.Mock(happened=False)
