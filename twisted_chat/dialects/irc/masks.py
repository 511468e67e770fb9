"""Bans, mutes and exceptions as IRC writes them: masks after the letters ``b``, ``e`` and ``I`` of MODE.

``a:NAME`` is an account (IRCv3 account-extban), and ``m:MASK`` a mute, or an exception from mutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.bans import (
    ACCOUNT,
    BadTarget,
    Exempt,
    Target,
    fits_nobody,
    read_target,
)
from twisted_chat.core.values.names import BadName, RoomName
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import numerics as n

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

BAN: Final = "b"
EXCEPTION: Final = "e"
INVITATION: Final = "I"
LETTERS: Final = BAN + EXCEPTION + INVITATION

ACCOUNT_PREFIX: Final = "a"
_MUTE: Final = "m"
#: The kinds of masks that are no nick!user@host.
EXTBANS: Final = ACCOUNT_PREFIX + _MUTE

# Of each letter: the numerics of an entry and of the end, and what the list is called.
_LISTS: Final = {
    BAN: (n.RPL_BANLIST, n.RPL_ENDOFBANLIST, "ban"),
    EXCEPTION: (n.RPL_EXCEPTLIST, n.RPL_ENDOFEXCEPTLIST, "exception"),
    INVITATION: (n.RPL_INVEXLIST, n.RPL_ENDOFINVEXLIST, "invite exception"),
}


def read(letter: str, mask: str) -> tuple[bool, Target]:
    """Return whether a mask is about mutes, and its target.

    Raises :class:`.bans.BadTarget` or :class:`.names.BadName`.
    """
    mute = mask[:2].lower() == f"{_MUTE}:" and letter != INVITATION
    if mute:
        mask = mask[2:]
    if mask[:2].lower() == f"{ACCOUNT_PREFIX}:":
        mask = ACCOUNT + mask[2:]
    return mute, read_target(CleanText(mask))


def spell(text: str, *, mute: bool = False) -> str:
    """Write a mask, given how a target is shown on all doors."""
    if text.startswith(ACCOUNT):
        text = f"{ACCOUNT_PREFIX}:{text.removeprefix(ACCOUNT)}"
    if text.startswith(":"):  # an address of IPv6, which would be the rest of a line
        text = f"0{text}"
    # An address is shown in words.
    return (f"{_MUTE}:" if mute else "") + text.replace(" ", "_")


def letter_of(exempt: Exempt) -> str:
    """Return the letter of exceptions from these."""
    return INVITATION if exempt == "invites" else EXCEPTION


def change(room: RoomName, letter: str, mask: str, *, give: bool) -> c.RoomCommand | str:
    """Return the command that adds a mask to a list, or removes it; or why there is none."""
    try:
        mute, target = read(letter, mask)
    except (BadTarget, BadName) as bad:
        return str(bad)
    nobody = fits_nobody(target) if give else None
    if nobody is not None:
        return nobody
    match letter:
        case "b" if mute:
            return c.Mute(target, room=room) if give else c.Unmute(target, room)
        case "b":
            # A client cannot be asked whether it means that.
            put = c.PutBan(target, insist=True, room=room, put_out=False)
            return put if give else c.LiftBan(target, room)
        case _:
            exempt: Exempt = "mutes" if mute else "bans" if letter == EXCEPTION else "invites"
            if give:
                return c.PutException(exempt, target, room=room)
            return c.LiftException(exempt, target, room)


def shown(session: IrcSession, room: RoomName, letter: str) -> Iterator[Step]:
    """List the masks of a letter."""
    entry, end, what = _LISTS[letter]
    page, pages = 0, 1

    def show(reply: r.Reply) -> list[str] | None:
        nonlocal pages
        if not isinstance(reply, r.Bans):
            return None
        pages = reply.pages
        return [
            session.spell(
                entry, f"{room} {spell(each.target, mute=_mutes(each))} {each.by} {int(each.time)}"
            )
            for each in reply.bans
            if letter == (BAN if each.exempt is None else letter_of(each.exempt))
        ]

    while page < pages:
        page += 1
        yield session.asks(c.ListBans(page, room), str(room), show=show)
        if session.asked.refused is not None:
            return
    yield session.numeric(end, f"{room} :End of channel {what} list")


def _mutes(line: r.BanLine) -> bool:
    return line.mute or line.exempt == "mutes"
