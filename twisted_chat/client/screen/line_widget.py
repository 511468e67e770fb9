"""What all widgets here have in common: they draw themselves row by row."""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Lined(Widget, can_focus=False):
    """Subclasses draw rows in ``render_line``. ``base`` is the style below all of them, while they are drawn."""

    ALLOW_SELECT = False

    base = Style()

    def render_lines(self, crop: Region) -> list[Strip]:
        # To find it costs more than to draw a row.
        self.base = self.rich_style
        return super().render_lines(crop)
