"""The reader of the line door: it takes off telnet, cuts lines or objects, and handles the lines that are not commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import LOBBY, Nick, RoomName
from twisted_chat.delivery.sessions import Session, Sessions
from twisted_chat.dialects.base import BadLine, Dialect, Request
from twisted_chat.dialects.framing import Endless, Frame, JsonFramer, TooLong
from twisted_chat.dialects.json.decode import is_object
from twisted_chat.dialects.line.parse import LineDialect
from twisted_chat.dialects.terminal import TerminalFramer
from twisted_chat.doors.line.first_line import FirstLine
from twisted_chat.doors.line.frames import TelnetFrames
from twisted_chat.doors.line.older_programs import OlderProgram
from twisted_chat.doors.line.password_prompt import PasswordPrompt
from twisted_chat.doors.line.pauses import Pauses
from twisted_chat.doors.line.window import Window
from twisted_chat.doors.other_protocols import is_http, is_tls
from twisted_chat.doors.read_limits import ReadLimits, Source
from twisted_chat.doors.reader import COST, SessionReader, too_long

#: What a line may have in addition to its text: the longest command with two names, and some room.
_ROOM_FOR_COMMAND: Final = 512
#: Telnet commands carried out per second for a client that sends many: at 1 µs each, a hundredth of a core.
_COMMAND_RATE: Final = 10_000
#: … and in total before login: the longest opening of a real client has a few dozen.
_COMMANDS_BEFORE_LOGIN: Final = 1_000

_TOO_SOON: Final = (
    "That began like a private message, and more text came before it was complete. It was not sent. "
    "Wait a second after a private message, or end each line with a newline."
)


class LineReader(SessionReader):
    """Submits what one session sends as lines (in the dialect ``line``) or objects (``json``)."""

    _frames: TelnetFrames

    def __init__(
        self,
        sessions: Sessions,
        peer: Session,
        source: Source,
        networks: tuple[str, ...],
        shared: ReadLimits,
        line: LineDialect,
        json: Dialect,
        start_over: Callable[[bytes, bool], None],
        older: OlderProgram | None = None,
        *,
        lines: bool,
    ) -> None:
        """``start_over`` replaces the session by one that speaks JSON; it is given the input so far, and whether that has ended.

        ``older`` finds out whether the client is an older program. ``lines``: the session begins with lines, not JSON.
        """
        limits = sessions.limits
        longest = limits.max_text + _ROOM_FOR_COMMAND
        framer = TerminalFramer(longest, limits.max_endless)
        frames = TelnetFrames(framer, self._begin, self._obeyed)
        super().__init__(sessions, peer, source, networks, shared, frames, longest)
        self._json = json
        self._start_over = start_over
        self._older = older
        if older is not None:
            self._undecided = lambda: not older.is_clear(frames, self._ended)
        self._pauses = Pauses(sessions.clock, self._hub, line, self.pump)
        self._arrived = self._watch
        # How a session of lines logged in, until it sends a line that is not empty: a program may send a nickname or an empty
        # line before its first object.
        self._came_as: Literal["guest", "nick"] | None = None
        self._prompt = PasswordPrompt(sessions, self._hub, frames.telnet)
        self._first = FirstLine(sessions, self._hub, peer, line)
        self._window = Window(sessions, peer, frames.telnet, line)
        self._lines = lines  # it speaks lines now
        if not lines:
            self._expect_objects()

    # --- bytes ---

    def _watch(self, data: bytes) -> None:
        """Show a read to the pauses, as long as a pause can end a line."""
        self._pauses.arrived(data, plain=self._frames.telnet.passes(data))
        self._plain = self._plain and not self._pauses.joined
        if not self._pauses.watching:
            self._arrived = None

    def finish(self) -> None:
        self._pauses.stop()
        super().finish()

    def stop(self) -> None:
        super().stop()
        self._pauses.stop()
        self._window.stop()
        if self._older is not None:
            self._older.stop()

    def _begin(self, text: bytes) -> bool:
        """Find out from the first bytes what the client speaks; return False if the connection is closed for that."""
        if is_tls(text):
            self._drop("TLS")
            return False
        if text.startswith(b"{"):
            self._speak_json()
        return True

    def _speak_json(self, so_far: bytes = b"") -> None:
        """Switch to JSON; ``so_far`` was read as a line and is read again."""
        if self._lines:
            self._lines = False
            self._sessions.speak(self._peer, self._json.open())
            self._expect_objects(so_far)

    def _expect_objects(self, so_far: bytes = b"") -> None:
        rest = self._frames.framer.take()
        limits = self._sessions.limits
        self._longest = limits.max_object
        self._frames.framer = JsonFramer(self._longest, limits.max_endless)
        self._frames.framer.feed(so_far + rest)

    def _obeyed(self, commands: int, answer: bytes) -> None:
        """Some telnet commands were carried out."""
        self._sessions.send(self._peer, answer)
        self.reading.count(commands * COST)
        self._turns.spent += commands * COST
        if self._lines:
            self._window.look()
        if self._frames.telnet.astray:
            why = "your client sent an unfinished telnet command; set your terminal or client to UTF-8"
            self._sessions.say_goodbye(self._peer, why, "sent something that is not UTF-8")
        elif not self.inside and self._frames.telnet.commands > _COMMANDS_BEFORE_LOGIN:
            why = "too many telnet commands before the login"
            self._say_goodbye(why, logged=why)
        elif self._frames.tired:
            wait = self._frames.tired / _COMMAND_RATE
            self._cooling = self._sessions.clock.callLater(wait, self._cooled)

    def _cooled(self) -> None:
        self._cooling = None
        self._frames.tired = 0
        self.pump()

    @property
    def _partial(self) -> bool:
        """The beginning of a line has arrived without its end. Objects need no line ends."""
        return self._lines and self._frames.framer.partial

    # --- frames ---

    def _before_login(self, frame: Frame) -> bool:
        if self._tried:
            # Lines that came together with a refused nickname are not tried as nicknames.
            why = "The lines after that nickname were ignored. Connect again to try another."
            self._sessions.tell(self._peer, r.Refused("not-logged-in", why))
            self._say_goodbye("", logged="nickname refused")
            return True
        return self._older is not None and self._older.enters(frame)

    def _caught_up(self) -> None:
        super()._caught_up()
        if not self._ended and not self._partial:
            # What comes from now on was sent by a client that could see the answer.
            self._tried = False

    def _left_open(self) -> None:
        self._pauses.wait(self._frames.framer, inside=self.inside)
        if self._pauses.watching:
            self._arrived = self._watch

    def _handle(self, frame: Frame) -> None:
        """Handle a frame that may be something other than a command; nearly all frames take the shorter way."""
        self._handle_any(frame)
        prompt = self._prompt
        self._plain = (
            self.inside
            and not prompt.asked
            and prompt.missed is None
            and self._came_as is None
            and not self._pauses.joined
        )

    def _handle_any(self, frame: Frame) -> None:
        peer = self._peer
        asking = self._prompt.take(peer) if self._prompt.asked else None
        if self.inside and not self._first.settle(frame):
            return
        match frame:
            case TooLong() if not self.inside and asking is None:
                why = "too long for a nickname"
                self._say_goodbye(why, logged="nickname too long")
            case TooLong():
                bad = too_long(self._sessions.limits.max_text if self._lines else self._longest)
                if asking is not None:
                    self._prompt.refuse(peer, asking, bad)
                else:
                    self._refuse(bad)
            case Endless():
                self._end_endless()
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
                self._take(frame)

    def _object(self, frame: bytes) -> None:
        """Handle a program's object in a session of lines: it should have come first, and is never said."""
        if not self.inside:
            self._speak_json(frame + b"\n")
        elif self._came_as == "guest":
            rest = frame + b"\n" + self._frames.framer.take() + self._frames.raw
            self._start_over(rest, self._ended)
        elif self._came_as == "nick":
            identity = self._hub.identity(self._peer.id)
            nick = identity.nick if identity is not None else "somebody"
            why = (
                f"You are already logged in as {nick}, and this session uses plain lines. "
                "Nothing was sent. To use JSON, connect again and send an object first."
            )
            refused = r.Refused("already-logged-in", why)
            self._sessions.send(self._peer, self._json.open().reply(refused, None))
        else:
            self._take(frame)

    def _is_http(self, frame: bytes) -> bool:
        """Return whether the first line begins an HTTP request; an empty line may come before it (RFC 9112, section 2.2)."""
        after = frame if frame.strip() else self._frames.look() or frame
        return isinstance(after, bytes) and is_http(after)

    def _look_at(self, request: Request) -> Request:
        command = request.command
        if isinstance(command, c.Login):
            self._tried = True
            command = self._first.read(command)
            self._expect(command.nick, password=command.password is not None)
            if not self.inside and self._lines:
                self._came_as = "guest" if command.nick is None else "nick"
            return Request(command, request.tag)
        if isinstance(command, c.Rename):
            self._expect(command.nick, password=False)
        return super()._look_at(request)

    def _expect(self, nick: Nick | None, *, password: bool) -> None:
        self._plain = False
        self._prompt.expect(nick, password=password)

    def _refuse(self, bad: BadLine) -> None:
        self._tried = True
        super()._refuse(bad)

    # --- what the session is told ---

    def drained(self) -> None:
        if self._older is not None and self.inside:
            self._older.drained()

    def logged_in(self, *, resumed: bool) -> None:
        super().logged_in(resumed=resumed)
        if not resumed:
            peer = self._peer
            # The hint follows at once when the join has taken effect, so that both go out in one write.
            self._chores.append(lambda: self._sessions.submit(peer, Request(c.Join(LOBBY))))
            self._chores.append(lambda: self._sessions.tell(peer, r.Hint()))
            self._chores.append(self._first.tell)

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        if not self._lines:
            return False
        if not self._prompt.asked and (self._frames.more or self._partial):
            return False  # input that came before the question is not its answer
        self._plain = False
        return self._prompt.ask(self._peer, name, wrong=wrong)
