"""What a session of the line door sends: telnet taken off, cut into frames, handed in one by one while the session may."""

from __future__ import annotations

import re
import typing
from collections import deque
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IDelayedCall

from twisted_chat.core import commands as c
from twisted_chat.core import replies as r
from twisted_chat.core.names import LOBBY, Nick, RoomName
from twisted_chat.delivery.peer import Peer
from twisted_chat.dialects.base import BadLine, Dialect, Request
from twisted_chat.dialects.framing import Endless, Frame, Framer, JsonFramer, LineFramer, TooLong
from twisted_chat.doors.prompt import PasswordPrompt
from twisted_chat.doors.sockets import address_key, is_broken
from twisted_chat.doors.telnet import TelnetFilter
from twisted_chat.node import Node

# A browser or a scanner, not a person: RFC 9112, section 3.
_HTTP: Final = re.compile(rb"[A-Z]{3,20} \S+ HTTP/[0-9]")
# The first byte of a TLS handshake record, RFC 8446 section 5.1. No line of text begins with it.
_TLS_HELLO: Final = b"\x16"
#: What a line may have besides its text: the longest command with two names, and then some.
_ROOM_FOR_COMMAND: Final = 512
#: Telnet commands in one read that are taken for no client's opening, and how many a second are read then: at 1 µs each,
#: a hundredth of a core for a connection that sends nothing else.
_MANY_COMMANDS: Final = 64
_COMMAND_RATE: Final = 10_000


class Source(typing.Protocol):
    """Where the bytes come from: what is needed of a transport here."""

    def abortConnection(self) -> None: ...
    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...


class Intake:
    """Hands in what one session sends, in order, as lines (``line``) or objects (``json``).

    It reads on only while the session may hand in lines, so what it holds is bounded by one read and the framer. ``host``
    returns the address of the other side; it is asked with the first bytes.

    ``inside``: logged in. ``reading``: more can come. ``answers_pings``: it did so once.
    """

    def __init__(
        self,
        node: Node,
        peer: Peer,
        source: Source,
        host: Callable[[], str | None],
        line: Dialect,
        json: Dialect,
    ) -> None:
        self._node = node
        self._peer = peer
        self._source = source
        self._host = host
        self._line = line
        self._json = json
        self._telnet = TelnetFilter()
        limits = node.limits
        self._framer: Framer = LineFramer(limits.max_text + _ROOM_FOR_COMMAND, limits.max_endless)
        self._frames: deque[Frame] = deque()
        self._wait: IDelayedCall | None = None  # the flood wait: no line is handed in until then
        self._cooling: IDelayedCall | None = None  # too many telnet commands: no reading until then
        self._began = False  # the first byte was seen
        self.inside = False
        self._tried = False  # a nickname; and what came together with it is not used up
        self._partial = False  # a line began to arrive, and its end did not
        self._ended = False  # no more input
        self.reading = True
        self._pumping = False
        self._slowed = False  # was told that it is too fast
        self._prompt = PasswordPrompt(node, self._telnet)
        # What the session does by itself after login.
        self._chores: deque[Callable[[], None]] = deque()
        self.answers_pings = False

    # --- bytes ---

    def receive(self, data: bytes) -> None:
        """Take what arrived."""
        peer = self._peer
        text = data if self._telnet.passes(data) else self._without_telnet(data)
        if not text:
            return
        if not self._began:
            self._began = True
            if not self._begin(text):
                return
        # Objects need no line ends.
        self._partial = peer.dialect is self._line and not text.endswith(b"\n")
        self._frames.extend(self._framer.receive(text))
        self.pump()

    def finish(self) -> None:
        """The other side sends no more, but still reads: ``printf … | nc -N``. Handle what is there, then leave."""
        self._ended = True
        self._frames.extend(self._framer.finish())
        self.pump()

    def clear(self) -> None:
        """Hand in nothing more of what came."""
        self._frames.clear()

    def stop(self) -> None:
        """The connection is gone."""
        self.clear()
        for timer in (self._wait, self._cooling):
            if timer is not None and timer.active():
                timer.cancel()

    def _begin(self, text: bytes) -> bool:
        """Look at the first bytes for who speaks what; tell whether they may."""
        peer = self._peer
        # Asked late: a proxy tells with its first bytes for whom it is.
        host = self._host()
        self._node.visits.comes_from(peer, host)
        if peer.closing:
            return False
        peer.network = address_key(host)
        if peer.network is None:
            self._node.visits.trust(peer)
        if text.startswith(_TLS_HELLO):
            self._drop("TLS")
            return False
        if text.startswith(b"{"):
            limits = self._node.limits
            self._framer = JsonFramer(limits.max_object, limits.max_endless)
            self._node.visits.speak(peer, self._json)
        return True

    def _without_telnet(self, data: bytes) -> bytes:
        """Carry out the telnet commands in what arrived, and return the rest."""
        before = self._telnet.commands
        text, answer = self._telnet.receive(data)
        self._node.delivery.send(self._peer.outbox, answer)
        self._cool_down(self._telnet.commands - before)
        if self._telnet.astray:
            why = "what you typed is a telnet command without end; set your terminal or client to UTF-8"
            self._node.visits.say_goodbye(self._peer, why, "sent something that is not UTF-8")
            return b""
        return text

    def _cool_down(self, commands: int) -> None:
        """Read no more for a while after many telnet commands: no line, so no flood limit, counts them."""
        if commands >= _MANY_COMMANDS and self._cooling is None:
            self._cooling = self._node.clock.callLater(commands / _COMMAND_RATE, self._cooled)
            self._read_on(False)

    def _cooled(self) -> None:
        self._cooling = None
        self.pump()

    def _read_on(self, on: bool) -> None:
        if on != self.reading and not self._ended:
            self.reading = on
            if on:
                self._source.resumeProducing()
            else:
                self._source.pauseProducing()

    # --- frames ---

    def pump(self) -> None:
        """Hand in lines, as long as there are any and the session may."""
        peer = self._peer
        if self._pumping:
            return
        self._pumping = True
        try:
            while (self._chores and peer.placed) or (
                self._frames and peer.ready and self._wait is None
            ):
                if self._chores:
                    self._chores.popleft()()
                    continue
                if self._tried and not self.inside:
                    why = "what came together with that nickname was not used; connect again to try another"
                    self._node.tell(peer, r.Refused("not-logged-in", why))
                    self._say_goodbye("", logged="its nickname was refused")
                    break
                wait = self._node.admit(peer)
                if wait:
                    self._slow_down(wait)
                    break
                if self._slowed and self._node.rested(peer):
                    self._slowed = False
                frame = self._frames.popleft()
                prompt = self._prompt
                if (
                    self.inside
                    and isinstance(frame, bytes)
                    and not prompt.asked
                    and prompt.wrong is None
                ):
                    # First, for nearly all frames are this one.
                    self._parse(frame)
                else:
                    self._handle(frame)
        finally:
            self._pumping = False
        if peer.closing:
            self._frames.clear()
        elif self._ended and not self._frames and peer.ready:
            self._node.visits.leave(peer, "disconnected")
        elif peer.ready and not self._frames and not self._partial:
            # What comes next is sent by somebody who could see the answer.
            self._tried = False
        self._read_on(not self._frames and self._cooling is None)

    def _slow_down(self, wait: float) -> None:
        if not self.inside:
            self._say_goodbye("too many tries", logged="too many tries")
            return
        if not self._slowed:
            self._slowed = True
            rate = self._node.limits.flood_rate
            lines = "1 line" if rate == 1 else f"{rate:,} lines"
            text = f"you send faster than {lines} a second; the rest follows at that speed, nothing is lost"
            self._node.tell(self._peer, r.Notice("slow-down", text))
        self._wait = self._node.clock.callLater(wait, self._waited)

    def _waited(self) -> None:
        self._wait = None
        if is_broken(self._source):
            # The reactor does not watch a connection that is not read from: a ghost would go on talking.
            self._frames.clear()
            self._source.abortConnection()
        else:
            self.pump()

    def _handle(self, frame: Frame) -> None:
        """Handle a frame that may be something else than a command."""
        peer = self._peer
        asking = self._prompt.take(peer) if self._prompt.asked else None
        match frame:
            case TooLong() if not self.inside and asking is None:
                why = "that is too long for a nickname"
                self._say_goodbye(why, logged="its nickname was too long")
            case TooLong():
                limits = self._node.limits
                limit = limits.max_text if peer.dialect is self._line else limits.max_object
                why = f"that was more than {limit:,} bytes; nothing of it was said"
                bad = BadLine(why, "too-long")
                if asking is not None:
                    self._prompt.refuse(peer, asking, bad)
                else:
                    self._refuse(bad)
            case Endless():
                self._node.visits.say_goodbye(
                    peer, "too much without a line end", "sent too much without a line end"
                )
            case _ if not self.inside and self._is_http(frame):
                self._drop("HTTP")
            case _ if asking is not None:
                self._prompt.answer(peer, asking, frame)
            case _ if (slip := self._prompt.again(peer, frame)) is not None:
                self._refuse(slip)
            case _:
                self._parse(frame)

    def _is_http(self, frame: bytes) -> bool:
        """Tell whether this first line begins an HTTP request; an empty line may stand before it (RFC 9112, section 2.2)."""
        after = self._frames[0] if self._frames and not frame.strip() else frame
        return isinstance(after, bytes) and _HTTP.match(after) is not None

    def _parse(self, frame: bytes) -> None:
        try:
            request = self._peer.dialect.parse(frame, logged_in=self.inside)
        except BadLine as bad:
            self._refuse(bad)
            return
        if request is None:
            return
        if isinstance(request.command, c.Pong):
            self.answers_pings = True
        if isinstance(request.command, c.Login):
            self._tried = True
            self._prompt.expect(request.command)
        self._node.submit(self._peer, request)

    def _refuse(self, bad: BadLine) -> None:
        self._tried = True
        self._node.refuse(self._peer, bad)

    def _say_goodbye(self, why: str, *, logged: str) -> None:
        """End a session that has not come in."""
        self._node.visits.say_goodbye(self._peer, why, "refused", logged=logged)

    def _drop(self, what: str) -> None:
        """Close a connection that speaks another protocol, before any of it had an effect."""
        self._peer.outbox.close()
        self._node.visits.close(self._peer, "refused", logged=f"it speaks {what}")
        self._frames.clear()
        self._source.abortConnection()

    # --- what the node asks for ---

    def logged_in(self, *, resumed: bool) -> None:
        """See :meth:`twisted_chat.delivery.peer.Door.logged_in`."""
        self.inside = True
        if not resumed:
            peer = self._peer
            # The hint only after the join has happened; and at once then, so that both go out as one write.
            self._chores.append(lambda: self._node.submit(peer, Request(c.Join(LOBBY))))
            self._chores.append(lambda: self._node.tell(peer, r.Hint()))

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        """See :meth:`twisted_chat.delivery.peer.Door.ask_password`."""
        if self._peer.dialect is not self._line:
            return False
        if not self._prompt.asked and (self._frames or self._partial):
            return False  # what came already is no answer to a question that was not asked yet
        return self._prompt.ask(self._peer, name, wrong=wrong)
