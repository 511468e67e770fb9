"""A door on a byte stream is a reader and a dialect, and nothing else: shown with a dialect in the manner of IRC."""

from __future__ import annotations

from tests.dialects.ircish import IrcDialect
from tests.doors.house import STRANGER, Guest, HouseTestCase
from twisted_chat.core.values.limits import Limits
from twisted_chat.delivery.session import Session
from twisted_chat.dialects.base import Dialect
from twisted_chat.dialects.framing import LineFramer
from twisted_chat.doors.reader import Frames, SessionReader
from twisted_chat.doors.stream import StreamFactory, StreamProtocol

#: The longest line, in bytes.
LONGEST = 8191


class IrcProtocol(StreamProtocol):
    def _read(self, peer: Session, dialect: Dialect) -> SessionReader:
        frames = Frames(LineFramer(LONGEST, self._sessions.limits.max_endless))
        return SessionReader(
            self._sessions,
            peer,
            self.transport,
            self._networks,
            self.factory.read_limits,
            frames,
            LONGEST,
        )


class IrcFactory(StreamFactory):
    protocol = IrcProtocol


class IrcCase(HouseTestCase):
    limits = Limits(flood_burst=10**9, flood_rate=10**9)

    def setUp(self) -> None:
        super().setUp()
        self.door = IrcFactory(self.house.sessions, IrcDialect())

    def comes(self) -> Guest:
        return Guest(self.house, STRANGER, self.door)

    def enters(self, nick: str, *rooms: str) -> Guest:
        guest = self.comes()
        guest.types(f"NICK {nick}", f"USER {nick} 0 * :somebody")
        if rooms:
            guest.types(f"JOIN {','.join(rooms)}")
        self.house.hush()
        return guest


class RegistrationTests(IrcCase):
    def test_who_comes_says_so_in_several_lines_and_is_told_the_nick_in_numerics(self) -> None:
        ann = self.comes()
        ann.types("CAP LS", "NICK ann", "USER ann 0 * :Ann")
        self.assert_sees(ann, ":server CAP * LS :batch echo-message")
        ann.types("CAP END")
        self.assert_sees(ann, ":server 001 ann :Welcome")

    def test_lines_that_are_no_command_are_answered_before_the_login_too(self) -> None:
        ann = self.comes()
        ann.types("PING x", "JOIN #dev")
        self.assert_sees(ann, "PONG :x", ":server 451 * Register first")

    def test_all_may_come_at_once(self) -> None:
        ann = self.comes()
        ann.sends(b"NICK ann\r\nUSER ann 0 * :Ann\r\nJOIN #dev\r\nPING x\r\n")
        self.assert_sees(
            ann,
            ":server 001 ann :Welcome",
            ":ann JOIN #dev",
            ":server 353 ann = #dev :ann",
            ":server 366 ann #dev :End of names",
            "PONG :x",
        )

    def test_another_nick_may_be_tried_without_the_other_lines(self) -> None:
        self.house.enters("ann")
        ann = self.comes()
        ann.types("NICK ann", "USER ann 0 * :Ann")
        (refused,) = ann.sees()
        self.assertRegex(refused, r"^:server 433 \* :.*ann")
        ann.types("NICK anna")
        self.assert_sees(ann, ":server 001 anna :Welcome")


class CommandTests(IrcCase):
    def test_commands_of_one_line_are_answered_one_after_the_other_each_with_its_end(self) -> None:
        bob, ann = self.enters("bob", "#a", "#b"), self.enters("ann", "#a")
        ann.sends(b"JOIN #b,#c\r\nNAMES #a,#nowhere,#b\r\nPING behind\r\n")
        seen = ann.sees()
        refused = seen.pop(8)
        self.assertRegex(refused, "^:server 400 ann :.*nowhere")
        self.assertEqual(
            seen,
            [
                ":ann JOIN #b",
                ":server 353 ann = #b :bob ann",
                ":server 366 ann #b :End of names",
                ":ann JOIN #c",
                ":server 353 ann = #c :ann",
                ":server 366 ann #c :End of names",
                ":server 353 ann = #a :ann bob",
                ":server 366 ann #a :End of names",
                ":server 366 ann #nowhere :End of names",
                ":server 353 ann = #b :ann bob",
                ":server 366 ann #b :End of names",
                "PONG :behind",
            ],
        )
        self.assertEqual(bob.sees()[-1], ":ann JOIN #b")

    def test_end_of_a_command_stands_behind_what_is_read_from_the_store_for_it(self) -> None:
        bob = self.enters("bob", "#dev")
        bob.types("PRIVMSG #dev :earlier")
        ann = self.enters("ann")
        ann.sends(b"JOIN #dev,#b\r\nPING behind\r\n")
        self.assertEqual(
            ann.sees()[2:5],
            [":bob PRIVMSG #dev :earlier", ":server 366 ann #dev :End of names", ":ann JOIN #b"],
        )

    def test_lines_of_a_batch_are_one_message(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        program = self.house.program("robot")
        program.objects({"type": "join", "content": "dev"})
        program.gets()
        ann.types(
            "BATCH +1 draft/multiline #dev",
            "@batch=1 PRIVMSG #dev :one",
            "PING between",
            "@batch=1 PRIVMSG #dev :two",
        )
        self.assert_sees(ann, ":robot JOIN #dev", "PONG :between")
        self.assertEqual(program.gets(), [])
        ann.types("BATCH -1")
        self.assertEqual([each["content"] for each in program.gets()], ["one\ntwo"])
        self.assertEqual(bob.sees()[-2:], [":ann PRIVMSG #dev :one", ":ann PRIVMSG #dev :two"])
        self.assert_sees(ann)

    def test_own_lines_come_back_to_a_session_that_asked_for_that_and_to_no_other(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        bob.types("CAP REQ :echo-message")
        bob.hears()
        bob.types("PRIVMSG #dev :hi")
        bob.types("PRIVMSG #dev,ann :both")
        self.assert_sees(
            bob,
            ":bob PRIVMSG #dev :hi",
            ":bob PRIVMSG #dev :both",
            ":bob PRIVMSG ann :both",
        )
        ann.hears()
        ann.types("PRIVMSG #dev :hello")
        self.assert_sees(ann)

    def test_numerics_carry_the_nick_that_the_session_has_now(self) -> None:
        ann = self.enters("ann", "#dev")
        ann.types("NICK anna", "NOSUCH")
        self.assert_sees(ann, ":ann NICK anna", ":server 421 anna NOSUCH :Unknown command")

    def test_bad_line_is_an_error_and_what_follows_counts(self) -> None:
        ann = self.enters("ann", "#dev")
        ann.sends(b"\xff\r\n" + b"x" * (LONGEST + 1) + b"\r\nPING x\r\n")
        bad, long, pong = ann.sees()
        self.assertRegex(bad, "^:server 400 ann :.*UTF-8")
        self.assertRegex(long, "^:server 400 ann :.*8,191 bytes")
        self.assertEqual(pong, "PONG :x")

    def test_other_doors_hear_the_same(self) -> None:
        ann, eve = self.enters("ann", "#lobby"), self.house.enters("eve")
        ann.hears()
        ann.types("PRIVMSG #lobby :hi")
        self.assert_sees(eve, "<ann> hi")
        eve.types("hello")
        self.assert_sees(ann, ":eve PRIVMSG #lobby :hello")


class EndTests(IrcCase):
    def test_end_of_input_handles_what_is_there_and_leaves(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        bob.hears()
        ann.sends(b"PRIVMSG #dev :last\r\nPING x")
        ann.ends()
        self.assertTrue(ann.gone)
        self.assertEqual(ann.sees()[-2:], ["PONG :x", "ERROR :"])
        self.assert_sees(bob, ":ann PRIVMSG #dev :last", ":ann QUIT :disconnected")

    def test_commands_that_wait_for_others_are_dropped_when_the_session_ends(self) -> None:
        ann = self.enters("ann", "#dev")
        ann.types("QUIT")
        self.assertTrue(ann.gone)

    def test_too_much_without_a_line_end_closes(self) -> None:
        ann = self.enters("ann", "#dev")
        ann.sends(b"x" * (self.house.sessions.limits.max_endless + 2))
        self.assertTrue(ann.gone)

    def test_who_takes_too_long_to_register_is_refused(self) -> None:
        ann = self.comes()
        ann.types("NICK ann")
        self.house.waits(self.house.sessions.limits.login_time)
        self.assertTrue(ann.gone)


class FloodTests(IrcCase):
    limits = Limits(flood_burst=5, flood_rate=1)

    def test_who_sends_too_much_before_the_login_is_refused(self) -> None:
        ann = self.comes()
        ann.sends(b"PING x\r\n" * 10)
        self.assertTrue(ann.gone)
        self.assertEqual(ann.sees(), [*["PONG :x"] * 5, "ERROR :too many tries"])

    def test_commands_of_one_line_count_as_one(self) -> None:
        ann = self.enters("ann", "#dev")
        ann.types("JOIN #a,#b,#c,#d,#e,#f")
        self.assertEqual(len([line for line in ann.sees() if " JOIN " in line]), 6)
        ann.sends(b"PING x\r\n" * 4)
        self.assertEqual(len(ann.sees()), 1)
        self.house.waits(10)
        self.assertEqual(len(ann.sees()), 3)
