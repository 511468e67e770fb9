"""The link: one session with a server, which outlives its connections."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec
from twisted.application.internet import ClientService, backoffPolicy
from twisted.application.service import Service
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.error import ConnectingCancelledError
from twisted.internet.interfaces import (
    IDelayedCall,
    IProtocolFactory,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat.client import events as ev
from twisted_chat.client import wire
from twisted_chat.client.conversation import Conversation, reason_of
from twisted_chat.client.membership import Membership
from twisted_chat.client.outgoing import Item, Outgoing, QueueFull
from twisted_chat.client.reading import Reading
from twisted_chat.client.sequence import Sequences
from twisted_chat.core.text import CleanText

log = Logger()

__all__ = ["Identity", "Link", "NoRoom", "QueueFull", "State"]

State = Literal["offline", "connecting", "online", "refused", "ended"]

#: Seconds before the second try, and between two tries at most; each time half as long again, and up to a second at random,
#: so that not all clients of a server that starts again come in one moment.
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
#: Seconds before history that could not be read is asked for again.
ASK_AGAIN: Final = 5.0
#: How many messages one request for what was missed brings.
CATCH_UP: Final = 1_000
#: The longest page of earlier messages.
MAX_PAGE: Final = 1_000

_LOGIN: Final = "login"
# It may be otherwise in a moment: the server has too much to do, or has not forgotten our tries yet.
_FOR_NOW: Final = frozenset(("busy", "try-later", "slow-down", "store-unavailable", "internal"))


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes: ``nick`` ("": a guest name), and the password of the account with that name."""

    nick: str = ""
    password: str | None = None

    def __repr__(self) -> str:
        return f"Identity(nick={self.nick!r})"


class NoRoom(Exception):
    """One talks in no room. ``str()`` is fit to show."""


class Link(Service):
    """A session. ``heard`` is called with every event: of each room all messages, each once, in order.

    One's own messages are told as :class:`~twisted_chat.client.events.Sending` at once, in any state. Each is acknowledged
    (Ack) or refused (Refused, with its tag) once, however often the connection breaks.
    """

    def __init__(
        self,
        reactor: IReactorTime,
        endpoint: IStreamClientEndpoint,
        identity: Identity,
        heard: Callable[[ev.Event], None],
        *,
        rooms: tuple[tuple[str, str | None], ...] = (),
        reconnect: bool = True,
        new_secret: Callable[[], str] = lambda: secrets.token_hex(8),
        random: Callable[[], float] = lambda: secrets.randbelow(1000) / 1000,
    ) -> None:
        """``rooms``: those to enter besides the lobby, with their passwords; the last is the one that is talked in."""
        self._clock = reactor
        self._endpoint = _Watched(endpoint, self._trying, self._not_connected)
        self._identity = identity
        self._heard = heard
        self._reconnect = reconnect
        self._wait = backoffPolicy(FIRST_WAIT, LONGEST_WAIT, jitter=random)
        self.state: State = "offline"
        #: The name one has, or asked for.
        self.nick = identity.nick
        #: The last measured time that the server took to answer, in seconds.
        self.lag: float | None = None
        #: One has left: :meth:`quit` was called.
        self.left = False
        self._prefix = new_secret()
        self._next_tag = 1
        self._token: str | None = None
        self._scopes: dict[str, None] = {}
        self._outgoing = Outgoing()
        self._rooms = Membership(rooms)
        self._sequences = Sequences(self._is_own)
        self._reading = Reading()
        #: What becomes of the identity when what was sent under this tag is done.
        self._becoming: dict[str, Identity] = {}
        self._last_teller: str | None = None
        self._client: ClientService | None = None
        self._conversation: Conversation | None = None
        self._failures = 0
        self._was_in = False
        self._why: str | None = None
        #: The next failure is the last: trying again would bring nothing else.
        self._in_vain = False
        #: Requests that were made here and not by who uses the link, who is not told when they are refused.
        self._quiet: set[str] = set()
        self._asking: dict[str, IDelayedCall] = {}
        self._settled: list[Deferred[None]] = []
        #: The ping whose answer tells that all is seen; None while that is not on its way.
        self._barrier: int | None = None
        self._seen = False
        self._closing: list[Deferred[None]] = []

    # --- the service ---

    def startService(self) -> None:
        super().startService()
        self._start()

    def stopService(self) -> Deferred[None]:
        """Close the connection; the Deferred fires when it is closed."""
        super().stopService()
        self._fail_settled("stopped")
        return self._end("ended")

    @property
    def focus(self) -> str | None:
        """The room where plain text goes; None: nowhere."""
        return self._rooms.focus

    @property
    def rooms(self) -> tuple[str, ...]:
        """The rooms that one is in, or will be when there is a connection."""
        return tuple(self._rooms.wanted)

    def waiting(self) -> int:
        """Tell how much that was sent is not answered yet."""
        return len(self._outgoing)

    def when_settled(self) -> Deferred[None]:
        """Return what fires when the server has seen and answered all that was sent until then.

        It fails with ConnectionError if that will never be.
        """
        settled: Deferred[None] = Deferred()
        self._settled.append(settled)
        if self.state in ("refused", "ended"):
            self._fail_settled("there is no connection")
        self._probe()
        return settled

    def when_closed(self) -> Deferred[None]:
        """Return what fires when there is no connection any more."""
        if self._conversation is None:
            return succeed(None)
        closed: Deferred[None] = Deferred()
        self._closing.append(closed)
        return closed

    def use(self, identity: Identity) -> None:
        """Come in under another name, after a :class:`~twisted_chat.client.events.NameRefused`."""
        self._identity = identity
        self.nick = identity.nick
        if self.state == "refused":
            self._start()

    # --- what is said and asked for; each raises QueueFull, NoRoom, wire.TooLong or BadText, and then nothing was sent ---

    def say(self, text: str, room: str | None = None, kind: ev.Kind = "say") -> str:
        """Say a text of one or more lines in ``room`` (None: where one talks). Return its tag."""
        where = self._where(room)
        lines, tag = _lines(text), self._tag()
        self._outgoing.add(Item(tag, wire.message(lines, where, kind, tag), text, again=True))
        self._sending(ev.Sending(tag=tag, lines=lines, room=where, kind=kind, time=self._now()))
        return tag

    def tell(self, nick: str, text: str, kind: ev.Kind = "say") -> str:
        """Say something in private. Return its tag."""
        lines, tag = _lines(text), self._tag()
        self._outgoing.add(Item(tag, wire.private(nick, lines, kind, tag), text, again=True))
        self._sending(ev.Sending(tag=tag, lines=lines, to=nick, kind=kind, time=self._now()))
        return tag

    def reply(self, text: str) -> str:
        """Answer the last private message that was heard. Return the tag."""
        if self._last_teller is None:
            return self.command(f"/reply {text}")
        return self.tell(self._last_teller, text)

    def say_unless_slip(self, line: str) -> str:
        """Say one line where one talks, unless the server finds it to be a private text mistyped. Return its tag."""
        where = self._where(None)
        lines, tag = _lines(line), self._tag()
        self._outgoing.add(Item(tag, wire.command(line, tag), line, again=True))
        self._sending(ev.Sending(tag=tag, lines=lines, room=where, time=self._now()))
        return tag

    def command(self, line: str) -> str:
        """Send a line as people type it, such as ``/topic Welcome``. Return its tag.

        If the connection is lost before the answer, it is not sent again: an :class:`~twisted_chat.client.events.Undone` says so.
        """
        tag = self._tag()
        what = line.split(" ", 1)[0]  # what follows may be a password
        return self._request(wire.command(str(CleanText(line)), tag), what, tag)

    def join(self, room: str, password: str | None = None) -> str:
        """Enter a room, or talk there from now on. It is entered again after each lost connection.

        Return the tag of the answer, which comes only if there is a connection now.
        """
        tag = self._tag()
        data = wire.join(room, password, tag)
        self._rooms.wants(room, password, tag)
        self._send(data)
        return tag

    def leave(self, room: str | None = None) -> str:
        """Leave a room (None: where one talks). Return the tag of the answer, which comes only if there is a connection now."""
        where, tag = self._where(room), self._tag()
        data = wire.leave(where, tag)
        self._rooms.leaves(where)
        self._send(data)
        return tag

    def history(
        self, room: str, before: str | None = None, after: str | None = None, limit: int = 100
    ) -> str:
        """Ask for messages before or after an id: a Page with the returned tag follows, or a Refused, or an Undone."""
        tag = self._tag()
        data = wire.history(room, tag, before=before, after=after, limit=min(limit, MAX_PAGE))
        self._request(data, f"history of #{room}", tag)
        self._reading.expect(tag)
        return tag

    def rename(self, nick: str) -> str:
        """Be called otherwise. Return the tag."""
        tag = self._tag()
        return self._request(wire.nick(nick, tag), "/nick", tag)

    def register(self, password: str, invitation: str | None = None) -> str:
        """Make an account of the name one has. Return the tag."""
        tag = self._tag()
        self._request(wire.register(password, invitation, tag), "/register", tag)
        self._becoming[tag] = Identity(nick=self.nick, password=password)
        return tag

    def login(self, nick: str | None, password: str) -> str:
        """Become the account ``nick`` (None: that of the name one asked for). Return the tag."""
        tag, name = self._tag(), nick or self._identity.nick or self.nick
        self._request(wire.nick(name, tag, password=password), "/login", tag)
        self._becoming[tag] = Identity(nick=name, password=password)
        return tag

    def change_password(self, old: str, new: str) -> str:
        """Give one's account another password. Return the tag."""
        tag = self.command(f"/passwd {old} {new}")
        self._becoming[tag] = msgspec.structs.replace(self._identity, password=new)
        return tag

    def quit(self, reason: str | None = None) -> None:
        """Leave the chat: an Offline without ``again`` follows."""
        self.left = True
        self._send(wire.quit_(reason))
        self._finish("you left", "ended")

    # --- what a connection tells ---

    def greeted(self) -> None:
        assert self._conversation is not None
        who = self._identity
        self._conversation.send(
            wire.nick(who.nick, _LOGIN, password=who.password, session=self._token)
        )

    def measured(self, lag: float, number: int) -> None:
        self.lag = lag
        self._outgoing.passed(number)
        self._seen = self._seen or number == self._barrier
        self._heard(ev.Lag(seconds=lag))
        self._look_settled()

    def heard(self, event: ev.Event) -> None:
        """Take in what the server says."""
        tag = event.tag if isinstance(event, ev.Answer) else None
        if tag == _LOGIN and isinstance(event, ev.Refused):
            self._refused_name(event)
            return
        if isinstance(event, ev.Placed):
            self._sequences.note(event.id)
        expected = tag is not None and self._outgoing.answered(tag)
        if isinstance(event, ev.Ack) and not expected:
            return  # it was acknowledged before
        if tag is not None:
            self._become(tag, event)
        match event:
            case ev.Welcome():
                self._welcome(event)
                self._heard(event)
                self._catch_up()
            case ev.Entered(room=room):
                self._rooms.entered(room, tag)
                self._sequences.entered(room)
                self._heard(event)
                self._ask(room)
            case ev.Message():
                self._message(event)
            case ev.HistoryStart() | ev.HistoryEnd() | ev.SearchStart() | ev.SearchEnd():
                self._read(event)
            case ev.Refused():
                self._refused(event)
            case ev.Focus(focus=focus):
                self._rooms.focused(focus, tag)
                self._heard(event)
            case ev.Gone(room=room, focus=focus):
                self._rooms.gone(room)
                self._rooms.focused(focus, None)
                self._heard(event)
            case ev.Farewell():
                self._why = event.text
                self._heard(event)
            case _:
                self._noted(event)
                self._heard(event)
        if expected:
            self._look_settled()

    def lost(self, why: str, *, ours: bool, trusted: bool) -> None:
        self._conversation = None
        self._barrier, self._seen = None, False
        self.lag = None
        for call in self._asking.values():
            call.cancel()
        self._asking.clear()
        self._quiet.clear()
        self._reading.clear()
        self._sequences.lose()
        self._why = self._why or why
        if not trusted:
            self._in_vain = True
        elif not ours and not self._was_in:
            self._why = f"no twisted-chat server is there: {self._why}"
            self._in_vain = True
        for item in self._outgoing.lost():
            self._becoming.pop(item.tag, None)
            self._heard(ev.Undone(tag=item.tag, what=item.what))
        self._closing, closing = [], self._closing
        for closed in closing:
            closed.callback(None)

    # --- connecting ---

    def _start(self) -> None:
        self._client = ClientService(
            self._endpoint,
            Factory.forProtocol(self._build),
            retryPolicy=self._again,
            clock=self._clock,
        )
        self.state = "connecting"
        self._heard(ev.Connecting())
        self._in_vain = False
        self._client.startService()

    def _trying(self) -> None:
        if self.state == "offline":
            self.state = "connecting"
            self._heard(ev.Connecting())

    def _build(self) -> Conversation:
        self._why = None
        self._conversation = Conversation(self._clock, self)
        return self._conversation

    def _not_connected(self, reason: Failure) -> None:
        self._why = f"cannot connect: {reason_of(reason)}"

    def _again(self, _attempts: int) -> float:
        """Return how long to wait: a connection that was made, and lost before one was in, counts as a failure too."""
        self._failures += 1
        delay = self._wait(self._failures)
        why = self._why or "connection lost"
        if self._in_vain or not self._reconnect:
            # Not at once: who asks is just about to wait, and cannot be stopped before it does.
            self._clock.callLater(0, self._finish, why, "ended")
        elif self.state in ("connecting", "online"):
            self.state = "offline"
            self._heard(ev.Offline(why=why, again=delay))
        return delay

    def _finish(self, why: str, state: State) -> None:
        """Give up: no other try follows by itself."""
        if self.state in ("refused", "ended"):
            return
        ending = self._end(state)
        # Nobody waits here until the connection is closed.
        _ = ending.addErrback(lambda why: log.failure("closing a connection failed", why))
        if state == "ended":
            self._heard(ev.Offline(why=why))
            self._fail_settled(why)

    def _end(self, state: State) -> Deferred[None]:
        self.state = state
        client, self._client = self._client, None
        return succeed(None) if client is None else maybeDeferred(client.stopService)

    def _refused_name(self, refused: ev.Refused) -> None:
        conversation = self._conversation
        assert conversation is not None
        if refused.code in _FOR_NOW:
            conversation.close(refused.text)
            return
        self._finish(refused.text, "refused")
        self._heard(
            ev.NameRefused(
                lines=refused.lines,
                code=refused.code,
                nick=self._identity.nick,
                suggestion=refused.suggestion,
            )
        )

    # --- coming in ---

    def _welcome(self, welcome: ev.Welcome) -> None:
        assert self._conversation is not None
        self._failures = 0
        self._was_in = True
        self.state = "online"
        self.nick = welcome.nick
        self._token = welcome.session
        self._scopes[welcome.scope] = None
        self._conversation.logged_in()

    def _catch_up(self) -> None:
        """Go where one was, and say what was typed meanwhile."""
        for room, password in self._rooms.to_enter():
            tag = self._tag()
            self._rooms.asked(tag, room)
            self._send(wire.join(room, password, tag), queued=False)
        for room in self._rooms.to_leave():
            tag = self._tag()
            self._quiet.add(tag)
            self._send(wire.leave(room, tag), queued=False)
        self._flush()
        self._probe()

    def _ask(self, room: str) -> None:
        """Ask for what was missed in a room, if anything may have been."""
        self._asking.pop(room, None)
        after = self._sequences.behind(room)
        if after is None or self._reading.catches_up(room):
            return
        tag = self._tag()
        self._reading.expect_missed(tag, room)
        self._send(wire.history(room, tag, after=after, limit=CATCH_UP), queued=False)

    # --- what comes ---

    def _message(self, message: ev.Message) -> None:
        if not message.replay:
            if message.room is None:
                self._last_teller = message.sender
                self._heard(message)
                return
            self._tell_all(self._sequences.live(message))
        elif self._reading.collects:
            self._reading.collect(message)
        else:
            self._tell_all(self._sequences.replayed(message))

    def _read(self, event: ev.HistoryStart | ev.HistoryEnd | ev.SearchStart | ev.SearchEnd) -> None:
        match event:
            case ev.HistoryStart():
                self._reading.start(event.tag)
                if self._reading.at_entry and self._sequences.behind(event.room) is None:
                    self._heard(event)
            case ev.SearchStart():
                self._reading.start_search()
            case ev.SearchEnd():
                self._heard(self._reading.found(event))
            case ev.HistoryEnd():  # pragma: no branch (mypy sees a missing case)
                missed, at_entry = self._reading.missed, self._reading.at_entry
                page = self._reading.end(event)
                if page is not None:
                    self._heard(page)
                elif missed is not None:
                    messages, after = self._sequences.caught_up(missed, event.more)
                    self._tell_all(messages)
                    if after is not None:
                        self._ask(missed)
                elif at_entry and self._sequences.behind(event.room) is None:
                    self._heard(event)

    def _refused(self, refused: ev.Refused) -> None:
        missed = self._reading.refused(refused.tag)
        if missed is not None:
            if refused.code == "history-unavailable":
                self._asking[missed] = self._clock.callLater(ASK_AGAIN, self._ask, missed)
                return
            self._tell_all(self._sequences.give_up(missed))
            return
        self._rooms.refused(refused.tag)
        if refused.tag not in self._quiet:
            self._heard(refused)

    def _noted(self, event: ev.Event) -> None:
        """Keep up with what happens to oneself."""
        match event:
            case ev.Renamed(sender=sender, nick=nick, account=account) if sender == self.nick:
                self.nick = nick
                if account is None:
                    self._identity = msgspec.structs.replace(self._identity, nick=nick)
            case ev.Kicked(to=to, room=room) if to == self.nick:
                self._rooms.gone(room)
            case ev.Changed(out=out, room=str(room)) if self.nick in out:
                self._rooms.gone(room)
            case _:
                pass

    def _become(self, tag: str, event: ev.Event) -> None:
        becoming = self._becoming.pop(tag, None)
        if becoming is not None and not isinstance(event, ev.Refused):
            self._identity = becoming

    def _tell_all(self, messages: list[ev.Message]) -> None:
        for message in messages:
            self._heard(message)

    def _is_own(self, message: ev.Message) -> bool:
        """Tell whether this was typed here: only our own session can have given it our scope."""
        nonce = message.nonce or ""
        return message.scope in self._scopes and nonce.startswith(f"{self._prefix}-")

    # --- what goes ---

    def _where(self, room: str | None) -> str:
        where = room or self.focus
        if where is None:
            raise NoRoom("you talk in no room now; choose one with /join ROOM")
        return where

    def _tag(self) -> str:
        tag = f"{self._prefix}-{self._next_tag}"
        self._next_tag += 1
        return tag

    def _now(self) -> float:
        return self._clock.seconds()

    def _sending(self, sending: ev.Sending) -> None:
        self._heard(sending)
        self._flush()

    def _request(self, data: bytes, what: str, tag: str) -> str:
        """Queue what the server does not know again by its tag: it is sent once."""
        self._outgoing.add(Item(tag, data, what, again=False))
        self._flush()
        return tag

    def _flush(self) -> None:
        if self._conversation is not None and self.state == "online":
            for data in self._outgoing.send(self._conversation.next_ping):
                self._conversation.send(data)

    def _send(self, data: bytes, *, queued: bool = True) -> None:
        """Send what need not be kept: over a new connection it is found out again. Behind what is queued, or before it."""
        if self._conversation is not None and self.state == "online":
            if queued:
                self._flush()
            self._conversation.send(data)

    def _probe(self) -> None:
        """If somebody waits until all is settled, ask the server whether it has seen everything."""
        if self._settled and self._conversation is not None and self.state == "online":
            self._barrier, self._seen = self._conversation.ping(), False

    def _look_settled(self) -> None:
        if self._seen and not self._outgoing:
            for settled in self._take_settled():
                settled.callback(None)

    def _fail_settled(self, why: str) -> None:
        for settled in self._take_settled():
            settled.errback(Failure(ConnectionError(why)))

    def _take_settled(self) -> list[Deferred[None]]:
        taken, self._settled = self._settled, []
        return taken


@implementer(IStreamClientEndpoint)
class _Watched:
    """An endpoint whose failures are told: the ClientService keeps them to itself."""

    def __init__(
        self,
        endpoint: IStreamClientEndpoint,
        trying: Callable[[], None],
        failed: Callable[[Failure], None],
    ) -> None:
        self._endpoint = endpoint
        self._trying = trying
        self._failed = failed

    def connect(self, factory: IProtocolFactory) -> Deferred[Any]:
        self._trying()
        return maybeDeferred(self._endpoint.connect, factory).addErrback(self._note)

    def _note(self, reason: Failure) -> Failure:
        if not reason.check(ConnectingCancelledError):
            self._failed(reason)
        return reason


def _lines(text: str) -> tuple[str, ...]:
    """Cut a text into lines that may be sent; raises BadText."""
    return tuple(str(CleanText(line)) for line in text.removesuffix("\n").split("\n"))
