"""What sessions of IRC see alike of what happens: those with the same capabilities share one view."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from twisted_chat.core.api import events as e
from twisted_chat.dialects.base import Variant
from twisted_chat.dialects.irc import letters
from twisted_chat.dialects.irc.message import encode
from twisted_chat.dialects.wording import events as say


class IrcView:
    """What sessions with the capabilities ``caps`` see. ``server`` is the name of the server."""

    def __init__(self, server: str, caps: frozenset[str]) -> None:
        self.server = server
        self.caps = caps

    def event(self, envelope: e.Envelope) -> bytes:
        render = EVENTS.get(type(envelope.event))
        lines = (
            render(self, envelope, envelope.event) if render is not None else self._room(envelope)
        )
        return encode(lines)

    def own(self, envelope: e.Envelope, *, acked: bool) -> bytes:
        return self.event(envelope)

    def replay(self, envelope: e.Envelope) -> bytes:
        """Render a message of earlier."""
        return self.event(envelope)

    def _room(self, envelope: e.Envelope) -> Iterable[str]:
        """Tell what has no form of its own in IRC as a notice of the server in the room."""
        event, author, room = envelope.event, envelope.author, envelope.room
        if not isinstance(event, e.RoomEvent) or author is None or room is None:
            return ()
        text = say.in_room(event, author.nick.text, room.name.text)
        return (f":{self.server} NOTICE {room.name} :{text}",)


def _said(view: IrcView, envelope: e.Envelope, event: e.Said) -> Iterable[str]:
    room, author = envelope.room, envelope.author
    assert room is not None and author is not None
    return message(author.prefix, str(room.name), event)


def _told(view: IrcView, envelope: e.Envelope, event: e.Told) -> Iterable[str]:
    assert envelope.author is not None
    return message(envelope.author.prefix, event.nick.text, event)


def message(source: str, to: str, event: e.Said | e.Told) -> Iterable[str]:
    """Return the lines of a message; blank ones are left out."""
    verb = "NOTICE" if event.kind == "notice" else "PRIVMSG"
    for line in event.lines:
        match event.kind:
            case "action":
                yield f":{source} {verb} {to} :\x01ACTION {line}\x01"
            case "ctcp":
                yield f":{source} {verb} {to} :\x01{line}\x01"
            case _:
                if line.strip():
                    yield f":{source} {verb} {to} :{line}"


def _joined(view: IrcView, envelope: e.Envelope, event: e.Joined) -> Iterable[str]:
    assert envelope.author is not None
    return (join(view, envelope.author, str(event.room)),)


def join(view: IrcView, author: e.Author, room: str) -> str:
    """Return the line of somebody who enters a room."""
    if "extended-join" in view.caps:
        return f":{author.prefix} JOIN {room} {author.account_name or '*'} :{author.real_name}"
    return f":{author.prefix} JOIN {room}"


def _left(view: IrcView, envelope: e.Envelope, event: e.Left) -> Iterable[str]:
    assert envelope.author is not None and envelope.room is not None
    why = f" :{event.reason}" if event.reason else ""
    return (f":{envelope.author.prefix} PART {envelope.room.name}{why}",)


def _departed(view: IrcView, envelope: e.Envelope, event: e.Departed) -> Iterable[str]:
    assert envelope.author is not None
    return (f":{envelope.author.prefix} QUIT :{event.reason}",)


def _renamed(view: IrcView, envelope: e.Envelope, event: e.Renamed) -> Iterable[str]:
    assert envelope.author is not None
    return (f":{envelope.author.prefix} NICK {event.nick}",)


def _kicked(view: IrcView, envelope: e.Envelope, event: e.Kicked) -> Iterable[str]:
    assert envelope.author is not None and envelope.room is not None
    why = event.reason or envelope.author.nick.text
    return (f":{envelope.author.prefix} KICK {envelope.room.name} {event.nick} :{why}",)


def _topic_set(view: IrcView, envelope: e.Envelope, event: e.TopicSet) -> Iterable[str]:
    assert envelope.author is not None and envelope.room is not None
    return (f":{envelope.author.prefix} TOPIC {envelope.room.name} :{event.topic}",)


def _mode(envelope: e.Envelope, how: str) -> Iterable[str]:
    """Return the line of a change of a room."""
    assert envelope.author is not None and envelope.room is not None
    return (f":{envelope.author.prefix} MODE {envelope.room.name} {how}",)


def _settings_changed(
    view: IrcView, envelope: e.Envelope, event: e.SettingsChanged
) -> Iterable[str]:
    return _mode(envelope, letters.spell_changes(event.changes))


def _password_set(view: IrcView, envelope: e.Envelope, event: e.RoomPasswordSet) -> Iterable[str]:
    return _mode(envelope, f"{'+' if event.locked else '-'}{letters.KEY} {letters.HIDDEN}")


def _role_changed(view: IrcView, envelope: e.Envelope, event: e.RoleChanged) -> Iterable[str]:
    sign, letter = "+" if event.given else "-", letters.ROLE_LETTERS[event.role]
    return _mode(envelope, f"{sign}{letter} {event.nick}")


def _registered(view: IrcView, envelope: e.Envelope, event: e.RoomRegistered) -> Iterable[str]:
    assert envelope.author is not None
    return _mode(envelope, f"+{letters.OWNER} {envelope.author.nick}")


def _transferred(view: IrcView, envelope: e.Envelope, event: e.RoomTransferred) -> Iterable[str]:
    assert envelope.author is not None
    letter = letters.OWNER
    return _mode(envelope, f"-{letter}+{letter} {envelope.author.nick} {event.nick}")


def _invited(view: IrcView, envelope: e.Envelope, event: e.InvitedToRoom) -> Iterable[str]:
    assert envelope.author is not None and envelope.room is not None
    if not event.you and "invite-notify" not in view.caps:
        return ()
    return (f":{envelope.author.prefix} INVITE {event.nick} {envelope.room.name}",)


def _announced(view: IrcView, envelope: e.Envelope, event: e.Announced) -> Iterable[str]:
    assert envelope.author is not None
    text = say.announced(envelope.author.nick.text, "")
    return [f":{view.server} NOTICE $$* :{text}{line}" for line in event.lines]


#: How each event is written; one that is not here is told in words if it is about a room, and else not at all.
EVENTS: Final[dict[type[e.Event], Callable[[IrcView, e.Envelope, Any], Iterable[str]]]] = {
    e.Said: _said,
    e.Told: _told,
    e.Joined: _joined,
    e.Left: _left,
    e.Departed: _departed,
    e.Renamed: _renamed,
    e.Kicked: _kicked,
    e.TopicSet: _topic_set,
    e.InvitedToRoom: _invited,
    e.RoleChanged: _role_changed,
    e.RoomPasswordSet: _password_set,
    e.RoomRegistered: _registered,
    e.RoomTransferred: _transferred,
    e.SettingsChanged: _settings_changed,
    e.Announced: _announced,
}

_check: type[Variant] = IrcView
