"""What the bench and its client processes say to each other survives the way."""

from __future__ import annotations

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from bench import wire

TARGET = wire.Target("127.0.0.1", 12000, "line")

ORDERS: tuple[wire.Order, ...] = (
    wire.FanoutJob(
        target=TARGET,
        run="abc",
        room="bench",
        clients=3,
        speakers=1,
        window=2,
        rate=0.5,
        size=64,
        timed=3,
    ),
    wire.SessionsJob(target=TARGET, run="abc", room="bench", clients=3),
    wire.UsersJob(target=TARGET, run="abc", room="bench", clients=3, messages=2, size=64, total=3),
    wire.Go(),
    wire.Stop(),
    wire.Finish([1, 2], 3.0),
    wire.Leave(),
)
REPORTS: tuple[wire.Report, ...] = (
    wire.Progress(1, 2, 3, 4),
    wire.Ready(1, 0, "", 0.5, {7: 1}),
    wire.Sent([1, 2]),
    wire.FanoutPart(1, 1, 0, 0, 0.5, {7: 1}, 0, "", 0.1),
    wire.SessionsPart(1, 0.5, 0, ""),
    wire.UsersPart([wire.UserRow("bob", 0.1, None, 0, "got 0 of 1")]),
    wire.Gone("bye"),
    wire.Failed("no"),
)


class WireTests(SynchronousTestCase):
    def test_each_is_one_line_and_comes_back_equal_and_anything_else_is_refused(self) -> None:
        for message in ORDERS:
            self.assertEqual(wire.order(wire.encode(message)), message)
        for report in REPORTS:
            line = wire.encode(report)
            self.assertEqual((line.count(b"\n"), line[-1:]), (1, b"\n"))
            self.assertEqual(wire.report(line), report)
        for line in (b"", b"{}", b'{"type": "go"', b'{"type": "gone"}'):
            self.assertRaises(msgspec.DecodeError, wire.order, line)
            self.assertRaises(msgspec.DecodeError, wire.report, line)
