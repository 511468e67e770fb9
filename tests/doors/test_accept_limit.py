"""How many connections there is room for; with real sockets and a full table of descriptors in ``test_service_process``."""

from __future__ import annotations

import errno
import os
import resource
import socket
import sys
from typing import Any

from twisted.internet import tcp, unix
from twisted.internet.task import Clock
from twisted.logger import formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.making import log_of
from twisted_chat.doors.admission import (
    BATCH,
    RESERVE,
    AcceptLimit,
    Connections,
    room_for_connections,
)


class RoomTests(SynchronousTestCase):
    def room(self, limit: int, *, taken: int = 10) -> int:
        self.patch(resource, "getrlimit", lambda which: (limit, resource.RLIM_INFINITY))
        self.patch(os, "listdir", lambda path: ["0"] * (taken + 1))
        return room_for_connections()

    def test_what_is_open_and_a_reserve_are_left_out(self) -> None:
        self.assertEqual(self.room(1024, taken=12), 1024 - 12 - RESERVE)

    def test_there_is_room_for_one_at_least(self) -> None:
        self.assertEqual(self.room(20), 1)

    def test_without_a_limit_there_is_room_for_all(self) -> None:
        self.assertEqual(self.room(resource.RLIM_INFINITY), sys.maxsize)

    def test_where_the_system_does_not_tell_some_are_taken_for_open(self) -> None:
        self.patch(resource, "getrlimit", lambda which: (1024, 1024))

        def fail(path: str) -> list[str]:
            raise FileNotFoundError(path)

        self.patch(os, "listdir", fail)
        self.assertEqual(room_for_connections(), 1024 - 32 - RESERVE)

    def test_the_listing_is_not_counted(self) -> None:
        before = room_for_connections()
        with open(os.devnull):
            self.assertEqual(room_for_connections(), before - 1)


class Port(tcp.Port):
    """A port in memory: ``waiting`` connections are to be accepted, and it is read as long as it may be."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.handle, self._other = socket.socketpair()
        self.numberAccepts = 100
        self.waiting = 0
        self.reading = True
        self.batches: list[int] = []
        self.refuses = False

    def close(self) -> None:
        self.handle.close()
        self._other.close()

    def fileno(self) -> int:
        return self.handle.fileno()

    def startReading(self) -> None:
        self.reading = True

    def stopReading(self) -> None:
        self.reading = False

    def come(self, count: int) -> None:
        """So many connect."""
        self.waiting += count
        self._other.send(b"x")  # it is readable until all are accepted
        self.turn()

    def turn(self) -> None:
        """Let the reactor do what it does."""
        for _ in range(50):
            if not (self.reading and self.waiting):
                return
            self.doRead()

    def doRead(self) -> None:
        accepted = 0 if self.refuses else min(self.waiting, self.numberAccepts)
        self.batches.append(accepted)
        for _ in range(accepted):
            self.connections.count((), 0.0)
        self.waiting -= accepted
        self.sessionno += accepted
        if accepted and not self.waiting:
            self.handle.recv(1024)
        self.numberAccepts += 20


class AcceptLimitTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.connections = Connections(64)
        self.limit = AcceptLimit(self.connections, self.clock)
        self.observer = log_of(self)

    def tearDown(self) -> None:
        self.limit.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def ports(self, most: int, count: int = 1) -> list[Port]:
        ports = [Port(self.connections) for _ in range(count)]
        for port in ports:
            self.addCleanup(port.close)
        self.limit.guard(ports, most)
        return ports

    def leave(self, count: int, *ports: Port) -> None:
        for _ in range(count):
            self.connections.discount(())
            for port in ports:
                port.turn()

    def logged(self) -> list[str]:
        return [
            formatEvent(event)
            for event in self.observer
            if event["log_namespace"] == "twisted_chat.doors"
        ]

    FULL = "50 connections are open; new ones wait until one closes: the limit is reached"

    def test_so_many_are_accepted_and_the_others_wait(self) -> None:
        (port,) = self.ports(50)
        port.come(70)
        self.assertEqual((self.connections.held, port.waiting, port.reading), (50, 20, False))
        self.assertEqual(self.logged(), [self.FULL])

    def test_no_batch_goes_over_what_is_free(self) -> None:
        (port,) = self.ports(60)
        port.come(57)
        self.assertEqual(port.batches, [BATCH] * 5 + [7])
        port.come(10)
        self.assertEqual((port.batches[6:], self.connections.held), ([3], 60))

    def test_a_batch_leaves_the_others_their_turn(self) -> None:
        (port,) = self.ports(1000)
        port.come(2 * BATCH + 5)
        self.assertEqual(port.batches, [BATCH, BATCH, 5])
        self.assertEqual(self.logged(), [])

    def test_each_that_leaves_lets_one_in_without_a_line_for_each(self) -> None:
        (port,) = self.ports(50)
        port.come(70)
        self.leave(15, port)
        self.assertEqual((self.connections.held, port.waiting, port.reading), (50, 5, False))
        self.assertEqual(self.logged(), [self.FULL])

    def test_it_is_told_once_when_there_is_room_to_spare(self) -> None:
        (port,) = self.ports(50)
        port.come(50)
        self.leave(2, port)
        self.assertTrue(port.reading)
        self.assertEqual(self.logged(), [self.FULL])
        self.leave(48, port)
        self.assertEqual(self.logged(), [self.FULL, "accepting connections again; 47 are open"])
        port.come(50)
        self.assertEqual(self.logged()[2:], [self.FULL])

    def test_all_ports_wait_and_go_on_together(self) -> None:
        one, other = self.ports(50, 2)
        one.come(30)
        other.come(30)
        self.assertEqual((one.reading, other.reading, other.waiting), (False, False, 10))
        self.leave(1)
        self.assertEqual((one.reading, other.reading), (True, True))
        other.turn()
        self.assertEqual((one.reading, other.reading, other.waiting), (False, False, 9))

    def test_where_more_came_than_there_was_room_for_all_of_them_must_go(self) -> None:
        (port,) = self.ports(2)
        port.come(2)
        self.connections.count((), 0.0)  # through a door of another kind
        self.leave(1)
        self.assertFalse(port.reading)
        self.leave(1)
        self.assertTrue(port.reading)

    def test_flood_makes_room_for_itself_when_all_is_full(self) -> None:
        ended: list[str] = []

        class Open:
            def __init__(self, name: str) -> None:
                self.name = name

            def make_room(self) -> None:
                ended.append(self.name)

        (port,) = self.ports(4)
        for name, network in (("person", "a"), ("first", "b"), ("second", "b")):
            self.connections.half_open.add(Open(name), network)
        self.connections.half_open.most = 4
        port.come(4)
        self.assertEqual((ended, port.reading), (["first"], False))
        self.leave(1, port)
        self.assertTrue(port.reading)
        port.come(1)
        self.assertEqual((ended, port.reading), (["first"], False))

    def test_a_port_that_is_read_though_all_is_full_accepts_nobody(self) -> None:
        (port,) = self.ports(2)
        self.connections.count((), 0.0)
        self.connections.count((), 0.0)
        port.come(1)
        self.assertEqual((port.batches, port.waiting, port.reading), ([], 1, False))

    def test_ports_of_other_kinds_are_left_alone_but_not_unix_sockets(self) -> None:
        other: Any = object()
        self.limit.guard([other], 1)
        self.connections.count((), 0.0)
        self.connections.discount(())
        self.assertTrue(issubclass(unix.Port, tcp.Port))
        self.ports(50)
        self.assertEqual(self.connections.half_open.most, 25)

    def test_once_stopped_it_touches_no_port(self) -> None:
        (port,) = self.ports(2)
        port.come(3)
        self.limit.stop()
        self.leave(1)
        self.assertFalse(port.reading)

    # --- the system refuses ---

    def no_descriptors(self, *, but: int = 0) -> None:
        dup, had = os.dup, [0]

        def fail(fd: int) -> int:
            if had[0] == but:
                had[0] = 0
                raise OSError(errno.EMFILE, "Too many open files")
            had[0] += 1
            return dup(fd)

        self.patch(os, "dup", fail)

    def test_without_descriptors_nobody_is_accepted_nor_closed(self) -> None:
        (port,) = self.ports(50)
        self.no_descriptors()
        port.come(3)
        self.assertEqual((port.batches, port.waiting, port.reading), ([], 3, False))
        why = "the system has no file descriptors left"
        self.assertEqual(
            self.logged(), [f"0 connections are open; new ones wait until one closes: {why}"]
        )

    def test_no_more_are_accepted_than_there_are_descriptors_for(self) -> None:
        (port,) = self.ports(50)
        self.no_descriptors(but=2)
        port.come(2)
        self.assertEqual((port.batches, port.waiting), ([2], 0))

    def test_it_tries_again_every_second_and_tells_when_it_goes_on(self) -> None:
        (port,) = self.ports(50)
        dup = os.dup
        self.no_descriptors()
        port.come(3)
        for _ in range(3):
            self.clock.advance(0.9)
            self.assertFalse(port.reading)
            self.clock.advance(0.1)
            self.assertTrue(port.reading)
            port.turn()
        self.assertEqual(len(self.logged()), 1)
        self.patch(os, "dup", dup)
        self.clock.advance(1)
        port.turn()
        self.assertEqual((port.waiting, port.reading), (0, True))
        self.assertEqual(self.logged()[1:], ["accepting connections again; 3 are open"])

    def test_all_ports_rest_until_the_same_second_is_over(self) -> None:
        one, other = self.ports(50, 2)
        dup = os.dup
        self.no_descriptors()
        one.come(1)
        other.startReading()  # both were readable in this turn
        other.come(1)
        self.assertEqual((one.reading, other.reading), (False, False))
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.patch(os, "dup", dup)
        self.clock.advance(1)
        self.assertEqual((one.reading, other.reading), (True, True))

    def test_meanwhile_who_leaves_makes_no_difference(self) -> None:
        (port,) = self.ports(50)
        port.come(10)
        self.no_descriptors()
        port.come(3)
        self.leave(5, port)
        self.assertFalse(port.reading)
        self.assertEqual(len(self.logged()), 1)

    def test_a_refusal_for_another_reason_makes_no_busy_loop_either(self) -> None:
        (port,) = self.ports(50)
        port.refuses = True
        port.come(3)
        self.assertEqual((port.batches, port.reading), ([0], False))
        self.assertIn("the system refuses further connections", self.logged()[0])
        port.refuses = False
        self.clock.advance(1)
        port.turn()
        self.assertEqual((port.waiting, self.connections.held), (0, 3))

    def test_who_was_gone_before_being_accepted_is_no_refusal(self) -> None:
        (port,) = self.ports(50)
        port.refuses = True
        port.doRead()
        self.assertTrue(port.reading)
        self.assertEqual(self.logged(), [])
