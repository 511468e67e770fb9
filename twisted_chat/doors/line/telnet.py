"""Telnet, filtered out of a stream: text comes out, what the client negotiates is answered.

A pure filter without I/O. People come with ``nc``, which knows no telnet and shows an IAC as junk,
and with ``telnet``, PuTTY and MUD clients, which do. A client that speaks telnet shows it first; until then the filter is
transparent and silent. No input is an error, and none is kept beyond 4 KiB.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

# Commands: RFC 854, "TELNET COMMAND STRUCTURE".
IAC: Final = 255
DONT: Final = 254
DO: Final = 253
WONT: Final = 252
WILL: Final = 251
SB: Final = 250
AYT: Final = 246
EC: Final = 247
EL: Final = 248
SE: Final = 240
# EOF, SUSP, ABORT (236-238, RFC 1184) and EOR (239, RFC 885) came after RFC 854; below is nothing.
_LOWEST_COMMAND: Final = 236

# Options: RFC 857, RFC 858, RFC 1073.
ECHO: Final = 1
SGA: Final = 3
NAWS: Final = 31

_IAC: Final = bytes((IAC,))
# Were they dropped, what was taken back would be said.
_ERASING: Final = {EC: b"\x7f", EL: b"\x15"}

# What the peer may turn on at its side, and have us turn on at ours; ECHO has rules of its own.
# Not BINARY: it would change the line ends, and UTF-8 passes without it. Not LINEMODE: a client
# that is refused edits its lines by itself, which is all we want.
_PEER_MAY: Final = frozenset((NAWS, SGA))
# Nothing. RFC 1123 section 3.2.2 would have a server that never sends Go Ahead agree to suppress it (SGA).
# But a client that asked for SGA and got it sends each key as it is pressed (seen with inetutils telnet
# and in PuTTY's source): its user could no longer correct a line, and Backspace and Ctrl-C would arrive as
# characters. A client that is refused edits its lines by itself, and ECHO still hides a password.
_WE_MAY: Final[frozenset[int]] = frozenset()

#: Answers for one connection. A client could bring up each of the 256 options once and would hear
#: about all of them; real openings hold a dozen.
MAX_ANSWERS: Final = 256

#: Bytes kept of a subnegotiation, escapes undone. NAWS, the only one read, has 5; the bulky ones
#: (environment variables, MUD protocols) are refused, so the rest is for clients that send anyway.
MAX_SUBNEGOTIATION: Final = 4096

# No real window lies outside, but what clients say may (1 column, 65535 columns). Code that wraps or pads to a width must not
# be made to send one character a line, or a megabyte of spaces.
_WIDTHS: Final = (20, 500)
_HEIGHTS: Final = (5, 500)

# RFC 854 asks for "some visible (i.e., printable) evidence".
_HERE: Final = b"[yes]\r\n"


class _At(Enum):
    """Where in the stream the next byte stands."""

    TEXT = auto()
    COMMAND = auto()  # after IAC
    OPTION = auto()  # after IAC and WILL, WONT, DO or DONT
    SUB = auto()  # after IAC SB
    SUB_COMMAND = auto()  # after an IAC within


class TelnetFilter:
    """The telnet side of one connection.

    Any cut of the stream gives the same text, the same answers and the same state. Nothing is sent
    before the peer sent a command. A connection gets :data:`MAX_ANSWERS` answers; after those the
    filter goes on stripping but answers nothing: a client that asks without end gets silence. (What :meth:`hide` and
    :meth:`show` return is no answer and does not count.)

    The socket needs SO_OOBINLINE: clients send half of IAC DM as urgent data, and without it the
    other half stands as a stray byte before the next line.

    ``active``: the peer has sent a command; an escaped 0xFF or an unknown byte after IAC (both are text) is none.
    ``width``, ``height``: of the peer's window, in characters; None while unknown.
    """

    __slots__ = (
        "_after_cr", "_agreed_ours", "_agreed_peers", "_answers_left", "_at", "_echo_refused",
        "_echo_unanswered", "_hiding", "_sub", "_verb", "active", "commands", "height", "width",
    )  # fmt: skip

    def __init__(self) -> None:
        self.active = False
        self.width: int | None = None
        self.height: int | None = None
        self._at = _At.TEXT
        self._verb = 0
        self._sub = bytearray()
        #: How many commands came so far, and escapes: each costs time, and none is a line that a flood limit
        #: counts. The end of a subnegotiation is a command of its own.
        self.commands = 0
        self._after_cr = False
        self._agreed_peers: set[int] = set()
        self._agreed_ours: set[int] = set()
        self._hiding = False
        self._echo_unanswered = 0
        self._echo_refused = False
        self._answers_left = MAX_ANSWERS

    @property
    def can_hide(self) -> bool:
        """Whether :meth:`hide` may work: the peer speaks telnet and has not refused ECHO."""
        return self.active and not self._echo_refused

    def passes(self, data: bytes) -> bool:
        """Return whether what arrived is text and nothing else, and need not be handed to :meth:`receive`."""
        return not self.active and self._at is _At.TEXT and _IAC not in data

    def receive(self, data: bytes) -> tuple[bytes, bytes]:
        """Take what arrived; return (text, answer).

        text is data without commands, an escaped IAC as one 0xFF and, once active, CR NUL as CR LF. The keys that take
        back a character or a line stand in it as the control characters that do so: DEL and NAK (Ctrl-U).
        answer is what must be written back, possibly empty.
        """
        if self.passes(data):
            return data, b""
        text: list[bytes] = []
        answers: list[bytes] = []
        here, end = 0, len(data)
        while here < end:
            if self._at is _At.TEXT or self._at is _At.SUB:
                found = data.find(_IAC, here)
                run = data[here : end if found < 0 else found]
                here += len(run) + 1
                if self._at is _At.TEXT:
                    text.append(self._plain(run))
                    after_iac = _At.COMMAND
                else:
                    self._keep(run)
                    after_iac = _At.SUB_COMMAND
                if found >= 0:
                    self._at = after_iac
                    self.commands += 1
                continue
            byte = data[here]
            here += 1
            if self._at is _At.OPTION:
                self._at = _At.TEXT
                answers.append(self._negotiate(self._verb, byte))
            elif self._at is _At.SUB_COMMAND:
                self._sub_command(byte)
            elif byte == IAC:
                self._at = _At.TEXT
                text.append(self._plain(_IAC))
            elif byte < _LOWEST_COMMAND:
                # No command at all, and 0xFF is also a letter of Latin-1: somebody's nc. Both are text, which will be
                # refused. Without the byte behind it, a line end perhaps, a private line could join a public one.
                self._at = _At.TEXT
                text.append(self._plain(bytes((IAC, byte))))
            elif byte in _ERASING:
                self.active = True
                self._at = _At.TEXT
                text.append(self._plain(_ERASING[byte]))
            else:
                answers.append(self._command(byte))
        return b"".join(text), b"".join(answers)

    def hide(self) -> bytes:
        """Return what stops the peer's terminal showing what is typed: IAC WILL ECHO (RFC 857).

        Empty when it is hidden already, or cannot be.
        """
        if self._hiding or not self.can_hide:
            return b""
        self._hiding = True
        self._echo_unanswered += 1
        return bytes((IAC, WILL, ECHO))

    def show(self) -> bytes:
        """Return what ends :meth:`hide`, IAC WONT ECHO; empty when nothing is hidden."""
        if not self._hiding:
            return b""
        self._hiding = False
        self._echo_unanswered += 1
        return bytes((IAC, WONT, ECHO))

    def _plain(self, run: bytes) -> bytes:
        """Undo the network line end: a NUL right after CR becomes LF.

        RFC 854 has no bare CR: clients that send each key send Enter as CR NUL. The CR itself is
        passed on at once, so no cut delays a line and the end of the stream loses nothing.
        """
        if not self.active or not run:
            return run
        if self._after_cr and run[0] == 0:
            run = b"\n" + run[1:]
        self._after_cr = run.endswith(b"\r")
        return run.replace(b"\r\0", b"\r\n")

    def _command(self, byte: int) -> bytes:
        """Act on a command, the byte after an IAC; return the answer."""
        self.active = True
        self._at = _At.TEXT
        if byte in (WILL, WONT, DO, DONT):
            self._verb = byte
            self._at = _At.OPTION
        elif byte == SB:
            self._at = _At.SUB
        elif byte == AYT:
            return self._within_budget(_HERE)
        # The rest is swallowed. NOP and GA say nothing; SE here is a stray. IP, AO and BRK are keys
        # for a process at this end, and there is none. DM ends a Synch, which drops pending input for the sake
        # of an interrupt: without the one not the other.
        return b""

    def _negotiate(self, verb: int, option: int) -> bytes:
        """Return the answer to WILL, WONT, DO or DONT."""
        if verb in (WILL, WONT):
            return self._settle(self._agreed_peers, _PEER_MAY, option, verb == WILL, DO, DONT)
        if option == ECHO:
            return self._peer_on_echo(verb == DO)
        # DO TIMING-MARK (RFC 860) gets its WONT here, every time, as it must: after an interrupt
        # BSD and inetutils telnet throw away all output until WILL or WONT comes. WONT is the
        # honest one: WILL states that all input before the mark has been dealt with.
        return self._settle(self._agreed_ours, _WE_MAY, option, verb == DO, WILL, WONT)

    def _settle(
        self, agreed: set[int], allowed: frozenset[int], option: int, on: bool, yes: int, no: int
    ) -> bytes:
        """Answer a request to turn an option on or off.

        RFC 1143 section 7; of its states only NO and YES are left for an option that only the peer
        brings up. A request for what is so already is not answered: that is what ends loops.
        """
        if on is (option in agreed):
            return b""
        if on and option in allowed:
            agreed.add(option)
            return self._within_budget(bytes((IAC, yes, option)))
        agreed.discard(option)
        return self._within_budget(bytes((IAC, no, option)))

    def _peer_on_echo(self, on: bool) -> bytes:
        """Take DO ECHO or DONT ECHO, which may be an answer to us; return ours.

        RFC 1143 section 7 would hold a request back until the one before was answered. TinTin++
        never confirms WONT ECHO, so its user's second password would be seen. So both are sent
        at once and the unanswered ones counted, as BSD telnet does: WILL and WONT alternate, and
        answers come in order, hence the count tells which one is answered. Nothing is sent in
        answer to an answer, so this cannot loop either.
        """
        will_is_next = (self._echo_unanswered % 2 == 1) is self._hiding
        if on:
            self._echo_refused = False
            if self._echo_unanswered:
                # A WONT before the WILL that is answered here went unconfirmed.
                self._echo_unanswered -= min(1 if will_is_next else 2, self._echo_unanswered)
                return b""
            # Unasked: we never echo what is typed, we only keep a client from showing it.
            return b"" if self._hiding else self._within_budget(bytes((IAC, WONT, ECHO)))
        if self._echo_unanswered and not will_is_next:
            self._echo_unanswered -= 1
            return b""
        if self._echo_unanswered:
            self._echo_refused = True
            # A WONT after the refused WILL changes nothing for the peer: it will not be confirmed.
            self._echo_unanswered -= min(2, self._echo_unanswered)
            self._hiding = self._hiding and self._echo_unanswered > 0
            return b""
        if not self._hiding:
            return b""
        self._hiding = False
        self._echo_refused = True
        return self._within_budget(bytes((IAC, WONT, ECHO)))

    @property
    def astray(self) -> bool:
        """What looks like a subnegotiation is text: some other encoding than UTF-8 writes letters as its beginning.

        Such text never ends it. A line end tells the two apart: only a window size (4 bytes) may have one in it.
        """
        return len(self._sub) > 5 and b"\n" in self._sub

    def _within_budget(self, answer: bytes) -> bytes:
        """Return the answer, or nothing once the budget is spent."""
        if not self._answers_left:
            return b""
        self._answers_left -= 1
        return answer

    def _sub_command(self, byte: int) -> None:
        """Act on the byte after an IAC within a subnegotiation.

        RFC 855 allows only IAC and SE here. Anything else is dropped and the subnegotiation goes
        on: were it to end there, the rest of its content would be said in the room.
        """
        self._at = _At.SUB
        if byte == IAC:
            self._keep(_IAC)
        elif byte == SE:
            self._at = _At.TEXT
            self._read_sub(bytes(self._sub))
            self._sub = bytearray()

    def _keep(self, content: bytes) -> None:
        """Add to the open subnegotiation what the limit leaves room for."""
        self._sub += content[: MAX_SUBNEGOTIATION - len(self._sub)]

    def _read_sub(self, content: bytes) -> None:
        """Read a whole subnegotiation: NAWS (RFC 1073) of the right length, nothing else."""
        if len(content) == 5 and content[0] == NAWS:
            self.width = _within(_WIDTHS, int.from_bytes(content[1:3], "big"))
            self.height = _within(_HEIGHTS, int.from_bytes(content[3:5], "big"))


def _within(limits: tuple[int, int], size: int) -> int | None:
    """Clamp a size; RFC 1073: zero means that the client does not know."""
    low, high = limits
    return min(max(size, low), high) if size else None
