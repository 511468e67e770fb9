"""Whom a private message is for, here or not, and what stands in the way of it: asked when it is decided, and again when
it is applied.
"""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api.commands import Kind
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.state.conversations import GUESTS
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import Account
from twisted_chat.core.values.ids import UserId
from twisted_chat.core.values.names import Nick

#: Stands for who is not here: ids of users count from 1.
NOT_HERE: Final = UserId(0)


def addressee(state: State, nick: Nick, kind: Kind) -> User | Account | None:
    """Return whom a message to this nick is for: who has it, or what :func:`of_account` returns."""
    return state.user_named(nick) or of_account(state, nick, kind)


def of_account(state: State, nick: Nick, kind: Kind) -> User | Account | None:
    """Return who is here with the account of this name, or the account if nobody is; None if there is no such account.

    What programs ask each other (``ctcp``) is for who is here.
    """
    account = state.accounts.get(nick.key)
    if account is None:
        return None
    here = next(iter(state.users_of(account.key)), None)
    if here is None and kind == "ctcp":
        return None
    return here or account


def is_meant(to: Nick, target: User | Account, scope: str) -> bool:
    """Tell whether who has a nickname has the session of this public scope, or ("") the account of that name."""
    if scope:
        return isinstance(target, User) and any(
            session.scope == scope for session in target.sessions.values()
        )
    return isinstance(target, Account) or target.account == to.key


def somebody_else(to: Nick, scope: str) -> Refused:
    """Refuse a message to a nickname that may no longer be that of whom it is for."""
    why = (
        "somebody else may have that name now"
        if scope
        else "it is not registered, and anybody can have taken it"
    )
    return Refused(
        "another-session",
        f"{to} may not be the person you wrote to: {why}. The message was not sent.",
    )


def refusal(state: State, user: User, target: User | Account) -> Refused | None:
    """Return why somebody cannot write to somebody; None if they can."""
    name = target.nick if isinstance(target, User) else target.name
    if not _wanted(state, user, target):
        return _not_to(state, target, name)
    if isinstance(target, User) or _ignored(user, target):
        return None
    sender = user.account or GUESTS
    if state.talks.waiting(target.key, sender) >= state.limits.max_waiting_from:
        whose = "of yours" if user.account is not None else "from guests"
        why = f"{state.limits.max_waiting_from:,} messages {whose} wait for {name}, and no more can; nothing was sent"
        return Refused("too-many-waiting", why)
    if state.talks.waiting(target.key) >= state.limits.max_waiting:
        why = f"{state.limits.max_waiting:,} messages wait for {name}, and no more can; nothing was sent"
        return Refused("too-many-waiting", why)
    return None


def waits(user: User, target: User | Account) -> bool:
    """Tell whether what somebody writes is to be told once the account is here again."""
    return isinstance(target, Account) and not _ignored(user, target)


def _ignored(user: User, account: Account) -> bool:
    """Tell whether an account ignores somebody. They are not told so, as they are not when it is here."""
    return any(key == user.nick.key for key, _ in account.ignored)


def _wanted(state: State, user: User, target: User | Account) -> bool:
    """Tell whether somebody takes private messages from this user; who is not here is where they were last."""
    account = _account(state, target)
    if account is None or account.key == user.account:
        return True
    match account.privacy:
        case "all":
            return True
        case "accounts":
            return user.account is not None
        case "rooms":  # pragma: no branch (mypy sees a missing case)
            rooms = target.rooms if isinstance(target, User) else state.markers.of(account.key)
            return not user.rooms.keys().isdisjoint(rooms)


def _account(state: State, target: User | Account) -> Account | None:
    if isinstance(target, Account):
        return target
    return state.accounts.get(target.account) if target.account is not None else None


def _not_to(state: State, target: User | Account, name: Nick) -> Refused:
    """Refuse a private message to somebody who does not want one from everybody."""
    account = _account(state, target)
    wants = "who is in one of their rooms"
    if account is not None and account.privacy == "accounts":
        wants = "who has an account here (/register makes one)"
    why = f"{name} takes private messages only from {wants}; nothing was sent"
    return Refused("not-wanted", why)
