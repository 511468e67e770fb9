"""The dialect, and what its sessions share."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from weakref import WeakValueDictionary

from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import BadName, RoomName, parse_nick
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.base import BadLine, Dialect, Request, Step
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.capabilities import KNOWS_METADATA, SHOWN
from twisted_chat.dialects.irc.message import Message, cut, middle
from twisted_chat.dialects.irc.messages import plain
from twisted_chat.dialects.irc.multiline import collect
from twisted_chat.dialects.irc.rooms import inside, show_missed
from twisted_chat.dialects.irc.session import IrcSession
from twisted_chat.dialects.irc.verbs import VERBS, Verb
from twisted_chat.dialects.irc.view import IrcView
from twisted_chat.dialects.line.parse import read

#: Commands that change a room, or say something there: elsewhere they may leave out which one.
_ACTS: Final = (
    *(c.Say, c.Leave, c.Kick, c.SetTopic, c.SetKeep, c.ChangeSettings, c.SetRoomPassword),
    *(c.RegisterRoom, c.DropRoom, c.RenameRoom, c.Transfer, c.Export, c.ChangeRole),
    *(c.PutBan, c.LiftBan, c.Mute, c.Unmute, c.PutException, c.LiftException),
)
#: The longest name of a server in messages, in bytes: as RFC 2812, section 1.1.
_MAX_SERVER: Final = 63


def _is_nobodys(name: str) -> bool:
    """Return whether nobody can have this as a nickname, to speak for the server."""
    try:
        parse_nick(name)
    except BadName:
        return True
    return False


class IrcDialect:
    """Opens sessions of IRC. ``server`` is the name of the server, ``password`` what every client has to send, if anything."""

    verbs: Mapping[str, Verb] = VERBS

    def __init__(
        self,
        server: str,
        version: str,
        limits: Callable[[], Limits],
        now: Callable[[], float],
        password: str = "",
    ) -> None:
        """``version`` is that of the server; ``now`` returns seconds since 1970, ``limits`` the current limits."""
        # It stands in the place of a host name, which has no blanks, and leaves room for what is said.
        self.network = cut("-".join(server.split()).lstrip(":"), _MAX_SERVER) or "server"
        self.server = self.network if _is_nobodys(self.network) else f"{self.network}.irc"
        self.version = f"twisted-chat-{version}"
        self.limits = limits
        self.now = now
        self.started = now()
        self._password = password
        #: The views that sessions have; what clients subscribe to is theirs to choose, so a view goes with its last session.
        self._views: WeakValueDictionary[tuple[frozenset[str], frozenset[str]], IrcView]
        self._views = WeakValueDictionary()

    def open(self) -> IrcSession:
        return IrcSession(self)

    def view(self, caps: frozenset[str], subs: frozenset[str] = frozenset()) -> IrcView:
        """Return the view of sessions with these capabilities and subscriptions: the same for the same ones that show."""
        shown, keys = caps & SHOWN, subs if caps & KNOWS_METADATA else frozenset()
        view = self._views.get((shown, keys))
        if view is None:
            view = self._views[shown, keys] = IrcView(self.server, shown, keys)
        return view

    @property
    def closed(self) -> bool:
        """Clients need a password before anything else."""
        return bool(self._password)

    def opens(self, password: str) -> bool:
        """Return whether this is the password that clients need."""
        return hmac.compare_digest(password.encode(), self._password.encode())

    def plain(self, session: IrcSession, frame: bytes) -> Request | None:
        """Read a line that says something plain in a room; None if it is any other."""
        return plain(session, frame)

    def collect(self, session: IrcSession, message: Message) -> Iterator[Step]:
        """Take a line of a message of several."""
        return collect(session, message)

    def inside(self, session: IrcSession, room: RoomName) -> Iterator[Step]:
        """Announce a room that another session of the same user has entered."""
        return inside(session, room)

    def missed(self, session: IrcSession, room: RoomName) -> Iterator[Step]:
        """Show what was said in a room while the user was not here."""
        return show_missed(session, room)

    def other(self, session: IrcSession, message: Message) -> Iterator[Step]:
        """Read a message whose verb is not one of IRC's: people type our commands, and clients send them as they are."""
        name = message.verb.lower()
        if session.me is None or name not in COMMANDS:
            known = n.ERR_UNKNOWNCOMMAND if session.me is not None else n.ERR_NOTREGISTERED
            why = ":Unknown command" if session.me is not None else ":You have not registered"
            about = f"{middle(message.verb)} " if session.me is not None else ""
            yield session.numeric(known, about + why)
            return
        try:
            command = read(CleanText(" ".join((f"/{name}", *message.params))))
        except BadLine as bad:
            yield session.fails("INVALID_PARAMS", str(bad))
            return
        if isinstance(command, _ACTS) and command.room is None:
            # A client shows several rooms; in which of them this was typed is not known.
            why = f"Name the room: /quote {name.upper()} #ROOM …"
            yield session.numeric(n.ERR_NEEDMOREPARAMS, f"{name.upper()} :{why}")
        elif command is not None:
            yield session.asks(command)


_check: type[Dialect] = IrcDialect
