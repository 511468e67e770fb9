"""The line door: who gets in and how, and how a visit ends. What people send is in ``test_line_input``."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IHalfCloseableProtocol
from zope.interface.verify import verifyObject

from tests.doors.house import STRANGER, Guest, House, HouseTestCase
from twisted_chat.core.limits import Limits

GREETING = ("Welcome to twisted-chat.", "Pick a nickname, or press Enter for a guest name.")
AGAIN = GREETING[1]
HINT = "-- Type a line and press Enter to say it; /help lists the rest, /quit leaves."


def entered(name: str) -> tuple[str, ...]:
    """Return what the first to log in sees by that."""
    return f"-- Welcome, {name}.", "-- You are in #lobby. Nobody else is here.", HINT


class LoginTests(HouseTestCase):
    def test_login_is_a_greeting_a_name_the_lobby_and_one_hint(self) -> None:
        bob = self.house.comes()
        self.assert_sees(bob, *GREETING)
        bob.types("bob")
        self.assert_sees(bob, *entered("bob"))

    def test_login_shows_who_is_there_and_what_was_said(self) -> None:
        self.house.enters("bob").types("hi")
        alice = self.house.comes()
        alice.types("alice")
        self.assert_sees(
            alice,
            *GREETING,
            "-- Welcome, alice.",
            "-- You are in #lobby. 2 people are here:",
            "--   bob, alice",
            "-- Earlier in #lobby:",
            "[15:06] <bob> hi",
            "-- End of what was said earlier in #lobby.",
            HINT,
        )

    def test_arrival_is_one_line_for_the_others(self) -> None:
        bob = self.house.enters("bob")
        self.house.enters("alice").types("hi")
        self.assert_sees(bob, "<alice> hi")
        self.house.comes().types("carol")
        self.assert_sees(bob, "-- carol joined #lobby")

    def test_nobody_sees_who_has_not_logged_in(self) -> None:
        bob = self.house.enters("bob")
        stranger = self.house.comes()
        stranger.sends(b"ali")
        bob.types("hi", "?")
        self.assert_sees(bob, "-- 1 person is here:", "--   bob")
        self.assert_sees(stranger, *GREETING)
        stranger.resets()
        self.assert_sees(bob)

    def test_an_empty_line_takes_a_guest_name(self) -> None:
        for number in (1, 2):
            guest = self.house.comes()
            guest.types("")
            self.assertIn(f"-- Welcome, guest{number}.", guest.sees())

    def test_a_taken_name_is_quoted_with_a_suggestion_and_asked_for_again(self) -> None:
        self.house.enters("bob")
        other = self.house.comes()
        for name in ("bob", "BOB", "b\u043eb"):
            other.hears()
            other.types(name)
            reason, again = other.sees()
            self.assertRegex(reason, f'^! "{name}" is taken\\b.* Try \\S+2[.]$')
            self.assertEqual(again, AGAIN)
        other.types("bob2")
        self.assertIn("-- Welcome, bob2.", other.sees())

    def test_a_bad_name_is_quoted_with_the_reason_and_asked_for_again(self) -> None:
        bob = self.house.comes()
        bob.hears()
        bob.types("b:ob")
        reason, again = bob.sees()
        self.assertRegex(reason, r'^! "b:ob" cannot be your nickname: .*:')
        self.assertEqual(again, AGAIN)
        bob.sends(b"\xff\n")
        reason, again = bob.sees()
        self.assertRegex(reason, r"^! byte 0xFF \(byte 1\) is not UTF-8")
        bob.sends(b"bob" * 2000 + b"\n")
        reason, again = bob.sees()
        self.assertEqual(reason, "! that was more than 4,096 bytes; nothing of it was said.")
        bob.types("bob")
        self.assert_sees(bob, *entered("bob"))

    def test_a_name_that_is_not_registered_has_no_password(self) -> None:
        bob = self.house.comes()
        bob.types("bob secret")
        *greeting, why, again = bob.sees()
        self.assertEqual((*greeting, again), (*GREETING, AGAIN))
        self.assertRegex(why, '^! "bob" is not registered, so it has no password; give the nickname alone')
        bob.types("bob")
        self.assert_sees(bob, *entered("bob"))

    def test_help_comes_before_login_too_and_a_name_after_it(self) -> None:
        for ask in ("HELP", "/help", "!help", "?"):
            guest = self.house.comes()
            guest.types(ask, "")
            seen = guest.sees()
            self.assertIn("-- What you can type:", seen)
            self.assert_any(seen, r"^-- Welcome, guest\d")

    def test_help_and_a_name_may_come_together(self) -> None:
        guest = self.house.comes()
        guest.sends(b"HELP\nbob\nhi\n")
        self.assertIn("-- Welcome, bob.", guest.sees())

    def test_quit_before_login_leaves(self) -> None:
        bob = self.house.enters("bob")
        for leave in ("QUIT", "/quit", "!logout"):
            guest = self.house.comes()
            guest.types(leave)
            self.assert_sees(guest, *GREETING, "-- Goodbye.")
            self.assertTrue(guest.gone)
        self.assert_sees(bob)

    def test_nobody_has_longer_than_the_login_time(self) -> None:
        guest = self.house.comes()
        self.house.waits(30)
        guest.sends(b"b")
        guest.types("a:b")
        self.house.waits(29.9)
        self.assertFalse(guest.gone)
        guest.hears()
        self.house.waits(0.1)
        self.assert_sees(guest, "-- Goodbye (no nickname within 60 seconds).")
        self.assertTrue(guest.gone)

    def test_who_is_in_has_all_the_time_there_is(self) -> None:
        bob = self.house.enters("bob")
        self.house.waits(3600)
        bob.types("?")
        self.assert_sees(bob, "-- 1 person is here:", "--   bob")

    def test_too_many_tries_end_the_visit(self) -> None:
        guest = self.house.comes()
        guest.types(*["a:b"] * 20)
        guest.hears()
        guest.types("a:b")
        self.assert_sees(guest, "-- Goodbye (too many tries).")
        self.assertTrue(guest.gone)


class TogetherTests(HouseTestCase):
    """Lines that arrive with the name."""

    NOT_USED = "! what came together with that nickname was not used; connect again to try another."

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")

    def taken(self, guest: Guest) -> None:
        """Check that a guest was refused the name, and could not try again."""
        self.assert_sees(
            guest,
            *GREETING,
            '! "bob" is taken. Try bob2.',
            AGAIN,
            self.NOT_USED,
            "-- Goodbye.",
        )
        self.assertTrue(guest.gone)
        self.assert_sees(self.bob)

    def test_they_are_handled_in_order(self) -> None:
        self.house.comes().sends(b"alice\nhi\n? \n/me waves\nthere")
        self.assert_sees(self.bob, "-- alice joined #lobby", "<alice> hi", "* alice waves")

    def test_behind_a_refused_name_they_are_no_names(self) -> None:
        guest = self.house.comes()
        guest.sends(b"bob\nsecret\nhi\n")
        self.taken(guest)

    def test_half_a_line_behind_a_refused_name_is_no_name_when_it_is_whole(self) -> None:
        guest = self.house.comes()
        guest.sends(b"bob\nsec")
        guest.sends(b"ret\n")
        self.taken(guest)

    def test_a_last_line_behind_a_refused_name_is_no_name(self) -> None:
        guest = self.house.comes()
        guest.sends(b"bob\nsecret")
        guest.ends()
        self.taken(guest)

    def test_what_comes_after_the_answer_is_a_name(self) -> None:
        guest = self.house.comes()
        guest.sends(b"bo")
        guest.sends(b"b\n")
        guest.sends(b"car")
        guest.sends(b"ol\n")
        self.assertIn("-- Welcome, carol.", guest.sees())

    def test_after_a_line_that_was_too_long_a_name_is_taken_again(self) -> None:
        guest = self.house.comes()
        guest.sends(b"x" * 5000)
        guest.sends(b"x" * 5000)
        guest.sends(b"x\n")
        guest.types("carol")
        self.assertIn("-- Welcome, carol.", guest.sees())


class EndOfInputTests(HouseTestCase):
    """``printf 'bob\\nhi\\n' | nc -N``: the input ends, and the other side still reads."""

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")

    def test_the_protocol_is_told_of_it(self) -> None:
        verifyObject(IHalfCloseableProtocol, self.bob.protocol)

    def test_every_line_is_handled_then_the_visit_ends(self) -> None:
        alice = self.house.comes()
        alice.sends(b"alice\nhi\nyou\n")
        alice.ends()
        self.assert_sees(
            self.bob,
            "-- alice joined #lobby",
            "<alice> hi",
            "<alice> you",
            "-- alice left the chat (disconnected)",
        )
        self.assertEqual(alice.sees()[-1], "-- Goodbye.")
        self.assertTrue(alice.gone)

    def test_a_last_line_needs_no_line_end(self) -> None:
        alice = self.house.comes()
        alice.sends(b"alice\nhi\nyou")
        alice.ends()
        self.assertEqual(
            self.bob.sees()[1:],
            ["<alice> hi", "<alice> you", "-- alice left the chat (disconnected)"],
        )

    def test_more_lines_than_may_be_sent_at_once_are_all_handled(self) -> None:
        alice = self.house.comes()
        alice.sends(b"alice\n" + b"".join(b"%d\n" % n for n in range(100)))
        alice.ends()
        self.house.waits(60)
        said = [f"<alice> {n}" for n in range(100)]
        self.assertEqual(
            self.bob.sees()[1:], [*said, "-- alice left the chat (disconnected)"]
        )

    def test_without_a_name_it_ends_at_once(self) -> None:
        nobody = self.house.comes()
        nobody.ends()
        self.assert_sees(nobody, *GREETING, "-- Goodbye.")
        self.assertTrue(nobody.gone)
        self.assert_sees(self.bob)

    def test_after_goodbye_it_changes_nothing(self) -> None:
        self.bob.wire.takes = False
        self.bob.types("/quit")
        self.bob.protocol.readConnectionLost()
        self.bob.wire.take()
        self.assertEqual(self.bob.sees()[-1:], ["-- Goodbye."])

    def test_if_the_other_side_reads_no_more_the_connection_ends(self) -> None:
        self.bob.protocol.writeConnectionLost()
        self.assertTrue(self.bob.wire.disconnecting)


class OtherProtocolTests(HouseTestCase):
    """Browsers and scanners, which the server cannot serve."""

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")

    def dropped(self, *pieces: bytes) -> None:
        guest = self.house.comes()
        for piece in pieces:
            guest.sends(piece)
        self.assertTrue(guest.gone and guest.wire.aborted, pieces)
        self.assert_sees(guest, *GREETING)
        self.assert_sees(self.bob)

    def test_http_is_dropped_without_effect(self) -> None:
        for line in (
            b"GET / HTTP/1.1",
            b"POST /join%20us HTTP/1.0",
            b"PRI * HTTP/2.0",
            b"CONNECT h:1 HTTP/1.1",
        ):
            self.dropped(line + b"\r\nHost: x\r\n\r\nbob\r\nhello\r\n")
            self.dropped(*(bytes((byte,)) for byte in line + b"\r\nalice\r\n"))

    def test_a_request_with_a_long_address_has_no_effect_either(self) -> None:
        guest = self.house.comes()
        guest.sends(b"POST /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\nalice\r\nhello\r\n")
        self.assertTrue(guest.gone)
        self.assert_sees(self.bob)

    def test_tls_is_dropped_at_its_first_byte(self) -> None:
        self.dropped(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03alice\nhello\n")
        self.dropped(b"\x16", b"\x03")

    def test_nothing_that_is_dropped_is_a_name_or_a_count(self) -> None:
        self.dropped(b"\x16\x03\x01")
        self.dropped(b"GET / HTTP/1.1\r\n")
        self.assertEqual((self.house.node.sessions, len(self.house.factory.connections)), (1, 1))

    def test_a_window_22_lines_high_is_no_tls(self) -> None:
        guest = self.house.comes()
        guest.sends(b"\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00")
        guest.sends(b"\x16\xff\xf0alice\r\n")
        self.assertFalse(guest.gone)
        self.assert_any(self.bob.sees(), "alice joined")

    def test_who_is_in_may_talk_of_http(self) -> None:
        self.house.enters("alice").types("GET / HTTP/1.1")
        self.assert_sees(self.bob, "<alice> GET / HTTP/1.1")


class ManyConnectionsTests(HouseTestCase):
    limits = Limits(max_per_address=2)
    REFUSED = "! There are too many connections from your address; close one, or try again later."

    def comes_from(self, host: str) -> Guest:
        kind = IPv6Address if ":" in host else IPv4Address
        return self.house.comes(kind("TCP", host, 40000))

    def assert_limit(self, *hosts: str) -> None:
        """Check that these hosts count as one, and that the count goes down again."""
        guests = [self.comes_from(host) for host in hosts[:2]]
        for host in hosts:
            refused = self.comes_from(host)
            self.assert_sees(refused, self.REFUSED)
            self.assertTrue(refused.gone)
        self.assertFalse(any(guest.gone for guest in guests))
        guests[0].resets()
        guests.append(self.comes_from(hosts[0]))
        self.assertFalse(guests[-1].gone)
        self.assertTrue(self.comes_from(hosts[1]).gone)
        for guest in guests[1:]:
            guest.resets()

    def test_one_address_has_so_many_and_no_more(self) -> None:
        self.assert_limit("192.0.2.1", "192.0.2.1")

    def test_a_network_of_64_bits_counts_as_one_address(self) -> None:
        self.assert_limit("2001:db8::1", "2001:db8::2:3:4:5")

    def test_an_address_written_as_of_ipv6_is_the_same(self) -> None:
        self.assert_limit("192.0.2.1", "::ffff:192.0.2.1")

    def test_others_are_not_counted_with_it(self) -> None:
        for host in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"):
            self.assertFalse([guest for guest in map(self.comes_from, [host] * 2) if guest.gone])

    def test_this_machine_is_exempt(self) -> None:
        for host in ("127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"):
            self.assertFalse([guest for guest in map(self.comes_from, [host] * 3) if guest.gone])
        for _ in range(3):
            self.assertFalse(self.house.comes(UNIXAddress(None)).gone)

    def test_who_was_refused_and_sends_on_has_no_effect(self) -> None:
        bob = self.house.enters("bob")
        self.house.enters("alice")
        bob.hears()
        refused = self.house.comes()
        for call in (
            lambda: refused.protocol.dataReceived(b"carol\nhi\n"),
            refused.protocol.readConnectionLost,
            refused.protocol.resumeProducing,
            refused.protocol.pauseProducing,
        ):
            call()
        self.house.turn()
        self.assert_sees(bob)
        self.assertEqual(self.house.node.sessions, 2)

    def test_nothing_is_kept_of_those_who_are_gone(self) -> None:
        for host in ("192.0.2.1", "2001:db8::1"):
            self.comes_from(host).resets()
        self.assertEqual(self.house.factory._per_address, {})


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
            self.bob.sees()[-2:], ["<alice> 18", "-- alice left the chat (connection lost)"]
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
            self.house.factory.check()
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
        self.house.factory.check()
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


class FactoryTests(HouseTestCase):
    def test_it_tells_when_all_are_gone(self) -> None:
        guests = [self.house.enters(name) for name in ("bob", "alice")]
        gone = self.house.factory.all_gone()
        self.assertNoResult(gone)
        guests[0].resets()
        self.assertNoResult(gone)
        guests[1].resets()
        self.assertIsNone(self.successResultOf(gone))

    def test_when_nobody_is_there_all_are_gone(self) -> None:
        self.assertIsNone(self.successResultOf(self.house.factory.all_gone()))
        self.assertIsNone(self.successResultOf(self.house.factory.all_gone()))

    def test_it_can_end_all_at_once(self) -> None:
        guests = [self.house.enters(name) for name in ("bob", "alice")]
        self.house.factory.abort()
        self.house.turn()
        self.assertTrue(all(guest.gone and guest.wire.aborted for guest in guests))

    def test_at_the_end_of_the_server_everybody_is_told(self) -> None:
        guests = [self.house.enters("bob"), self.house.comes(STRANGER)]
        self.house.hush()
        self.house.node.stop("the server is stopping")
        self.house.turn()
        for guest in guests:
            self.assert_sees(guest, "-- Goodbye (the server is stopping).")
            self.assertTrue(guest.gone and not guest.wire.aborted)
