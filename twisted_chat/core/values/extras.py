"""What only few messages have besides their text: tags for programs, colours, and where the sender cut a long line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from twisted_chat.core.values.text import BadText, CleanText, FormattedText

#: The most bytes that the tags of a message take together, as IRC clients write them.
MAX_TAGS: Final = 4_094

#: Tags that change a message that was sent before, or ask for being kept: their messages are history.
_LASTING: Final = frozenset(("react", "unreact", "persist"))

_NAME: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,100}/)?[A-Za-z0-9-]{1,100}")
# What IRC writes as two bytes.
_ESCAPED: Final = re.compile(r"[;\\ \r\n]")


class BadTags(ValueError):
    """Tags that cannot be sent. ``str()`` is one sentence fit to show to their sender."""


class Extras(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What few messages have besides their text.

    ``tags`` are names and values from the sender's program for others. ``formatted`` are the lines with their colours, for
    those who can see them. ``cuts``: where the sender had cut a long line in two, as the number of the line and of the
    character (in ``formatted``, if there is that), both from 0. ``operators``: it is for operators of the room only.
    """

    tags: tuple[tuple[str, str], ...] = ()
    formatted: tuple[FormattedText, ...] = ()
    cuts: tuple[tuple[int, int], ...] = ()
    operators: bool = False

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        size = 8 * len(self.cuts)
        for name, value in self.tags:
            size += len(name) + 2 * len(value)
        for line in self.formatted:
            size += len(line.encode())
        return size

    @property
    def lasts(self) -> bool:
        """Whether a message of nothing but these tags is kept."""
        return any(name.rpartition("/")[2] in _LASTING for name, _ in self.tags)


def _is_clean(value: str) -> bool:
    """Return whether a value is fit for every wire: line ends are written as two characters on each."""
    bare = value.replace("\r", "").replace("\n", "")
    try:
        return CleanText(bare) == bare
    except BadText:
        return False


def read_tags(given: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return tags as a message has them; of two with one name the last counts. Raises :class:`BadTags`."""
    tags = dict(given)
    size = 0
    for name, value in tags.items():
        if _NAME.fullmatch(name) is None:
            raise BadTags(
                "The name of a tag can contain letters, digits and -; a vendor's tag begins with the vendor's name and a /."
            )
        if not _is_clean(value):
            raise BadTags(
                "The value of a tag cannot contain control characters, other than line ends."
            )
        size += len(name) + len(value.encode()) + len(_ESCAPED.findall(value)) + len("+=;")
    if size - 1 > MAX_TAGS:
        raise BadTags(f"The tags take {size - 1:,} bytes; the maximum is {MAX_TAGS:,}.")
    return tuple(tags.items())
