"""Who talks while the server is killed, step by step against a server that the test plays."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from bench.ledger import Ledger
from bench.talkers import PASSWORD, Auditor, Talker, Typist
from bench.wire import Target

TARGET = Target("127.0.0.1", 1, "line")


def spelled(number: int) -> str:
    return f"{number:016x}"


class Wire(StringTransport):
    """A connection of which the test is the other end."""

    def setTcpNoDelay(self, enabled: bool) -> None:
        pass


class VisitCase(SynchronousTestCase):
    visitor: Talker | Typist

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.ledger = Ledger()

    def tearDown(self) -> None:
        if not self.visit.called:
            self.is_cut_off()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def visits(self) -> None:
        """Let the visitor come, and be let in."""
        self.visit: Deferred[None] = Deferred.fromCoroutine(
            self.visitor.visit(self.reactor, TARGET)
        )
        _, _, factory, _, _ = self.reactor.tcpClients[-1]
        protocol = factory.buildProtocol(IPv4Address("TCP", TARGET.host, TARGET.port))
        assert protocol is not None
        self.protocol = protocol
        self.wire = Wire()
        self.protocol.makeConnection(self.wire)
        for call in self.reactor.getDelayedCalls():
            call.cancel()  # how long a connection may take

    def hears(self, *lines: str) -> None:
        for line in lines:
            self.protocol.dataReceived(line.encode() + b"\r\n")

    def is_cut_off(self) -> None:
        self.protocol.connectionLost(Failure(ConnectionRefusedError()))
        self.successResultOf(self.visit)

    def said(self) -> list[str]:
        """What the visitor has sent since this was asked for last."""
        lines: list[str] = self.wire.value().decode().splitlines()
        self.wire.clear()
        return lines


class TalkerTests(VisitCase):
    def setUp(self) -> None:
        super().setUp()
        self.visitor = self.talker = Talker("ann", ["dev", "ops"], self.ledger, 2)
        self.ben = self.ledger.speaker("ben")
        for _ in range(5):
            self.ben.says("dev")

    def asked(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said()]

    def gets(self, type: str, **fields: Any) -> None:
        self.hears(json.dumps({"type": type, "content": "", **fields}))

    def logs_in(self, session: str = "secret") -> None:
        self.visits()
        self.hears("Welcome to the test.")
        (self.nick,) = self.asked()
        self.gets("welcome", session=session)

    def enters(self, room: str, created: bool = False, **more: Any) -> None:
        """Let the visitor into a room they asked for."""
        fields = {"locked": True, "topic": "" if created else f"about {room}", **more}
        self.gets("members", room=room, created=created, **fields)

    def is_answered(self, type: str = "ack", **fields: Any) -> dict[str, Any]:
        """Answer the last request."""
        asked = self.asked()[-1]
        self.gets(type, id=asked["id"], **fields)
        return asked

    def reads(self, room: str, *messages: dict[str, Any], more: bool = False) -> dict[str, Any]:
        asked = self.asked()[-1]
        self.gets("history_start", id=asked["id"], room=room)
        for message in messages:
            self.gets("message", room=room, replay=True, **message)
        self.gets("history_end", id=asked["id"], room=room, more=more)
        return asked

    def bens(self, number: int) -> dict[str, Any]:
        return {"id": spelled(100 + number), "from": "ben", "content": f"ben {number}"}

    def settles(self) -> None:
        """Go through a first visit until the talker talks."""
        self.logs_in()
        for room in ("dev", "ops"):
            self.enters(room, created=True)
            self.is_answered(message=spelled(1))
        self.reads("dev")
        self.reads("ops")

    def comes_again(self) -> None:
        """Go through a second visit until the talker talks."""
        self.logs_in()
        for room in ("dev", "ops"):
            self.is_answered("error", code="wrong-password")
            self.enters(room)
        self.reads("dev")
        self.reads("ops")

    def test_it_makes_its_rooms_reads_them_and_talks_within_its_window(self) -> None:
        self.logs_in()
        self.assertEqual(self.nick, {"type": "nick", "content": "ann"})
        self.assertEqual(self.asked(), [{"type": "join", "content": "dev", "password": PASSWORD}])
        self.enters("dev", created=True)
        topic = self.is_answered(message=spelled(1))
        self.assertEqual((topic["type"], topic["content"]), ("topic", "about dev"))
        self.assertEqual(self.ledger.topics, {"dev"})
        self.enters("ops", locked=False)
        asked = self.reads("dev", self.bens(0), more=True)
        self.assertEqual((asked["room"], asked["after"]), ("dev", "0" * 16))
        self.assertEqual(self.reads("dev")["after"], spelled(100))
        self.assertEqual(self.reads("ops")["room"], "ops")
        self.assertTrue(self.talker.back.happened)
        self.assertEqual(
            self.asked(),
            [
                {"type": "message", "room": "dev", "content": "ann 0", "id": "0"},
                {"type": "message", "room": "ops", "content": "ann 1", "id": "1"},
            ],
        )
        self.gets("ack", id="0", message=spelled(200))
        self.assertEqual([each["content"] for each in self.asked()], ["ann 2"])
        self.assertEqual(self.ledger.violations, [])

    def test_it_comes_back_with_its_session_and_says_again_what_may_be_lost(self) -> None:
        self.settles()
        for number in range(5):
            self.gets("ack", id=str(number), message=spelled(200 + number))
        self.asked()
        self.is_cut_off()
        self.ledger.killed()
        self.logs_in()
        self.assertEqual(self.nick["session"], "secret")
        self.assertEqual(self.is_answered("error", code="wrong-password")["type"], "join")
        self.enters("dev")
        self.is_answered("error", code="wrong-password")
        self.enters("ops")
        self.reads("dev")
        self.reads("ops")
        again = [each["content"] for each in self.asked()]
        self.assertEqual(again, ["ann 2", "ann 3", "ann 4", "ann 5", "ann 6"])
        self.assertFalse(self.talker.back.happened)
        for number in range(2, 5):
            self.gets("ack", id=str(number), message=spelled(200 + number))
        for number in range(5, 7):
            self.gets("ack", id=str(number), message=spelled(300 + number))
        self.assertTrue(self.talker.back.happened)
        self.assertEqual((self.ledger.violations, self.talker.resent), ([], 5))

    def test_who_stops_says_nothing_new_and_is_finished_when_all_is_acknowledged(self) -> None:
        self.settles()
        self.asked()
        self.talker.stop()
        self.gets("ack", id="0", message=spelled(200))
        self.assertFalse(self.talker.finished.happened)
        self.gets("ack", id="1", message=spelled(201))
        self.assertTrue(self.talker.finished.happened)
        self.assertEqual(self.asked(), [])

    def test_a_session_that_is_not_known_is_told(self) -> None:
        self.settles()
        self.is_cut_off()
        self.logs_in("another")
        self.assertIn("a session that the server does not know", self.ledger.violations[0])

    def test_rooms_that_are_not_as_they_were_are_told(self) -> None:
        for room in ({"created": True}, {"locked": False}, {"topic": "other"}):
            self.setUp()
            self.settles()
            self.is_cut_off()
            self.logs_in()
            self.is_answered("error", code="wrong-password")
            self.enters("dev", **room)
            self.assertIn("dev was not restored as it was", self.ledger.violations[0])
            self.is_cut_off()

    def test_a_room_that_lets_in_with_a_wrong_password_is_told(self) -> None:
        self.settles()
        self.is_cut_off()
        self.logs_in()
        self.is_answered("error", code="unsupported", content="no")
        self.assertIn("dev let ann in with a wrong password: no", self.ledger.violations)

    def test_a_gap_is_told(self) -> None:
        self.settles()
        self.ben.lines[0].acked = spelled(100)
        self.is_cut_off()
        self.comes_again()
        self.assertEqual(self.ledger.violations, ["ann came back to dev, but never got ben 0"])

    def test_a_refusal_is_told(self) -> None:
        self.settles()
        self.gets("error", code="too-long", content="no")
        self.assertEqual(self.ledger.violations, ["ann was refused: no (too-long)"])

    def test_refusals_junk_and_pings_are_dealt_with(self) -> None:
        self.settles()
        self.asked()
        self.gets("ping")
        self.assertEqual(self.asked(), [{"type": "pong"}])
        self.is_cut_off()
        self.hears('{"type": 1}')
        self.assertIn("ann got something that is not a client's JSON", self.ledger.violations[0])

    def test_live_lines_and_those_of_a_join_reach_reader_and_ledger(self) -> None:
        self.settles()
        self.gets("message", room="dev", **self.bens(1))
        self.gets("message", room="dev", **self.bens(0))
        self.gets("message", room="lobby", replay=True, **self.bens(2))
        self.assertEqual(
            self.ledger.violations,
            [
                f"ann heard {spelled(100)} after {spelled(101)} in dev",
                "ben 2 was said in dev, not in lobby",
            ],
        )

    def test_an_auditor_keeps_all_that_is_read_and_says_nothing(self) -> None:
        self.visitor = self.talker = auditor = Auditor("zoe", ["dev", "ops"], self.ledger)
        self.logs_in()
        self.enters("dev")
        self.enters("ops")
        self.gets("message", room="dev", replay=True, **self.bens(0))
        self.reads("dev", self.bens(0), self.bens(1))
        self.reads("ops")
        read = {room: [got.content for got in gots] for room, gots in auditor.history.items()}
        self.assertEqual(read, {"dev": ["ben 0", "ben 1"], "ops": []})
        self.assertEqual(self.asked(), [])
        self.assertTrue(auditor.back.happened)

    def test_who_is_cut_off_while_waiting_or_finds_nobody_comes_again(self) -> None:
        self.visits()
        self.is_cut_off()
        visit = Deferred.fromCoroutine(self.talker.visit(self.reactor, TARGET))
        _, _, factory, _, _ = self.reactor.tcpClients[-1]
        connector = self.reactor.connectors[-1]
        factory.clientConnectionFailed(connector, Failure(ConnectionRefusedError()))
        self.successResultOf(visit)
        for call in self.reactor.getDelayedCalls():
            call.cancel()
        self.assertFalse(self.talker.back.happened)
        self.talker.leave()
        self.settles()
        self.talker.leave()
        self.assertTrue(self.wire.disconnected)


class TypistTests(VisitCase):
    def setUp(self) -> None:
        super().setUp()
        self.visitor = self.joe = Typist(self.reactor, "joe", "dev", self.ledger)
        self.ann = self.ledger.speaker("ann")
        for _ in range(5):
            self.ann.says("dev")

    def enters(self) -> None:
        self.visits()
        self.hears("Welcome to the test.", "-- Welcome, joe.")
        self.hears("-- You are in #lobby.", "-- You are in #dev (locked).")

    def test_joe_enters_and_types(self) -> None:
        self.enters()
        self.assertTrue(self.joe.back.happened)
        self.reactor.advance(0.02)
        self.assertEqual(self.said(), ["joe", f"/join dev {PASSWORD}", "joe 0", "joe 1"])
        self.is_cut_off()
        self.reactor.advance(1)
        self.assertEqual(len(self.ledger.speaker("joe").lines), 2)

    def test_who_stops_types_no_more(self) -> None:
        self.enters()
        self.joe.stop()
        self.said()
        self.reactor.advance(1)
        self.assertEqual(self.said(), [])
        self.assertTrue(self.joe.finished.happened)
        self.is_cut_off()
        self.enters()
        self.assertEqual(len(self.said()), 2)

    def test_what_is_heard_twice_or_out_of_order_in_one_visit_is_told(self) -> None:
        self.enters()
        self.hears("[12:00] <ann> ann 1", "<ann> ann 1", "<ann> ann 3", "-- ben joined #dev")
        self.assertEqual(self.ledger.violations, [])
        self.hears("<ann> ann 2")
        self.assertEqual(self.ledger.violations, ["joe heard ann 2 after ann 3"])

    def test_in_another_visit_it_may_be_said_again(self) -> None:
        self.enters()
        self.hears("<ann> ann 1")
        self.is_cut_off()
        self.enters()
        self.hears("<ann> ann 1")
        self.assertEqual(self.ledger.violations, [])

    def test_what_nobody_said_and_a_refusal_are_told(self) -> None:
        self.enters()
        self.hears("<ann> ann 7", "<ben> ann 1", "! no")
        self.assertEqual(
            self.ledger.violations,
            [
                "joe was shown a line that ann did not say: ann 7",
                "joe was shown a line that ben did not say: ann 1",
                "joe was refused: ! no",
            ],
        )
