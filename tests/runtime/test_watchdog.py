"""The watchdog: what it tells the service manager, and when it ends the process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading

from twisted.internet.task import Clock
from twisted.logger import formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.making import folder_for, log_of
from twisted_chat.runtime import watchdog
from twisted_chat.runtime.watchdog import (
    EXTENSION,
    LONGEST,
    MOST,
    STATUS,
    TICK,
    Notifier,
    Watchdog,
    end_process,
)

#: A reactor that hangs after it has turned for a while, with a watchdog that has little patience.
HANGS = """
import sys, time
from twisted.internet import reactor
from twisted.logger import globalLogBeginner, textFileLogObserver
from twisted_chat.runtime import watchdog

globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stdout)])
watchdog.TICK, watchdog.MOST = 0.05, 5

def the_place_where_it_hangs():
    print("hangs", flush=True)
    time.sleep(60)

dog = watchdog.Watchdog(reactor)
dog.start()
dog.started()
reactor.callLater(1, the_place_where_it_hangs)
reactor.run()
"""


class WatchdogCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.address = str(folder_for(self) / "notify")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.bind(self.address)
        self.manager.setblocking(False)
        self.clock = Clock()
        self.ended: list[int] = []
        notifier = Notifier({"NOTIFY_SOCKET": self.address})
        self.dog = Watchdog(self.clock, notifier, self.ended.append)

    def told(self) -> list[str]:
        """Return what the service manager was told since the last call."""
        told: list[str] = []
        while True:
            try:
                told.append(self.manager.recv(1000).decode())
            except BlockingIOError:
                return told

    def ticks(self, count: int) -> list[str]:
        """Let it tick; return what the service manager was told by that."""
        told: list[str] = []
        for _ in range(count):
            self.dog.tick()
            told += self.told()
        return told


class TickTests(WatchdogCase):
    def setUp(self) -> None:
        super().setUp()
        self.dog.started()
        self.addCleanup(self.dog.stop)
        self.told()

    def test_thirty_ticks_without_a_turn_end_the_process(self) -> None:
        self.assertEqual((MOST, TICK), (30, 1.0))
        self.ticks(MOST - 1)
        self.assertEqual(self.ended, [])
        self.ticks(1)
        self.assertEqual(self.ended, [threading.get_ident()])

    def test_time_without_ticks_and_turns_end_nothing(self) -> None:
        # A process that is stopped, or a machine that is paused: its threads have no time.
        for _ in range(MOST):
            self.ticks(1)
            self.clock.advance(60)
        self.assertEqual(self.ended, [])
        for _ in range(5):
            self.ticks(MOST - 1)
            self.clock.advance(TICK)
        self.assertEqual(self.ended, [])

    def test_service_manager_is_told_once_a_turn_and_not_without(self) -> None:
        for _ in range(2):
            self.assertEqual(self.ticks(3), ["WATCHDOG=1"])
            self.clock.advance(TICK)


class StartAndEndTests(WatchdogCase):
    def test_long_start_and_end_are_waited_for(self) -> None:
        extended = f"EXTEND_TIMEOUT_USEC={EXTENSION}000000"
        self.assertEqual(self.ticks(3 * MOST), [extended] * 3 * MOST)
        self.dog.started()
        self.assertEqual(self.told(), ["READY=1"])
        self.dog.stopping()
        self.clock.advance(TICK)
        self.assertEqual(self.told(), ["STOPPING=1"])
        self.assertEqual(self.ticks(2 * MOST), [extended] * 2 * MOST)
        self.assertEqual(self.ended, [])
        self.dog.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_start_that_takes_for_ever_is_not_waited_for(self) -> None:
        self.assertEqual(len(self.ticks(LONGEST)), LONGEST)
        self.assertEqual(self.ticks(5), [])

    def test_end_before_the_start_is_no_fault(self) -> None:
        self.dog.stop()
        self.assertEqual(self.told(), [])

    def test_thread_of_its_own_ticks_until_the_end(self) -> None:
        ticked = threading.Event()
        self.patch(watchdog, "TICK", 0.001)
        self.patch(Watchdog, "tick", lambda dog: ticked.set())
        self.dog.start()
        self.assertTrue(ticked.wait(60))
        (thread,) = [each for each in threading.enumerate() if each.name == "watchdog"]
        self.assertTrue(thread.daemon)
        self.dog.stop()
        thread.join(60)
        self.assertFalse(thread.is_alive())


class NotifierTests(WatchdogCase):
    def test_without_a_service_manager_nobody_is_told(self) -> None:
        Notifier({}).tell("READY=1")
        self.assertEqual(self.told(), [])

    def test_service_manager_that_is_gone_or_busy_is_not_waited_for(self) -> None:
        notifier = Notifier({"NOTIFY_SOCKET": self.address})
        for _ in range(10_000):
            notifier.tell("WATCHDOG=1")
        os.unlink(self.address)
        notifier.tell("WATCHDOG=1")

    def test_abstract_address_is_understood(self) -> None:
        name = f"twisted-chat-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(f"\0{name}")
            manager.setblocking(False)
            Notifier({"NOTIFY_SOCKET": f"@{name}"}).tell("READY=1", "STATUS=open")
            self.assertEqual(manager.recv(100), b"READY=1\nSTATUS=open")


class EndTests(SynchronousTestCase):
    def test_log_has_the_stack_of_what_hangs(self) -> None:
        observer = log_of(self)
        self.patch(sys, "__stderr__", None)
        left: list[int] = []
        with tempfile.TemporaryFile() as file:
            self.patch(sys, "__stderr__", file)
            end_process(threading.get_ident(), left.append)
            end_process(0, left.append)
            file.seek(0)
            self.assertIn(b"test_log_has_the_stack", file.read())
        self.assertEqual(left, [STATUS] * 2)
        line, other = [formatEvent(event) for event in observer]
        self.assertIn("test_log_has_the_stack_of_what_hangs", line)
        self.assertIn("has not run for 30 ticks of 1 second", line)
        self.assertIn("no stack", other)

    def test_process_that_hangs_ends_and_one_that_is_stopped_does_not(self) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", HANGS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.addCleanup(process.kill)
        assert process.stdout is not None
        os.kill(process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        os.kill(process.pid, signal.SIGCONT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, STATUS, out + err)
        self.assertIn("hangs", out)  # it was not the pause that ended it
        self.assertIn("in the_place_where_it_hangs", out)
        self.assertIn("the_place_where_it_hangs", err)
