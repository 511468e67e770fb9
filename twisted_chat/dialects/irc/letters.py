"""The letters that IRC has for settings and roles of rooms, and how changes of them are written.

See modern.ircdocs.horse/#channel-modes. ``R``, ``M`` and ``C`` are as on Libera and Ergo, ``d`` and ``y`` are ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from twisted_chat.core.values.about import UserChange, UserSetting
from twisted_chat.core.values.room_settings import Change, Setting, Settings

#: The letter of each setting; see :data:`INVERTED`.
LETTERS: Final[dict[Setting, str]] = {
    "accounts-only": "R",
    "accounts-speak": "M",
    "invite-only": "i",
    "limit": "l",
    "moderated": "m",
    "no-ctcp": "C",
    "outside": "n",
    "private": "s",
    "slow": "d",
    "topic-lock": "t",
    "visibility": "y",
}
SETTINGS: Final = {letter: setting for setting, letter in LETTERS.items()}
#: This letter says that the setting is off: ``n``, no messages from outside.
INVERTED: Final = "n"
#: The letters with a number, which only setting them takes.
NUMBERS: Final = "dl"
#: The letter of a password, and what stands for it: it is kept as a digest.
KEY: Final = "k"
HIDDEN: Final = "*"

OWNER: Final = "q"
ROLES: Final[dict[str, Literal["operator", "voice"]]] = {"o": "operator", "v": "voice"}
ROLE_LETTERS: Final = {role: letter for letter, role in ROLES.items()}

#: The letters of what clients set about themselves; in addition there are those of server operators, and of users who accept
#: private messages from accounts only.
USER_LETTERS: Final[dict[UserSetting, str]] = {
    "bot": "B",
    "hidden": "i",
    "no-ctcp": "T",
    "wallops": "w",
}
USER_SETTINGS: Final = {letter: setting for setting, letter in USER_LETTERS.items()}
OPERATOR: Final = "o"
PRIVATE: Final = "R"

#: The letters without any value.
SWITCHES: Final = "".join(sorted(set(SETTINGS) - set(NUMBERS)))


def spell_changes(changes: Iterable[Change]) -> str:
    """Write changes of settings: ``+il-n 30``."""
    signs: dict[str, str] = {"+": "", "-": ""}
    values = []
    for setting, value in changes:
        letter = LETTERS[setting]
        on = bool(value) != (letter == INVERTED)
        signs["+" if on else "-"] += letter
        if letter in NUMBERS and on:
            values.append(str(value))
    return " ".join(("".join(f"{sign}{some}" for sign, some in signs.items() if some), *values))


def spell_user_changes(changes: Iterable[UserChange]) -> str:
    """Write changes of the client's own user: ``+i-w``."""
    signs: dict[str, str] = {"+": "", "-": ""}
    for setting, on in changes:
        signs["+" if on else "-"] += USER_LETTERS[setting]
    return "".join(f"{sign}{some}" for sign, some in signs.items() if some)


def spell_settings(settings: Settings, *, locked: bool) -> str:
    """Write the settings of a room: ``+kln * 30``; ``+`` if none has a letter."""
    found = {KEY: HIDDEN} if locked else {}
    for letter, setting in SETTINGS.items():
        value = settings.value(setting)
        if bool(value) != (letter == INVERTED):
            found[letter] = str(value) if letter in NUMBERS else ""
    letters = "".join(sorted(found))
    return " ".join((f"+{letters}", *(found[letter] for letter in letters if found[letter])))
