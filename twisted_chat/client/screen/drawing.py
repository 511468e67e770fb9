"""How a line looks: a line of the model in, rows of the screen out."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Final
from urllib.parse import quote

import msgspec
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from twisted_chat.client.model.lines import SPOKEN, Line
from twisted_chat.client.screen.palette import Palette
from twisted_chat.client.screen.wrapping import cut, rows

#: From this width on nicknames have a column of their own.
WIDE: Final = 56
#: The width of that column: as wide as the names are, within these.
LEAST_NICKS: Final = 3
MOST_NICKS: Final = 16
#: How many of those who came or went are named.
NAMED: Final = 6

# "HH:MM "
_TIME: Final = 6
_NARROW_INDENT: Final = 2
_GAP: Final = Segment(" ")
_LINK: Final = Style(underline=True)


class Drawer(msgspec.Struct, frozen=True):
    """Draws lines for one width, theme and time zone.

    ``found`` is what was searched for, ``nick`` one's own name, ``nicks`` how wide the column of nicknames is.
    """

    width: int
    palette: Palette
    zone: tzinfo | None = None
    nick: str = ""
    found: str = ""
    nicks: int = 12

    @property
    def wide(self) -> bool:
        """Whether nicknames have a column of their own."""
        return self.width >= WIDE

    def line(self, line: Line) -> list[Strip]:
        """Return the rows of a line, each as wide as the screen."""
        clock = self._moment(line.time).strftime("%H:%M ")
        head, head_style, text = self._head(line)
        style = self._style(line)
        marks = self._marks(line, text)
        if self.wide:
            head = cut(head, self.nicks)
            blank = " " * (self.nicks - cell_len(head))
            first = [Segment(f"{clock}{blank}", self.palette.dim), Segment(head, head_style), _GAP]
            indent = _TIME + self.nicks + 1
        else:
            # Where a row is short, the name stands in the text.
            head = cut(head, max(1, self.width - _TIME - 4))
            first = [Segment(clock, self.palette.dim), Segment(head, head_style), _GAP]
            indent = _NARROW_INDENT
        return self._rows(first, indent, text, style, marks)

    def day(self, time: float) -> Strip:
        """Return the row that stands before the first line of a day."""
        moment = self._moment(time)
        return self._rule(f"{moment:%A}, {moment.day} {moment:%B %Y}", self.palette.day)

    def unread(self) -> Strip:
        """Return the row that stands before what was not read."""
        return self._rule("unread", self.palette.unread)

    def beginning(self, what: str) -> Strip:
        """Return the row that stands before the first line."""
        return self._rule(what, self.palette.dim)

    def date(self, time: float) -> str:
        """Return which day a time is on; equal for all times of a day."""
        return self._moment(time).strftime("%Y-%m-%d")

    def _moment(self, time: float) -> datetime:
        return datetime.fromtimestamp(time, self.zone)

    def _head(self, line: Line) -> tuple[str, Style, str]:
        """Return what stands in the column of nicknames, its style, and the text."""
        match line.kind:
            case "say":
                return line.nick, self._nick_style(line), line.text
            case "notice" | "ctcp" | "ctcp-reply" | "tags":
                return f"-{line.nick}-", self._nick_style(line), line.text
            case "action":
                return "*", self._nick_style(line), f"{line.nick} {line.text}"
            case "presence" if line.folded:
                return "--", self.palette.event, came_and_went(line.came, line.went)
            case "presence" | "event":
                return "--", self.palette.event, line.text
            case "error":
                return "!", self.palette.error, line.text
            case "info":  # pragma: no branch (mypy sees a missing case)
                return "·", self.palette.dim, line.text

    def _nick_style(self, line: Line) -> Style:
        if line.own:
            return self.palette.own
        return self.palette.mention if line.mention else self.palette.nick(line.nick)

    def _style(self, line: Line) -> Style:
        match line.kind:
            case "presence" | "event":
                return self.palette.event
            case "error":
                return self.palette.error
            case _ if line.waiting:
                return self.palette.waiting
            case _:
                return self.palette.text

    def _marks(self, line: Line, text: str) -> list[tuple[int, int, Style]]:
        """Return what stands out in a text: the user's own name, the actor's name, what was searched for."""
        marks: list[tuple[int, int, Style]] = []
        if line.kind == "action":
            marks.append((0, len(line.nick), self._nick_style(line)))
        if line.mention and self.nick:
            marks += _found(self.nick, text, self.palette.mention)
        if self.found:
            marks += _found(self.found, text, self.palette.found)
        marks += ((start, end, _LINK + Style(link=url)) for start, end, url in links(text))
        return marks

    def _rows(
        self,
        first: list[Segment],
        indent: int,
        text: str,
        style: Style,
        marks: list[tuple[int, int, Style]],
    ) -> list[Strip]:
        used = sum(cell_len(segment.text) for segment in first)
        strips: list[Strip] = []
        begin = 0
        for part in text.split("\n"):
            for start, end in self._breaks(part, used if not strips else indent, indent):
                head = first if not strips else [Segment(" " * indent)]
                body = _styled(text, begin + start, begin + end, style, marks)
                strips.append(Strip([*head, *body]).adjust_cell_length(self.width))
            begin += len(part) + 1
        return strips

    def _breaks(self, part: str, used: int, indent: int) -> list[tuple[int, int]]:
        room = max(1, self.width - indent)
        if used <= indent:
            return rows(part, room)
        # The first row has less room than the others.
        start, end = rows(part, max(1, self.width - used))[0]
        if end == len(part):
            return [(start, end)]
        return [(start, end), *((end + a, end + b) for a, b in rows(part[end:], room))]

    def _rule(self, text: str, style: Style) -> Strip:
        text = cut(text, self.width - 2)
        before = max(0, (self.width - cell_len(text) - 2) // 2)
        after = max(0, self.width - before - cell_len(text) - 2)
        return Strip([Segment(f"{'─' * before} {text} {'─' * after}", style)]).adjust_cell_length(
            self.width
        )


def widest(lines: Iterable[Line]) -> int:
    """Return how wide the column of nicknames has to be for these lines."""
    names = {
        (line.nick, line.kind not in ("say", "action")) for line in lines if line.kind in SPOKEN
    }
    widths = (cell_len(nick) + 2 * marked for nick, marked in names)
    return max(LEAST_NICKS, min(MOST_NICKS, max(widths, default=0)))


def _styled(
    text: str, start: int, end: int, style: Style, marks: list[tuple[int, int, Style]]
) -> Iterable[Segment]:
    """Cut one row out of a text, and into pieces of one style."""
    end = start + len(text[start:end].rstrip())
    edges = {start, end}
    for a, b, _ in marks:
        edges.update(each for each in (a, b) if start < each < end)
    cuts = sorted(edges)
    for a, b in itertools.pairwise(cuts):
        look = style
        for mark_start, mark_end, marked in marks:
            if mark_start <= a and b <= mark_end:
                look = look + marked if marked.link else marked
        yield Segment(text[a:b], look)


def _found(wanted: str, text: str, style: Style) -> list[tuple[int, int, Style]]:
    return [
        (match.start(), match.end(), style)
        for match in re.finditer(re.escape(wanted), text, re.IGNORECASE)
    ]


def came_and_went(came: tuple[str, ...], went: tuple[str, ...]) -> str:
    """Describe joins and leaves in one line."""
    told = [_who(names, what) for names, what in ((came, "joined"), (went, "left")) if names]
    return "; ".join(told)


def _who(names: tuple[str, ...], what: str) -> str:
    names = tuple(dict.fromkeys(names))
    more = len(names) - NAMED
    named = ", ".join(names[:NAMED])
    return f"{named} and {more:,} more {what}" if more > 0 else f"{named} {what}"


# What is said can hide nothing in a link: it goes where it reads. Others than these schemes open programs.
_URL: Final = re.compile(r"\bhttps?://[^\s<>\"`|\\^{}]+", re.IGNORECASE)
# What stands behind an address in a sentence.
_BEHIND: Final = ".,;:!?'’”»…*_~"
# In the sequence only printable ASCII may stand; what is escaped already stays as it is.
_SAFE: Final = "%/:?#[]@!$&'()*+,;=-._~"
#: The longest address that is told: terminals take 2,083 bytes, as the description of OSC 8 has it.
MOST: Final = 2_000


def links(text: str) -> list[tuple[int, int, str]]:
    """Return (start, end, address) of each address in a text."""
    found: list[tuple[int, int, str]] = []
    for match in _URL.finditer(text):
        url = _trimmed(match[0])
        address = quote(url, safe=_SAFE)
        if len(url) > len("https://") and len(address) <= MOST:
            found.append((match.start(), match.start() + len(url), address))
    return found


def _trimmed(url: str) -> str:
    """Leave out what belongs to the sentence, and not to the address."""
    while url:
        opened = {")": "(", "]": "["}.get(url[-1])
        if url[-1] in _BEHIND or (opened and url.count(url[-1]) > url.count(opened)):
            url = url[:-1]
        else:
            break
    return url
