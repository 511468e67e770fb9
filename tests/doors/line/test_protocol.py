"""The line door: who gets in and how. See also ``test_line_input``, ``test_line_flow`` and ``test_line_end``."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IHalfCloseableProtocol
from zope.interface.verify import verifyObject

from tests.clocks import TurnsClock
from tests.doors.house import Guest, House, HouseTestCase

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

    def test_all_that_a_login_shows_is_one_write(self) -> None:
        self.house.enters("bob").types("hi")
        alice = self.house.comes()
        before = len(alice.wire.writes)
        alice.types("alice")
        (shown,) = alice.wire.writes[before:]
        self.assertTrue(shown.endswith(f"{HINT}\r\n".encode()))

    def test_the_hint_comes_after_the_room_however_long_that_takes(self) -> None:
        bus: Any = self.house.node._bus
        take = bus._take_id
        taken: list[None] = []

        def one() -> object:
            taken.append(None)
            return take() if len(taken) == 1 else None

        self.patch(bus, "_take_id", one)
        bob = self.house.comes()
        bob.types("bob")
        self.assert_sees(bob, *GREETING, "-- Welcome, bob.")
        bus._take_id = take
        bus.drain()
        self.house.turn()
        self.assert_sees(bob, *entered("bob")[1:])

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
        self.assert_sees(bob, "-- 1 person is here:", "--   bob (guest)")
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
        bob.types("bob")
        self.assert_sees(bob, *entered("bob"))

    def test_a_name_that_is_not_registered_has_no_password_and_is_asked_for_again(self) -> None:
        bob = self.house.comes()
        bob.types("bob secret")
        why = "! bob is not registered, so it has no password. A nickname is one word. Try bob."
        self.assert_sees(bob, *GREETING, why, AGAIN)

    def test_help_comes_before_login_and_together_with_a_name(self) -> None:
        for ask in ("HELP", "/help", "!help", "?"):
            guest = self.house.comes()
            guest.types(ask, "")
            seen = guest.sees()
            self.assert_any(seen, r"^-- .*/help COMMAND")
            self.assert_any(seen, r"^-- Welcome, guest\d")
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

    def test_name_that_has_arrived_by_then_is_read_before_the_login_time_is_over(self) -> None:
        house = House(clock=TurnsClock())
        guest = house.comes()
        guest.hears()
        # As after a pause of the process: the timers are due before anything is read.
        guest.sends(b"b")
        guest._waiting.append(b"ob\r\n")
        house.clock.advance(60)
        guest.arrive()
        house.turn()
        self.assertIn("-- Welcome, bob.", guest.sees())
        house.closes()

    def test_who_is_in_has_all_the_time_there_is(self) -> None:
        bob = self.house.enters("bob")
        self.house.waits(3600)
        bob.types("?")
        self.assert_sees(bob, "-- 1 person is here:", "--   bob (guest; silent for 1 hour)")

    def test_too_many_tries_end_the_visit(self) -> None:
        guest = self.house.comes()
        guest.types(*["a:b"] * 20)
        guest.hears()
        guest.types("a:b")
        self.assert_sees(guest, "-- Goodbye (too many tries).")
        self.assertTrue(guest.gone)


class MarkTests(HouseTestCase):
    """Editors and shells of Windows write a byte-order mark before what they send."""

    MARK = b"\xef\xbb\xbf"

    def test_byte_order_mark_before_a_nickname_or_an_object_is_skipped(self) -> None:
        for pieces in ((self.MARK + b"bob\r\n",), (self.MARK[:1], self.MARK[1:], b"bob\r\n")):
            guest = self.house.comes()
            for piece in pieces:
                guest.sends(piece)
            self.assertIn("-- Welcome, bob.", guest.sees())
            guest.resets()
        bot = self.house.comes()
        bot.sends(self.MARK + b'{"type": "nick", "content": "bot"}\n')
        self.assertEqual(bot.gets()[0]["type"], "welcome")


class TogetherTests(HouseTestCase):
    """Lines that arrive with the name."""

    NOT_USED = "! The lines after that nickname were ignored. Connect again to try another."

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")

    def taken(self, guest: Guest) -> None:
        """Check that a guest was refused the name, and could not try again."""
        self.assert_sees(
            guest, *GREETING, '! "bob" is taken. Try bob2.', AGAIN, self.NOT_USED, "-- Goodbye."
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

    def test_a_line_that_is_too_long_for_any_name_ends_it(self) -> None:
        guest = self.house.comes()
        guest.sends(b"x" * 5000)
        self.assertEqual(guest.sees()[-1], "-- Goodbye (too long for a nickname).")
        self.assertTrue(guest.gone)


class EndOfInputTests(HouseTestCase):
    """``printf 'bob\\nhi\\n' | nc -N``: the input ends, and the other side still reads."""

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")

    def test_without_a_name_it_ends_at_once_and_the_protocol_is_told(self) -> None:
        verifyObject(IHalfCloseableProtocol, self.bob.protocol)
        nobody = self.house.comes()
        nobody.ends()
        self.assert_sees(nobody, *GREETING, "-- Goodbye.")
        self.assertTrue(nobody.gone)
        self.assert_sees(self.bob)

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
        self.assertEqual(self.bob.sees()[1:], [*said, "-- alice left the chat (disconnected)"])

    def test_what_a_program_said_last_is_acknowledged_before_the_goodbye(self) -> None:
        script = self.house.comes()
        script.objects({"type": "nick", "content": "script"})
        script.hears()
        script.protocol.dataReceived(b'{"type": "message", "content": "x", "id": "A"}\n')
        script.ends()
        self.assertEqual(
            [(each["type"], each.get("id")) for each in script.gets()],
            [("ack", "A"), ("quit", None)],
        )
        self.assertTrue(script.gone)

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

    def test_a_request_with_a_long_address_has_no_effect_line_by_line_either(self) -> None:
        guest = self.house.comes()
        for line in (
            b"POST /" + b"a" * 5000 + b" HTTP/1.1\r\n",
            b"Host: x\r\n",
            b"\r\n",
            b"spam\r\n",
        ):
            guest.sends(line)
        self.assertTrue(guest.gone)
        self.assert_sees(self.bob)

    def test_tls_and_requests_are_dropped_without_effect(self) -> None:
        self.dropped(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03alice\nhello\n")
        self.dropped(b"\x16", b"\x03")
        self.dropped(b"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\nhello\r\n")
        self.dropped(b"\x16\x03\x01")
        self.dropped(b"GET / HTTP/1.1\r\n")
        self.assertEqual((len(self.house.sessions), len(self.house.factory.connections)), (1, 1))

    def test_a_window_22_lines_high_is_no_tls(self) -> None:
        guest = self.house.comes()
        guest.sends(b"\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00")
        guest.sends(b"\x16\xff\xf0alice\r\n")
        self.assertFalse(guest.gone)
        self.assert_any(self.bob.sees(), "alice joined")

    def test_who_is_in_may_talk_of_http(self) -> None:
        self.house.enters("alice").types("GET / HTTP/1.1")
        self.assert_sees(self.bob, "<alice> GET / HTTP/1.1")
