"""Deciding what was perhaps meant to be private: a text for one person, or the password of a room."""

from __future__ import annotations

import re
from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.rules.decisions import SendReply
from twisted_chat.core.rules.refusals import refuse
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.names import Nick, RoomName

# "join ROOM PASSWORD", behind any mark: a blank is in none of the three, and what may part them is in neither of the first two.
_PARTED: Final = r"\s,:\uff0c\uff1a\ufe50\ufe55"
_WORDS: Final = re.compile(
    rf"\W*\w[^{_PARTED}]*[{_PARTED}]+[^{_PARTED}]+[{_PARTED}]+[^{_PARTED}]\S*\s*"
)


def refuse_slip(
    state: State, user: User, meant: Nick | RoomName, command: c.Say
) -> SendReply | None:
    """Refuse what was perhaps meant for somebody who is here or has an account, or holds a locked room's password."""
    # By what it looks like: a letter that is no part of the name, or of another script, is one more slip.
    if isinstance(meant, Nick):
        holder = state.in_the_way(meant)
        if holder is None:
            return None
        who = holder.nick if isinstance(holder, User) else holder.name
        what, instead = f"a private message to {who}", f"/msg {who} TEXT"
    else:
        room = state.room_named(meant) or state.lookalike(meant)
        if room is None or (room.settings.private and user.id not in room.members):
            # Whether it is there is not for everybody to know: what can be a password is none of a room that is not, either.
            if _WORDS.fullmatch(" ".join(command.lines)) is None:
                return None
            name = meant
        elif room.password is None:
            return None
        else:
            name = room.name
        what, instead = f"the password of {name}", f"/join {name} PASSWORD"
    way = (
        c.SAY_LITERALLY
        if command.program
        else f"Write {instead}, or put // and a blank in front to say it to everybody."
    )
    return refuse("looks-private", f"That looks like {what}, mistyped. It was not sent. {way}")
