"""What one session sends, on any door: cut into frames, and handed in one by one while the session may."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IDelayedCall

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.delivery.session import Session
from twisted_chat.dialects.base import BadLine, Request, Step
from twisted_chat.dialects.framing import Endless, Frame, Framer, TooLong
from twisted_chat.doors.read_limits import ReadControl, ReadLimits, Source
from twisted_chat.doors.sockets import is_broken
from twisted_chat.server.node import Node

#: As many bytes does a read cost at least, and a frame besides its own.
COST: Final = 64
#: What is handed in of one session before others have their turn: 1.5 ms of the shortest lines, at 12 µs each, or 8 KiB.
_TURN: Final = 8 * 1024


class Frames:
    """What waits is the bytes that came, but for the one frame that was cut to see whether there is one.

    ``raw``: those that the framer did not get yet. A door whose frames are all there is in its bytes has none.
    """

    def __init__(self, framer: Framer) -> None:
        self.framer = framer
        self.raw = bytearray()
        self.closed = False
        self._ended = False  # no more comes
        self._frame: Frame | None = None

    def take(self, data: bytes) -> None:
        """Take what arrived."""
        if not self.closed:
            self.framer.feed(data)

    def finish(self) -> None:
        """No more comes: what is there is a frame without its end."""
        self._ended = True

    def clear(self) -> None:
        """Forget what waits, and take nothing more."""
        self.closed = True
        self._frame = None
        self.raw.clear()
        self.framer.take()

    def look(self) -> Frame | None:
        """Return the next frame, if it is complete, and leave it where it is."""
        if self._frame is None:
            frame = self._frame = self.framer.next()
            if frame is None and (self.raw or self._ended):
                frame = self._frame = self._rest()
            return frame
        return self._frame

    def _rest(self) -> Frame | None:
        """Return the next frame when there is none in what the framer has."""
        return next(iter(self.framer.finish()), None)

    def drop(self) -> None:
        """Go on behind the frame that :meth:`look` returned."""
        self._frame = None

    @property
    def more(self) -> bool:
        """Something came that can be handed in, now or later."""
        return self.look() is not None or bool(self.raw)

    @property
    def waiting(self) -> int:
        """How many bytes wait."""
        cut = len(self._frame) if isinstance(self._frame, bytes) else 0
        return cut + self.framer.waiting + len(self.raw)


class SessionReader:
    """Hands in what one session sends, in order.

    A frame is cut when it may be handed in, and not before: what waits is the bytes that came. It reads on only while none
    do, so what it holds is bounded by one read, the framer, and the steps of one frame. Before login that read is a small one.

    A door says what its frames are, and may override what is done before login, with a frame, with a command, and when all
    that came is handed in.

    ``inside``: logged in. ``reading``: when it is read from. ``answers_pings``: it did so once.
    """

    def __init__(
        self,
        node: Node,
        peer: Session,
        source: Source,
        networks: tuple[str, ...],
        shared: ReadLimits,
        frames: Frames,
        longest: int,
    ) -> None:
        """``networks``: see :class:`.ReadControl`. ``longest``: the longest frame, in bytes."""
        self._node = node
        self._peer = peer
        self._source = source
        self.reading = ReadControl(source, networks, node.clock, shared, self.pump)
        self._frames = frames
        self._longest = longest
        self._plain = False  # the next frame is for the dialect, if it is not too long
        self._tried = (
            False  # to log in, or what was no command: there is something to do in _caught_up
        )
        #: Is shown each read; a door sets it.
        self._arrived: Callable[[bytes], None] | None = None
        #: Tells that nothing may be cut yet, while that can be; a door sets it.
        self._undecided: Callable[[], bool] | None = None
        self._cooling: IDelayedCall | None = None  # a door's own reason to read no more until then
        self._counted = 0  # how many bytes are counted as waiting
        self._wait: IDelayedCall | None = None  # the flood wait: no line is handed in until then
        self._turn: IDelayedCall | None = None  # others have their turn first
        self.inside = False
        self._ended = False  # no more input
        self._pumping = False
        self._slowed = False  # was told that it is too fast
        #: What the session does by itself, as soon as what it asked for has happened.
        self._chores: deque[Callable[[], None]] = deque()
        #: What the last frame brings besides what was done of it. A frame is no longer than the limit, so are they.
        self._steps: deque[Step] = deque()
        self._unfinished = False  # a command of a serial dialect
        self.answers_pings = False

    # --- bytes ---

    def receive(self, data: bytes) -> None:
        """Take what arrived."""
        if self._arrived is not None:
            self._arrived(data)
        self.reading.count(max(len(data), COST))
        self._frames.take(data)
        self.pump()

    def finish(self) -> None:
        """The other side sends no more, but still reads: ``printf … | nc -N``. Handle what is there, then leave."""
        self._ended = True
        self._frames.finish()
        self.reading.finish()
        self.pump()

    def clear(self) -> None:
        """Hand in nothing more of what came."""
        self._frames.clear()
        self._steps.clear()
        self._counted = 0
        self._node.delivery.backlog.note(self, 0)

    def stop(self) -> None:
        """The connection is gone."""
        self.clear()
        self.reading.stop()
        for timer in (self._wait, self._turn, self._cooling):
            if timer is not None and timer.active():
                timer.cancel()

    def _count(self) -> None:
        """Count what waits, as what waits for slow readers is counted."""
        self._counted = self._frames.waiting
        backlog = self._node.delivery.backlog
        backlog.note(self, self._counted)
        backlog.relieve()

    def end(self) -> None:
        """See :meth:`twisted_chat.delivery.backlog.Behind.end`."""
        self._node.delivery.backlog.ended += 1
        why = "you sent more than the server has room for; the rest was not sent"
        self._node.visits.say_goodbye(self._peer, why, "sent too much at once")

    # --- frames ---

    def pump(self) -> None:
        """Hand in what came, as long as there is any and the session may; others have their turn in between."""
        if self._pumping:
            return
        self._pumping = True
        try:
            waits = self._hand_in()
        finally:
            self._pumping = False
        peer, frames = self._peer, self._frames
        if peer.closing:
            self.clear()
            return
        if (self._ended or self._tried) and not waits and peer.ready and not self._unfinished:
            self._caught_up()
        reads = not waits and self._cooling is None
        if reads != self.reading.on:
            self.reading.read(reads)
        partial = frames.framer.partial
        if waits or self._counted or partial:
            self._count()
        if partial and not waits and not self._ended:
            self._left_open()
        if not self.inside and self.reading.on:
            self.reading.read_before_login(frames.waiting, self._longest)

    def _hand_in(self) -> bool:
        """Hand in what can be now; tell whether something waits."""
        peer, frames = self._peer, self._frames
        spent = -frames.framer.taken_back
        while True:
            if self._unfinished and peer.idle:
                self._unfinished = False
                self._node.delivery.send(peer.outbox, peer.dialect.finished())
                continue
            if self._chores and peer.placed:
                self._chores.popleft()()
                continue
            if self._undecided is not None and self._undecided():
                return False
            if (
                self._wait is not None
                or self._turn is not None
                or self._unfinished
                or not peer.ready
            ):
                return bool(self._steps) or frames.more
            if self._steps:
                self._do(self._steps.popleft())
                continue
            frame = frames.look()
            if frame is None:
                return bool(frames.raw)
            if not self.inside and self._before_login(frame):
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
            spent += COST
            if self._plain and isinstance(frame, bytes):
                spent += len(frame)
                self._take(frame)
            else:
                self._handle(frame)

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
            return "Many people are writing from your network or in this room. Your lines follow a little later; nothing is lost."
        rate = self._node.limits.flood_rate
        lines = "1 line" if rate == 1 else f"{rate:,} lines"
        return f"You are sending more than {lines} a second. The rest follows at that speed; nothing is lost."

    def _waited(self) -> None:
        self._wait = None
        if is_broken(self._source):
            # The reactor does not watch a connection that is not read from: a ghost would go on talking.
            self.clear()
            self._source.abortConnection()
        else:
            self.pump()

    # --- what a door may do in another way ---

    def _before_login(self, frame: Frame) -> bool:
        """Look at a frame that comes before the login; tell whether it must not be handed in as it is now."""
        return False

    def _handle(self, frame: Frame) -> None:
        """Handle a frame."""
        match frame:
            case TooLong():
                self._refuse(too_long(self._longest))
            case Endless():
                self._end_endless()
            case _:
                self._take(frame)

    def _take(self, frame: bytes) -> None:
        """Do the first step that a frame brings; the others follow when that is done."""
        steps = self._peer.dialect.take(frame, logged_in=self.inside)
        if len(steps) > 1:
            self._steps += steps[1:]
        if steps:
            self._do(steps[0])

    def _do(self, step: Step) -> None:
        if isinstance(step, Request):
            self._submit(step)
        elif isinstance(step, BadLine):
            self._refuse(step)
        else:
            self._node.delivery.send(self._peer.outbox, step)

    def _submit(self, request: Request) -> None:
        """Hand in a command."""
        if type(request.command) is not c.Say:
            request = self._look_at(request)
        self._unfinished = self._peer.dialect.serial
        self._node.submit(self._peer, request)

    def _look_at(self, request: Request) -> Request:
        """Look at a command that says nothing in a room; return what to ask for instead."""
        if isinstance(request.command, c.Pong):
            self.answers_pings = True
        return request

    def _refuse(self, bad: BadLine) -> None:
        """Say that a line is no command."""
        self._node.refuse(self._peer, bad)

    def _caught_up(self) -> None:
        """All that came is handed in, and there was an end of it, or a login."""
        if self._ended:
            self._node.visits.leave(self._peer, "disconnected")

    def _left_open(self) -> None:
        """All that came is handed in, but for the beginning of a frame."""

    # --- how it ends ---

    def _say_goodbye(self, why: str, *, logged: str) -> None:
        """End a session that has not come in."""
        self._node.visits.say_goodbye(self._peer, why, "refused", logged=logged)

    def _end_endless(self) -> None:
        self._node.visits.say_goodbye(
            self._peer, "too much without a line end", "sent too much without a line end"
        )

    def _drop(self, what: str) -> None:
        """Close a connection that speaks another protocol, before any of it had an effect."""
        self._peer.outbox.close()
        self._node.visits.close(self._peer, "refused", logged=f"it speaks {what}")
        self.clear()
        self._source.abortConnection()

    # --- what the node asks for ---

    def drained(self) -> None:
        """See :meth:`twisted_chat.delivery.outbox.Sink.drained`."""

    def logged_in(self, *, resumed: bool) -> None:
        """See :meth:`twisted_chat.delivery.session.Door.logged_in`."""
        self.inside = True
        self.reading.logged_in()

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        """See :meth:`twisted_chat.delivery.session.Door.ask_password`."""
        return False


def too_long(limit: int) -> BadLine:
    """Say that a frame was longer than ``limit``, in bytes."""
    return BadLine(f"That was longer than {limit:,} bytes. It was not sent.", "too-long")
