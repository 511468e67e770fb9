"""Connections to one server, one after the other: when the next one is tried, and when to give up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, Protocol

from twisted.application.internet import ClientService, backoffPolicy
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.error import ConnectingCancelledError
from twisted.internet.interfaces import IProtocolFactory, IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat.client import events as ev
from twisted_chat.client.link.connection import Conversation, reason_of

log = Logger(namespace="twisted_chat.client")

State = Literal["offline", "connecting", "online", "refused", "ended"]

#: Seconds before the second try, and between two tries at most; each time half as long again, and up to a second at random,
#: so that not all clients of a server that starts again come in one moment.
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0


class Listener(Protocol):
    """Who talks over the connections."""

    def greeted(self) -> None:
        """There is a connection to a server of ours: one may log in."""

    def heard(self, event: ev.Event) -> None:
        """The server said something."""

    def measured(self, lag: float, number: int) -> None:
        """The server has answered ping ``number``."""

    def told(self, event: ev.Event) -> None:
        """What a person should know of the connection: Connecting, Offline."""

    def lost(self) -> None:
        """The connection is over."""

    def ended(self, why: str) -> None:
        """There will be no other connection."""


class Connector:
    """The connections. ``state`` is ``refused`` or ``ended`` when none is tried any more."""

    def __init__(
        self,
        clock: IReactorTime,
        endpoint: IStreamClientEndpoint,
        listener: Listener,
        *,
        reconnect: bool,
        random: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._endpoint = _Watched(endpoint, self._trying, self._not_connected)
        self._listener = listener
        self._reconnect = reconnect
        self._wait = backoffPolicy(FIRST_WAIT, LONGEST_WAIT, jitter=random)
        self.state: State = "offline"
        self._client: ClientService | None = None
        self._conversation: Conversation | None = None
        #: Tries since one was in.
        self._failures = 0
        self._was_in = False
        #: Why there is no connection, if that is known better than by how it ended.
        self.why: str | None = None
        #: The next failure is the last: trying again would bring nothing else.
        self._in_vain = False
        self._closing: list[Deferred[None]] = []

    def start(self) -> None:
        """Connect, and again after each lost connection."""
        self._client = ClientService(
            self._endpoint,
            Factory.forProtocol(self._build),
            retryPolicy=self._again,
            clock=self._clock,
        )
        self._in_vain = False
        self.state = "offline"
        self._client.startService()

    def logged_in(self) -> None:
        """The server let one in."""
        assert self._conversation is not None
        self._failures = 0
        self._was_in = True
        self.state = "online"
        self._conversation.logged_in()

    def online(self) -> Conversation | None:
        """Return the connection over which one is in, if there is one."""
        return self._conversation if self.state == "online" else None

    def send(self, data: bytes) -> None:
        """Send something over the connection that there is, before one is in too."""
        assert self._conversation is not None
        self._conversation.send(data)

    def close(self, why: str) -> None:
        """End the connection that there is; another may follow."""
        assert self._conversation is not None
        self._conversation.close(why)

    def finish(self, why: str, state: State) -> None:
        """Give up: no other try follows by itself."""
        if self.state in ("refused", "ended"):
            return
        ending = self.stop(state)
        # Nobody waits here until the connection is closed.
        _ = ending.addErrback(lambda why: log.failure("closing a connection failed", why))
        if state == "ended":
            self._listener.told(ev.Offline(why=why))
            self._listener.ended(why)

    def stop(self, state: State = "ended") -> Deferred[None]:
        """Close the connection, and try no other; the Deferred fires when it is closed."""
        self.state = state
        client, self._client = self._client, None
        if self._conversation is not None:
            self._conversation.hear_no_more("over")
        return succeed(None) if client is None else maybeDeferred(client.stopService)

    def when_closed(self) -> Deferred[None]:
        """Return what fires when there is no connection any more."""
        if self._conversation is None:
            return succeed(None)
        closed: Deferred[None] = Deferred()
        self._closing.append(closed)
        return closed

    # --- what a connection tells ---

    def greeted(self) -> None:
        self._listener.greeted()

    def heard(self, event: ev.Event) -> None:
        self._listener.heard(event)

    def measured(self, lag: float, number: int) -> None:
        self._listener.measured(lag, number)

    def lost(self, conversation: Conversation, why: str, *, ours: bool, trusted: bool) -> None:
        if conversation is not self._conversation:
            return  # another was begun before this one was closed
        self._conversation = None
        self.why = self.why or why
        if not trusted:
            self._in_vain = True
        elif not ours and not self._was_in:
            self.why = f"that is not a twisted-chat server: {self.why}"
            # A silent peer may be a server that is full or about to start, or a proxy before one that is.
            self._in_vain = conversation.foreign
        self._listener.lost()
        self._closing, closing = [], self._closing
        for closed in closing:
            closed.callback(None)

    # --- what the ClientService asks for ---

    def _trying(self) -> None:
        self.state = "connecting"
        self._listener.told(ev.Connecting())

    def _build(self) -> Conversation:
        self.why = None
        self._conversation = Conversation(self._clock, self)
        return self._conversation

    def _not_connected(self, reason: Failure) -> None:
        self.why = f"cannot connect: {reason_of(reason)}"

    def _again(self, _attempts: int) -> float:
        """Return how long to wait: a connection that was made, and lost before one was in, counts as a failure too."""
        self._failures += 1
        delay = self._wait(self._failures)
        why = self.why or "connection lost"
        if self._in_vain or not self._reconnect:
            # Not at once: the caller is just about to wait, and cannot be stopped before it does.
            self._clock.callLater(0, self.finish, why, "ended")
        else:
            self.state = "offline"
            self._listener.told(ev.Offline(why=why, again=delay))
        return delay


@implementer(IStreamClientEndpoint)
class _Watched:
    """An endpoint whose tries and failures are told: the ClientService keeps them to itself."""

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
