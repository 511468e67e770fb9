"""The two ports between connections (doors, dialects, delivery) and hub (node, store), one in each direction.

Everything that passes them is plain data. Sessions are named by numbers that the connections' side assigns, and never twice; a
number is unique together with the name of the process, which is new at each start. In one process, a call is a call.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from twisted_chat.core.api.commands import Command
from twisted_chat.core.api.events import Author, Envelope, RoomRef
from twisted_chat.core.api.replies import Reply
from twisted_chat.core.values.ids import MessageId, RoomId, SessionId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import Nick


class Identity(msgspec.Struct, frozen=True):
    """The user of a session."""

    nick: Nick
    guest: bool


class HubPort(Protocol):
    """What the connections ask of the hub."""

    # --- questions, answered at once ---

    @property
    def asks_others(self) -> bool:
        """Whether other sources than this server are asked about passwords; they may know names that it does not."""

    def banned(self, address: str | None) -> str:
        """Return why nobody can log in from an address (None: this machine); None if they can."""

    def identity(self, session: SessionId) -> Identity | None:
        """Return the user of a session; None before it has logged in."""

    def reserved_for(self, nick: Nick) -> str | None:
        """Return the key of the account that a nick is reserved for, if it is for one."""

    def admit(self, session: SessionId) -> float:
        """Return 0.0 if a session may hand in its next line, or the seconds to wait before asking again."""

    def crowded(self, session: SessionId) -> bool:
        """Return whether a session waits because of others in its network or room, and not because of itself."""

    def rested(self, session: SessionId) -> bool:
        """Return whether a session has not been near its flood limit for a while."""

    # --- what sessions do ---

    def open(self, session: SessionId, address: str | None, private: bool) -> None:
        """A session begins. ``address``: where it comes from, None for this machine. ``private``: nobody else can read it."""

    def submit(self, session: SessionId, command: Command, tag: str | None) -> bool:
        """Carry out a command, with the client's own id of it; return whether it has its place in the order, or needs none.

        If not, :meth:`ConnectionsPort.landed` is called when it has.
        """

    def taken(self, session: SessionId, answer: int, whole: bool) -> None:
        """The reader has taken a part of an answer; unless ``whole``, some of it could not be shown."""

    def close(self, session: SessionId, reason: str, logged: str | None) -> None:
        """A session is over; its user departs for ``reason``. ``logged`` is what the log says of it instead."""


class ConnectionsPort(Protocol):
    """What the hub tells the connections. For a session that has ended, nothing happens."""

    # --- what sessions are shown ---

    def tell(self, session: SessionId, reply: Reply, tag: str | None = None) -> None:
        """Send a reply to a session. If it asks for a password, the door may ask for it without showing it."""

    def echo(self, session: SessionId, envelope: Envelope, acked: bool = False) -> None:
        """Send a session its own copy of an event; ``acked``: the session caused it; acknowledge it if the session wants that."""

    def say(self, room: RoomId, envelope: Envelope) -> None:
        """Show an event to the sessions in a room."""

    def show_line(
        self,
        envelope: Envelope,
        by: SessionId | None,
        at: MessageId,
        kept: bool,
        only: tuple[SessionId, ...] | None = None,
    ) -> None:
        """Show a line to its room, or ``only`` to these sessions, but not to the session that said it.

        If it wants them, that session gets its own copy, and an acknowledgement once everything up to ``at`` is stored.
        """

    def show(
        self, sessions: tuple[SessionId, ...], envelope: Envelope, heed_ignored: bool = False
    ) -> None:
        """Show an event to these sessions; ``heed_ignored``: not to those that ignore its author."""

    def show_near(
        self, rooms: tuple[RoomId, ...], envelope: Envelope, own: tuple[SessionId, ...]
    ) -> None:
        """Show an event once to each session in these rooms; to those of ``own`` as their own copies."""

    def gather(
        self, room: RoomRef, author: Author, members: int, joined: bool, departed: bool
    ) -> None:
        """Add a user to those who joined or left a crowded room lately; ``departed``: they left the chat."""

    # --- where sessions are, and whom they ignore ---

    def enter(self, session: SessionId, room: RoomId) -> None:
        """Show a session what is said in a room from now on."""

    def exit(self, session: SessionId, room: RoomId) -> None:
        """Stop showing a session what is said in a room."""

    def focus(self, session: SessionId, room: RoomId | None) -> None:
        """Set the focused room of a session."""

    def ignore(self, session: SessionId, names: dict[str, str]) -> None:
        """Set the users whom a session ignores: names by the keys of nicks."""

    def logged_in(self, session: SessionId, resumed: bool) -> None:
        """A session has logged in; ``resumed``: it continues an earlier session, in the rooms of that."""

    # --- which sessions wait ---

    def hold(self, session: SessionId, claim: bool = False) -> None:
        """Make a session wait before it hands in more; ``claim``: until something has its place in the order."""

    def release(self, session: SessionId, claim: bool = False) -> None:
        """End one wait of a session."""

    def landed(self, session: SessionId) -> None:
        """A message of a session that had no place in the order when it was submitted has one now."""

    # --- what is acknowledged when it is stored ---

    def promise(self, session: SessionId, at: MessageId, reply: Reply, tag: str | None) -> None:
        """Send a reply once everything up to a message is stored."""

    def acknowledge(
        self,
        session: SessionId,
        at: MessageId,
        message: MessageId,
        time: float,
        kept: bool,
        tag: str | None,
    ) -> None:
        """Acknowledge a message, as :meth:`promise` does, to a session that wants that."""

    def committed(self, message: MessageId) -> None:
        """Everything up to a message is stored."""

    # --- answers that come in parts ---

    def reserve(
        self, session: SessionId, answer: int, tag: str | None, dated: bool, here: bool | None
    ) -> None:
        """Reserve a place in a session's order for an answer, which has a number; the session waits for it.

        Its lines are shown with or without dates, and as of the focused room of the session (``here``) or of another one; None:
        each as of its own room.
        """

    def fill(
        self, session: SessionId, answer: int, parts: tuple[Reply | Envelope, ...], last: bool
    ) -> None:
        """Send the next part of an answer; :meth:`HubPort.taken` tells when the reader has taken it."""

    # --- the end ---

    def leave(self, session: SessionId, reason: str, logged: str | None) -> None:
        """End a session that asked for it, once everything it said is answered and acknowledged."""

    def end(self, session: SessionId, why: str, reason: str) -> None:
        """End a session now: it is told ``why``, and others see ``reason``."""

    def limit(self, limits: Limits) -> None:
        """Apply other limits from now on."""

    def stop(self, why: str) -> None:
        """Say goodbye to all sessions."""
