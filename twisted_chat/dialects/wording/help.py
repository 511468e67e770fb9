"""Help on the commands, as lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.dialects.wording.words import folded

# How wide the left column is: that of nearly all commands, and that of the names of groups.
_COLUMN: Final = 21
_GROUP_COLUMN: Final = 12
_HEAD: Final = "Type a line and press Enter to say it in the room you talk in. Commands:"
_FORMS: Final = "? is /who; TEXT > NICK is /msg NICK TEXT; //TEXT says /TEXT"
_OLDER: Final = "JOIN MSG LEAVE LIST HELP QUIT !who !msg !logout work, too"
_MORE: Final = "/help GROUP and /help COMMAND say more: /help rooms, /help join, /help ?"
_ROOM_FIRST: Final = "To act in another room than the one you talk in, put it first"


class Line(Protocol):
    """One command: its name, its arguments, what it does, and its group."""

    @property
    def name(self) -> str: ...
    @property
    def usage(self) -> str: ...
    @property
    def help(self) -> str: ...
    @property
    def group(self) -> str: ...


def lines(commands: Sequence[Line]) -> list[str]:
    """Explain one command, or those of one group; name those of several groups, and say how to learn more."""
    if len(commands) == 1:
        (each,) = commands
        return [*folded("", f"{_typed(each)}: {each.help}")]
    groups: dict[str, list[Line]] = {}
    for each in commands:
        groups.setdefault(each.group, []).append(each)
    if len(groups) == 1:
        return _group(commands)
    return [
        _HEAD,
        *_rows((group, " ".join(each.name for each in found)) for group, found in groups.items()),
        *_rows([("also", _FORMS), ("", _OLDER)]),
        _MORE,
    ]


def _group(commands: Sequence[Line]) -> list[str]:
    of_group = f" ({commands[0].group})" if commands[0].group else ""
    lines = [f"Commands{of_group}:"]
    by_needs: dict[str, list[Line]] = {"": []}  # what anyone may use stands first
    for each in commands:
        spec = COMMANDS.get(each.name)
        by_needs.setdefault(spec.who_may if spec is not None else "", []).append(each)
    for who_may, found in by_needs.items():
        if who_may:
            lines += folded("", f"{who_may[0].upper()}{who_may[1:]}:")
        for each in found:
            lines += _two_columns(_typed(each), each.help.removesuffix(f" ({who_may})"))
    of_rooms = [spec for each in commands if (spec := COMMANDS.get(each.name)) and spec.takes_room]
    if of_rooms:
        example = f"/{of_rooms[0].name} #dev {of_rooms[0].usage}"
        lines += folded("", f"{_ROOM_FIRST}: {example}")
    return lines


def _typed(command: Line) -> str:
    return f"/{command.name} {command.usage}".rstrip()


def _two_columns(usage: str, text: str) -> Sequence[str]:
    if len(usage) > _COLUMN:
        return [f"  {usage}", *folded(" " * (_COLUMN + 4), text)]
    return folded(f"  {usage:<{_COLUMN}}  ", text)


def _rows(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, text in rows:
        yield from folded(f"  {name:<{_GROUP_COLUMN}}", text)
