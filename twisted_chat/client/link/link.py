"""The link: one session with a server, which outlives its connections."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

import msgspec
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime, IStreamClientEndpoint

from twisted_chat.client import events as ev
from twisted_chat.client.link import wire
from twisted_chat.client.link.outbox import Item, Outgoing, QueueFull, Settling
from twisted_chat.client.link.recipients import PATIENCE, Absent, Recipients
from twisted_chat.client.link.reconnect import Connector, State
from twisted_chat.client.link.replay import Inbound
from twisted_chat.client.link.requests import MAX_PAGE, Identity, NoRoom, Requests
from twisted_chat.client.link.rooms import Membership

__all__ = ["MAX_PAGE", "Identity", "Link", "NoRoom", "QueueFull", "State"]

#: Seconds until a room that cannot be entered for now, after a login, is asked for again.
ENTER_AGAIN: Final = 5.0

_LOGIN: Final = "login"
# It may be otherwise in a moment: the server has too much to do, or has not forgotten our tries yet. Sessions that were logged
# in are turned away when many return at once.
_FOR_NOW: Final = frozenset(("busy", "try-later", "slow-down", "store-unavailable", "internal"))
# One's own messages are known by the scopes of the sessions that one had; each that the server forgot adds one.
_MAX_SCOPES: Final = 1_000


class Link(Requests, Service):
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
        bot_commands: tuple[str, ...] = (),
        reconnect: bool = True,
        patience: float = PATIENCE,
        new_secret: Callable[[], str] = lambda: secrets.token_hex(8),
        random: Callable[[], float] = lambda: secrets.randbelow(1000) / 1000,
    ) -> None:
        """``rooms``: those to enter besides the lobby, with their passwords; the last is the one that is talked in.

        ``bot_commands``: the words that one answers to, told after each login.
        ``patience``: how many seconds a private message waits, after a lost connection, for its recipient to return.
        """
        self._clock = reactor
        self._connector = Connector(reactor, endpoint, self, reconnect=reconnect, random=random)
        self._identity = identity
        self._heard = heard
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
        self._recipients = Recipients()
        self._absent = Absent(reactor, self._outgoing, self._flush, self._hand_back, patience)
        self._settling = Settling()
        self._rooms = Membership(rooms)
        self._bot_commands = bot_commands
        #: What asked for the rooms to enter after the login, by tag; and what asks for them again.
        self._entering: dict[str, bytes] = {}
        self._calls: list[IDelayedCall] = []
        self._inbound = Inbound(reactor, self._is_own, heard, self._send_first, self._tag)
        #: What becomes of the identity when what was sent under this tag is done.
        self._becoming: dict[str, Identity] = {}
        #: Requests that the link made itself: its user is not told when they are refused.
        self._quiet: set[str] = set()
        self._last_teller: str | None = None

    # --- the service ---

    def startService(self) -> None:
        super().startService()
        self._connector.start()

    def stopService(self) -> Deferred[None]:
        """Close the connection; the Deferred fires when it is closed."""
        super().stopService()
        self._settling.fail("stopped")
        return self._connector.stop()

    @property
    def state(self) -> State:
        return self._connector.state

    @property
    def rooms(self) -> tuple[str, ...]:
        """The rooms that one is in, or will be when there is a connection."""
        return tuple(self._rooms.wanted)

    def waiting(self) -> int:
        """Tell how much that was sent is not answered yet."""
        return len(self._outgoing)

    def has_room(self) -> bool:
        """Return whether there is room for many lines, each as long as one may be: half of all that may wait."""
        return self._outgoing.has_room()

    def when_settled(self) -> Deferred[None]:
        """Return what fires when the server has seen and answered all that was sent until then.

        It fails with ConnectionError if that will never be.
        """
        settled = self._settling.wait()
        if self.state in ("refused", "ended"):
            self._settling.fail("there is no connection")
        self._probe()
        return settled

    def when_closed(self) -> Deferred[None]:
        """Return what fires when there is no connection any more."""
        return self._connector.when_closed()

    def use(self, identity: Identity) -> None:
        """Come in under another name, after a :class:`~twisted_chat.client.events.NameRefused`."""
        self._identity = identity
        self.nick = identity.nick
        if self.state == "refused":
            self._connector.start()

    def quit(self, reason: str | None = None) -> None:
        """Leave the chat: an Offline without ``again`` follows."""
        self.left = True
        self._send(wire.quit_(reason))
        self._connector.finish("you left", "ended")

    # --- what the connections tell ---

    def greeted(self) -> None:
        who = self._identity
        self._connector.send(
            wire.nick(who.nick, _LOGIN, password=who.password, session=self._token)
        )

    def told(self, event: ev.Event) -> None:
        self._heard(event)

    def measured(self, lag: float, number: int) -> None:
        self.lag = lag
        self._outgoing.passed(number)
        self._settling.answered(number)
        self._heard(ev.Lag(seconds=lag))
        self._settling.look(outstanding=bool(self._outgoing))

    def lost(self) -> None:
        self.lag = None
        self._settling.lost()
        self._quiet.clear()
        self._inbound.lost()
        self._absent.lost()
        self._entering.clear()
        for call in self._calls:
            if call.active():
                call.cancel()
        for item in self._outgoing.lost():
            self._becoming.pop(item.tag, None)
            self._heard(ev.Undone(tag=item.tag, what=item.what))

    def ended(self, why: str) -> None:
        self._settling.fail(why)

    def heard(self, event: ev.Event) -> None:
        """Take in what the server says."""
        tag = event.tag if isinstance(event, ev.Answer) else None
        if isinstance(event, ev.Refused) and self.state != "online":
            self._refused_name(event)
            return
        if isinstance(event, ev.Placed):
            self._inbound.note(event.id)
        self._recipients.learn(event)
        waiting = self._outgoing.get(tag)
        if isinstance(event, ev.Refused) and self._absent.refused(waiting, event):
            return
        expected = tag is not None and self._outgoing.answered(tag)
        if isinstance(event, ev.Ack) and not expected:
            return  # it was acknowledged before
        if waiting is not None and waiting.to is not None and isinstance(event, ev.Ack):
            self._absent.delivered(waiting.to)
        if tag is not None:
            self._become(tag, event)
        match event:
            case ev.Welcome():
                self._welcome(event)
            case ev.Entered(room=room):
                self._rooms.entered(room, tag)
                self._heard(event)
                self._inbound.entered(room)
            case ev.Message(room=None, replay=False, sender=sender):
                self._last_teller = sender
                self._heard(event)
            case ev.Message():
                self._inbound.message(event)
            case ev.HistoryStart() | ev.HistoryEnd() | ev.SearchStart() | ev.SearchEnd():
                self._inbound.read(event)
            case ev.Refused():
                self._refused(event)
            case _:
                self._noted(event, tag)
                self._heard(event)
        if isinstance(event, ev.Joined) or (isinstance(event, ev.Message) and not event.replay):
            self._absent.seen(event.sender)
        if expected:
            self._settling.look(outstanding=bool(self._outgoing))

    def _hand_back(self, item: Item, why: str) -> None:
        self._outgoing.answered(item.tag)
        said = tuple(item.what.split("\n"))
        self._heard(ev.HandedBack(tag=item.tag, to=item.to or "", said=said, content=why))
        self._settling.look(outstanding=bool(self._outgoing))

    def _refused_name(self, refused: ev.Refused) -> None:
        if refused.code in _FOR_NOW or (refused.code == "turned-away" and self._token is not None):
            self._connector.close(refused.text)
            return
        self._connector.finish(refused.text, "refused")
        self._heard(
            ev.NameRefused(
                content=refused.content,
                code=refused.code,
                nick=self._identity.nick,
                suggestion=refused.suggestion,
            )
        )

    def _welcome(self, welcome: ev.Welcome) -> None:
        """Go where one was, and say what was typed meanwhile."""
        self._connector.logged_in()
        self.nick = welcome.nick
        self._token = welcome.session
        self._scopes[welcome.scope] = None
        if len(self._scopes) > _MAX_SCOPES:
            del self._scopes[next(iter(self._scopes))]
        self._heard(welcome)
        # What was typed in a room before one left it belongs there.
        for room, password in self._rooms.to_visit(self._outgoing.rooms()):
            self._send_first(wire.join(room, password, self._quiet_tag()))
        for room, password in self._rooms.to_enter():
            tag = self._tag()
            self._rooms.asked(tag, room)
            self._entering[tag] = wire.join(room, password, tag)
            self._send_first(self._entering[tag])
        if self._bot_commands:
            self._send_first(wire.bot_commands(self._bot_commands, self._quiet_tag()))
        self._flush()
        for room in self._rooms.to_leave():
            self._send_first(wire.leave(room, self._quiet_tag()))
        self._probe()

    def _refused(self, refused: ev.Refused) -> None:
        if self._inbound.refused(refused):
            return
        entering = self._entering.get(refused.tag or "")
        if entering is not None and refused.code in _FOR_NOW:
            # One is in this room as soon as the server can see to that.
            call = self._clock.callLater(ENTER_AGAIN, self._send_first, entering)
            self._calls = [*(each for each in self._calls if each.active()), call]
            return
        room = self._rooms.refused(refused.tag)
        if refused.tag not in self._quiet:
            self._heard(msgspec.structs.replace(refused, room=room))

    def _noted(self, event: ev.Event, tag: str | None) -> None:
        """Keep up with what happens to oneself."""
        match event:
            case ev.Focus(focus=focus):
                self._rooms.focused(focus, tag)
            case ev.Gone(room=room, focus=focus):
                self._rooms.gone(room)
                self._rooms.focused(focus, None)
            case ev.Farewell(text=text):
                self._connector.why = text
            case ev.Renamed(sender=sender, nick=nick, account=account) if sender == self.nick:
                self.nick = nick
                if account is None:
                    self._identity = msgspec.structs.replace(self._identity, nick=nick)
            case ev.RoomRenamed(room=str(room), name=name):
                self._rooms.renamed(room, name)
                self._inbound.renamed(room, name)
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

    def _is_own(self, message: ev.Message) -> bool:
        """Return whether this was typed here: only our own session can have given it our scope."""
        nonce = message.nonce or ""
        return message.scope in self._scopes and nonce.startswith(f"{self._prefix}-")

    def _probe(self) -> None:
        """If somebody waits until all is settled, ask the server whether it has seen everything."""
        online = self._connector.online()
        if self._settling and online is not None:
            self._settling.asked(online.ping())
