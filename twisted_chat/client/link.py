"""The link: one session with a server that outlives its connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec
from twisted.application.service import Service
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint

from twisted_chat.client import events as ev

State = Literal["offline", "connecting", "online", "refused", "ended"]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes: ``nick`` ("": a guest name), and the password of the account with that name."""

    nick: str = ""
    password: str | None = None


class QueueFull(Exception):
    """So much waits for its acknowledgement that no more is taken. ``str()`` is fit to show."""


class Link(Service):
    """A session. ``heard`` is called with every event, in order; nothing is missing and nothing comes twice.

    Own messages are told as :class:`~twisted_chat.client.events.Sending` at once, in any state, and are acknowledged (Ack) or
    refused (Refused, with their tag) once.
    """

    state: State
    #: The name one has, or asked for.
    nick: str
    #: Where plain text goes; None: nowhere.
    focus: str | None
    #: The last measured time that the server took to answer, in seconds.
    lag: float | None

    def __init__(
        self,
        reactor: IReactorTime,
        endpoint: IStreamClientEndpoint,
        identity: Identity,
        heard: Callable[[ev.Event], None],
        *,
        rooms: tuple[tuple[str, str | None], ...] = (),
        reconnect: bool = True,
    ) -> None:
        """``rooms``: those to enter besides the lobby, with their passwords; the last is the one that is talked in."""

    # say, tell, typed … raise QueueFull, wire.TooLong, core.text.BadText: nothing was sent then.

    def say(self, text: str, room: str | None = None, kind: ev.Kind = "say") -> str:
        """Say a text of one or more lines in ``room`` (None: the focus). Return its tag."""

    def tell(self, nick: str, text: str, kind: ev.Kind = "say") -> str:
        """Say something in private. Return its tag."""

    def typed(self, line: str) -> str | None:
        """Do what a person typed: ``/command …``; anything else is said in the focus (``//x`` says ``/x``)."""

    def join(self, room: str, password: str | None = None) -> None:
        """Enter a room, or talk there from now on. It is entered again after each lost connection."""

    def leave(self, room: str) -> None: ...

    def history(self, room: str, before: str, limit: int = 100) -> str:
        """Ask for messages before the id ``before``: a Page follows, or a Refused, with the tag that is returned."""

    def use(self, identity: Identity) -> None:
        """Come in with another name, after a NameRefused."""

    def waiting(self) -> int:
        """Tell how much that was sent is not acknowledged yet."""

    def quit(self, reason: str | None = None) -> None:
        """Leave the chat. An Offline without ``again`` follows."""
