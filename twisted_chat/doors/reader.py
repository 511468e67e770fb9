"""The reader of a session, on any door: it cuts the input into frames and submits their commands in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from twisted.internet.interfaces import IDelayedCall

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.delivery.sessions import Session, Sessions
from twisted_chat.dialects.base import BadLine, Request, Step
from twisted_chat.dialects.framing import Endless, Frame, Framer, TooLong
from twisted_chat.doors.read_limits import NOTICED, PER_TURN, ReadControl, ReadLimits, Source
from twisted_chat.doors.sockets import is_broken

#: The least that a read costs, and what a frame costs in addition to its length, in bytes.
COST: Final = 64
#: How much of one session's input is handled before others get their turn: 8 KiB, or 1.5 ms of the shortest lines at 12 µs each.
_TURN: Final = 8 * 1024


class Frames:
    """The input that waits: bytes, and at most one frame that was cut to see whether there is one.

    ``raw`` are bytes that must be filtered before the framer gets them; only doors with such a filter use it.
    """

    def __init__(self, framer: Framer) -> None:
        self.framer = framer
        self.raw = bytearray()
        self.closed = False
        self._ended = False  # end of input
        self._frame: Frame | None = None

    def take(self, data: bytes) -> None:
        """Take what arrived."""
        if not self.closed:
            self.framer.feed(data)

    def finish(self) -> None:
        """End of input: what is left is a frame without an end."""
        self._ended = True

    def clear(self) -> None:
        """Drop the input that waits, and all that still comes."""
        self.closed = True
        self._frame = None
        self.raw.clear()
        self.framer.take()

    def look(self) -> Frame | None:
        """Return the next frame if it is complete, without consuming it."""
        if self._frame is None:
            frame = self._frame = self.framer.next()
            if frame is None and (self.raw or self._ended):
                frame = self._frame = self._rest()
            return frame
        return self._frame

    def _rest(self) -> Frame | None:
        """Return a frame when the framer has no complete one."""
        return next(iter(self.framer.finish()), None)

    def drop(self) -> int:
        """Consume the frame that :meth:`look` returned; return what it costs to handle it, in bytes."""
        frame, self._frame = self._frame, None
        cost = COST + self.framer.taken_back
        self.framer.taken_back = 0
        return cost + len(frame) if isinstance(frame, bytes) else cost

    @property
    def more(self) -> bool:
        """There is input that can be handled now or later."""
        return self.look() is not None or bool(self.raw)

    @property
    def waiting(self) -> int:
        """How many bytes wait."""
        cut = len(self._frame) if isinstance(self._frame, bytes) else 0
        return cut + self.framer.waiting + len(self.raw)


class SessionReader:
    """Submits what one session sends, in order.

    A frame is cut only when it may be handled. While input waits, nothing more is read, so the memory is bounded by one read, the
    framer, and the steps of one frame. Before login the reads are small.

    A door provides the frames, and may override what happens before login, with a frame, with a command, and at the end of the
    input.

    ``inside``: logged in. ``reading`` pauses and resumes the input. ``answers_pings``: it has answered one.
    """

    def __init__(
        self,
        sessions: Sessions,
        peer: Session,
        source: Source,
        networks: tuple[str, ...],
        shared: ReadLimits,
        frames: Frames,
        longest: int,
    ) -> None:
        """``networks``: see :class:`.ReadControl`. ``longest``: the longest frame, in bytes."""
        self._sessions = sessions
        self._hub = sessions.hub
        self._peer = peer
        self._source = source
        self.reading = ReadControl(source, networks, sessions.clock, shared, self.pump)
        self._frames = frames
        self._longest = longest
        #: The next frame goes straight to the dialect, unless it is too long.
        self._plain = False
        #: There was a login or an error, so :meth:`_caught_up` must be called.
        self._tried = False
        #: Called with every read, if a door sets it.
        self._arrived: Callable[[bytes], None] | None = None
        #: Returns True while no frame may be cut yet, if a door sets it.
        self._undecided: Callable[[], bool] | None = None
        self._cooling: IDelayedCall | None = None  # a door's own pause in reading
        self._counted = 0  # bytes counted as waiting
        self._wait: IDelayedCall | None = (
            None  # the flood limit's pause: nothing is submitted until then
        )
        self._turns = shared.turns
        self._path = (*networks[::-1], str(peer.id))
        self._turn = False  # others get their turn first
        self.inside = False
        self._ended = False  # end of input
        self._pumping = False
        self._slowed = False  # the user was told that they send too fast
        #: What the session does by itself, once its last command has taken effect.
        self._chores: deque[Callable[[], None]] = deque()
        #: The remaining steps of the last frame, made as they are taken; their number is bounded by its length.
        self._steps: Iterator[Step] | None = None
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
        """End of input, though the client still reads (``printf … | nc -N``): handle what is there, then leave."""
        self._ended = True
        self._frames.finish()
        self.reading.finish()
        self.pump()

    def clear(self) -> None:
        """Drop the rest of the input."""
        self._frames.clear()
        self._steps = None
        self._counted = 0
        self._sessions.backlog.note(self, 0)

    def stop(self) -> None:
        """The connection is gone."""
        self.clear()
        self.reading.stop()
        if self._turn:
            self._turns.forget(self._path, self._take_turn)
        for timer in (self._wait, self._cooling):
            if timer is not None and timer.active():
                timer.cancel()

    def _count(self) -> None:
        """Count the input that waits towards the same total as output that waits for slow readers."""
        self._counted = self._frames.waiting
        backlog = self._sessions.backlog
        backlog.note(self, self._counted)
        backlog.relieve()

    def end(self) -> None:
        """See :meth:`twisted_chat.delivery.outbox.Behind.end`."""
        self._sessions.backlog.ended += 1
        why = "you sent more than the server has room for; the rest was discarded"
        self._sessions.say_goodbye(self._peer, why, "sent too much at once")

    # --- frames ---

    def pump(self) -> None:
        """Submit what has arrived, as far as the session may; others get their turn in between."""
        if self._pumping:
            return
        self._pumping = True
        peer, frames, turns = self._peer, self._frames, self._turns
        try:
            waits = self._hand_in()
        finally:
            self._pumping = False
        if turns.spent >= NOTICED:
            turns.begin_anew()
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
        """Submit what may be submitted now; return whether input is left waiting."""
        peer, frames, turns = self._peer, self._frames, self._turns
        spent = 0
        while True:
            if self._unfinished and peer.idle:
                self._unfinished = False
            if self._chores and peer.placed:
                self._chores.popleft()()
                continue
            if self._undecided is not None and self._undecided():
                return False
            if self._turn:
                return True
            if self._wait is not None or self._unfinished or not peer.ready:
                return self._steps is not None or frames.more
            if self._steps is not None:
                step = next(self._steps, None)
                if step is None:
                    self._steps = None
                else:
                    self._do(step)
                continue
            if peer.dialect.unasked:
                self._steps = peer.dialect.more()
                continue
            if turns.spent >= PER_TURN and frames.waiting:
                self._let_others()
                continue
            frame = frames.look()
            if frame is None:
                return bool(frames.raw)
            if not self.inside and self._before_login(frame):
                continue
            if spent >= _TURN:
                self._let_others()
                continue
            wait = self._hub.admit(peer.id)
            if wait:
                self._slow_down(wait)
                continue
            if self._slowed and self._hub.rested(peer.id):
                self._slowed = False
            cost = frames.drop()
            spent += cost
            turns.spent += cost
            if self._plain and isinstance(frame, bytes):
                self._take(frame)
            else:
                self._handle(frame)

    def _let_others(self) -> None:
        self._turn = True
        self._turns.wait(self._path, self._take_turn)

    def _take_turn(self) -> None:
        self._turn = False
        self.pump()

    def _slow_down(self, wait: float) -> None:
        if not self.inside:
            self._say_goodbye("too many tries", logged="too many tries")
            return
        if not self._slowed:
            self._slowed = True
            self._sessions.tell(self._peer, r.Notice("slow-down", self._why_slow()))
        self._wait = self._sessions.clock.callLater(wait, self._waited)

    def _why_slow(self) -> str:
        if self._hub.crowded(self._peer.id):
            return (
                "Many people are writing from your network or in this room. "
                "Your lines will be sent a little later; nothing is lost."
            )
        rate = self._sessions.limits.flood_rate
        lines = "1 line" if rate == 1 else f"{rate:,} lines"
        return f"You are sending more than {lines} a second. The rest will be sent at that speed; nothing is lost."

    def _waited(self) -> None:
        self._wait = None
        if is_broken(self._source):
            # The reactor does not watch a connection while reading is paused: a dead client would go on talking.
            self.clear()
            self._source.abortConnection()
        else:
            self.pump()

    # --- what a door may override ---

    def _before_login(self, frame: Frame) -> bool:
        """Look at a frame that comes before login; return True if it has been dealt with for now."""
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
        """Let the dialect read a frame; a single step is taken at once, several one after the other."""
        steps = self._peer.dialect.take(frame, logged_in=self.inside)
        if type(steps) is not tuple:
            self._steps = iter(steps)
        elif steps:
            self._do(steps[0])

    def _do(self, step: Step) -> None:
        """Take a step: submit a command, answer what is not a command, or send bytes."""
        if isinstance(step, Request):
            if type(step.command) is not c.Say:
                step = self._look_at(step)
            self._unfinished = self._peer.dialect.serial
            self._sessions.submit(self._peer, step)
        elif isinstance(step, BadLine):
            self._refuse(step)
        else:
            self._sessions.send(self._peer, step)

    def _look_at(self, request: Request) -> Request:
        """Look at a command other than a message to a room; return what to submit."""
        if isinstance(request.command, c.Pong):
            self.answers_pings = True
        return request

    def _refuse(self, bad: BadLine) -> None:
        """Answer a line that is not a command."""
        self._sessions.refuse(self._peer, bad)

    def _caught_up(self) -> None:
        """All input has been handled, and there was a login, an error, or the end of input."""
        if self._ended:
            self._sessions.leave(self._peer, "disconnected")

    def _left_open(self) -> None:
        """All input has been handled except for the beginning of a frame."""

    # --- the end ---

    def _say_goodbye(self, why: str, *, logged: str) -> None:
        """End a session that has not logged in."""
        self._sessions.say_goodbye(self._peer, why, "refused", logged=logged)

    def _end_endless(self) -> None:
        self._sessions.say_goodbye(
            self._peer, "too much without a line end", "sent too much without a line end"
        )

    def _drop(self, what: str) -> None:
        """Close a connection that speaks another protocol, before any of its input has an effect."""
        self._peer.outbox.close()
        self._sessions.close(self._peer, "refused", logged=f"it speaks {what}")
        self.clear()
        self._source.abortConnection()

    # --- what the session is told ---

    def drained(self) -> None:
        """See :meth:`twisted_chat.delivery.outbox.Sink.drained`."""

    def logged_in(self, *, resumed: bool) -> None:
        """See :meth:`twisted_chat.delivery.sessions.Door.logged_in`."""
        self.inside = True
        self.reading.logged_in()

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        """See :meth:`twisted_chat.delivery.sessions.Door.ask_password`."""
        return False


def too_long(limit: int) -> BadLine:
    """Return the error for a frame of more than ``limit`` bytes."""
    return BadLine(f"That was longer than {limit:,} bytes. It was not sent.", "too-long")
