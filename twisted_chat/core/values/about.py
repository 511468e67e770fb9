"""What users say about themselves at login, besides the nick: user name, real name, and whether they are bots."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

#: The longest user name, in characters; as that of Ergo. It is part of every line that IRC clients get.
MAX_USER_NAME: Final = 20

#: The user name of users who gave none, which are all that do not use IRC.
NO_USER_NAME: Final = "user"

# What parts a nick!user@host, or stands for others in a mask of it, is left out; so is what cannot be seen.
_NOT_IN_USER_NAME: Final = re.compile(r"[^0-9A-Za-z._\-\[\]\\`^{}|]")


class About(msgspec.Struct, frozen=True, gc=False):
    """What a user says about themselves. ``user_name`` is one of :func:`user_name_of`, "" if none was given."""

    user_name: str = ""
    real_name: str = ""
    bot: bool = False

    def cut(self, most: int) -> About:
        """Return this with at most so many bytes of the real name, which is cut between characters."""
        name = self.real_name.encode()[:most].decode(errors="ignore")
        return msgspec.structs.replace(self, real_name=name)


NOTHING_SAID: Final = About()


def user_name_of(raw: str) -> str:
    """Return a user name without what cannot be in one; "" if nothing is left."""
    return _NOT_IN_USER_NAME.sub("", raw)[:MAX_USER_NAME]


#: What people set about their own user: others see who is a ``bot``; ``hidden``: in lists only to those who share a room;
#: ``no-ctcp``: programs of others ask theirs nothing; ``wallops``: they get what operators of the server tell each other.
UserSetting = Literal["bot", "hidden", "no-ctcp", "wallops"]

#: A setting and whether it is on.
UserChange = tuple[UserSetting, bool]


class UserSettings(msgspec.Struct, frozen=True, gc=False):
    """What a user has set, besides what others see of them."""

    hidden: bool = False
    no_ctcp: bool = False
    wallops: bool = False

    def each(self) -> Iterator[UserChange]:
        """Yield each setting with its value."""
        yield "hidden", self.hidden
        yield "no-ctcp", self.no_ctcp
        yield "wallops", self.wallops

    def changed(self, setting: UserSetting, value: bool) -> UserSettings:
        """Return this with one setting changed."""
        return msgspec.structs.replace(self, **{setting.replace("-", "_"): value})


AS_COME: Final = UserSettings()
