"""What the client does with what the user typed."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from twisted_chat.client import events as ev
from twisted_chat.client.commands import InvalidInput, enter
from twisted_chat.client.link.link import Link, NoRoom, QueueFull
from twisted_chat.client.link.wire import TooLong
from twisted_chat.client.model.completion import Usage, with_emoji
from twisted_chat.client.model.conversation import room_key
from twisted_chat.client.model.state import ClientState
from twisted_chat.client.screen.palette import THEMES
from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.values.names import BadName
from twisted_chat.core.values.text import BadText, CleanText
from twisted_chat.dialects.base import BadLine
from twisted_chat.dialects.line.parse import read

#: What only this client does.
LOCAL: Final = (
    Usage("close", "", "close this conversation; in a room, leave it"),
    Usage("theme", f"[{' | '.join(THEMES)}]", "change the colours"),
    Usage("bell", "[on | off]", "ring when somebody mentions you"),
)

#: All that can be typed behind a slash.
USAGES: Final = {
    **{spec.name: Usage(spec.name, spec.usage, spec.help) for spec in COMMANDS.values()},
    **{usage.name: usage for usage in LOCAL},
}


# Where the arguments of a command begin, or what is behind the name of a room.
_COMMAND: Final = re.compile(r"/(?P<name>\S+) +(?:#\S* +)?")
_JOIN: Final = re.compile(r"/?(?P<name>(?<=/)(?i:join)|JOIN) +\S+ +")


def secret(text: str) -> bool:
    """Return whether there is, or may be, a password in what is typed."""
    return hidden_from(text) < len(text)


def hidden_from(text: str) -> int:
    """Return where in what is typed a password may begin; its length, if it has none."""
    found = _JOIN.match(text) or _COMMAND.match(text)
    if found is None:
        return len(text)
    spec = COMMANDS.get(found["name"].lower())
    may_be = spec is not None and (spec.secret or found.re is _JOIN)
    return found.end() if may_be else len(text)


class Done(msgspec.Struct, frozen=True):
    """What is left to the screen: to end, with what one says at parting, to set a theme, to ring or not, to tell of a setting."""

    ends: bool = False
    why: str | None = None
    theme: str | None = None
    bell: bool | None = None
    asks: str | None = None


class CannotDo(ValueError):
    """It cannot be done, and nothing was sent. ``str()`` is fit to show."""


class Doer:
    """Does what is typed, in the conversation that is shown."""

    def __init__(self, state: ClientState, link: Link, *, emoji: bool = True) -> None:
        self._state = state
        self._link = link
        self._emoji = emoji
        # People to hide, or to show again, once the server has confirmed it: by tag.
        self._ignoring: dict[str, tuple[str, bool]] = {}

    def do(self, text: str) -> Done:
        """Say a text, or do a command. Raises :class:`CannotDo`."""
        try:
            if text.startswith("/") and not text.startswith("//"):
                name, _, rest = text[1:].partition(" ")
                return self._command(name.lower(), rest.strip(), text)
            if "\n" in text:
                literal = text.startswith("//")
                self._say(text[3 if text[2] == " " else 1 :] if literal else text, literal=literal)
                return Done()
            return self._line(text)
        except (BadLine, BadName, BadText, NoRoom, QueueFull, InvalidInput, TooLong) as error:
            raise CannotDo(str(error)) from None

    def answered(self, tag: str | None) -> None:
        """The server did what was asked for as ``tag``."""
        nick, ignore = self._ignoring.pop(tag or "", ("", False))
        if nick and ignore:
            self._state.ignore(nick)
        elif nick:
            self._state.unignore(nick)

    def _line(self, line: str) -> Done:
        """Do one line that is no command with a slash: it means here what it means at a terminal."""
        match read(CleanText(line)):
            case None:
                pass
            case c.Say(lines=lines, unless=unless):
                self._say("\n".join(lines), literal=not unless)
            case c.PrivateMessage(to=to, lines=lines):
                self._tell(to.text, "\n".join(lines))
            case c.Quit(reason=reason):
                return Done(ends=True, why=reason)
            case c.Leave(room=None):
                self._close()
            case c.Join(room=room):
                self._state.want(room_key(room.text))
                enter(self._link, line)
            case _:
                self._ask("", "", line)
        return Done()

    def _say(self, text: str, kind: ev.Kind = "say", *, literal: bool = True) -> None:
        where = self._state.shown
        if self._emoji:
            text = with_emoji(text)
        match where.key.sort:
            case "room":
                self._link.say(text, where.name, kind, literal=literal)
            case "private":
                self._link.tell(where.name, text, kind)
            case "server":  # pragma: no branch (mypy sees a missing case)
                raise CannotDo(
                    "You cannot send messages here. Enter a room with /join ROOM, or press Ctrl-K."
                )

    def _command(self, name: str, rest: str, line: str) -> Done:
        if "\n" in line and name not in ("me", "msg"):
            raise CannotDo(
                "A command must be one line. It was not sent. To send the text as it stands, put // in front."
            )
        match name:
            case "me" if rest:
                self._say(rest, "action")
            case "theme" | "bell":
                return _setting(name, rest)
            case "close":
                self._close()
            case "leave" if not rest:
                self._close()
            case "msg" if rest:
                nick, _, text = rest.partition(" ")
                self._tell(nick, text.strip())
            case "join" if rest:
                self._state.want(room_key(rest.split(maxsplit=1)[0]))
                enter(self._link, line)
            case "quit" | "logout":
                return Done(ends=True, why=rest or None)
            case _:
                self._ask(name, rest, line)
        return Done()

    def _tell(self, nick: str, text: str) -> None:
        """Write to somebody, if there is a text, and show what is between us."""
        if text:
            self._link.tell(nick, with_emoji(text) if self._emoji else text)
        self._state.switch(self._state.private(nick).key)

    def _close(self) -> None:
        where = self._state.shown
        if where.key.sort == "room" and where.joined:
            self._link.leave(where.name)
        else:
            self._state.close(where.key)

    def _ask(self, name: str, rest: str, line: str) -> None:
        """Let the server do it, in the room that is shown."""
        where = self._state.shown
        if where.key.sort == "room" and where.joined and self._state.focus != where.key:
            self._link.join(where.name)
        tag = enter(self._link, line)
        if tag is not None and name in ("ignore", "unignore") and rest:
            self._ignoring[tag] = (rest, name == "ignore")


def _setting(name: str, value: str) -> Done:
    if name == "theme" and value in THEMES:
        return Done(theme=value)
    if name == "bell" and value in ("on", "off"):
        return Done(bell=value == "on")
    if not value:
        return Done(asks=name)
    usage = USAGES[name]
    raise CannotDo(f"/{usage.name} {usage.usage}: {usage.help}")
