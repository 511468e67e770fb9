"""The client for bots: ``async`` in front of a link. docs/bots.md tells how to use it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_chat.client import events as ev
from twisted_chat.client.commands import InvalidInput, enter
from twisted_chat.client.link import wire
from twisted_chat.client.link.known import read_fingerprint
from twisted_chat.client.link.link import Identity, Link, NoRoom, QueueFull
from twisted_chat.client.link.open import HOST, PORT, Target, TlsMissing, open_link
from twisted_chat.client.link.weight import weight
from twisted_chat.core.values.text import BadText
from twisted_chat.dialects.private_words import read_bot_commands

log = Logger(namespace="twisted_chat.client")

#: The most events that wait for the bot: a minute of a busy room. A bot that is slower than that gets no more.
MAX_EVENTS: Final = 10_000
#: And the most bytes of them: each with a text of the usual length takes less than 1 KB.
MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
#: For how many seconds a private message waits, after a lost connection, for its recipient: few programs do anything meanwhile.
PATIENCE: Final = 10.0
#: How long :meth:`Client.close` waits for what was sent to be acknowledged, and for the connection to close, in seconds.
CLOSE_TIME: Final = 10.0


class ChatError(Exception):
    """Something did not work. ``code`` is one of docs/protocol.md, or ``offline``, ``not-sent`` or ``too-slow``."""

    def __init__(self, why: str, code: str) -> None:
        super().__init__(why)
        self.code = code


class Client:
    """One session in a chat.

    ``async with Client("127.0.0.1", 12000, nick="bot") as chat:`` connects and, at the end, waits until all that was said is
    acknowledged. ``async for event in chat:`` brings every event (:mod:`twisted_chat.client.events`), those of the login too;
    ``on_event`` is called with each as well. The session outlives its connections: ``say`` and ``tell`` return when the server
    has stored the message, however often it had to be sent.
    """

    def __init__(
        self,
        host: str = HOST,
        port: int = PORT,
        *,
        nick: str = "",
        password: str | None = None,
        rooms: Iterable[str | tuple[str, str | None]] = (),
        bot_commands: Iterable[str] = (),
        tls: bool = False,
        fingerprint: str | None = None,
        reconnect: bool = True,
        on_event: Callable[[ev.Event], None] | None = None,
        reactor: Any = None,
    ) -> None:
        """``rooms`` (names, or names with passwords) are entered besides the lobby; one talks in the last.
        ``bot_commands`` are the words, such as ``!roll``, that people may say to this bot, though they look like commands. Raises
        ValueError if one can be none.

        ``fingerprint`` is that of the certificate to trust (and implies ``tls``). Raises ValueError if it is none.
        """
        read = None if fingerprint is None else read_fingerprint(fingerprint)
        if fingerprint is not None and read is None:
            raise ValueError("a SHA-256 fingerprint has 64 hexadecimal digits")
        self._target = Target(
            host=host,
            port=port,
            tls=tls or fingerprint is not None,
            fingerprint=read,
            identity=Identity(nick=nick, password=password),
            rooms=tuple((room, None) if isinstance(room, str) else room for room in rooms),
            bot_commands=read_bot_commands(bot_commands),
            reconnect=reconnect,
            patience=PATIENCE,
        )
        self._on_event = on_event
        if reactor is None:
            from twisted.internet import reactor
        self._reactor = reactor
        self._link: Link | None = None
        self._connecting: Deferred[None] | None = None
        #: One is about to enter the rooms to begin with; why one of them cannot be entered.
        self._entering = True
        self._no_room: ChatError | None = None
        #: Callers that wait for the answer to what was sent under a tag.
        self._answers: dict[str, Deferred[ev.Event | None]] = {}
        self._events: deque[ev.Event] = deque()
        #: How many bytes these take.
        self._weight = 0
        #: The iterating caller, if it has taken all events.
        self._waiting: list[Deferred[None]] = []
        #: Why no more events come.
        self._over: ChatError | None = None

    # --- connecting ---

    async def connect(self) -> None:
        """Come in; return when one is in the lobby and in the rooms. Raises :class:`ChatError`, of a room that is refused too."""
        try:
            self._link = open_link(self._reactor, self._target, self._heard)
        except TlsMissing as error:
            raise ChatError(str(error), "not-sent") from None
        self._connecting = Deferred()
        self._link.startService()
        try:
            await self._connecting
            # What was asked for at the login is answered when this is.
            await self.settled()
            if self._no_room is not None:
                raise self._no_room
        except BaseException:
            # A caller that gives up must not be logged in some time later, with nobody to log it out.
            self._connecting = None
            self._link.quit()
            raise
        self._entering = False

    async def close(self) -> None:
        """Leave, when all that was said is acknowledged or ten seconds are over."""
        link = self._link
        if link is None:
            return
        try:
            await link.when_settled().addTimeout(CLOSE_TIME, self._reactor)
        except (ConnectionError, DeferredTimeout):
            pass  # it will not be acknowledged any more
        link.quit()
        try:
            await link.when_closed().addTimeout(CLOSE_TIME, self._reactor)
        except DeferredTimeout:
            pass  # the other side does not read what is sent

    async def settled(self) -> None:
        """Return when the server has answered everything that was sent. Raises :class:`ChatError`."""
        try:
            await self._in().when_settled()
        except ConnectionError as error:
            raise ChatError(str(error), "offline") from None

    async def __aenter__(self) -> Client:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def nick(self) -> str:
        """The name one has."""
        return self._in().nick

    @property
    def rooms(self) -> tuple[str, ...]:
        """The rooms that one is in."""
        return self._in().rooms

    @property
    def lag(self) -> float | None:
        """How long the server took to answer, in seconds; None without a connection."""
        return self._in().lag

    # --- talking; each raises ChatError with the server's reason ---

    async def say(self, text: str, room: str | None = None, kind: ev.Kind = "say") -> str:
        """Say something in a room (None: where one talks), as it stands: nothing in it is a command.

        Return the server's id of it when it is stored. What a person typed is for :meth:`typed`.
        """
        _must_be_text("say()", text)
        return _id(await self._ask(lambda link: link.say(text, room, kind)))

    async def tell(self, nick: str, text: str, kind: ev.Kind = "say") -> str:
        """Say something in private; return the server's id of it when it is delivered.

        If the connection broke meanwhile, it goes only to the person who had the name before, within ten seconds.
        """
        _must_be_text("tell()", nick, text)
        return _id(await self._ask(lambda link: link.tell(nick, text, kind)))

    async def join(self, room: str, password: str | None = None) -> None:
        """Enter a room, or talk there. It is entered again after each lost connection."""
        _must_be_text("join()", room)
        await self._ask(lambda link: link.join(room, password), settled=True)

    async def leave(self, room: str | None = None) -> None:
        """Leave a room (None: where one talks)."""
        await self._ask(lambda link: link.leave(room), settled=True)

    async def command(self, line: str) -> ev.Event | None:
        """Send a line as people type it, such as ``/who``; return the answer, or None if it was carried out without one."""
        _must_be_text("command()", line)
        return await self._ask(lambda link: link.command(line), settled=True)

    async def typed(self, line: str) -> ev.Event | None:
        """Do what a person typed, as at a terminal: say it, or carry out the command or the private form that it is.

        Return the answer, or None if there is none. Raises :class:`ChatError` too if the line is no command but looks like
        one, or like a private message mistyped: then nothing was sent.
        """
        _must_be_text("typed()", line)
        return await self._ask(lambda link: enter(link, line), settled=True)

    async def history(
        self, room: str, before: str | None = None, after: str | None = None, limit: int = 100
    ) -> ev.Page:
        """Return messages before or after an id, or the last ones; at most 1,000."""
        page = await self._ask(lambda link: link.history(room, before, after, limit))
        assert isinstance(page, ev.Page)
        return page

    async def register(self, password: str, invitation: str | None = None) -> None:
        """Make an account of the name one has."""
        await self._ask(lambda link: link.register(password, invitation))

    # --- hearing ---

    async def __aiter__(self) -> AsyncIterator[ev.Event]:
        """Bring every event, in order. It ends when one has left; raises :class:`ChatError` if the session was lost."""
        while True:
            while self._events:
                event = self._events.popleft()
                self._weight -= weight(event)
                yield event
            if self._over is not None:
                if self._over.code == "left":
                    return
                raise self._over
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            await waiting

    def _heard(self, event: ev.Event) -> None:
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception:
                log.failure("on_event failed")
        # The callback may ask for more at once; the results come after this event.
        if self._over is None:
            self._weight += weight(event)
            if len(self._events) >= MAX_EVENTS:
                self._over = ChatError(f"more than {MAX_EVENTS:,} events were waiting", "too-slow")
            elif self._weight > MAX_WAITING_BYTES:
                self._over = ChatError("the waiting events took too many bytes", "too-slow")
            else:
                self._events.append(event)
        if self._entering and isinstance(event, ev.Refused) and event.tag not in self._answers:
            self._no_room = ChatError(event.text, event.code) if event.room else None
        self._answer(event)
        match event:
            case ev.Welcome() if self._connecting is not None:
                connecting, self._connecting = self._connecting, None
                connecting.callback(None)
            case ev.NameRefused(code=code):
                self._end(ChatError(event.text, code))
            case ev.Offline(why=why, again=None):
                left = self._link is not None and self._link.left
                self._end(ChatError(why, "left" if left else "offline"))
            case _:
                pass
        self._wake()

    def _answer(self, event: ev.Event) -> None:
        """Pass this event to the callers that wait for it, if any."""
        tag = getattr(event, "tag", None)
        if tag is None or isinstance(event, ev.Sending | ev.HistoryStart | ev.SearchStart):
            return
        waiting = self._answers.pop(tag, None)
        if waiting is None:
            return
        if isinstance(event, ev.Refused):
            waiting.errback(Failure(ChatError(event.text, event.code)))
        elif isinstance(event, ev.HandedBack):
            waiting.errback(Failure(ChatError(event.text, "no-such-nick")))
        elif isinstance(event, ev.Undone):
            waiting.errback(
                Failure(ChatError("the connection was lost before the answer", "offline"))
            )
        else:
            waiting.callback(event)

    def _end(self, error: ChatError) -> None:
        """Nothing more comes: tell all callers that wait."""
        if self._over is None:
            self._over = error
        connecting, self._connecting = self._connecting, None
        if connecting is not None:
            connecting.errback(Failure(error))
        answers, self._answers = self._answers, {}
        for waiting in answers.values():
            waiting.errback(Failure(error))

    def _wake(self) -> None:
        self._waiting, waiting = [], self._waiting
        for each in waiting:
            each.callback(None)

    def _in(self) -> Link:
        if self._link is None:
            raise ChatError("not connected: call connect() first", "offline")
        return self._link

    async def _ask(
        self, send: Callable[[Link], str | None], *, settled: bool = False
    ) -> ev.Event | None:
        """Send something, and return its answer; with ``settled`` None, when the server has dealt with all that was sent.

        ``send`` returns the tag of the answer; None if there will be none.
        """
        link = self._in()
        if self._over is not None and self._over.code != "too-slow":
            raise self._over
        try:
            tag = send(link)
        except (QueueFull, NoRoom, BadText, InvalidInput, wire.TooLong) as error:
            raise ChatError(str(error), "not-sent") from None

        if tag is None:
            return None

        def forget(_: Deferred[Any]) -> None:
            self._answers.pop(tag, None)

        answer: Deferred[ev.Event | None] = Deferred(forget)
        self._answers[tag] = answer
        if settled:
            # If the connection is lost meanwhile, no answer comes under this tag.
            _ = link.when_settled().addCallbacks(lambda _: self._settle(tag), lambda _: None)
        return await answer

    def _settle(self, tag: str) -> None:
        waiting = self._answers.pop(tag, None)
        if waiting is not None:
            waiting.callback(None)


def _must_be_text(what: str, *values: object) -> None:
    for value in values:
        if not isinstance(value, str):
            raise TypeError(
                f"{what} must be a string, not {type(value).__name__}; convert it with str(…)"
            )


def _id(event: ev.Event | None) -> str:
    return event.message if isinstance(event, ev.Ack) else ""
