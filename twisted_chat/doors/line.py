"""The line door: people with nc and telnet, and programs that speak JSON lines, on one port."""

from __future__ import annotations

import re
import typing
from collections import deque
from collections.abc import Callable
from typing import Final

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IHalfCloseableProtocol,
    IPushProducer,
)
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat.core import commands as c
from twisted_chat.core import replies as r
from twisted_chat.core.names import LOBBY, Nick, RoomName
from twisted_chat.core.text import shown
from twisted_chat.delivery.direct import Way, direct
from twisted_chat.delivery.peer import Peer
from twisted_chat.dialects.base import BadLine, Dialect, Request
from twisted_chat.dialects.framing import Endless, Frame, Framer, JsonFramer, LineFramer, TooLong
from twisted_chat.dialects.json import JsonDialect
from twisted_chat.dialects.line import LineDialect
from twisted_chat.doors.connections import Connections, HandshakeFailed
from twisted_chat.doors.prompt import PasswordPrompt
from twisted_chat.doors.sockets import address_key, is_broken, is_private, tune
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
#: The longest text form of an address with a zone, in characters.
_LONGEST_ADDRESS: Final = 64
#: How long a reader has to take what was still written when the connection ends, in seconds.
_PARTING: Final = 5.0


class Connection(typing.Protocol):
    """What this door needs of a transport; those of TCP, TLS and UNIX sockets have it all."""

    def write(self, data: bytes) -> None: ...
    def loseConnection(self) -> None: ...
    def abortConnection(self) -> None: ...
    def getPeer(self) -> IAddress: ...
    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...
    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None: ...
    def unregisterProducer(self) -> None: ...


def _nowhere(data: bytes) -> typing.NoReturn:
    """Where a connection writes before it is made; nobody asks it to."""
    raise AssertionError("there is no connection yet")


_NOWHERE: Final = Way(_nowhere, _nowhere)


@implementer(IHalfCloseableProtocol, IPushProducer)
class LineProtocol(Protocol):
    """One connection: bytes in, frames to the node; bytes from the node out.

    It reads on only while the session may hand in lines, so what it holds is bounded by one read and the framer. As
    producer of its transport it tells the outbox when the kernel takes no more.
    """

    transport: Connection  # type: ignore[assignment]
    factory: ChatFactory

    def __init__(self, factory: ChatFactory) -> None:
        self.factory = factory
        self._node = factory.node
        self._telnet = TelnetFilter()
        #: As in :class:`twisted_chat.delivery.outbox.Sink`.
        self.send, self.hold = _NOWHERE
        self._framer: Framer = factory.line_framer()
        self._frames: deque[Frame] = deque()
        self._peer: Peer | None = None
        self._key: str | None = None
        self._timer: IDelayedCall | None = None  # ends the login time
        self._wait: IDelayedCall | None = None  # the flood wait: no line is handed in until then
        self._parting: IDelayedCall | None = None
        self._began = False  # the first byte was seen
        self._inside = False  # logged in
        self._tried = False  # a nickname; and what came together with it is not used up
        self._partial = False  # a line began to arrive, and its end did not
        self._ended = False  # no more input
        self._reading = True
        self._pumping = False
        self._slowed = False  # was told that it is too fast
        self._prompt = PasswordPrompt(self._node, self._telnet)
        # What the session does by itself after login.
        self._chores: deque[Callable[[], None]] = deque()
        self._cooling: IDelayedCall | None = None  # too many telnet commands: no reading until then
        self._heard = 0.0  # when bytes came last
        self._pinged: float | None = None  # when it was, if nothing came since
        self._answers_pings = False

    # --- connection ---

    def connectionMade(self) -> None:
        host = self._host()
        tune(self.transport, self._node.limits.send_buffer)
        self._key = address_key(host)
        if not self.factory.connections.count(self._key):
            self._key = None
            self._turn_away(
                "! There are too many connections from your address; close one, or try again later."
            )
            return
        why = self._node.banned(host)
        if why:
            self._turn_away(f"! {why}.")
            return
        self.send, self.hold = direct(self.transport)
        peer = self._peer = self._node.open(self, self.factory.line, host)
        # A producer that pushes: the transport says when its buffer is full, see pauseProducing.
        self.transport.registerProducer(self, True)
        self.factory.connections.add(self)
        self._heard = self._node.clock.seconds()
        self._timer = self._node.clock.callLater(
            self._node.limits.login_time, self._login_timed_out, peer
        )

    def _turn_away(self, why: str) -> None:
        """Refuse a connection before it is a session."""
        self.transport.write(f"{why}\r\n".encode())
        self._lose()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.factory.connections.discount(self._key)
        self._frames.clear()
        _cancel(self._timer, self._wait, self._parting, self._cooling)
        if self._peer is not None:
            self._peer.outbox.close()
            why = str(reason.value) if isinstance(reason.value, HandshakeFailed) else None
            self._node.close(self._peer, "connection lost", logged=why)
        self.factory.connections.remove(self)

    def abort(self) -> None:
        """End the connection now."""
        self.transport.abortConnection()

    def readConnectionLost(self) -> None:
        """The other side sends no more, but still reads: ``printf … | nc -N``. Handle what is there, then leave."""
        self._ended = True
        self._frames.extend(self._framer.finish())
        self._pump()

    def writeConnectionLost(self) -> None:
        self.transport.loseConnection()

    # --- input ---

    def dataReceived(self, data: bytes) -> None:
        peer = self._peer
        if peer is None or peer.closing:
            return
        self._heard, self._pinged = self._node.clock.seconds(), None
        text = data if self._telnet.passes(data) else self._without_telnet(peer, data)
        if not text:
            return
        if not self._began:
            self._began = True
            # Asked late: a proxy tells with its first bytes for whom it is.
            host = self._host()
            self._node.comes_from(peer, host)
            if peer.closing:
                return
            peer.network = address_key(host)
            if peer.network is None:
                self._node.trust(peer)
            if text.startswith(_TLS_HELLO):
                self._drop(peer, "TLS")
                return
            if text.startswith(b"{"):
                self._framer = self.factory.json_framer()
                self._node.speak(peer, self.factory.json)
        # Objects need no line ends.
        self._partial = peer.dialect is self.factory.line and not text.endswith(b"\n")
        self._frames.extend(self._framer.receive(text))
        self._pump()

    def _without_telnet(self, peer: Peer, data: bytes) -> bytes:
        """Carry out the telnet commands in what arrived, and return the rest."""
        before = self._telnet.commands
        text, answer = self._telnet.receive(data)
        self._node.delivery.send(peer.outbox, answer)
        self._cool_down(self._telnet.commands - before)
        if self._telnet.astray:
            why = "what you typed is a telnet command without end; set your terminal or client to UTF-8"
            self._node.say_goodbye(peer, why, "sent something that is not UTF-8")
            return b""
        return text

    def _pump(self) -> None:
        """Hand in lines, as long as there are any and the session may."""
        peer = self._peer
        if self._pumping or peer is None:
            return
        self._pumping = True
        try:
            while (self._chores and peer.placed) or (
                self._frames and peer.ready and self._wait is None
            ):
                if self._chores:
                    self._chores.popleft()()
                    continue
                if self._tried and not self._inside:
                    why = "what came together with that nickname was not used; connect again to try another"
                    self._node.tell(peer, r.Refused("not-logged-in", why))
                    self._node.say_goodbye(peer, "", "refused", logged="its nickname was refused")
                    break
                wait = self._node.admit(peer)
                if wait:
                    self._slow_down(peer, wait)
                    break
                if self._slowed and self._node.rested(peer):
                    self._slowed = False
                self._handle(peer, self._frames.popleft())
        finally:
            self._pumping = False
        if peer.closing:
            self._frames.clear()
        elif self._ended and not self._frames and peer.ready:
            self._node.leave(peer, "disconnected")
        elif peer.ready and not self._frames and not self._partial:
            # What comes next is sent by somebody who could see the answer.
            self._tried = False
        self._read_on(not self._frames and self._cooling is None)

    def _cool_down(self, commands: int) -> None:
        """Read no more for a while after many telnet commands: no line, so no flood limit, counts them."""
        if commands >= _MANY_COMMANDS and self._cooling is None:
            self._cooling = self._node.clock.callLater(commands / _COMMAND_RATE, self._cooled)
            self._read_on(False)

    def _cooled(self) -> None:
        self._cooling = None
        self._pump()

    def _slow_down(self, peer: Peer, wait: float) -> None:
        if not self._inside:
            self._node.say_goodbye(peer, "too many tries", "refused", logged="too many tries")
            return
        if not self._slowed:
            self._slowed = True
            rate = self._node.limits.flood_rate
            lines = "1 line" if rate == 1 else f"{rate:,} lines"
            text = f"you send faster than {lines} a second; the rest follows at that speed, nothing is lost"
            self._node.tell(peer, r.Notice("slow-down", text))
        self._wait = self._node.clock.callLater(wait, self._waited)

    def _waited(self) -> None:
        self._wait = None
        if is_broken(self.transport):
            # The reactor does not watch a connection that is not read from: a ghost would go on talking.
            self._frames.clear()
            self.transport.abortConnection()
        else:
            self._pump()

    def _read_on(self, on: bool) -> None:
        if on != self._reading and not self._ended:
            self._reading = on
            if on:
                self.transport.resumeProducing()
            else:
                self.transport.pauseProducing()

    def _handle(self, peer: Peer, frame: Frame) -> None:
        asking = self._prompt.take(peer) if self._prompt.asked else None
        plain = asking is None and self._prompt.wrong is None
        if self._inside and plain and isinstance(frame, bytes):
            # First, for nearly all frames are this one.
            self._parse(peer, frame)
            return
        match frame:
            case TooLong() if not self._inside and asking is None:
                why = "that is too long for a nickname"
                self._node.say_goodbye(peer, why, "refused", logged="its nickname was too long")
            case TooLong():
                limit = (
                    self._node.limits.max_text
                    if peer.dialect is self.factory.line
                    else self._node.limits.max_object
                )
                why = f"that was more than {limit:,} bytes; nothing of it was said"
                bad = BadLine(why, "too-long")
                if asking is not None:
                    self._prompt.refuse(peer, asking, bad)
                else:
                    self._refuse(peer, bad)
            case Endless():
                self._node.say_goodbye(
                    peer, "too much without a line end", "sent too much without a line end"
                )
            case _ if not self._inside and self._is_http(frame):
                self._drop(peer, "HTTP")
            case _ if asking is not None:
                self._prompt.answer(peer, asking, frame)
            case _ if (slip := self._prompt.again(peer, frame)) is not None:
                self._refuse(peer, slip)
            case _:
                self._parse(peer, frame)

    def _host(self) -> str | None:
        """Return the address of the other side; None for a UNIX socket."""
        address = self.transport.getPeer()
        if not isinstance(address, IPv4Address | IPv6Address):
            return None
        # What a proxy tells is any bytes; logs and operators are shown it.
        return str(shown(address.host, _LONGEST_ADDRESS))

    def _is_http(self, frame: bytes) -> bool:
        """Tell whether this first line begins an HTTP request; an empty line may stand before it (RFC 9112, section 2.2)."""
        after = self._frames[0] if self._frames and not frame.strip() else frame
        return isinstance(after, bytes) and _HTTP.match(after) is not None

    def _parse(self, peer: Peer, frame: bytes) -> None:
        try:
            request = peer.dialect.parse(frame, logged_in=self._inside)
        except BadLine as bad:
            self._refuse(peer, bad)
            return
        if request is None:
            return
        if isinstance(request.command, c.Pong):
            self._answers_pings = True
        if isinstance(request.command, c.Login):
            self._tried = True
            self._prompt.expect(request.command)
        self._node.submit(peer, request)

    def _refuse(self, peer: Peer, bad: BadLine) -> None:
        self._tried = True
        self._node.refuse(peer, bad)

    def _drop(self, peer: Peer, what: str) -> None:
        """Close a connection that speaks another protocol, before any of it had an effect."""
        peer.outbox.close()
        self._node.close(peer, "refused", logged=f"it speaks {what}")
        self._frames.clear()
        self.transport.abortConnection()

    def _login_timed_out(self, peer: Peer) -> None:
        limit = self._node.limits.login_time
        why = f"no nickname within {limit} seconds"
        self._node.say_goodbye(peer, why, "refused", logged=why)

    # --- silence ---

    def check(self, now: float) -> None:
        """Ping a session that was silent for long; end one that used to answer and no longer does."""
        peer, limits = self._peer, self._node.limits
        if peer is None or peer.closing or not self._inside or not peer.dialect.acks:
            return
        if not self._reading:
            self._heard, self._pinged = now, None  # an answer may be among what waits to be read
        elif self._pinged is None:
            if now - self._heard >= limits.ping_after:
                self._pinged = now
                self._node.tell(peer, r.Probe())
        elif self._answers_pings and now - self._pinged >= limits.ping_wait:
            self._node.say_goodbye(peer, "no answer to a ping", "timed out")

    # --- what the node asks for (delivery.peer.Door) ---

    def resumed(self) -> None:
        self._pump()

    def logged_in(self, *, resumed: bool) -> None:
        peer = self._peer
        assert peer is not None
        self._inside = True
        _cancel(self._timer)
        if not resumed:
            # The hint only after the join has happened; and at once then, so that both go out as one write.
            self._chores.append(lambda: self._node.submit(peer, Request(c.Join(LOBBY))))
            self._chores.append(lambda: self._node.tell(peer, r.Hint()))

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        peer = self._peer
        assert peer is not None
        if peer.dialect is not self.factory.line:
            return False
        if not self._prompt.asked and (self._frames or self._partial):
            return False  # what came already is no answer to a question that was not asked yet
        return self._prompt.ask(peer, name, wrong=wrong)

    @property
    def private(self) -> bool:
        return is_private(self.transport)

    def drained(self) -> None:
        peer = self._peer
        assert peer is not None
        if peer.closing and self._parting is not None:
            self._lose()

    def overflowed(self, reason: str) -> None:
        peer = self._peer
        assert peer is not None
        self._node.close(peer, reason)
        self.transport.abortConnection()

    def end(self) -> None:
        peer = self._peer
        assert peer is not None
        self._frames.clear()
        if peer.outbox.empty:
            self._lose()
        else:
            self._parting = self._node.clock.callLater(_PARTING, self.transport.abortConnection)

    def _lose(self) -> None:
        self.transport.unregisterProducer()
        self.transport.loseConnection()
        if self._parting is None:
            # A reader that takes nothing any more would keep the connection for ever.
            self._parting = self._node.clock.callLater(_PARTING, self.transport.abortConnection)

    # --- what the transport asks for (IPushProducer) ---

    def pauseProducing(self) -> None:
        peer = self._peer
        assert peer is not None
        peer.outbox.pause()

    def resumeProducing(self) -> None:
        peer = self._peer
        assert peer is not None
        peer.outbox.resume()

    def stopProducing(self) -> None:
        pass


def _cancel(*timers: IDelayedCall | None) -> None:
    for timer in timers:
        if timer is not None and timer.active():
            timer.cancel()


class ChatFactory(ServerFactory):
    """The line door: what its connections share."""

    noisy = False

    def __init__(self, node: Node, line: LineDialect, json: JsonDialect) -> None:
        self.node = node
        self.line: Dialect = line
        self.json: Dialect = json
        self.connections = Connections(node.limits.max_per_address)

    def buildProtocol(self, addr: IAddress | None) -> LineProtocol:  # type: ignore[override]
        return LineProtocol(self)

    def line_framer(self) -> LineFramer:
        limits = self.node.limits
        return LineFramer(limits.max_text + _ROOM_FOR_COMMAND, limits.max_endless)

    def json_framer(self) -> JsonFramer:
        limits = self.node.limits
        return JsonFramer(limits.max_object, limits.max_endless)
