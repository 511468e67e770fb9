"""The settings of a room, the roles of its members, and which role each action needs."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Role = Literal["owner", "operator", "voice"]
Roles = frozenset[Role]

NO_ROLES: Final[Roles] = frozenset()

Setting = Literal[
    "topic-lock",
    "private",
    "invite-only",
    "moderated",
    "slow",
    "visibility",
    "limit",
    "outside",
    "no-ctcp",
    "accounts-only",
    "accounts-speak",
]

#: A setting and its value: 0 or 1, but for ``slow``, where it is seconds, and ``limit``, where it is a number of members.
Change = tuple[Setting, int]

#: The most seconds between two lines of somebody in a slow room: six hours, as Discord has it.
MAX_SLOW: Final = 21_600
#: The largest limit of members: more than any server holds.
MAX_LIMIT: Final = 1_000_000


#: ``read all``: also what was said before one came, where others see only what was said since.
Action = Literal[
    "enter",
    "speak",
    "read all",
    "set topic",
    "forget me",
    "delete",
    "keep",
    "set",
    "lock",
    "invite",
    "kick",
    "ban",
    "unban",
    "list bans",
    "mute",
    "unmute",
    "change role",
    "register",
    "rename",
    "transfer",
    "export",
    "drop",
]

_OPERATORS: Final[Roles] = frozenset(("owner", "operator"))
_OWNER: Final[Roles] = frozenset(("owner",))

#: One of these roles is needed. What anyone may, a room can be set to let fewer do: see :func:`may`.
NEEDED: Final[dict[Action, Roles]] = {
    "enter": NO_ROLES,
    "speak": NO_ROLES,
    "read all": NO_ROLES,
    "set topic": NO_ROLES,
    "forget me": NO_ROLES,
    "delete": _OPERATORS,
    "keep": _OPERATORS,
    "set": _OPERATORS,
    "lock": _OPERATORS,
    "invite": NO_ROLES,
    "kick": _OPERATORS,
    "ban": _OPERATORS,
    "unban": _OPERATORS,
    "list bans": NO_ROLES,
    "mute": _OPERATORS,
    "unmute": _OPERATORS,
    "change role": _OPERATORS,
    "register": _OPERATORS,
    "rename": _OPERATORS,
    "transfer": _OWNER,
    "export": _OWNER,
    "drop": _OWNER,
}


class Settings(msgspec.Struct, frozen=True, gc=False):
    """The settings of a room.

    ``topic_lock``: only operators set the topic; ``private``: only members see it in lists; ``invite_only``: nobody enters
    without an invitation; ``moderated``: only members with a role can speak; ``slow``: the seconds that members without a role
    wait between two lines, 0 for none; ``since_join``: people see what was said since they joined; ``limit``: nobody enters
    while there are so many members, 0 for no limit; ``outside``: people can speak without entering; ``no_ctcp``: programs
    cannot send each other requests; ``accounts_only``, ``accounts_speak``: guests cannot enter, or cannot speak without a role.
    """

    topic_lock: bool = False
    private: bool = False
    invite_only: bool = False
    moderated: bool = False
    slow: int = 0
    since_join: bool = False
    limit: int = 0
    outside: bool = False
    no_ctcp: bool = False
    accounts_only: bool = False
    accounts_speak: bool = False

    def changed(self, setting: Setting, value: int) -> Settings:
        """Return this with one setting changed; see :data:`Change`."""
        number = setting in ("slow", "limit")
        return msgspec.structs.replace(self, **{_field(setting): value if number else bool(value)})

    def value(self, setting: Setting) -> int:
        """Return the value of a setting, as in :data:`Change`."""
        return int(getattr(self, _field(setting)))


def _field(setting: Setting) -> str:
    return "since_join" if setting == "visibility" else setting.replace("-", "_")


AS_MADE: Final = Settings()
