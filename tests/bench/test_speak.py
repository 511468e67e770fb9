"""What clients say to each kind of server, and how they recognise what was said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from bench.speak import LEAST_SIZE, LOBBY, SPEECHES, Marker, nick

RUN = "abc"

#: How each kind of server dresses what was said.
DRESS = {
    "line": b"<%s> %s\r\n",
    "irc": b":%s!~bench@127.0.0.1 PRIVMSG #bench :%s\r\n",
    "peer": b"<%s> %s\r\n",
    "plain": b"[12:00] %s says: %s\n",
}


def marker(speech: str, size: int = 64, run: str = RUN) -> Marker:
    return Marker(SPEECHES[speech], run, "bench", size)


def dressed(speech: str, speaker: int, text: bytes) -> bytes:
    return DRESS[speech] % (nick(RUN, speaker).encode(), text)


class MarkerTests(SynchronousTestCase):
    @given(
        st.sampled_from(sorted(SPEECHES)),
        st.integers(LEAST_SIZE, 4096),
        st.integers(0, 0xFFFF),
        st.integers(0, 0xFFFFFFFF),
        st.integers(0, 2**48 - 1),
    )
    def test_what_was_said_is_found_in_what_any_server_makes_of_it(
        self, speech: str, size: int, speaker: int, number: int, sent: int
    ) -> None:
        mark = marker(speech, size)
        text = mark.text(speaker, number, sent)
        self.assertEqual(len(text), size)
        line = dressed(speech, speaker, text)
        self.assertEqual(
            mark.find(b"-- x joined\r\n" + line + b"rest"),
            [(speaker, number, sent, 13 + len(line))],
        )

    def test_only_whole_messages_of_this_run_are_found(self) -> None:
        mark = marker("line")
        lines = b"".join(dressed("line", 3, mark.text(3, number, 9)) for number in range(5))
        self.assertEqual([each.number for each in mark.find(lines)], [0, 1, 2, 3, 4])
        line = dressed("line", 3, mark.text(3, 0, 9))
        self.assertEqual(
            [mark.find(line[:length]) for length in range(len(line))], [[]] * len(line)
        )
        old = marker("plain", run="abd")
        self.assertEqual(marker("plain").find(dressed("plain", 3, old.text(3, 0, 9))), [])
        for speech in ("line", "irc", "peer"):
            mark = marker(speech)
            self.assertEqual(mark.find(dressed(speech, 4, mark.text(3, 0, 9))), [], speech)
        text = mark.text(3, 0, 9)
        self.assertEqual(
            mark.find(dressed("line", 3, text[:-1]) + dressed("line", 3, text + b"x")), []
        )
        self.assertEqual(mark.find(b"[12:00] " + dressed("line", 3, mark.text(3, 0, 9))), [])


class NickTests(SynchronousTestCase):
    def test_nicks_fit_the_oldest_servers_and_differ(self) -> None:
        nicks = {nick(RUN, index) for index in range(60_000)}
        self.assertEqual(len(nicks), 60_000)
        self.assertLessEqual(max(map(len, nicks)), 9)


class LoginTests(SynchronousTestCase):
    def test_the_line_door_is_entered_and_its_lobby_left(self) -> None:
        line = SPEECHES["line"]
        first, second = line.login("bob", "bench")
        self.assertEqual(first, (None, b"bob\nJOIN bench\n"))
        assert second.awaits is not None and line.ready is not None
        self.assertTrue(
            second.awaits.search(b"-- You are in a new room, #bench. Nobody else is here.\r\n")
        )
        self.assertTrue(second.awaits.search(b"-- You are in #bench. 2 people are here:\r\n"))
        self.assertFalse(second.awaits.search(b"-- You are in #lobby. 2 people are here:\r\n"))
        self.assertEqual(second.sends, b"/leave lobby\n")
        self.assertTrue(line.ready.search(b"-- You left #lobby. You talk in #bench now.\r\n"))
        self.assertEqual(SPEECHES["line"].login("bob", LOBBY), ((None, b"bob\n"),))

    def test_irc_joins_after_the_welcome_is_through(self) -> None:
        irc = SPEECHES["irc"]
        first, second = irc.login("bob", "bench")
        self.assertEqual(first.sends, b"NICK bob\r\nUSER bench 0 * :bench\r\n")
        assert second.awaits is not None and irc.ready is not None
        self.assertTrue(second.awaits.search(b":irc 375 bob :x\r\n:irc 376 bob :End of MOTD\r\n"))
        self.assertTrue(second.awaits.search(b":irc 422 bob :MOTD File is missing\r\n"))
        self.assertFalse(second.awaits.search(b":irc 375 bob :376 lines follow\r\n"))
        self.assertEqual(second.sends, b"JOIN #bench\r\n")
        self.assertTrue(irc.ready.search(b":irc 366 bob #bench :End of NAMES list\r\n"))

    def test_refusals_are_recognised_with_their_reason(self) -> None:
        said = {
            "line": (
                b'Welcome to x.\r\n! "bob" is taken. Try bob2.\r\n',
                b'"bob" is taken. Try bob2.',
            ),
            "irc": (
                b":irc 433 * bob :Nickname already in use\r\n",
                b"* bob :Nickname already in use",
            ),
            "peer": (b"! full\r\n", b"full"),
        }
        for name, (line, why) in said.items():
            refused = SPEECHES[name].refused
            assert refused is not None
            match = refused.search(line)
            assert match is not None, name
            self.assertEqual(match[1], why)

    def test_other_irc_numbers_refuse_nothing(self) -> None:
        refused = SPEECHES["irc"].refused
        assert refused is not None
        for line in (b":irc 422 bob :no MOTD\r\n", b":irc 451x\r\n", b":irc 001 bob :ERROR x\r\n"):
            self.assertFalse(refused.search(line), line)
        for line in (
            b"ERROR :Closing link\r\n",
            b":irc 465 bob :banned\r\n",
            b":irc 451 JOIN :x\r\n",
        ):
            self.assertTrue(refused.search(line), line)

    def test_what_is_said_is_one_line_and_pings_are_answered(self) -> None:
        self.assertEqual(
            SPEECHES["irc"].pong(b"PING :a\r\nx\r\n:irc PING b\r\n"), b"PONG :a\r\nPONG b\r\n"
        )
        self.assertEqual(
            [SPEECHES[name].pong(b"PING x\r\n") for name in ("line", "peer", "plain")], [b""] * 3
        )
        said = {name: speech.say("bench", b"hi") for name, speech in SPEECHES.items()}
        self.assertEqual(
            said,
            {"line": b"hi\n", "irc": b"PRIVMSG #bench :hi\r\n", "peer": b"hi\n", "plain": b"hi\n"},
        )
