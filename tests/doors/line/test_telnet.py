"""The telnet filter: any bytes, at any cut, and what real clients send."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.doors.line.telnet import MAX_ANSWERS, MAX_SUBNEGOTIATION, TelnetFilter

IAC, DONT, DO, WONT, WILL, SB, SE = b"\xff", b"\xfe", b"\xfd", b"\xfc", b"\xfb", b"\xfa", b"\xf0"
NOP, DM, BRK, IP, AO, AYT, EC, EL, GA = (bytes((code,)) for code in range(241, 250))
BINARY, ECHO, SGA, TM, LOGOUT = b"\x00", b"\x01", b"\x03", b"\x06", b"\x12"
TTYPE, NAWS, LINEMODE = b"\x18", b"\x1f", b"\x22"

HIDE, SHOW = IAC + WILL + ECHO, IAC + WONT + ECHO
HERE = b"[yes]\r\n"

# ``telnet -- 127.0.0.1 -12000`` of inetutils 2.4, as it arrived: DO and WILL ENCRYPT, DO SGA, WILL
# TTYPE, NAWS, TSPEED, LFLOW, LINEMODE, NEW-ENVIRON, DO STATUS; after our answers its window, 99
# columns by 33 lines, and a line.
INETUTILS = bytes.fromhex(
    "fffd26 fffb26 fffd03 fffb18 fffb1f fffb20 fffb21 fffb22 fffb27 fffd05 fffa1f00630021fff0"
)
INETUTILS_ANSWER = bytes.fromhex(
    "fffc26 fffe26 fffc03 fffe18 fffd1f fffe20 fffe21 fffe22 fffe27 fffc05"
)
# PuTTY in active mode, by the option table in its source: WILL NAWS, TSPEED, TTYPE, NEW-ENVIRON,
# DO ECHO, WILL SGA, DO SGA; after our answers its window, 80 by 24, and WILL OLD-ENVIRON.
PUTTY = bytes.fromhex("fffb1f fffb20 fffb18 fffb27 fffd01 fffb03 fffd03 fffa1f00500018fff0 fffb24")
PUTTY_ANSWER = bytes.fromhex("fffd1f fffe20 fffe18 fffe27 fffc01 fffd03 fffc03 fffe24")
# TinTin++ opens with nothing; by its source: an interrupt, WILL NAWS, a window 255 columns wide.
TINTIN = bytes.fromhex("fff4 fffd06 fffb1f fffa1f00ffff0018fff0")
TINTIN_ANSWER = bytes.fromhex("fffc06 fffd1f")


def each(verb: bytes, *options: bytes) -> bytes:
    return b"".join(IAC + verb + option for option in options)


#: what arrives -> (text, answer), for a fresh filter
TABLE: dict[str, tuple[bytes, bytes, bytes]] = {
    "nothing": (b"", b"", b""),
    "plain": (b"hi\r\n", b"hi\r\n", b""),
    "utf-8": ("h\u00e9\n".encode(), "h\u00e9\n".encode(), b""),
    "inetutils": (INETUTILS + b"bob\r\0", b"bob\r\n", INETUTILS_ANSWER),
    "inetutils, after an interrupt": (
        IAC + IP + IAC + DO + TM + b"a\r\n",
        b"a\r\n",
        each(WONT, TM),
    ),
    "putty": (PUTTY + b"bob\r\n", b"bob\r\n", PUTTY_ANSWER),
    "tintin": (TINTIN + b"bob\r\n", b"bob\r\n", TINTIN_ANSWER),
    "escaped": (b"a" + IAC + IAC + b"b", b"a\xffb", b""),
    "escaped, then a command": (IAC + IAC + IAC + NOP + b"b", b"\xffb", b""),
    "unknown command": (b"a" + IAC + b"\x07b", b"a\xff\x07b", b""),
    "latin-1": (b"na\xff\nb\xff\r\0c", b"na\xff\nb\xff\r\0c", b""),
    "latin-1 in telnet": (IAC + NOP + b"b\xff\r\0c", b"b\xff\r\nc", b""),
    "stray end": (b"a" + IAC + SE + b"b", b"ab", b""),
    "without option": (
        b"".join(b"x" + IAC + code for code in (NOP, DM, BRK, IP, AO, GA)),
        b"x" * 6,
        b"",
    ),
    "taken back": (b"ab" + IAC + EC + b"c" + IAC + EL + b"d", b"ab\x7fc\x15d", b""),
    "taken back at first": (IAC + EC + b"\r\0", b"\x7f\r\n", b""),
    "late commands": (b"".join(IAC + bytes((code,)) for code in range(236, 240)), b"", b""),
    "are you there": (b"a" + IAC + AYT + b"b", b"ab", HERE),
    "window": (each(WILL, NAWS), b"", each(DO, NAWS)),
    "window, offered twice": (each(WILL, NAWS, NAWS), b"", each(DO, NAWS)),
    "window, taken back": (
        (each(WILL, NAWS) + each(WONT, NAWS, NAWS)) * 2,
        b"",
        (each(DO, NAWS) + each(DONT, NAWS)) * 2,
    ),
    "go ahead": (
        each(DO, SGA, SGA) + each(WILL, SGA, SGA),
        b"",
        each(WONT, SGA, SGA) + each(DO, SGA),
    ),
    "go ahead, asked for and taken back": (
        each(DO, SGA) + each(DONT, SGA, SGA),
        b"",
        each(WONT, SGA),
    ),
    "echo, unasked": (each(DO, ECHO), b"", each(WONT, ECHO)),
    "no echo, unasked": (each(DONT, ECHO), b"", b""),
    "peer would echo": (each(WILL, ECHO), b"", each(DONT, ECHO)),
    "timing mark": (each(DO, TM, TM), b"", each(WONT, TM, TM)),
    "refused by us": (
        each(DO, BINARY, LOGOUT, TTYPE, NAWS),
        b"",
        each(WONT, BINARY, LOGOUT, TTYPE, NAWS),
    ),
    "refused to the peer": (
        each(WILL, BINARY, LINEMODE, TTYPE),
        b"",
        each(DONT, BINARY, LINEMODE, TTYPE),
    ),
    "refusals": (each(WONT, TTYPE) + each(DONT, BINARY), b"", b""),
    "option 255": (each(WILL, IAC) + b"x", b"x", each(DONT, IAC)),
    "empty subnegotiation": (b"a" + IAC + SB + IAC + SE + b"b", b"ab", b""),
    "unknown subnegotiation": (b"a" + IAC + SB + TTYPE + b"\0xterm" + IAC + SE + b"b", b"ab", b""),
    "subnegotiation of escapes": (IAC + SB + IAC * 6 + IAC + SE + b"b", b"b", b""),
    "commands in a subnegotiation": (
        IAC + SB + TTYPE + IAC + NOP + IAC + SB + IAC + AYT + each(WILL, NAWS) + IAC + SE + b"b",
        b"b",
        b"",
    ),
    "endless subnegotiation": (b"a" + IAC + SB + TTYPE + b"hello\r\nyou\r\n", b"a", b""),
    "enter as a key": (IAC + NOP + b"a\r\0b\r\nc\r\r\0\0d\r", b"a\r\nb\r\nc\r\r\n\0d\r", b""),
    "a command within a line end": (IAC + NOP + b"a\r" + IAC + NOP + b"\0b", b"a\r\nb", b""),
    "an escape within a line end": (IAC + NOP + b"a\r" + IAC * 2 + b"\0b", b"a\r\xff\0b", b""),
    "line ends before telnet": (b"a\r\0b\r" + IAC + NOP + b"\0", b"a\r\0b\r\0", b""),
}


def feed(parts: Iterable[bytes], telnet: TelnetFilter | None = None) -> tuple[bytes, bytes, object]:
    """Return all text, all answers, and the whole final state."""
    telnet = telnet or TelnetFilter()
    pairs = [telnet.receive(part) for part in parts]
    state = {name: getattr(telnet, name) for name in TelnetFilter.__slots__}
    return b"".join(t for t, _ in pairs), b"".join(a for _, a in pairs), state


def single_bytes(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def window(columns: int, lines: int) -> bytes:
    size = columns.to_bytes(2, "big") + lines.to_bytes(2, "big")
    return IAC + SB + NAWS + size.replace(IAC, IAC + IAC) + IAC + SE


class TableTests(SynchronousTestCase):
    """Each row of the table, and what comes after it."""

    def check(self, cut: Callable[[bytes], Iterable[bytes]]) -> None:
        for name, (data, text, answer) in TABLE.items():
            self.assertEqual(feed(cut(data))[:2], (text, answer), name)

    def test_whole_byte_by_byte_and_with_empty_reads(self) -> None:
        self.check(lambda data: [data])
        self.check(single_bytes)
        self.check(lambda data: [b"", *(p for b in single_bytes(data) for p in (b, b""))])

    def test_same_text_at_every_cut(self) -> None:
        for name, (data, _, _) in TABLE.items():
            whole = feed([data])
            for at in range(len(data)):
                self.assertEqual(feed([data[:at], data[at:]]), whole, (name, at))

    def test_trailing_data_is_text(self) -> None:
        for name, (data, text, answer) in TABLE.items():
            if name != "endless subnegotiation":
                self.assertEqual(feed([data + b"tail\r\n"])[:2], (text + b"tail\r\n", answer), name)


class AnyBytesTests(SynchronousTestCase):
    """Properties of every stream."""

    # Mostly telnet bytes, so that whole commands come up.
    streams = st.lists(
        st.one_of(
            st.sampled_from([bytes((b,)) for b in (0, 1, 3, 6, 10, 13, 31, *range(236, 256))]),
            st.sampled_from([window(80, 24), IAC + SB + NAWS, IAC + SE, *single_bytes(b"a\r\0")]),
            st.tuples(
                st.just(IAC),
                st.sampled_from([WILL, WONT, DO, DONT]),
                st.sampled_from([ECHO, SGA, NAWS, TM, TTYPE]),
            ).map(b"".join),
            st.binary(max_size=8),
        ),
        max_size=60,
    ).map(b"".join)

    @given(data=streams, cuts=st.lists(st.integers(0, 300), max_size=8))
    def test_any_cut_gives_the_same(self, data: bytes, cuts: list[int]) -> None:
        edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
        whole = feed([data])
        self.assertEqual(feed(data[a:b] for a, b in pairwise(edges)), whole)
        self.assertEqual(feed(single_bytes(data)), whole)

    @given(data=streams)
    def test_sends_telnet_only_to_telnet(self, data: bytes) -> None:
        telnet = TelnetFilter()
        for byte in single_bytes(data):
            _, answer = telnet.receive(byte)
            self.assertTrue(telnet.active or not (answer or telnet.hide() or telnet.can_hide))

    @given(line=st.binary(max_size=60), before=st.booleans())
    def test_escaped_bytes_come_back(self, line: bytes, before: bool) -> None:
        opening = IAC + NOP if before else b""
        sent = opening + line.replace(IAC, IAC + IAC)
        expected = line.replace(b"\r\0", b"\r\n") if before else line
        self.assertEqual(feed([sent])[:2], (expected, b""))

    @given(text=st.text(max_size=80))
    def test_utf_8_without_telnet_is_not_touched(self, text: str) -> None:
        data = text.encode()
        self.assertEqual(feed(single_bytes(data))[:2], (data, b""))

    @given(turns=st.lists(st.one_of(st.booleans(), st.sampled_from([DO, DONT])), max_size=40))
    def test_echo_sends_at_most_one_per_call_and_one_per_request(
        self, turns: list[bool | bytes]
    ) -> None:
        telnet = TelnetFilter()
        telnet.receive(IAC + NOP)
        for turn in turns:
            if isinstance(turn, bytes):
                self.assertIn(telnet.receive(IAC + turn + ECHO)[1], (b"", SHOW))
            else:
                self.assertIn(
                    telnet.hide() if turn else telnet.show(), (b"", HIDE if turn else SHOW)
                )
        telnet.show()
        self.assertEqual(telnet.show(), b"")


class SilenceTests(SynchronousTestCase):
    """Who does not speak telnet hears none; who asks without end hears no more."""

    def test_everything_before_the_peer_began_is_text_and_any_command_begins(self) -> None:
        telnet = TelnetFilter()
        for line in (b"bob\n", b"\xc3\xbf\n", IAC + IAC, IAC + b"a", IAC + b"\xeb"):
            self.assertEqual(telnet.receive(line)[1], b"")
            self.assertEqual((telnet.active, telnet.can_hide, telnet.hide()), (False, False, b""))
        data = b"hello\r\0\r\n" * 1000
        self.assertIs(TelnetFilter().receive(data)[0], data)
        for code in range(236, 255):
            telnet = TelnetFilter()
            telnet.receive(IAC + bytes((code,)))
            self.assertTrue(telnet.active and telnet.can_hide, code)

    def test_option_loop_ends_in_silence(self) -> None:
        requests = (IAC + WILL + TTYPE, IAC + DO + TM, IAC + DO + ECHO, IAC + AYT)
        for request in requests:
            telnet = TelnetFilter()
            _, answer = telnet.receive(request * (MAX_ANSWERS + 10))
            once = answer[: len(answer) // MAX_ANSWERS]
            self.assertEqual(answer, once * MAX_ANSWERS)
            for other in (*requests, IAC + WILL + NAWS):
                self.assertEqual(telnet.receive(b"a" + other + b"b"), (b"ab", b""))

    def test_answers_are_many_but_not_without_end_and_passwords_hidden_still(self) -> None:
        _, answer, _ = feed([(IAC + WILL + NAWS + IAC + WONT + NAWS) * 10_000])
        self.assertEqual(len(answer), 3 * MAX_ANSWERS)
        _, answer, _ = feed([b"".join(IAC + WILL + bytes((code,)) for code in range(256))])
        self.assertEqual(len(answer), 3 * 256)
        telnet = TelnetFilter()
        telnet.receive((IAC + AYT) * (MAX_ANSWERS + 1))
        self.assertEqual((telnet.hide(), telnet.show()), (HIDE, SHOW))


class SubnegotiationTests(SynchronousTestCase):
    """Nothing within is text, and nothing within is kept beyond the limit."""

    def test_subnegotiations_of_any_size_keep_memory_flat(self) -> None:
        self.assertEqual(feed([(IAC + SB + IAC + SE) * 3 + b"hi"])[:2], (b"hi", b""))
        self.assertLess(self.grow(b"x" * 4096, 2**20), 8 * MAX_SUBNEGOTIATION)
        self.assertLess(self.grow(IAC * 4096, 2**17), 8 * MAX_SUBNEGOTIATION)
        self.assertLess(self.grow((IAC + WILL + IAC + NOP) * 1024, 2**17), 8 * MAX_SUBNEGOTIATION)
        for content in (b"x" * 10_000, IAC * 20_000, (b"x" + IAC * 2) * 9_000):
            _, _, state = feed([IAC + SB + content])
            assert isinstance(state, dict)
            self.assertEqual(len(state["_sub"]), MAX_SUBNEGOTIATION)
        telnet = TelnetFilter()
        telnet.receive(IAC + SB + b"x" * 9_000 + IAC + SE + window(100, 40))
        self.assertEqual((telnet.width, telnet.height), (100, 40))

    def grow(self, content: bytes, total: int) -> int:
        """Feed total bytes within a subnegotiation, in reads of content; return the most held."""
        telnet = TelnetFilter()
        telnet.receive(IAC + SB + TTYPE)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for _ in range(total // len(content)):
            self.assertEqual(telnet.receive(content), (b"", b""))
        peak = tracemalloc.get_traced_memory()[1]
        self.assertEqual(telnet.receive(IAC + SE + b"hi\r\n"), (b"hi\r\n", b""))
        return peak

    # Less of these: tracing makes each of the many small steps slow.


class WindowTests(SynchronousTestCase):
    """What NAWS may say."""

    def size(self, *reports: bytes) -> tuple[int | None, int | None]:
        whole, cut = TelnetFilter(), TelnetFilter()
        feed([b"".join(reports)], whole)
        feed(single_bytes(b"".join(reports)), cut)
        self.assertEqual((whole.width, whole.height), (cut.width, cut.height))
        return whole.width, whole.height

    def test_sizes_are_told_clamped_and_escaped(self) -> None:
        self.assertEqual(self.size(b"hi", IAC + WILL + NAWS), (None, None))
        self.assertEqual(self.size(IAC + WILL + NAWS, window(132, 43)), (132, 43))
        self.assertEqual(self.size(window(132, 43), window(80, 24)), (80, 24))
        self.assertEqual(self.size(window(255, 255)), (255, 255))
        self.assertEqual(self.size(window(65535, 65535)), (500, 500))
        self.assertEqual(self.size(window(1, 1)), (20, 5))
        self.assertEqual(self.size(window(0, 24)), (None, 24))
        self.assertEqual(self.size(window(80, 24), window(80, 0)), (80, None))

    def test_wrong_lengths_and_other_options_are_ignored(self) -> None:
        for content in (b"", b"\0\x50", b"\0\x50\0\x18\0", b"\0\x50\0" + IAC * 2 + b"\x18"):
            report = IAC + SB + NAWS + content + IAC + SE
            self.assertEqual(self.size(window(90, 30), report), (90, 30))
        self.assertEqual(self.size(IAC + SB + TTYPE + b"\0\x50\0\x18" + IAC + SE), (None, None))


class CountTests(SynchronousTestCase):
    """Commands are counted, for who limits them."""

    def count(self, data: bytes) -> int:
        telnet = TelnetFilter()
        for byte in single_bytes(data):
            telnet.receive(byte)
        return telnet.commands

    def test_commands_and_escapes_count_and_text_does_not(self) -> None:
        self.assertEqual(self.count(b"hi\r\n" * 10), 0)
        for command in (IAC + NOP, IAC + SE, IAC + AYT, IAC + DO + TM, IAC + WONT + IAC):
            self.assertEqual(self.count((command + b"x") * 7), 7, command)
        self.assertEqual(self.count(IAC * 14), 7)
        self.assertEqual(self.count(b"\xffa" * 7), 7)
        self.assertEqual(self.count(window(80, 24) * 7), 14)
        self.assertEqual(self.count(IAC + SB + TTYPE + b"x" * 5000), 1)
        self.assertEqual(self.count(IAC + SB + TTYPE + IAC * 14 + (IAC + NOP) * 7), 15)


class EchoTests(SynchronousTestCase):
    """Hiding a password."""

    def setUp(self) -> None:
        self.telnet = TelnetFilter()
        self.telnet.receive(IAC + NOP)

    def says(self, verb: bytes) -> bytes:
        return self.telnet.receive(IAC + verb + ECHO)[1]

    def test_each_call_says_its_word_once(self) -> None:
        self.assertEqual(self.telnet.show(), b"")
        self.assertEqual((self.telnet.hide(), self.telnet.hide()), (HIDE, b""))
        self.assertEqual((self.telnet.show(), self.telnet.show()), (SHOW, b""))
        for _ in range(3):
            self.assertEqual((self.telnet.hide(), self.says(DO)), (HIDE, b""))
            self.assertEqual((self.telnet.show(), self.says(DONT)), (SHOW, b""))
        self.assertTrue(self.telnet.can_hide)

    def test_refusal_is_remembered(self) -> None:
        self.telnet.hide()
        self.assertEqual(self.says(DONT), b"")
        self.assertFalse(self.telnet.can_hide)
        self.assertEqual((self.telnet.show(), self.telnet.hide()), (b"", b""))

    def test_refusal_can_be_taken_back(self) -> None:
        self.telnet.hide()
        self.says(DONT)
        self.assertEqual(self.says(DO), SHOW)
        self.assertEqual((self.telnet.can_hide, self.telnet.hide()), (True, HIDE))

    def test_refusal_after_agreeing_is_confirmed(self) -> None:
        self.telnet.hide()
        self.says(DO)
        self.assertEqual((self.says(DONT), self.says(DONT)), (SHOW, b""))
        self.assertEqual((self.telnet.can_hide, self.telnet.show()), (False, b""))

    def test_refusal_of_what_was_never_asked_is_none_and_agreeing_twice_says_nothing(self) -> None:
        self.assertEqual((self.says(DONT), self.telnet.can_hide), (b"", True))
        self.telnet.hide()
        self.assertEqual((self.says(DO), self.says(DO), self.telnet.show()), (b"", b"", SHOW))

    def test_answers_that_come_late_are_not_taken_for_requests(self) -> None:
        sent = [self.telnet.hide(), self.telnet.show(), self.telnet.hide()]
        self.assertEqual(sent, [HIDE, SHOW, HIDE])
        self.assertEqual([self.says(verb) for verb in (DO, DONT, DO)], [b"", b"", b""])
        self.assertEqual((self.telnet.can_hide, self.telnet.show()), (True, SHOW))

    def test_late_refusals_are_understood(self) -> None:
        self.telnet.hide()
        self.telnet.show()
        self.assertEqual((self.says(DONT), self.telnet.can_hide), (b"", False))
        self.assertEqual((self.says(DO), self.telnet.can_hide), (SHOW, True))

    def test_refusal_of_the_first_of_two_leaves_the_second_open(self) -> None:
        for call in (self.telnet.hide, self.telnet.show, self.telnet.hide):
            call()
        self.assertEqual((self.says(DONT), self.says(DO)), (b"", b""))
        self.assertEqual((self.telnet.can_hide, self.telnet.show()), (True, SHOW))

    def test_tintin_which_never_confirms_showing_hides_the_second_password_too(self) -> None:
        for _ in range(3):
            self.assertEqual((self.telnet.hide(), self.says(DO)), (HIDE, b""))
            self.assertEqual(self.telnet.show(), SHOW)
        self.assertEqual(self.says(DO), b"")
        self.assertEqual(self.says(DO), SHOW)

    def test_client_that_never_answers_is_shown_and_hidden_all_the_same(self) -> None:
        for _ in range(3):
            self.assertEqual((self.telnet.hide(), self.telnet.show()), (HIDE, SHOW))
