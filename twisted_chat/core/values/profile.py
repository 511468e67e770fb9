"""Profiles of users and rooms: texts by key, such as a name to display, a picture, a colour."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from twisted_chat.core.values.text import CleanText, shown

#: The most keys of one profile, and the most bytes of a value: some 5 KiB for each user and room.
MAX_KEYS: Final = 16
MAX_VALUE: Final = 300
#: The longest key, in characters.
MAX_KEY: Final = 40

_KEY: Final = re.compile(rf"[a-z0-9_./-]{{1,{MAX_KEY}}}")

#: The values by their keys.
Profile: TypeAlias = dict[str, CleanText]
#: A key and its value; None takes it out.
ProfileChange: TypeAlias = tuple[str, CleanText | None]


class BadKey(ValueError):
    """A text that is not a key. ``str()`` says why."""


def parse_key(text: str) -> str:
    """Read a key. Raises :class:`BadKey`."""
    key = text.lower()
    if _KEY.fullmatch(key) is None:
        raise BadKey(
            f'"{shown(text)}" is not a key: a key has 1 to {MAX_KEY} of the characters a to z, 0 to 9, and _ . / -'
        )
    return key


def changed(profile: Profile, changes: tuple[ProfileChange, ...]) -> Profile:
    """Return a profile with these changes."""
    after = dict(profile)
    for key, value in changes:
        if value is None:
            after.pop(key, None)
        else:
            after[key] = value
    return after
