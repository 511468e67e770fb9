"""The log under a flood: lines of a kind are summed up."""

from __future__ import annotations

from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.logger import Logger, formatEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.doors.house import House
from tests.making import log_of
from twisted_chat.runtime.log_sums import FEW, WINDOW, LogSums

log = Logger()


class LogCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.events = log_of(self)

    def logged(self) -> list[str]:
        lines = [str(formatEvent(event)) for event in self.events]
        self.events.clear()
        return lines


class LogSumsTests(LogCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.sums = LogSums(self.clock)

    def write(
        self, count: int, address: str = "192.0.2.7", line: str = "{address} knocked"
    ) -> None:
        for _ in range(count):
            self.sums.write(log.info, line, address=address, most=5)

    def test_few_lines_are_written_as_they_are(self) -> None:
        self.write(5)
        self.assertEqual(self.logged(), ["192.0.2.7 knocked"] * 5)
        self.clock.advance(WINDOW)
        self.sums.tell()
        self.assertEqual(self.logged(), [])

    def test_what_is_too_many_of_a_kind_is_one_line_with_their_number(self) -> None:
        self.write(5)
        self.write(1000, "2001:db8:1:2::3")
        self.write(200, "2001:db8:1:3::3")
        self.write(3, "198.51.100.1")
        self.write(2, "this machine")
        self.write(1, "203.0.113.1")
        self.logged()
        self.clock.advance(WINDOW - 1)
        self.sums.tell()
        self.assertEqual(self.logged(), [])
        self.clock.advance(1)
        self.sums.tell()
        self.assertEqual(
            self.logged(),
            [
                '1,206 more lines like "{address} knocked" were left out in 60 seconds, most of them about '
                "2001:db8:1::/48 (1,200), 198.51.100.0/24 (3), this machine (2)"
            ],
        )
        self.write(1)
        self.assertEqual(self.logged(), ["192.0.2.7 knocked"])

    def test_each_kind_is_counted_by_itself(self) -> None:
        self.write(9)
        self.write(1, line="{address} rang")
        self.assertEqual(self.logged()[-1], "192.0.2.7 rang")

    def test_networks_that_are_counted_are_bounded(self) -> None:
        self.write(5)
        for number in range(3000):
            self.write(1, f"10.{number // 256}.{number % 256}.1")
        self.logged()
        self.sums.tell(everything=True)
        (line,) = self.logged()
        self.assertIn("3,000 more lines", line)
        self.assertIn("elsewhere (2,000)", line)

    def test_faults_are_summed_up_with_their_tracebacks(self) -> None:
        for _ in range(6):
            why = Failure(ValueError("x"))
            self.sums.write(log.failure, "fault", address="192.0.2.7", most=2, failure=why)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)


class FloodTests(LogCase):
    def test_connection_flood_does_not_fill_the_log(self) -> None:
        house = House()
        for net in range(40):
            for host in range(64):
                guest = house.comes(IPv4Address("TCP", f"198.51.{net}.{host}", 1))
                guest.sends(b"GET / HTTP/1.1\r\n")
        lines = self.logged()
        self.assertEqual(len(lines), FEW)
        house.waits(WINDOW)
        house.node.tick()
        (line,) = self.logged()
        self.assertRegex(line, "^2,500 more lines .*left without a nickname.* about 198.51.1.0/24")
        house.closes()

    def test_refused_connections_are_logged_and_summed_up(self) -> None:
        house = House()
        for _ in range(1000):
            house.comes()
        lines = self.logged()
        self.assertEqual(len(lines), FEW)
        self.assertIn("refused a connection from 192.0.2.7: Too many", lines[0])
        house.node.stop("bye")
        self.assertIn("876 more lines", " ".join(self.logged()))
        house.empties()
