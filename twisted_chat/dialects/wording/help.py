"""Help on the commands, as lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.dialects.wording.words import WIDTH, folded

# How wide the left column is: that of nearly all commands, and that of the names of groups.
_COLUMN: Final = 21
_GROUP_COLUMN: Final = 12
_HEAD: Final = "What you type is said in the room you talk in. Commands begin with /:"
_FORMS: Final = "? is /who; TEXT > NICK is /msg NICK TEXT; //TEXT says /TEXT"
_OLDER: Final = "JOIN MSG LEAVE LIST HELP QUIT !who !msg !logout work, too"
_MORE: Final = "/help GROUP and /help COMMAND say more: /help rooms, /help join, /help ?"
_ROOM_FIRST: Final = "To act in a different room, name it first"


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


def lines(commands: Sequence[Line], width: int = WIDTH) -> list[str]:
    """Explain one command, or those of one group; name those of several groups, and say how to learn more."""
    return [row for begin, text in _texts(commands) for row in folded(begin, text, width)]


def _texts(commands: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """Yield what help says, with what stands before each text in its first line."""
    if len(commands) == 1:
        (each,) = commands
        yield "", f"{_typed(each)}: {each.help}"
        return
    groups: dict[str, list[Line]] = {}
    for each in commands:
        groups.setdefault(each.group, []).append(each)
    if len(groups) == 1:
        yield from _group(commands)
        return
    yield "", _HEAD
    for group, found in groups.items():
        yield f"  {group:<{_GROUP_COLUMN}}", " ".join(each.name for each in found)
    yield "  also".ljust(_GROUP_COLUMN + 2), _FORMS
    yield " " * (_GROUP_COLUMN + 2), _OLDER
    yield "", _MORE


def _group(commands: Sequence[Line]) -> Iterator[tuple[str, str]]:
    of_group = f" ({commands[0].group})" if commands[0].group else ""
    yield "", f"Commands{of_group}:"
    by_needs: dict[str, list[Line]] = {"": []}  # what anyone may use stands first
    for each in commands:
        spec = COMMANDS.get(each.name)
        by_needs.setdefault(spec.who_may if spec is not None else "", []).append(each)
    for who_may, found in by_needs.items():
        if who_may:
            yield "", f"{who_may[0].upper()}{who_may[1:]}:"
        for each in found:
            usage, text = _typed(each), each.help.removesuffix(f" ({who_may})")
            if len(usage) > _COLUMN:
                yield "  ", usage
                usage = ""
            yield f"  {usage:<{_COLUMN}}  ", text
    of_rooms = [spec for each in commands if (spec := COMMANDS.get(each.name)) and spec.takes_room]
    if of_rooms:
        yield "", f"{_ROOM_FIRST}: /{of_rooms[0].name} #dev …"


def _typed(command: Line) -> str:
    return f"/{command.name} {command.usage}".rstrip()
