"""How a room is set: what its operators decide about it, besides its topic, its password and who may come."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Role = Literal["owner", "operator", "voice"]
Roles = frozenset[Role]

NO_ROLES: Final[Roles] = frozenset()

Setting = Literal["topic-lock", "private", "invite-only", "moderated", "slow", "visibility"]

#: The most seconds between two lines of somebody in a slow room: six hours, as Discord has it.
MAX_SLOW: Final = 21_600


class Settings(msgspec.Struct, frozen=True, gc=False):
    """How a room is set.

    ``topic_lock``: only operators set the topic; ``private``: it is in no list of those who are not there;
    ``invite_only``: nobody comes without being invited; ``moderated``: only who has a role speaks; ``slow``: the seconds
    that who has none waits between two lines, 0 for none; ``since_join``: people see what was said since they came.
    """

    topic_lock: bool = False
    private: bool = False
    invite_only: bool = False
    moderated: bool = False
    slow: int = 0
    since_join: bool = False

    def changed(self, setting: Setting, value: int) -> Settings:
        """Return this with one setting changed; ``value`` is 0 or 1, but for ``slow``."""
        name = "since_join" if setting == "visibility" else setting.replace("-", "_")
        return msgspec.structs.replace(self, **{name: value if setting == "slow" else bool(value)})


AS_MADE: Final = Settings()
