"""Who came, went, and changed something about themselves."""

from __future__ import annotations

from twisted_chat.core.api.events.base import BaseEvent
from twisted_chat.core.values.about import NOTHING_SAID, About, UserChange
from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.ids import Node, RoomId, Scope, SessionId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.profile import ProfileChange
from twisted_chat.core.values.text import CleanText


class Arrived(BaseEvent, frozen=True):
    """A session took a free nick, took over a user of its own scope, or joined a user of its account.

    ``replaced`` are the sessions (node, session) of the same scope that belonged to the user until now. ``proof`` says to which
    account the session belongs. ``address`` is where it comes from; it is compared with bans and never shown. ``local``: it
    comes from the machine of its server, so no lockdown keeps it out. ``about`` only counts if the user is new.
    """

    nick: Nick
    scope: Scope
    host: str
    replaced: tuple[tuple[Node, SessionId], ...] = ()
    proof: Proof | None = None
    address: str = ""
    local: bool = False
    about: About = NOTHING_SAID


class Departed(BaseEvent, frozen=True):
    """A user's last session ended. ``rooms`` are those that the user was in; they are filled in when the event is applied.

    ``marks``: its client reports what the user has read. For other clients, everything shown counts as read.
    """

    reason: CleanText
    rooms: tuple[RoomId, ...] = ()
    marks: bool = False


class Detached(BaseEvent, frozen=True):
    """A session ended, but its user has another one. ``rooms`` are those where everything so far now counts as read."""

    rooms: tuple[RoomId, ...] = ()


class Renamed(BaseEvent, frozen=True):
    """The author, who is shown with the old nick, is now called ``nick``."""

    nick: Nick


class ProfileChanged(BaseEvent, frozen=True):
    """The author changed their profile or, ``of_room``, that of the room; a value of None was taken out."""

    changes: tuple[ProfileChange, ...]
    of_room: bool = False


class AwaySet(BaseEvent, frozen=True):
    """The author is away, or back if the text is None. ``auto``: the server noticed this by itself."""

    text: CleanText | None
    auto: bool = False


class RealNameSet(BaseEvent, frozen=True):
    """The author set their real name; an empty one was cleared."""

    real_name: str


class UserChanged(BaseEvent, frozen=True):
    """The author changed settings of their user."""

    changes: tuple[UserChange, ...]


class OperatorSet(BaseEvent, frozen=True):
    """The author's session is now one of the server operator of this name, or of none if that is None."""

    operator: str | None


class BotCommandsSet(BaseEvent, frozen=True):
    """The author answers to these words from now on, see :mod:`twisted_chat.core.state.bot_commands`."""

    words: tuple[str, ...]
