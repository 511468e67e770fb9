"""One thing that is shown in a conversation."""

from __future__ import annotations

import sys
from typing import Final, Literal, get_args

import msgspec

from twisted_chat.core.api import commands as c

#: Those up to ``tags`` are what somebody said, see :data:`.commands.Kind`; ``presence`` who came, went or is called otherwise
#: now; ``event`` what else happened; ``info`` and ``error`` what this client alone was told.
Kind = c.Kind | Literal["presence", "event", "info", "error"]

#: What somebody said: it counts as unread.
SPOKEN: Final[frozenset[str]] = frozenset(get_args(c.Kind))

#: Where a line stands: the id of a message, and a number for what has no id and stands behind that message.
StateDir = tuple[str, int]

#: Ids are hexadecimal digits, so that this is behind all of them: where what waits for its acknowledgement stands.
UNSETTLED: Final = "~"


class Line(msgspec.Struct, frozen=True, gc=False):
    """One thing that is shown. ``time`` is in seconds since 1970, ``text`` may have several lines.

    ``id`` is the server's, empty if it gave none. ``tag`` is the id that this client gave what it sent; a line that has it
    and no ``id`` waits for its acknowledgement. ``came`` and ``went`` are the nicknames that a folded line stands for, and
    ``ids`` the ids. ``serial`` is another for each line ever shown, and for each change of one.
    """

    kind: Kind
    text: str
    time: float
    id: str = ""
    nick: str = ""
    own: bool = False
    mention: bool = False
    tag: str = ""
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    place: StateDir = ("", 0)
    serial: int = 0

    @property
    def waiting(self) -> bool:
        """Whether this client sent it, and the server has not said yet that it is stored."""
        return bool(self.tag) and not self.id

    @property
    def folded(self) -> bool:
        """Whether it stands for several people who came or went."""
        return bool(self.came or self.went)


def weight(line: Line) -> int:
    """Return how many bytes a line takes, about: that of the names and numbers in it is bounded."""
    return 600 + sys.getsizeof(line.text)
