"""What a person types into a client: the grammar of the line dialect, carried out over a link."""

from __future__ import annotations

from collections.abc import Callable

from twisted_chat.client.link.link import Link, NoRoom, QueueFull
from twisted_chat.client.link.wire import TooLong
from twisted_chat.core.api import commands as c
from twisted_chat.core.values.names import BadName
from twisted_chat.core.values.text import BadText, CleanText
from twisted_chat.dialects.base import BadLine
from twisted_chat.dialects.line.parse import read


class InvalidInput(Exception):
    """Nothing was sent. ``str()`` says why, and is fit to show."""


def enter(link: Link, line: str, leave: Callable[[str | None], None] | None = None) -> str | None:
    """Carry out one line; return the tag under which it is answered, if it is. Raises :class:`InvalidInput`.

    ``leave`` is called, with the reason, if the line says so; it is to leave, which the link does unless another is given.

    What must not be lost with a connection (messages, the user's rooms, the login) is asked of the link; all else is for the
    server to understand, which may know more commands than this client.
    """
    try:
        return _enter(link, str(CleanText(line)), leave or link.quit)
    except (BadText, BadName, BadLine, QueueFull, NoRoom, TooLong) as error:
        raise InvalidInput(str(error)) from None


def _enter(link: Link, line: str, leave: Callable[[str | None], None]) -> str | None:
    try:
        command = read(CleanText(line))
    except (BadLine, BadName) as error:
        if line.startswith("/") and getattr(error, "code", "") == "unknown-command":
            return link.command(line)
        raise
    match command:
        case None:
            return None
        case c.Say(lines=lines, kind=kind, unless=unless):
            return link.say("\n".join(lines), kind=kind, literal=not unless)
        case c.AskBot(line=said):
            return link.say(said, typed=True)
        case c.PrivateMessage(to=to, lines=lines, kind=kind):
            return link.tell(to.text, "\n".join(lines), kind)
        case c.ReplyPrivately(lines=lines):
            return link.reply("\n".join(lines))
        case c.Join(room=room, password=password):
            return link.join(room.text, password)
        case c.Leave(room=room):
            return link.leave(room.text if room is not None else None)
        case c.Rename(nick=nick):
            return link.rename(nick.text)
        case c.Register(password=password, code=code):
            return link.register(password, code)
        case c.Login(nick=nick, password=str(password)):
            return link.login(nick.text if nick is not None else None, password)
        case c.ChangePassword(old=old, new=new):
            return link.change_password(old, new)
        case c.Quit(reason=reason):
            leave(reason)
            return None
        case _:
            return link.command(line)
