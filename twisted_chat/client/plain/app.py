"""Plain mode: lines in, lines out; on a simple terminal, in a pipe, in a script."""

from __future__ import annotations

import getpass
import os
import signal
import sys
from collections import deque
from collections.abc import Callable
from io import TextIOWrapper
from typing import Any, Final, TextIO

import msgspec
from twisted.internet.defer import Deferred, succeed

from twisted_chat.client import events as ev
from twisted_chat.client.commands import InvalidInput, enter
from twisted_chat.client.link.open import TlsMissing, open_link
from twisted_chat.client.options import USAGE, Settings
from twisted_chat.client.piped import LONGEST, Piece, PipeReader
from twisted_chat.client.plain import transcript
from twisted_chat.client.plain.keyboard import Keyboard
from twisted_chat.client.plain.long_texts import enter_long, say
from twisted_chat.client.plain.view import PlainView
from twisted_chat.core.values.text import BadText, decode
from twisted_chat.dialects.framing import Endless, LineFramer, MarkSkipper, TooLong
from twisted_chat.dialects.line.layout import INDENT, rows
from twisted_chat.runtime import tasks

#: The exit status when the server could not be reached, or was lost before the last acknowledgement.
LOST: Final = 1

_PROMPT: Final = "<You> "
# Longer than any message may be; shorter than an object, so that the server can say what is wrong with it.
_MAX_LINE: Final = 8 * 1024
_MAX_ENDLESS: Final = 1024 * 1024
# Seconds to wait for the connection to close.
_PARTING: Final = 2.0
# How often a password is asked for.
_TRIES: Final = 3


class Plain:
    """One visit. ``status`` is the exit status, once ``ended`` has fired."""

    def __init__(
        self,
        reactor: Any,
        settings: Settings,
        out: TextIO,
        err: TextIO,
        *,
        terminal: bool,
        ask: Callable[[str], str] | None = None,
        keyboard: Callable[..., Keyboard] = Keyboard,
    ) -> None:
        """``terminal``: a person types and reads here. ``ask`` asks a person for a password without showing it, and
        returns "" if they give none; it is None if no person types. Raises TlsMissing."""
        self._reactor = reactor
        self._out = out
        self._err = err
        self._terminal = terminal
        self._ask = ask
        self._tries = _TRIES
        self.link = open_link(reactor, settings.target, self._heard)
        self._identity = settings.target.identity
        self._view = PlainView(lambda: self.link.focus, lambda: self.link.nick, reactor.seconds)
        self._keyboard = keyboard(reactor, self._typed)
        self._mark = MarkSkipper()
        self._framer = LineFramer(_MAX_LINE, _MAX_ENDLESS)
        self._literal, self._quiet = settings.literal, settings.quiet
        #: What another program writes is made fit to be said; a person is told what is wrong with it.
        self._pipe = PipeReader() if ask is None or settings.literal else None
        #: The line of which this is a part was not accepted.
        self._unsaid = False
        #: What was read and is not said yet: of one piece.
        self._lines: deque[bytes | TooLong | Piece] = deque()
        #: What was said and is not acknowledged yet, by tag: it is not shown as said before.
        self._unacked: dict[str, list[str]] = {}
        #: Input was begun to be read; a piece of it is being dealt with; it is over.
        self._began = self._piece = self._eof = False
        self._typing = False
        self._prompted = False
        #: Nobody reads what is shown any more.
        self._unread = False
        self._over = False
        #: Why one leaves.
        self._reason: str | None = None
        #: Something that was typed was not accepted.
        self._refused = False
        self.status = 0
        self.ended: Deferred[None] = Deferred()

    def start(self) -> None:
        self.link.startService()

    def interrupt(self) -> Deferred[None]:
        """Leave now, as Ctrl-C asks for; return what fires when that is done."""
        if self.ended.called:
            return succeed(None)
        done: Deferred[None] = Deferred()
        _ = self.ended.addBoth(done.callback)
        self._break_off()
        return done

    # --- what comes from the server ---

    def _heard(self, event: ev.Event) -> None:
        match event:
            case ev.Offline(why=why, again=None):
                self._end(LOST, why)
                return
            case ev.NameRefused():
                self._name_refused(event)
                return
            case ev.Refused(tag=tag) | ev.Undone(tag=tag) | ev.HandedBack(tag=tag) if (
                not self._terminal
            ):
                self._unacked.pop(tag or "", None)
                self._complain(
                    " ".join(
                        line.removeprefix("! ").removeprefix("-- ")
                        for line in self._view.lines(event)
                    )
                )
            case ev.Sending() if self._terminal:
                for line in self._view.lines(event):
                    transcript.note(line)  # it stands on the screen already
            case ev.Sending(tag=tag):
                self._unacked[tag] = list(self._view.lines(event))
            case ev.Ack(tag=str(tag)):
                for line in self._unacked.pop(tag, ()):
                    self._show(line)
            case _ if self._quiet and _is_aside(event):
                for line in self._view.lines(event):
                    transcript.note(line)
            case _:
                for line in self._view.lines(event):
                    self._show(line)
        if isinstance(event, ev.Welcome) and not self._began:
            self._began = True
            self._keyboard.start()
            self._prompt()
        # There may be room for more of what was typed.
        self._type()

    def _name_refused(self, refused: ev.NameRefused) -> None:
        asks = refused.code in ("password-needed", "wrong-password")
        if asks and self._ask is not None and not self._began and self._tries:
            self._tries -= 1
            password = self._ask(f"Password of {refused.nick}: ")
            if password:
                self.link.use(msgspec.structs.replace(self._identity, password=password))
                return
        hint = f". Try --nick {refused.suggestion}." if refused.suggestion else ""
        self._end(USAGE, f"{refused.text.removesuffix('.')}{hint}" if hint else refused.text)

    # --- what is typed ---

    def _typed(self, data: bytes) -> None:
        """Take what was read; empty bytes are the end."""
        self._piece, self._eof = True, not data
        if self._pipe is not None:
            self._lines += self._pipe.read(data)
            self._type()
            return
        for frame in self._framer.receive(self._mark.feed(data)) if data else self._framer.finish():
            if isinstance(frame, Endless):
                self._complain(
                    f"A line of more than {_MAX_ENDLESS // 1024**2} MiB was not sent, because it had no line end. "
                    "The rest of the input was ignored."
                )
                self._eof = True
            else:
                self._lines.append(frame)
        self._type()

    def _type(self) -> None:
        """Say as much of what was read as may wait at once; when all is said, read on, or leave."""
        if self._typing:
            return
        self._typing = True
        while self._lines and self.link.has_room() and not self._over:
            self._enter(self._lines.popleft())
            self._prompt()
        self._typing = False
        if self._lines or self._over or not self._piece:
            return
        self._piece = False
        if self._eof:
            tasks.start(self._leave(), "leaving")
        else:
            self._keyboard.next()

    def _enter(self, frame: bytes | TooLong | Piece) -> None:
        self._prompted = False
        try:
            if isinstance(frame, Piece):
                self._say(frame)
                return
            if isinstance(frame, TooLong):
                raise InvalidInput(
                    f"That line is longer than {_MAX_LINE:,} bytes. It was not sent."
                )
            enter(self.link, decode(frame), self._quit)
        except (InvalidInput, BadText) as error:
            self._complain(str(error))

    def _say(self, piece: Piece) -> None:
        """Say a line of another program, or a part of a very long one: in pieces, if it is too long for one message."""
        if piece.first:
            self._unsaid = False
        if self._unsaid or not piece.text.strip():
            return
        try:
            if self._literal or not piece.first:
                say(self.link, piece.text)
            elif piece.last and len(piece.text.encode("utf-8")) <= LONGEST:
                enter(self.link, piece.text, self._quit)
            else:
                enter_long(self.link, piece.text, whole=piece.last)
        except InvalidInput:
            # What follows is not for everybody either.
            self._unsaid = True
            raise

    def _quit(self, reason: str | None) -> None:
        """Leave when all that was typed before is answered."""
        self._reason = reason
        self._lines.clear()
        self._eof = True

    async def _leave(self) -> None:
        """Wait until all is answered, then end."""
        try:
            await self.link.when_settled()
        except ConnectionError:
            return  # the code that lost the connection has ended this already
        self._end(0)

    # --- what is shown ---

    def _show(self, line: str) -> None:
        transcript.note(line)
        width = self._width() if self._terminal else None
        # What somebody wrote must not go on in the first column, as a line of somebody else would begin.
        text = line if width is None else "\n".join(rows(line, width))
        if self._prompted:
            # The prompt has no line end: a shorter line must not leave a rest of it.
            self._write(f"\r{text:<{len(_PROMPT)}}\n{_PROMPT}")
        else:
            self._write(f"{text}\n")

    def _width(self) -> int | None:
        """Return how many columns the terminal has; None if that is not known."""
        try:
            columns = os.get_terminal_size(self._out.fileno()).columns
        except OSError:
            return None
        return columns if columns > len(INDENT) * 2 else None

    def _complain(self, why: str) -> None:
        """Tell that something that was typed was not accepted."""
        self._refused = True
        if self._terminal:
            self._show(f"! {why}")
        else:
            transcript.note(f"! {why}")
            print(f"twisted-chat: {why}", file=self._err, flush=True)

    def _prompt(self) -> None:
        if self._terminal and not self._prompted and not self._over:
            self._prompted = True
            self._write(_PROMPT)

    def _write(self, text: str) -> None:
        if self._unread:
            return
        try:
            self._out.write(text)
            self._out.flush()
        except OSError:
            # Nobody reads any more, as behind "| head -1". A person has seen enough; what comes from a pipe is said still.
            self._unread = True
            if self._ask is not None:
                self._break_off()

    # --- the end ---

    def _break_off(self) -> None:
        """End now, whether all is said or not."""
        self._end(LOST if not self._began or self._lines or self.link.waiting() else 0)

    def _end(self, status: int, why: str | None = None) -> None:
        if self._over:
            return
        self._over = True
        self.status = status or (USAGE if self._refused and not self._terminal else 0)
        if self._prompted:
            self._write("\n")
        if why is not None:
            transcript.note(f"-- Ended: {why}")
            print(f"twisted-chat: {why}", file=self._err, flush=True)
        self.link.quit(self._reason)
        closed = self.link.when_closed().addTimeout(_PARTING, self._reactor)
        # Whether it was closed in time or not, this is the end.
        _ = closed.addBoth(lambda _: self.ended.callback(None))


def _is_aside(event: ev.Event) -> bool:
    """Return whether this is neither a new message nor an answer: history at the join, joins, notices."""
    match event:
        case ev.Message(replay=replay, room=room):
            # What waited in private while one was away comes now for the first time.
            return replay and room is not None
        case ev.Refused() | ev.Undone() | ev.HandedBack() | ev.Page() | ev.Found():
            return False
        case ev.Who() | ev.Listing() | ev.Whois() | ev.Help() | ev.RoomSettings() | ev.Bans():
            return False
        case ev.Invitations() | ev.ProfileValues() | ev.ServerBans() | ev.Audit() | ev.Stats():
            return False
        case ev.Whowas() | ev.Self() | ev.Counts() | ev.Watched():
            return False
        case _:
            return True


def _ask(prompt: str) -> str:
    """Ask for a password; "" if a person ends that with Ctrl-C or Ctrl-D."""
    # The reactor notes an interrupt and waits until it is its turn again, which is not before a line was typed.
    stops = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, signal.default_int_handler) for each in stops]
    try:
        return getpass.getpass(prompt)
    except (EOFError, KeyboardInterrupt):
        print(file=sys.stderr)  # the next line begins below the prompt
        return ""
    finally:
        for each, handler in zip(stops, before, strict=True):
            signal.signal(each, handler)


def run(settings: Settings) -> int:
    """Visit a server in plain mode; return the exit status."""
    from twisted.internet import reactor

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal without UTF-8 shows a ? for what it cannot show.
            stream.reconfigure(errors="replace")
    person = sys.stdin is not None and sys.stdin.isatty()
    the_reactor: Any = reactor
    try:
        transcript.begin(settings.log)
        plain = Plain(
            the_reactor,
            settings,
            sys.stdout,
            sys.stderr,
            terminal=person and sys.stdout.isatty(),
            ask=_ask if person else None,
        )
    except (transcript.NoLog, TlsMissing) as error:
        print(f"twisted-chat: {error}", file=sys.stderr)
        return USAGE
    stopping = False

    def leave() -> Deferred[None]:
        nonlocal stopping
        stopping = True
        return plain.interrupt()

    def ended(_: None) -> None:
        if not stopping:
            the_reactor.stop()

    _ = plain.ended.addCallback(ended)
    the_reactor.addSystemEventTrigger("before", "shutdown", leave)
    the_reactor.callWhenRunning(plain.start)
    the_reactor.run()
    return plain.status
