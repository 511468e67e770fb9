"""Short ways to refuse a command, and sentences that are used in several places."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules.decisions import SendReply
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import Account
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.text import CleanText

#: Why a password that was right when it was checked does not count any more.
STALE: Final = "The password was changed or the account was deleted in the meantime. Log in again."
#: What is added when somebody is banned or muted by a name that nobody here has.
UNMATCHED: Final = "Nobody here matches it at the moment."
#: Why guests have no read markers.
NOTHING_READ: Final = Refused(
    "no-account",
    "Read markers are only kept for accounts, and you are a guest. Create an account with /register PASSWORD.",
)


def refuse(code: str, why: str) -> SendReply:
    """Refuse a command: ``code`` is for programs, ``why`` for people."""
    return SendReply(Refused(code, why))


def check_size(text: CleanText | None, limit: int) -> SendReply | None:
    """Refuse a text of more than ``limit`` bytes."""
    size = len(text.encode("utf-8")) if text is not None else 0
    why = f"{too_long(size, limit)} Nothing was changed."
    return refuse("too-long", why) if size > limit else None


def too_long(size: int, limit: int) -> str:
    """Return the sentence that a text is too long."""
    return f"That text has {size:,} bytes; the limit is {limit:,}."


def absent_target(nick: Nick) -> Refused:
    """Refuse a command about a user who is not here."""
    return Refused("no-such-nick", f"{nick} is not here. Type /who to list who is here.")


def no_such_room(name: RoomName) -> str:
    """Refuse a command about a room that does not exist, or that the user may not know about."""
    return f"There is no room {name}. Type /rooms to list them."


def not_a_member(nick: Nick, room: Room) -> Refused:
    """Refuse a command about a user who is not in the room."""
    return Refused(
        "not-a-member",
        f"{nick} is not in {room.name}. Nothing was changed. Type /who {room.name} to list its members.",
    )


def has_account(key: str) -> Refused:
    """Refuse a command that only guests can use."""
    return Refused(
        "already-logged-in",
        f"You are already logged in to the account {key}. To use another one, /quit and connect again.",
    )


def taken(nick: Nick, holder: User | Account) -> str:
    """Return why ``nick`` is not available."""
    if isinstance(holder, Account):
        if holder.name == nick:
            return f'"{nick}" is registered. If it is yours, type /login {nick} PASSWORD.'
        return f'"{nick}" is taken: it looks too much like {holder.name}, which is registered.'
    if holder.nick == nick:
        return f'"{nick}" is taken.'
    return f'"{nick}" is taken: it looks too much like {holder.nick}, who is here.'


def hidden(name: str) -> str:
    """Return the confirmation that a user is ignored."""
    return f"You no longer see messages from {name}. Type /unignore {name} to undo that."


def shown_again(name: str) -> str:
    """Return the confirmation that a user is no longer ignored."""
    return f"You see messages from {name} again."
