"""The rows around the entry: the status, the title, and what is offered, asked or explained while the user types."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from twisted_chat.client.model.completion import Candidate
from twisted_chat.client.screen.line_widget import Lined
from twisted_chat.client.screen.palette import Palette
from twisted_chat.client.screen.wrapping import cut, rows

#: The most completions on the screen at once.
OFFERED = 6
_NAME = 28


class Bar(Lined):
    """One row that is drawn by a function of its width."""

    def __init__(self, draw: Callable[[int], Strip], name: str) -> None:
        super().__init__(id=name)
        self._draw = draw

    def render_line(self, y: int) -> Strip:
        return self._draw(self.size.width).apply_style(self.base)


class Above(Lined):
    """What stands above the entry: completions, or a text. With neither it takes no room."""

    def __init__(self, palette: Callable[[], Palette]) -> None:
        super().__init__(id="above")
        self._palette = palette
        self._candidates: tuple[Candidate, ...] = ()
        self._index = 0
        self._text = ""
        self._error = False
        self.display = False

    @property
    def text(self) -> str:
        """What is told."""
        return self._text

    def offer(self, candidates: tuple[Candidate, ...], index: int) -> None:
        """Show completions, of which the one at ``index`` is taken."""
        self._candidates, self._index = candidates, index
        self._renew()

    def tell(self, text: str, *, error: bool = False) -> None:
        """Show a text; none takes it away."""
        if (text, error) != (self._text, self._error):
            self._text, self._error = text, error
            self._renew()

    def _renew(self) -> None:
        self.display = bool(self._candidates or self._text)
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._rows(width))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        drawn = self._rows(width)
        strip = drawn[y] if y < len(drawn) else Strip.blank(width)
        return strip.apply_style(self.base)

    def _rows(self, width: int) -> list[Strip]:
        palette = self._palette()
        if not self._candidates:
            style = palette.error if self._error else palette.dim
            width = max(4, width - 2)
            told = [self._text[a:b].strip() for a, b in rows(self._text, width)]
            most = max(OFFERED, self.app.size.height // 2)
            if len(told) > most:
                told[most - 1 :] = [cut(" ".join(told[most - 1 :]), width)]
            return [
                Strip([Segment(f" {text}", style)]).adjust_cell_length(width + 2) for text in told
            ]
        first = max(0, min(self._index - OFFERED // 2, len(self._candidates) - OFFERED))
        return [
            self._candidate(
                each, palette.current if first + at == self._index else palette.text, width
            )
            for at, each in enumerate(self._candidates[first : first + OFFERED])
        ]

    def _candidate(self, candidate: Candidate, style: Style, width: int) -> Strip:
        name = cut(candidate.shown, width - 2)
        text = f" {name}"
        if candidate.help:
            text = cut(f" {name.ljust(_NAME)} {candidate.help}", width - 1)
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)
