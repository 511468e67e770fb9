"""Permissions in a room: the one place where they are decided, for all doors, at deciding and again at applying.

Roles are flags, not ranks: the owner may do what operators may because the table says so. Nobody is owner, operator or voice of
the lobby.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Final

from twisted_chat.core.api.commands import Command, Kind
from twisted_chat.core.api.replies import PasswordNeeded, Refused
from twisted_chat.core.rules.decisions import Ponder
from twisted_chat.core.state.room import LOBBY_ID, Room
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.bans import Ban
from twisted_chat.core.values.durations import spell_duration
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.core.values.matcher import Effort
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.room_settings import NEEDED, NO_ROLES, Action, Roles

#: The most turns for one command: a hundred rooms with full lists that nobody was held against take 2,500. Only if others come
#: and go meanwhile so fast that the lists forget is it decided without.
MOST_PONDERED: Final = 4000

_NOT_SENT: Final = "The message was not sent."

OPERATORS: Final[Roles] = frozenset(("owner", "operator"))
_VOICES: Final[Roles] = OPERATORS | {"voice"}
_OWNER: Final[Roles] = frozenset(("owner",))

#: What nobody does to the owner of a room.
_NOT_TO_OWNERS: Final[frozenset[Action]] = frozenset(("kick", "ban", "mute", "change role"))


def may(
    action: Action, user: User, room: Room, now: float, against: Roles = NO_ROLES
) -> Refused | None:
    """Return why a user may not do something in a room at the time ``now``; None if they may.

    ``against`` are the roles of the user to whom it is done.
    """
    roles = room.roles_of(user)
    needed = NEEDED[action]
    if needed and not roles & needed:
        return _lacking(needed, room)
    if "owner" in against and action in _NOT_TO_OWNERS:
        return Refused(
            "is-owner", f"Nobody can do that to the owner of {room.name}. Nothing was changed."
        )
    match action:
        case "enter":
            return _enter(user, roles, room, now)
        case "speak":
            return _speak(user, roles, room, now)
        case "read all" if room.settings.since_join and not roles & OPERATORS:
            return Refused(
                "since-join", f"In {room.name} members only see messages sent since they joined."
            )
        case "set topic":
            return _set_topic(user, roles, room, now)
        case "invite" if room.settings.invite_only and not roles & OPERATORS:
            return _lacking(OPERATORS, room)
        case "rename" if room.owner is not None and "owner" not in roles:
            return _lacking(_OWNER, room)
        case "register":
            return _register(user, room)
        case "forget me":
            return may_be_forgotten(user)
        case _:
            return None


def may_be_forgotten(user: User) -> Refused | None:
    """Return why a user cannot delete what they said, in a room or everywhere; None if they can."""
    if user.account is not None:
        return None
    return Refused(
        "needs-account",
        "Only messages sent with an account can be deleted, and you are a guest. Nothing was deleted.",
    )


def _enter(user: User, roles: Roles, room: Room, now: float) -> Refused | None:
    """Only the owner passes a ban; an operator's invitation passes everything."""
    if "owner" in roles or room.lets_in(user):
        return None
    ban = room.keeps_out(user, now)
    if ban is not None:
        return Refused("banned", f"You are banned from {room.name}{_ending(ban, now)}.")
    invited = roles & _VOICES or not room.settings.invite_only
    if not invited and not room.exempts("invites", user, now):
        return Refused(
            "invite-only", f"{room.name} is invite-only. Ask one of its operators to invite you."
        )
    if room.settings.accounts_only and user.account is None and not roles & _VOICES:
        return Refused(
            "needs-account",
            f"Only people with an account can enter {room.name}. Create one with /register PASSWORD, or log in.",
        )
    limit = room.settings.limit
    if limit and len(room.members) >= limit:
        return Refused(
            "room-full", f"{room.name} is full: its limit is {limit:,} members. Try again later."
        )
    return None


def lets_in(user: User, room: Room) -> bool:
    """Return whether a user's invitations to a room override its bans and settings."""
    return not room.roles_of(user).isdisjoint(OPERATORS)


def silenced(user: User, room: Room, now: float) -> Refused | None:
    """Return why a user may not speak in a room or act in a way that is seen there; None if they may."""
    roles = room.roles_of(user)
    if not room.strict or "owner" in roles:
        return None
    ban = room.mutes_user(user, now)
    if ban is not None:
        return Refused("muted", f"You are muted in {room.name}{_ending(ban, now)}.")
    if room.settings.moderated and not roles & _VOICES:
        return Refused(
            "moderated",
            f"{room.name} is moderated. Only members with voice can speak there.",
        )
    if room.settings.accounts_speak and user.account is None and not roles & _VOICES:
        return Refused(
            "needs-account",
            f"Only people with an account can speak in {room.name}. Create one with /register PASSWORD, or log in.",
        )
    return None


def may_say(kind: Kind, user: User, room: Room, now: float) -> Refused | None:
    """Return why a user may not send a message of this kind to a room; None if they may."""
    if room.settings.no_ctcp and kind == "ctcp":
        return Refused(
            "no-ctcp", f"{room.name} does not accept requests from programs (CTCP). {_NOT_SENT}"
        )
    return may("speak", user, room, now)


def _set_topic(user: User, roles: Roles, room: Room, now: float) -> Refused | None:
    """A user who may not speak must not speak through topics."""
    if room.settings.topic_lock and not roles & OPERATORS:
        return Refused(
            "topic-locked", f"Only operators of {room.name} can set its topic. Nothing was changed."
        )
    return silenced(user, room, now)


def _speak(user: User, roles: Roles, room: Room, now: float) -> Refused | None:
    refused = silenced(user, room, now)
    if refused is None and user.id not in room.members and "owner" not in roles:
        ban = room.keeps_out(user, now)
        if ban is not None:
            refused = Refused("banned", f"You are banned from {room.name}{_ending(ban, now)}.")
    if refused is not None:
        return Refused(refused.code, f"{refused.why} {_NOT_SENT}")
    if roles & _VOICES:
        return None
    slow, before = room.settings.slow, room.spoke.get(user.invitation)
    # A clock that was set back makes nobody wait.
    if slow and before is not None and before <= now < before + slow:
        wait = before + slow - now
        why = f"{room.name} is in slow mode. {_NOT_SENT} Wait {spell_duration(wait)}."
        return Refused("slow", why)
    return None


def _register(user: User, room: Room) -> Refused | None:
    if room.owner is not None:
        return Refused("is-registered", f"{room.name} is already registered. Nothing was changed.")
    if user.account is None:
        return Refused(
            "needs-account",
            "Only people with an account can own a room. Create one with /register PASSWORD, or log in, then try again.",
        )
    return None


def _lacking(needed: Roles, room: Room) -> Refused:
    if room.ref.id == LOBBY_ID:
        return Refused(
            "not-operator",
            f"Nobody can do that in {room.name}, because it has no operators. Nothing was changed.",
        )
    if needed == _OWNER:
        return Refused(
            "not-owner", f"Only the owner of {room.name} can do that. Nothing was changed."
        )
    return Refused(
        "not-operator",
        f"Only operators of {room.name} can do that. Nothing was changed.",
    )


def _ending(ban: Ban, now: float) -> str:
    reason = f" ({ban.reason})" if ban.reason else ""
    return f"{reason}, for {spell_duration(ban.until - now)} more" if ban.until else reason


def admit(
    user: User, room: Room, digest: str | None, now: float
) -> Refused | PasswordNeeded | None:
    """Return why a user cannot enter a room with this digest of a password; None if they can.

    For a private room the answer does not reveal whether it is locked, invite-only, or closed to them.
    """
    refused = may("enter", user, room, now)
    if refused is not None and not room.settings.private:
        return refused
    if refused is None and (
        room.password is None
        or "owner" in room.roles_of(user)
        or room.lets_in(user)
        or hmac.compare_digest(room.password, digest or "")
    ):
        return None
    return PasswordNeeded(room.name, wrong=digest is not None)


def rename_refused(state: State, user: User, nick: Nick, now: float) -> Refused | None:
    """Return why a user cannot be called ``nick`` in their rooms: that nick would be banned in one of them."""
    for number in user.rooms:
        room = state.rooms[number]
        if room.bans and "owner" not in room.members[user.id]:
            then = room.bans.of(user, now, nick)
            new = then and then.keys() - room.bans.of(user, now).keys()
            if new and not room.exempts("bans", user, now, nick):
                why = f"The nickname {nick} is banned from {room.name}, where you are. Nothing was changed. Leave the room first."
                return Refused("banned", why)
    return None


def floor(user: User, room: Room, now: float) -> MessageId:
    """Return the message after which a user sees what was said in a room they are in."""
    all_of_it = may("read all", user, room, now) is None
    return MessageId(0) if all_of_it else room.joined[user.id]


def heard_in(state: State, user: User, now: float) -> tuple[RoomId, ...]:
    """Return the rooms where a user may speak: only there is shown what they say about themselves."""
    return tuple(room for room in user.rooms if silenced(user, state.rooms[room], now) is None)


def ponder(
    asked: SessionState, command: Command, user: User, rooms: Iterable[Room], *names: Nick
) -> Ponder | None:
    """Make a session wait while its name has to be compared with more bans than one turn has time for.

    A user who puts masks into a hundred rooms must not make others wait for someone who changes their nick there.
    """
    effort = Effort()
    lists = (each for room in rooms for each in (room.bans, *room.exceptions.values()))
    if asked.pondered < MOST_PONDERED and not all(
        each.weigh(user, name, effort) for each in lists for name in (user.nick, *names)
    ):
        asked.pondered += 1
        return Ponder(command)
    asked.pondered = 0
    return None
