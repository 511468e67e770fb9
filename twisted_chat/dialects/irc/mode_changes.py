"""What changes how a room is set, and who may do what in it, as letters of MODE with their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted_chat.core.api import events as e
from twisted_chat.dialects.irc import letters, masks


def _settings_changed(author: e.Author, event: e.SettingsChanged) -> str:
    return letters.spell_changes(event.changes)


def _password_set(author: e.Author, event: e.RoomPasswordSet) -> str:
    return f"{'+' if event.locked else '-'}{letters.KEY} {letters.HIDDEN}"


def _role_changed(author: e.Author, event: e.RoleChanged) -> str:
    sign, letter = "+" if event.given else "-", letters.ROLE_LETTERS[event.role]
    return f"{sign}{letter} {event.nick}"


def _registered(author: e.Author, event: e.RoomRegistered) -> str:
    return f"+{letters.OWNER} {author.nick}"


def _transferred(author: e.Author, event: e.RoomTransferred) -> str:
    return f"-{letters.OWNER}+{letters.OWNER} {author.nick} {event.nick}"


def _banned(author: e.Author, event: e.Banned) -> str:
    return f"+{masks.BAN} {masks.spell(event.ban.target.text)}"


def _unbanned(author: e.Author, event: e.Unbanned) -> str:
    return f"-{masks.BAN} {masks.spell(event.target.public)}"


def _muted(author: e.Author, event: e.Muted) -> str:
    return f"+{masks.BAN} {masks.spell(event.ban.target.text, mute=True)}"


def _unmuted(author: e.Author, event: e.Unmuted) -> str:
    return f"-{masks.BAN} {masks.spell(event.target.public, mute=True)}"


def _excepted(author: e.Author, event: e.Excepted) -> str:
    mask = masks.spell(event.ban.target.text, mute=event.exempt == "mutes")
    return f"+{masks.letter_of(event.exempt)} {mask}"


def _exception_lifted(author: e.Author, event: e.ExceptionLifted) -> str:
    mask = masks.spell(event.target.public, mute=event.exempt == "mutes")
    return f"-{masks.letter_of(event.exempt)} {mask}"


#: How each of these changes is written.
MODES: Final[dict[type[e.Event], Callable[[e.Author, Any], str]]] = {
    e.RoleChanged: _role_changed,
    e.RoomPasswordSet: _password_set,
    e.RoomRegistered: _registered,
    e.RoomTransferred: _transferred,
    e.SettingsChanged: _settings_changed,
    e.Banned: _banned,
    e.Unbanned: _unbanned,
    e.Muted: _muted,
    e.Unmuted: _unmuted,
    e.Excepted: _excepted,
    e.ExceptionLifted: _exception_lifted,
}
