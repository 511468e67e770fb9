"""What a session of the line door sends: telnet taken off, cut into frames, handed in one by one while the session may."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, Literal

from twisted.internet.interfaces import IDelayedCall

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import LOBBY, Nick, RoomName
from twisted_chat.delivery.session import Session
from twisted_chat.dialects.base import BadLine, Dialect, Request, Step
from twisted_chat.dialects.framing import Endless, Frame, JsonFramer, TooLong
from twisted_chat.dialects.json.parse import is_object
from twisted_chat.dialects.line.parse import LineDialect
from twisted_chat.dialects.terminal import TerminalFramer
from twisted_chat.doors.line.first_line import FirstLine
from twisted_chat.doors.line.foreign import is_http, is_tls
from twisted_chat.doors.line.frames import Frames
from twisted_chat.doors.line.older_programs import OlderProgram
from twisted_chat.doors.line.password_prompt import PasswordPrompt
from twisted_chat.doors.line.pauses import Pauses
from twisted_chat.doors.line.window import Window
from twisted_chat.doors.read_limits import ByteRates, ReadAhead, ReadControl, Source
from twisted_chat.doors.sockets import is_broken
from twisted_chat.server.node import Node

#: What a line may have besides its text: the longest command with two names, and then some.
_ROOM_FOR_COMMAND: Final = 512
#: How many telnet commands a second are carried out of those who send many: at 1 µs each, a hundredth of a core.
_COMMAND_RATE: Final = 10_000
#: … and how many before login at all: the longest opening of a real client has some dozens.
_COMMANDS_BEFORE_LOGIN: Final = 1_000
#: As many bytes does a telnet command cost, a read at least, and a frame besides its own.
_COST: Final = 64
#: What is handed in of one session before others have their turn: 1.5 ms of the shortest lines, at 12 µs each, or 8 KiB.
_TURN: Final = 8 * 1024


_TOO_SOON: Final = (
    "That began like a private message, and more came before it could be sent. It was not sent. "
    "Wait a second behind a private message, or end lines with a line end."
)


class LineReader:
    """Hands in what one session sends, in order, as lines (``line``) or objects (``json``).

    A frame is cut when it may be handed in, and not before: what waits is the bytes that came. It reads on only while none
    do, so what it holds is bounded by one read and the framer. Before login that read is a small one.

    ``inside``: logged in. ``reading``: when it is read from. ``answers_pings``: it did so once.
    """

    def __init__(
        self,
        node: Node,
        peer: Session,
        source: Source,
        networks: tuple[str, ...],
        line: LineDialect,
        json: Dialect,
        lines: bool,
        ahead: ReadAhead,
        rates: ByteRates,
        start_over: Callable[[bytes, bool], None],
        older: OlderProgram | None = None,
    ) -> None:
        """``lines``: it speaks lines at first, and not JSON. ``networks``: see :class:`.ReadControl`.

        ``start_over`` opens a session that speaks JSON in the place of this one, for what is given: bytes, and the end.
        ``older``: finds out whether it is one.
        """
        self._node = node
        self._peer = peer
        self._source = source
        self._line = line
        self._json = json
        self.reading = ReadControl(source, networks, node.clock, ahead, rates, self.pump)
        self._start_over = start_over
        self._older = older
        limits = node.limits
        self._longest = limits.max_text + _ROOM_FOR_COMMAND
        framer = TerminalFramer(self._longest, limits.max_endless)
        self._frames = Frames(framer, self._begin, self._obeyed)
        self._pauses = Pauses(node, line, self.pump)
        self._counted = 0  # how many bytes are counted as waiting
        self._wait: IDelayedCall | None = None  # the flood wait: no line is handed in until then
        self._turn: IDelayedCall | None = None  # others have their turn first
        self._cooling: IDelayedCall | None = None  # too many telnet commands: no more until then
        self.inside = False
        # How a session of lines came in, until it sent another line than an empty one: a program may have sent a nickname, or
        # an empty line, before it speaks.
        self._came_as: Literal["guest", "nick"] | None = None
        self._tried = False  # a nickname; and what came together with it is not used up
        self._ended = False  # no more input
        self._pumping = False
        self._slowed = False  # was told that it is too fast
        self._prompt = PasswordPrompt(node, self._frames.telnet)
        self._first = FirstLine(node, peer, line)
        self._window = Window(node, peer, self._frames.telnet, line)
        # What the session does by itself after login.
        self._chores: deque[Callable[[], None]] = deque()
        self.answers_pings = False
        self._lines = True  # it speaks lines
        if not lines:
            self._speak_json()

    # --- bytes ---

    def receive(self, data: bytes) -> None:
        """Take what arrived."""
        if self._pauses.watching:
            self._pauses.arrived(data, plain=self._frames.telnet.passes(data))
        self.reading.count(max(len(data), _COST))
        self._frames.take(data)
        self.pump()

    def finish(self) -> None:
        """The other side sends no more, but still reads: ``printf … | nc -N``. Handle what is there, then leave."""
        self._ended = True
        self._pauses.stop()
        self._frames.finish()
        self.reading.finish()
        self.pump()

    def clear(self) -> None:
        """Hand in nothing more of what came."""
        self._frames.clear()
        self._counted = 0
        self._node.delivery.backlog.note(self, 0)

    def stop(self) -> None:
        """The connection is gone."""
        self.clear()
        self.reading.stop()
        self._pauses.stop()
        self._window.stop()
        if self._older is not None:
            self._older.stop()
        for timer in (self._wait, self._turn, self._cooling):
            if timer is not None and timer.active():
                timer.cancel()

    def _begin(self, text: bytes) -> bool:
        """Look at the first bytes for who speaks what; tell whether they may."""
        if is_tls(text):
            self._drop("TLS")
            return False
        if text.startswith(b"{"):
            self._speak_json()
        return True

    def _speak_json(self, so_far: bytes = b"") -> None:
        """Go on in JSON, first with what was taken for a line."""
        rest = self._frames.framer.take()
        limits = self._node.limits
        self._longest = limits.max_object
        self._frames.framer = JsonFramer(self._longest, limits.max_endless)
        if self._lines:
            self._lines = False
            self._node.visits.speak(self._peer, self._json.open())
        self._frames.framer.feed(so_far + rest)

    def _obeyed(self, commands: int, answer: bytes) -> None:
        """Some telnet commands were carried out."""
        self._node.delivery.send(self._peer.outbox, answer)
        self.reading.count(commands * _COST)
        self._window.look()
        if self._frames.telnet.astray:
            why = "what you typed is a telnet command without end; set your terminal or client to UTF-8"
            self._node.visits.say_goodbye(self._peer, why, "sent something that is not UTF-8")
        elif not self.inside and self._frames.telnet.commands > _COMMANDS_BEFORE_LOGIN:
            why = "too many telnet commands before a nickname"
            self._say_goodbye(why, logged=why)
        elif self._frames.tired:
            wait = self._frames.tired / _COMMAND_RATE
            self._cooling = self._node.clock.callLater(wait, self._cooled)

    def _cooled(self) -> None:
        self._cooling = None
        self._frames.tired = 0
        self.pump()

    @property
    def _partial(self) -> bool:
        """A line began to arrive, and its end did not. Objects need no line ends."""
        return self._lines and self._frames.framer.partial

    def _count(self) -> None:
        """Count what waits, as what waits for slow readers is counted."""
        self._counted = self._frames.waiting
        backlog = self._node.delivery.backlog
        backlog.note(self, self._counted)
        backlog.relieve()

    def end(self) -> None:
        """See :meth:`twisted_chat.delivery.backlog.Behind.end`."""
        self._node.delivery.backlog.ended += 1
        why = "too much of what you sent waits, and the server has no more room for it; the rest was not sent"
        self._node.visits.say_goodbye(self._peer, why, "sent too much at once")

    # --- frames ---

    def pump(self) -> None:
        """Hand in lines, as long as there are any and the session may; others have their turn in between."""
        peer = self._peer
        if self._pumping:
            return
        self._pumping = True
        frames = self._frames
        spent = -frames.framer.taken_back
        try:
            while True:
                if self._chores and peer.placed:
                    self._chores.popleft()()
                    continue
                if self._older is not None and not self._older.is_clear(frames, self._ended):
                    waits = False
                    break
                if self._wait is not None or self._turn is not None or not peer.ready:
                    waits = self._frames.more
                    break
                frame = frames.look()
                if frame is None:
                    waits = bool(frames.raw)
                    break
                if self._tried and not self.inside:
                    why = "what came together with that nickname was not used; connect again to try another"
                    self._node.tell(peer, r.Refused("not-logged-in", why))
                    self._say_goodbye("", logged="its nickname was refused")
                    continue
                if self._older is not None and not self.inside and self._older.enters(frame):
                    continue
                if spent + frames.framer.taken_back >= _TURN:
                    self._turn = self._node.clock.callLater(0, self._take_turn)
                    continue
                wait = self._node.admit(peer)
                if wait:
                    self._slow_down(wait)
                    continue
                if self._slowed and self._node.rested(peer):
                    self._slowed = False
                frames.drop()
                prompt = self._prompt
                if (
                    self.inside
                    and isinstance(frame, bytes)
                    and not prompt.asked
                    and prompt.wrong is None
                    and self._came_as is None
                    and not self._pauses.joined
                ):
                    # First, for nearly all frames are this one.
                    spent += _COST + len(frame)
                    self._parse(frame)
                else:
                    spent += _COST
                    self._handle(frame)
        finally:
            self._pumping = False
        if peer.closing:
            self.clear()
            return
        if not waits and (self._ended or self._tried) and peer.ready:
            if self._ended:
                self._node.visits.leave(peer, "disconnected")
            elif not self._partial:
                # What comes next is sent by somebody who could see the answer.
                self._tried = False
        reads = not waits and self._cooling is None
        if reads != self.reading.on:
            self.reading.read(reads)
        partial = frames.framer.partial
        if waits or self._counted or partial:
            self._count()
        if partial and not waits and not self._ended:
            self._pauses.wait(frames.framer, inside=self.inside)
        if not self.inside and self.reading.on:
            self.reading.read_before_login(frames.waiting, self._longest)

    def _take_turn(self) -> None:
        self._turn = None
        self.pump()

    def _slow_down(self, wait: float) -> None:
        if not self.inside:
            self._say_goodbye("too many tries", logged="too many tries")
            return
        if not self._slowed:
            self._slowed = True
            self._node.tell(self._peer, r.Notice("slow-down", self._why_slow()))
        self._wait = self._node.clock.callLater(wait, self._waited)

    def _why_slow(self) -> str:
        if self._node.crowded(self._peer):
            return "Many people write from your network, or in this room; what you send follows a little later, nothing is lost."
        rate = self._node.limits.flood_rate
        lines = "1 line" if rate == 1 else f"{rate:,} lines"
        return f"you send faster than {lines} a second; the rest follows at that speed, nothing is lost"

    def _waited(self) -> None:
        self._wait = None
        if is_broken(self._source):
            # The reactor does not watch a connection that is not read from: a ghost would go on talking.
            self.clear()
            self._source.abortConnection()
        else:
            self.pump()

    def _handle(self, frame: Frame) -> None:
        """Handle a frame that may be something else than a command."""
        peer = self._peer
        asking = self._prompt.take(peer) if self._prompt.asked else None
        if self.inside and not self._first.settle(frame):
            return
        match frame:
            case TooLong() if not self.inside and asking is None:
                why = "that is too long for a nickname"
                self._say_goodbye(why, logged="its nickname was too long")
            case TooLong():
                limits = self._node.limits
                limit = limits.max_text if self._lines else limits.max_object
                why = f"that was more than {limit:,} bytes; nothing of it was sent"
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
            case bytes() if self._lines and is_object(frame):
                self._object(frame)
            case _ if asking is not None:
                self._prompt.answer(peer, asking, frame)
            case _ if (slip := self._prompt.again(peer, frame)) is not None:
                self._refuse(slip)
            case _ if self._pauses.spoils(frame):
                self._refuse(BadLine(_TOO_SOON, "looks-private"))
            case _:
                if frame.strip():
                    self._came_as = None
                self._parse(frame)

    def _object(self, frame: bytes) -> None:
        """Handle an object of a program in a session of lines: it was to be the first thing sent, and is never said."""
        if not self.inside:
            self._speak_json(frame + b"\n")
        elif self._came_as == "guest":
            rest = frame + b"\n" + self._frames.framer.take() + self._frames.raw
            self._start_over(rest, self._ended)
        elif self._came_as == "nick":
            user = self._node.hub.user_of(self._peer.id)
            why = (
                f"You are logged in as {user.nick if user else 'somebody'} already, and your session is one of plain lines. "
                "Nothing was sent. To speak JSON, connect again and send an object first."
            )
            refused = r.Refused("already-logged-in", why)
            self._node.delivery.send(self._peer.outbox, self._json.open().reply(refused, None))
        else:
            self._parse(frame)

    def _is_http(self, frame: bytes) -> bool:
        """Tell whether this first line begins an HTTP request; an empty line may stand before it (RFC 9112, section 2.2)."""
        after = frame if frame.strip() else self._frames.look() or frame
        return isinstance(after, bytes) and is_http(after)

    def _parse(self, frame: bytes) -> None:
        for step in self._peer.dialect.take(frame, logged_in=self.inside):
            self._do(step)

    def _do(self, step: Step) -> None:
        if isinstance(step, BadLine):
            self._refuse(step)
        elif isinstance(step, bytes):
            self._node.delivery.send(self._peer.outbox, step)
        else:
            self._submit(step)

    def _submit(self, request: Request) -> None:
        if isinstance(request.command, c.Pong):
            self.answers_pings = True
        if isinstance(request.command, c.Login):
            self._tried = True
            request = Request(login := self._first.read(request.command), request.tag)
            self._prompt.expect(login)
            if not self.inside and self._lines:
                self._came_as = "guest" if login.nick is None else "nick"
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
        self.clear()
        self._source.abortConnection()

    # --- what the node asks for ---

    def drained(self) -> None:
        """See :meth:`twisted_chat.delivery.outbox.Sink.drained`."""
        if self._older is not None and self.inside:
            self._older.drained()

    def logged_in(self, *, resumed: bool) -> None:
        """See :meth:`twisted_chat.delivery.session.Door.logged_in`."""
        self.inside = True
        self.reading.logged_in()
        if not resumed:
            peer = self._peer
            # The hint only after the join has happened; and at once then, so that both go out as one write.
            self._chores.append(lambda: self._node.submit(peer, Request(c.Join(LOBBY))))
            self._chores.append(lambda: self._node.tell(peer, r.Hint()))
            self._chores.append(self._first.tell)

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        """See :meth:`twisted_chat.delivery.session.Door.ask_password`."""
        if not self._lines:
            return False
        if not self._prompt.asked and (self._frames.more or self._partial):
            return False  # what came already is no answer to a question that was not asked yet
        return self._prompt.ask(self._peer, name, wrong=wrong)
