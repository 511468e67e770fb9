"""A client process, without being one."""

from __future__ import annotations

from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from bench import wire
from bench.worker import Worker


class WorkerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.transport = StringTransport()
        self.worker = Worker(self.reactor)
        self.worker.makeConnection(self.transport)

    def tearDown(self) -> None:
        self.worker.connectionLost()
        for client in self.reactor.tcpClients:
            client[2].clientConnectionFailed(self.reactor.connectors[0], Failure(KeyError()))
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def reports(self) -> list[wire.Report]:
        found = [wire.report(line) for line in self.transport.value().splitlines()]
        self.transport.clear()
        return found

    def order(self, order: wire.Order) -> None:
        self.worker.dataReceived(wire.encode(order))

    def test_what_it_cannot_do_and_logged_exceptions_are_reported(self) -> None:
        self.worker.dataReceived(b"dance\n")
        self.order(wire.Stop())
        bad, early = self.reports()
        assert isinstance(bad, wire.Failed) and isinstance(early, wire.Failed)
        self.assertIn("a client process failed: DecodeError", bad.why)
        self.assertEqual(early.why, "a client process failed: AssertionError: no job yet")
        self.worker.observe({"log_failure": Failure(KeyError("x"))})
        self.worker.observe({"log_format": "all is well"})
        self.assertEqual(self.reports(), [wire.Failed("a client process failed: KeyError: 'x'")])

    def test_progress_comes_four_times_a_second(self) -> None:
        self.order(
            wire.SessionsJob(
                target=wire.Target("127.0.0.1", 1, "line"), run="abc", room="lobby", clients=1
            )
        )
        self.reactor.pump([0.25] * 4)
        self.assertEqual(self.reports(), [wire.Progress(0, 0, 0, 0)] * 4)

    def test_it_ends_with_the_bench(self) -> None:
        self.worker.connectionLost()
        self.assertTrue(self.reactor.hasStopped)
