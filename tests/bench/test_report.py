"""Results as tables and as JSON."""

from __future__ import annotations

import io
import json
import math
import tempfile
from pathlib import Path

from rich.console import Console
from twisted.trial.unittest import SynchronousTestCase

from bench import document, report
from bench.errors import BenchError
from bench.results import ClientResult, Outcome, StoreResult
from bench.stats import Spread
from tests.bench import samples


def shown(result: Outcome, width: int = 110) -> str:
    out = io.StringIO()
    report.show(Console(file=out, width=width), result)
    return out.getvalue()


def rows(text: str) -> dict[str, str]:
    """Return a table's first and last column."""
    return {
        line.split("  ")[1]: line.split()[-1] for line in text.splitlines() if line.startswith("  ")
    }


class WordsTests(SynchronousTestCase):
    def test_numbers_have_the_unit_that_fits(self) -> None:
        values = [0.0000123, 0.0009, 0.00123456, 0.1, 1.5, 123.4, None, math.nan]
        self.assertEqual(
            [report.seconds(value) for value in values],
            ["12 µs", "900 µs", "1.23 ms", "100 ms", "1.5 s", "123 s", "–", "–"],
        )
        self.assertEqual(
            [report.size(v) for v in (8192, 3 * 1024**2, -2048, None)],
            ["8.0 KiB", "3.0 MiB", "-2.0 KiB", "–"],
        )
        self.assertEqual(report.spans(Spread(0.5, 0.4, 0.6)), "0.50 (0.40–0.60)")
        self.assertEqual(report.spans(Spread(0.5, 0.5, 0.5)), "0.50")
        self.assertEqual(report.spans(None), "–")
        self.assertEqual(
            [report.number(v) for v in (1234567.8, None, math.nan)], ["1,234,568", "–", "–"]
        )
        self.assertEqual([report.micros(v) for v in (0.05123, None)], ["0.0512 µs", "–"])


class TableTests(SynchronousTestCase):
    def test_fanout_names_its_room_and_what_nobody_knows_is_a_dash(self) -> None:
        text = shown(samples.fanout())
        self.assertIn(
            "busy room on ours: 11 members, 256 messages in flight, 64 bytes, 4 speakers", text
        )
        self.assertRegex(text, "deliveries +1,000 of 1,000 ")
        self.assertRegex(text, "processor time per delivery +1 µs ")
        self.assertRegex(text, "resident memory +3.0 MiB ")
        self.assertRegex(text, "latency p50 +10 µs ")
        self.assertRegex(text, "latency p99.9 +20 µs ")
        result = samples.fanout(mode="sparse")
        result.idle = 8000
        self.assertIn("8,000 more idle sessions, 200 messages a second", shown(result))
        result = samples.fanout()
        result.cpu = result.rss = None
        self.assertRegex(shown(result), "processor time per delivery +– ")

    def test_users_and_sessions_are_tables(self) -> None:
        text = shown(samples.users())
        self.assertRegex(text, "users without an error +2 of 3 ")
        self.assertRegex(text, "average +20 ms ")
        self.assertRegex(text, "time to hear all: slowest +30 ms ")
        self.assertRegex(text, "c +– +– +0 +nobody listens")
        self.assertIn("bench: 1 of 3 users did not hear everything", text)
        result = samples.users()
        del result.rows[:2]
        self.assertRegex(shown(result), "average +– ")
        text = shown(samples.sessions())
        self.assertRegex(text, "logins a second +2,000 ")
        self.assertRegex(text, "processor time per login +250 µs ")
        self.assertRegex(text, "memory per session +8.0 KiB ")

    def test_a_store_has_dashes_where_it_was_stopped(self) -> None:
        text = shown(samples.store())
        self.assertIn("1,000 messages in sqlite", text)
        self.assertRegex(text, "stored a second +2,000 ")
        self.assertRegex(text, "processor time per message +10 µs ")
        self.assertRegex(text, "bytes per message +200 ")
        self.assertRegex(text, "indexed a second +500 ")
        self.assertRegex(text, "resident memory at the end +2.0 MiB ")
        self.assertRegex(text, "first in a room, longest +3 ms ")
        self.assertRegex(text, "/history 500 +200 ms ")
        self.assertRegex(text, "a word +50 +yes +6 ms +7 ms +8 ms")
        text = shown(StoreResult(server="sqlite", asked=9, stopped=True))
        self.assertRegex(text, "stored a second +– ")
        self.assertRegex(text, "first in a room, longest +– ")
        self.assertIn("Stopped early", text)

    def test_the_client_and_logins_are_tables(self) -> None:
        text = shown(samples.client())
        self.assertRegex(text, r"quiet\).* 4 ms 9 ms 9 ms")
        self.assertRegex(text, r"200 lines/s\).* 6 ms 40 ms 40 ms")
        self.assertRegex(text, "while lines arrive +24%")
        result = ClientResult(server="client", lines=1, members=1, rate=1)
        self.assertRegex(shown(result), r"quiet\).* – ")
        text = shown(samples.logins())
        self.assertRegex(text, "3 logins at once on ours")
        self.assertRegex(text, "logged in +3 of 3 ")
        self.assertRegex(text, "during the logins: p50 +1 ms ")
        self.assertRegex(text, "the slowest +12 ms ")

    def test_a_difference_in_time_is_told(self) -> None:
        text = shown(samples.timing())
        self.assertIn("100 of 100 wrong logins of each kind on ours", text)
        self.assertRegex(text, "wrong password +30 ms +30 ms +30.1 ms")
        self.assertRegex(text, r"unknown name .*\+0 µs \(-\d+ µs to \+\d+ µs\) +no")
        text = shown(samples.timing(0.01))
        self.assertRegex(text, r"unknown name .*\+10,000 µs .* yes")
        self.assertIn("bench: the time distinguishes unknown name from wrong password", text)

    def test_broken_promises_are_named(self) -> None:
        text = shown(samples.crash())
        self.assertIn("killed repeatedly while 8 clients talk (seed 1)", text)
        self.assertRegex(text, "killed +3 of 3 times ")
        self.assertRegex(text, "the longest start +750 ms ")
        self.assertRegex(text, "acknowledgements +990 ")
        self.assertRegex(text, "shown, lost, and said again +10 ")
        self.assertRegex(text, "promises broken +0 ")
        text = shown(samples.crash("ann 1 is lost", "ann 2 is [b]there[/b] twice"))
        self.assertRegex(text, "promises broken +2 ")
        self.assertIn("ann 1 is lost\nann 2 is [b]there[/b] twice\n", text)
        self.assertIn("bench: 2 promises were broken", text)

    def test_comparisons_fit_an_ordinary_terminal_and_name_slow_clients(self) -> None:
        text = shown(samples.comparison())
        self.assertRegex(text, "threads +4 +0.75 \\(0.50–1.00\\) ")
        self.assertRegex(text, "ngircd +1 +3.00 ")
        self.assertIn("Not compared: inspircd: inspircd is not installed", text)
        self.assertIn("Not counted: ngircd, busy: it fell", text)
        self.assertNotIn("at their limit", text)
        wide, narrow = shown(samples.comparison(), 110), shown(samples.comparison(), 80)
        self.assertEqual(wide.splitlines()[:7], narrow.splitlines()[:7])
        self.assertNotIn("…", narrow)
        result = samples.comparison()
        result.rounds[0][0].clients_busy = 0.99
        self.assertIn("Note: ours, busy: the clients were at their limit", shown(result))
        result = samples.comparison()
        result.rounds = [[]]
        self.assertIn("CPU", shown(result))

    def test_stopping_and_markup_are_shown_as_they_are(self) -> None:
        result = samples.fanout()
        result.stopped = True
        self.assertIn("Stopped early", shown(result))
        self.assertIn(
            "bench: it said: [red]x[/red]", shown(samples.fanout(error="it said: [red]x[/red]"))
        )


class JsonTests(SynchronousTestCase):
    def write(self, result: Outcome) -> dict[str, object]:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "x.json"
            document.write_json(path, result)
            written: dict[str, object] = json.loads(path.read_text())
            return written

    def test_all_that_was_measured_is_there_with_the_machine(self) -> None:
        for result in (
            samples.crash(),
            samples.logins(),
            samples.client(),
            samples.timing(),
            samples.fanout(),
            samples.users(),
            samples.sessions(),
            samples.comparison(),
            samples.store(),
        ):
            document = self.write(result)
            self.assertEqual(set(document) & {"machine", "result"}, {"machine", "result"})
            self.assertEqual(document["result"]["server"], result.server)  # type: ignore[index]

    def test_a_fanout_has_its_summary_and_a_comparison_its_ratios(self) -> None:
        summary = self.write(samples.fanout())["summary"]
        assert isinstance(summary, dict)
        self.assertEqual((summary["deliveries_per_second"], summary["lost"]), (500, 0))
        ratios = self.write(samples.comparison())["ratios"]
        assert isinstance(ratios, list)
        self.assertEqual(
            [(each["server"], each["cost"]["median"]) for each in ratios],
            [("ours", 1), ("threads", 0.75), ("ngircd", 3)],
        )

    def test_a_file_that_cannot_be_written_is_told(self) -> None:
        error = self.assertRaises(
            BenchError, document.write_json, Path("/no/such/x.json"), samples.users()
        )
        self.assertIn("cannot write /no/such/x.json: No such file", str(error))
