"""What is said and asked for over a link, and how it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from twisted.internet.interfaces import IReactorTime

from twisted_chat.client import events as ev
from twisted_chat.client.link import wire
from twisted_chat.client.link.outbox import Item, Outgoing
from twisted_chat.client.link.recipients import Absent, Recipients
from twisted_chat.client.link.reconnect import Connector
from twisted_chat.client.link.rooms import Membership
from twisted_chat.core.values.text import CleanText

#: The longest page of earlier messages.
MAX_PAGE: Final = 1_000


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """The user that logs in: ``nick`` ("": a guest name), and the password of the account with that name."""

    nick: str = ""
    password: str | None = None

    def __repr__(self) -> str:
        return f"Identity(nick={self.nick!r})"


class NoRoom(Exception):
    """One talks in no room. ``str()`` is fit to show."""


class Requests:
    """The part of a :class:`~twisted_chat.client.link.link.Link` that its users call."""

    nick: str
    _clock: IReactorTime
    _connector: Connector
    _identity: Identity
    _heard: Callable[[ev.Event], None]
    _prefix: str
    _next_tag: int
    _token: str | None
    _outgoing: Outgoing
    _recipients: Recipients
    _absent: Absent
    _rooms: Membership
    _becoming: dict[str, Identity]
    _quiet: set[str]
    _last_teller: str | None

    @property
    def focus(self) -> str | None:
        """The room where plain text goes; None: nowhere."""
        return self._rooms.focus

    # --- what is said and asked for; each raises QueueFull, NoRoom, wire.TooLong or BadText, and then nothing was sent ---

    def say(
        self,
        text: str,
        room: str | None = None,
        kind: ev.Kind = "say",
        *,
        literal: bool = True,
        typed: bool = False,
    ) -> str:
        """Say a text of one or more lines in ``room`` (None: where one talks). Return its tag.

        Unless it is meant literally, the server refuses what looks like a private text, mistyped. ``typed``: the text, of one
        line, is for a bot, and is refused if none there answers to it.
        """
        where = self._where(room)
        lines, tag = _lines(text), self._tag()
        data = (
            wire.command(text, tag, where)
            if typed
            else wire.message(lines, where, kind, tag, literal=literal)
        )
        self._outgoing.add(Item(tag, data, text, again=True, room=where))
        self._sending(
            ev.Sending(tag=tag, content="\n".join(lines), room=where, kind=kind, time=self._now())
        )
        return tag

    def tell(self, nick: str, text: str, kind: ev.Kind = "say") -> str:
        """Say something in private. Return its tag.

        After a lost connection it goes only to the session, or the account, that had the name when it was typed. It waits a
        minute for that to be back; else a :class:`~twisted_chat.client.events.HandedBack` follows.
        """
        lines, tag = _lines(text), self._tag()
        guarded = wire.private(nick, lines, kind, tag, self._recipients.scope(nick))
        item = Item(
            tag, wire.private(nick, lines, kind, tag), text, again=True, to=nick, guarded=guarded
        )
        # A user who was not logged in yet knows nobody, and means anyone of that name.
        item.suspect = self._token is not None and self._connector.online() is None
        item.held = self._absent.awaits(nick)
        self._outgoing.add(item)
        self._sending(
            ev.Sending(tag=tag, content="\n".join(lines), to=nick, kind=kind, time=self._now())
        )
        return tag

    def reply(self, text: str) -> str:
        """Answer the last private message that was heard. Return the tag."""
        if self._last_teller is None:
            return self.command(f"/reply {text}")
        return self.tell(self._last_teller, text)

    def command(self, line: str) -> str:
        """Send a line as people type it, such as ``/topic Welcome``. Return its tag.

        It is about the room where one talks now, though one may talk elsewhere when there is a connection.
        If the connection is lost before the answer, it is not sent again: an :class:`~twisted_chat.client.events.Undone` says so.
        """
        tag = self._tag()
        what = line.split(" ", 1)[0]  # what follows may be a password
        data = wire.command(str(CleanText(line)), tag, self.focus)
        return self._request(data, what, tag, self.focus)

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
        return self._request(data, f"history of #{room}", tag)

    def private_history(self, partner: str, before: str | None = None, limit: int = 100) -> str:
        """Ask for what one wrote with somebody, before an id or last; answered like :meth:`history`."""
        tag = self._tag()
        data = wire.history(None, tag, partner=partner, before=before, limit=min(limit, MAX_PAGE))
        return self._request(data, f"history with {partner}", tag)

    def read(self, message: str, room: str | None = None, partner: str | None = None) -> str:
        """Tell up to which id one has read a room, or what one wrote with ``partner``; nothing, while there is no connection.

        Return the tag of the answer.
        """
        tag = self._tag()
        self._send(wire.read(room, partner, message, tag))
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

    # --- what goes ---

    def _where(self, room: str | None) -> str:
        where = room or self.focus
        if where is None:
            raise NoRoom(
                "You are not in any room. The message was not sent. Enter a room with /join ROOM."
            )
        return where

    def _tag(self) -> str:
        tag = f"{self._prefix}-{self._next_tag}"
        self._next_tag += 1
        return tag

    def _quiet_tag(self) -> str:
        tag = self._tag()
        self._quiet.add(tag)
        return tag

    def _now(self) -> float:
        return self._clock.seconds()

    def _sending(self, sending: ev.Sending) -> None:
        self._heard(sending)
        self._flush()

    def _request(self, data: bytes, what: str, tag: str, room: str | None = None) -> str:
        """Queue what the server does not know again by its tag: it is sent once."""
        self._outgoing.add(Item(tag, data, what, again=False, room=room))
        self._flush()
        return tag

    def _flush(self) -> None:
        online = self._connector.online()
        if online is not None:
            for data in self._outgoing.send(online.next_ping):
                online.send(data)

    def _send(self, data: bytes) -> None:
        """Send, behind what waits, what need not be kept: over a new connection it is found out again."""
        self._flush()
        self._send_first(data)

    def _send_first(self, data: bytes) -> None:
        """Send before what waits."""
        online = self._connector.online()
        if online is not None:
            online.send(data)


def _lines(text: str) -> tuple[str, ...]:
    """Cut a text into lines that may be sent; raises BadText."""
    return tuple(str(CleanText(line)) for line in text.removesuffix("\n").split("\n"))
