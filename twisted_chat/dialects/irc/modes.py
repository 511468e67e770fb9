"""MODE: the settings of a room, the roles of its members, and its bans; and the settings of the client's own user."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import BadName, RoomName, parse_nick
from twisted_chat.core.values.room_settings import Setting
from twisted_chat.core.values.text import Secret
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import letters, masks, oneself
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import Message, middle
from twisted_chat.dialects.irc.rooms import MAX_TARGETS, no_room, room_named

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

#: Nothing is to be done: other servers say nothing of that, either.
_NOTHING_CHANGED: Final = frozenset(("role", "not-locked", "not-banned"))
#: The longest password: with it JOIN fits a line, and so do those for several rooms.
_MAX_KEY: Final = 100


class Mode(msgspec.Struct, frozen=True):
    """One letter of a MODE: whether to set or remove it, and its parameter if it has one."""

    give: bool
    letter: str
    value: str | None = None


def mode(session: IrcSession, message: Message) -> Iterator[Step]:
    if not message.params[0].startswith("#"):
        yield from oneself.mode(session, message)
        return
    try:
        room = room_named(message.params[0])
    except BadName:
        yield no_room(session, message.params[0])
        return
    if len(message.params) == 1:
        yield session.asks(
            c.ShowSettings(room), str(room), show=lambda reply: _settings(session, reply)
        )
        return
    yield from _change(session, room, list(read_modes(message.params[1], message.params[2:])))


def read_modes(letters_: str, values: Iterable[str]) -> Iterator[Mode]:
    """Read the letters of a MODE with their parameters; no more than can be given in one line."""
    rest, give = deque(values), True
    for letter in letters_[: 2 * MAX_TARGETS]:
        if letter in "+-":
            give = letter == "+"
            continue
        takes = letter in _TAKE or (give and letter in letters.NUMBERS)
        yield Mode(give, letter, rest.popleft() if takes and rest else None)


def _settings(session: IrcSession, reply: r.Reply) -> Iterable[str] | None:
    """Write the settings of a room, and when it was created."""
    if not isinstance(reply, r.RoomSettings):
        return None
    how = letters.spell_settings(reply.settings, locked=reply.locked)
    created = int(reply.created or session.dialect.started)
    return (
        session.spell(n.RPL_CHANNELMODEIS, f"{reply.room} {how}"),
        session.spell(n.RPL_CREATIONTIME, f"{reply.room} {created}"),
    )


def _change(session: IrcSession, room: RoomName, modes: list[Mode]) -> Iterator[Step]:
    """Change a room: all settings at once, which are one line for everyone, then what needs a command of its own."""
    settings: dict[Setting, int] = {}
    for each in modes:
        setting = letters.SETTINGS.get(each.letter)
        if setting is None:
            continue
        if each.letter not in letters.NUMBERS:
            settings[setting] = int(each.give != (each.letter == letters.INVERTED))
        elif not each.give:
            settings[setting] = 0
        elif each.value is None:
            yield _too_few(session)
        else:
            number = _number(each.value)
            if number is None:
                yield _bad_value(session, room, each.letter, each.value, "It must be a number")
            else:
                settings[setting] = number
    if settings:
        changes = tuple(settings.items())
        yield session.asks(c.ChangeSettings(changes, room), str(room))
    alone: set[str] = set()
    for each in modes:
        # A letter alone asks for a list, which is long: for each once, however often it is there.
        if each.letter in letters.SETTINGS or (each.value is None and each.letter in alone):
            continue
        if each.value is None:
            alone.add(each.letter)
        run = _OTHERS.get(each.letter, _unknown)
        yield from run(session, room, each)


def _number(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
    return number or None


def _too_few(session: IrcSession) -> bytes:
    return session.numeric(n.ERR_NEEDMOREPARAMS, "MODE :Not enough parameters")


def _bad_value(session: IrcSession, room: RoomName, letter: str, value: str, why: str) -> bytes:
    return session.numeric(n.ERR_INVALIDMODEPARAM, f"{room} {letter} {middle(value)} :{why}")


def _unknown(session: IrcSession, room: RoomName, it: Mode) -> Iterator[Step]:
    letter = it.letter if it.letter.isascii() and it.letter.isprintable() else "?"
    yield session.numeric(n.ERR_UNKNOWNMODE, f"{letter} :is unknown mode char to me for {room}")


def _unless_nothing_changed(reply: r.Reply) -> Iterable[str] | None:
    """Say nothing if nothing was changed, nor that a mask matches nobody here at the moment."""
    quiet = isinstance(reply, r.Refused) and reply.code in _NOTHING_CHANGED
    return () if quiet or isinstance(reply, r.Confirmed) else None


def _key(session: IrcSession, room: RoomName, it: Mode) -> Iterator[Step]:
    if it.give and it.value is None:
        yield _too_few(session)
        return
    key = it.value or ""
    if it.give and (not key or len(key.encode()) > _MAX_KEY or {" ", ","} & set(key)):
        why = f"A password has 1 to {_MAX_KEY} bytes, without spaces and commas"
        yield _bad_value(session, room, letters.KEY, letters.HIDDEN, why)
        return
    command = c.SetRoomPassword(Secret(key) if it.give else None, room)
    yield session.asks(command, str(room), show=_unless_nothing_changed)


def _role(session: IrcSession, room: RoomName, it: Mode) -> Iterator[Step]:
    if it.value is None:
        yield _too_few(session)
        return
    try:
        nick = parse_nick(it.value)
    except BadName:
        yield session.numeric(n.ERR_NOSUCHNICK, f"{middle(it.value)} :No such nick")
        return
    command = c.ChangeRole(letters.ROLES[it.letter], it.give, nick, room)
    yield session.asks(command, nick.text, str(room), show=_unless_nothing_changed)


def _owner(session: IrcSession, room: RoomName, it: Mode) -> Iterator[Step]:
    why = f"A room has one owner. Type /msg ChanServ TRANSFER {room} NICK to give it away."
    yield session.numeric(n.ERR_CHANOPRIVSNEEDED, f"{room} :{why}")


def _mask(session: IrcSession, room: RoomName, it: Mode) -> Iterator[Step]:
    if it.value is None:
        yield from masks.shown(session, room, it.letter)
        return
    command = masks.change(room, it.letter, it.value, give=it.give)
    if isinstance(command, str):
        yield _bad_value(session, room, it.letter, it.value, command)
    else:
        yield session.asks(command, str(room), show=_unless_nothing_changed)


#: What is done for each letter that is no setting.
_OTHERS: Final[dict[str, Callable[[IrcSession, RoomName, Mode], Iterator[Step]]]] = {
    letters.KEY: _key,
    letters.OWNER: _owner,
    **dict.fromkeys(letters.ROLES, _role),
    **dict.fromkeys(masks.LETTERS, _mask),
}
#: The letters that take a parameter whether they are set or taken away.
_TAKE: Final = frozenset(_OTHERS)
