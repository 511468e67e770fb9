"""LIST, with the conditions that ISUPPORT's ELIST names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.masks import MAX_MASK, fits, shortened
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import Message
from twisted_chat.dialects.irc.rooms import listed

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

#: What can be asked for: creation time, masks, masks that do not match, topic time, members.
ELIST: Final = "CMNTU"

_Condition = Callable[[r.RoomLine], bool]


def list_rooms(session: IrcSession, message: Message) -> Iterator[Step]:
    """List the rooms that meet all conditions, and match one of the masks if there are any."""
    given = listed(message.param(0))
    now = session.dialect.now()
    conditions = [found for each in given if (found := _condition(each, now)) is not None]
    masks = [_mask(each) for each in given if _condition(each, now) is None]

    def show(reply: r.Reply) -> Iterable[str] | None:
        if not isinstance(reply, r.Rooms):
            return None
        return [
            session.spell(n.RPL_LIST, f"{line.name} {line.count} :{line.topic}")
            for line in reply.rooms
            # An empty room that nobody owns is none to those who look for one.
            if (line.count or line.lasts)
            and all(holds(line) for holds in conditions)
            and (not masks or any(fits(mask, _folded(str(line.name))) for mask in masks))
        ]

    yield session.numeric(n.RPL_LISTSTART, "Channel :Users  Name")
    yield session.asks(c.ListRooms(whole=True), show=show)
    yield session.numeric(n.RPL_LISTEND, ":End of /LIST")


def _condition(text: str, now: float) -> _Condition | None:
    """Read a condition; None if it is a mask that rooms have to match."""
    if text.startswith("!"):
        mask = _mask(text[1:])
        return lambda line: not fits(mask, _folded(str(line.name)))
    kind = text[0].upper() if text[0].upper() in "CT" else ""
    sign, number = text[len(kind) : len(kind) + 1], text[len(kind) + 1 :]
    if sign not in ("<", ">") or not (number.isascii() and number.isdigit()):
        return None
    wanted, more = int(number[:9]), sign == ">"

    def holds(line: r.RoomLine) -> bool:
        match kind:
            case "C":
                found = (now - line.created) / 60
            case "T":
                if not line.topic_time:
                    return False
                found = (now - line.topic_time) / 60
            case _:
                found = line.count
        return found > wanted if more else found < wanted

    return holds


def _mask(text: str) -> str:
    return shortened(_folded(text))[:MAX_MASK]


def _folded(text: str) -> str:
    return text.casefold()
