"""The line door: how visits end."""

from __future__ import annotations

from tests.doors.house import STRANGER, House, HouseTestCase
from twisted_chat.core.values.limits import Limits
from twisted_chat.store.memory import MemoryStore


class DepartureTests(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")
        self.alice = self.house.enters("alice")

    def test_quit_says_goodbye_and_the_others_see_the_reason(self) -> None:
        self.alice.types("/quit see you")
        self.assert_sees(self.alice, "-- Goodbye.")
        self.assert_sees(self.bob, "-- alice left the chat (see you)")
        self.assertTrue(self.alice.gone and not self.alice.wire.aborted)

    def test_end_of_input_waits_with_the_lines_before_it_until_the_store_has_room(self) -> None:
        full = True
        self.patch(MemoryStore, "full", property(lambda store: full))
        self.alice.sends(b"one\ntwo\n")
        self.alice.ends()
        self.assert_sees(self.bob, "<alice> one")
        self.assertFalse(self.alice.gone)
        full = False
        self.house.node.on_drained()
        self.house.turn()
        self.assert_sees(self.bob, "<alice> two", "-- alice left the chat (disconnected)")
        self.assertTrue(self.alice.gone)

    def test_lines_behind_quit_are_not_said(self) -> None:
        self.alice.sends(b"hi\n/quit\nsecret\n")
        self.assert_sees(self.bob, "<alice> hi", "-- alice left the chat (quit)")

    def test_bytes_behind_quit_are_not_read(self) -> None:
        self.alice.wire.takes = False
        self.alice.types("/quit")
        self.alice.protocol.dataReceived(b"secret\n")
        self.alice.wire.take()
        self.house.turn()
        self.assert_sees(self.bob, "-- alice left the chat (quit)")

    def test_a_connection_that_dies_in_mid_line_is_one_departure(self) -> None:
        self.alice.sends(b"I wanted to s")
        self.alice.resets()
        self.assert_sees(self.bob, "-- alice left the chat (connection lost)")

    def test_who_dies_with_lines_waiting_says_no_more_of_them(self) -> None:
        self.alice.sends(b"".join(b"%d\n" % n for n in range(100)))
        self.alice.resets()
        self.house.waits(60)
        self.assertEqual(
            # The name was the first of the 20 lines that may be sent at once.
            self.bob.sees()[-2:],
            ["<alice> 18", "-- alice left the chat (connection lost)"],
        )

    def test_the_name_is_free_again(self) -> None:
        self.alice.resets()
        self.house.enters("alice").types("me again")
        self.assertEqual(self.bob.sees()[-1], "<alice> me again")

    def test_goodbye_waits_for_a_slow_reader_but_not_for_long(self) -> None:
        self.alice.wire.takes = False
        for _ in range(30):
            self.bob.types("x" * 4000)
            self.house.waits(1)
        self.alice.types("/quit")
        self.assertEqual(self.bob.sees(), ["-- alice left the chat (quit)"])
        self.house.waits(4.9)
        self.assertFalse(self.alice.gone)
        self.house.waits(0.1)
        self.assertTrue(self.alice.gone and self.alice.wire.aborted)

    def test_a_slow_reader_who_reads_on_gets_all_and_the_goodbye(self) -> None:
        self.alice.wire.takes = False
        for _ in range(30):
            self.bob.types("x" * 4000)
            self.house.waits(1)
        self.alice.types("/quit")
        self.house.waits(4)
        # A line and a question of telnet, which are neither said nor answered any more.
        self.alice.sends(b"me too\r\n\xff\xf6")
        self.alice.wire.take()
        self.house.turn()
        seen = self.alice.sees()
        self.assertEqual(seen, ["<bob> " + "x" * 4000] * 30 + ["-- Goodbye."])
        self.assertTrue(self.alice.gone and not self.alice.wire.aborted)

    def test_a_goodbye_that_the_transport_cannot_get_rid_of_ends_as_well(self) -> None:
        self.alice.wire.takes = False
        self.alice.types("/quit")
        self.assertTrue(self.alice.wire.disconnecting)
        self.house.waits(4.9)
        self.assertFalse(self.alice.gone)
        self.house.waits(0.1)
        self.assertTrue(self.alice.gone and self.alice.wire.aborted)


class SilenceTests(HouseTestCase):
    """Pings, which only the JSON dialect has."""

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")
        self.robot = self.house.program("robot")
        self.bob.hears()

    def waits(self, seconds: int) -> None:
        """Let time pass, with the factory's look at its connections at every second of it."""
        for _ in range(seconds):
            self.house.waits(1)
            self.house.factory.connections.check(self.house.clock.seconds())
        self.house.turn()

    def pings(self) -> int:
        return [each["type"] for each in self.robot.gets()].count("ping")

    def test_a_program_is_pinged_once_after_120_seconds_of_silence(self) -> None:
        self.waits(119)
        self.assertEqual(self.pings(), 0)
        self.waits(1)
        self.assertEqual(self.pings(), 1)
        self.waits(1000)
        self.assertEqual((self.pings(), self.robot.gone), (0, False))

    def test_any_byte_ends_the_silence(self) -> None:
        self.waits(100)
        self.robot.sends(b" ")
        self.waits(119)
        self.assertEqual(self.pings(), 0)
        self.waits(1)
        self.assertEqual(self.pings(), 1)
        self.robot.objects({"type": "ping"})
        self.robot.hears()
        self.waits(120)
        self.assertEqual(self.pings(), 1)

    def test_who_answered_once_and_does_no_more_is_gone_30_seconds_later(self) -> None:
        self.waits(120)
        self.robot.objects({"type": "pong"})
        self.waits(149)
        self.assertFalse(self.robot.gone)
        self.robot.hears()
        self.waits(1)
        self.assertTrue(self.robot.gone)
        self.assertEqual(self.robot.gets()[-1]["content"], "Goodbye (no answer to a ping).")
        self.assert_sees(self.bob, "-- robot left the chat (timed out)")

    def test_who_answers_stays(self) -> None:
        for _ in range(5):
            self.waits(140)
            self.assertEqual(self.pings(), 1)
            self.robot.objects({"type": "pong"})
        self.assertFalse(self.robot.gone)

    def test_there_are_30_seconds_for_the_answer_however_late_the_ping_was(self) -> None:
        self.robot.objects({"type": "pong"})
        self.house.waits(140)
        self.house.factory.connections.check(self.house.clock.seconds())
        self.waits(29)
        self.assertFalse(self.robot.gone)
        self.waits(1)
        self.assertTrue(self.robot.gone)

    def test_who_waits_for_the_flood_limit_is_not_silent(self) -> None:
        self.robot.objects({"type": "pong"})
        said = b'{"type":"message","content":"x"}\n'
        self.robot.sends(said * 3000)
        self.waits(290)
        self.assertFalse(self.robot.gone)
        self.assertEqual(self.pings(), 0)

    def test_people_are_not_pinged_nor_is_who_has_not_logged_in(self) -> None:
        nobody = self.house.comes()
        nobody.sends(b'{"type"')
        nobody.hears()
        self.waits(59)
        self.assertEqual(nobody.hears(), b"")
        self.waits(1000)
        self.assert_sees(self.bob)

    def test_nobody_is_pinged_who_is_about_to_go(self) -> None:
        self.robot.wire.takes = False
        self.robot.objects({"type": "quit"})
        self.house.waits(1)
        self.robot.protocol.check(self.house.clock.seconds() + 1000)
        self.house.turn()
        self.robot.wire.take()
        self.assertEqual(self.pings(), 0)

    def test_limits_are_limits(self) -> None:
        self.house.closes()
        self.house = House(Limits(ping_after=2, ping_wait=3))
        self.bob = self.house.enters("bob")
        self.robot = self.house.program("robot")
        self.robot.objects({"type": "pong"})
        self.waits(4)
        self.assertEqual((self.pings(), self.robot.gone), (1, False))
        self.waits(1)
        self.assertTrue(self.robot.gone)


class StopTests(HouseTestCase):
    def test_at_the_end_of_the_server_everybody_is_told(self) -> None:
        guests = [self.house.enters("bob"), self.house.comes(STRANGER)]
        self.house.hush()
        self.house.node.stop("the server is stopping")
        self.house.turn()
        for guest in guests:
            self.assert_sees(guest, "-- Goodbye (the server is stopping).")
            self.assertTrue(guest.gone and not guest.wire.aborted)
