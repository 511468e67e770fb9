"""Who may do what in a room: the one place where that is decided, for all doors, when a command is decided and again
when it is applied.

Roles are flags, no ranks: who owns a room may do what operators may because the table says so. Nobody is owner, operator
or voice of the lobby.
"""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api.replies import Refused
from twisted_chat.core.state.room import LOBBY_ID, Room
from twisted_chat.core.state.user import User
from twisted_chat.core.values.bans import Ban
from twisted_chat.core.values.durations import spell_duration
from twisted_chat.core.values.room_settings import NEEDED, NO_ROLES, Action, Roles

_NOT_SENT: Final = "The message was not sent."

_OPERATORS: Final[Roles] = frozenset(("owner", "operator"))
_VOICES: Final[Roles] = _OPERATORS | {"voice"}
_OWNER: Final[Roles] = frozenset(("owner",))

#: What nobody does to the owner of a room.
_NOT_TO_OWNERS: Final[frozenset[Action]] = frozenset(("kick", "ban", "mute", "change role"))


def may(
    action: Action, user: User, room: Room, now: float, against: Roles = NO_ROLES
) -> Refused | None:
    """Return why somebody may not do something in a room at the time ``now``; None if they may.

    ``against`` are the roles of whom it is done to.
    """
    roles = room.roles_of(user)
    needed = NEEDED[action]
    if needed and not roles & needed:
        return _lacking(needed, room)
    if "owner" in against and action in _NOT_TO_OWNERS:
        return Refused("is-owner", f"nobody can do that to the owner of {room.name}")
    match action:
        case "enter":
            return _enter(user, roles, room, now)
        case "speak":
            return _speak(user, roles, room, now)
        case "read all" if room.settings.since_join and not roles & _OPERATORS:
            return Refused("since-join", f"in {room.name} people see what was said since they came")
        case "set topic":
            return _set_topic(user, roles, room, now)
        case "register":
            return _register(user, room)
        case "forget me":
            return may_be_forgotten(user)
        case _:
            return None


def may_be_forgotten(user: User) -> Refused | None:
    """Return why somebody cannot have deleted what they said; None if they can, be it everywhere."""
    if user.account is not None:
        return None
    return Refused(
        "needs-account",
        "only what was said with an account is known to be somebody's; a guest can be anybody",
    )


def _enter(user: User, roles: Roles, room: Room, now: float) -> Refused | None:
    """Nobody but the owner passes a ban; an invitation passes everything."""
    if "owner" in roles or user.invitation in room.invited:
        return None
    ban = room.bans.find(user, now)
    if ban is not None:
        return Refused("banned", f"you are banned from {room.name}{_ending(ban, now)}")
    if room.settings.invite_only and not roles & _VOICES:
        return Refused(
            "invite-only", f"{room.name} is for who is invited; ask somebody there for that"
        )
    return None


def silenced(user: User, room: Room, now: float) -> Refused | None:
    """Return why somebody has no say in a room, be it by speaking or otherwise; None if they have one."""
    roles = room.roles_of(user)
    if not room.strict or "owner" in roles:
        return None
    ban = room.mutes.find(user, now)
    if ban is not None:
        return Refused("muted", f"you are muted in {room.name}{_ending(ban, now)}")
    if room.settings.moderated and not roles & _VOICES:
        return Refused(
            "moderated",
            f"{room.name} is moderated: only who has voice there speaks",
        )
    return None


def _set_topic(user: User, roles: Roles, room: Room, now: float) -> Refused | None:
    """Whoever may not speak could speak by topics."""
    if room.settings.topic_lock and not roles & _OPERATORS:
        return Refused(
            "topic-locked", f"the topic of {room.name} is locked: only its operators set it"
        )
    return silenced(user, room, now)


def _speak(user: User, roles: Roles, room: Room, now: float) -> Refused | None:
    refused = silenced(user, room, now)
    if refused is not None:
        return Refused(refused.code, f"{refused.why}. {_NOT_SENT}")
    if roles & _VOICES:
        return None
    slow, before = room.settings.slow, room.spoke.get(user.invitation)
    # A clock that was set back makes nobody wait.
    if slow and before is not None and before <= now < before + slow:
        wait = before + slow - now
        why = f"{room.name} is slow: wait {spell_duration(wait)} more. {_NOT_SENT}"
        return Refused("slow", why)
    return None


def _register(user: User, room: Room) -> Refused | None:
    if room.owner is not None:
        return Refused("is-registered", f"{room.name} is registered already")
    if user.account is None:
        return Refused(
            "needs-account", f"to own {room.name}, log in with an account; a guest can be anybody"
        )
    return None


def _lacking(needed: Roles, room: Room) -> Refused:
    if room.ref.id == LOBBY_ID:
        return Refused("not-operator", f"nobody can do that in {room.name}, which has no operator")
    if needed == _OWNER:
        return Refused("not-owner", f"only the owner of {room.name} can do that")
    return Refused(
        "not-operator",
        f"only operators of {room.name} can do that (who makes a room is its operator)",
    )


def _ending(ban: Ban, now: float) -> str:
    reason = f" ({ban.reason})" if ban.reason else ""
    return f"{reason}, for {spell_duration(ban.until - now)} more" if ban.until else reason
