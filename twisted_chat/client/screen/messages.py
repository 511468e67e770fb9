"""The messages of a conversation: of any number of lines only those on the screen are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from textual import events
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from twisted_chat.client.model.conversation import Conversation, Key
from twisted_chat.client.model.lines import Line, StateDir
from twisted_chat.client.screen.drawing import Drawer
from twisted_chat.client.screen.line_widget import Lined

#: How many drawn lines are kept, several screens up and down, and how many rows of them, some 10 MB: one may have thousands.
_CACHED: Final = 1024
_CACHED_ROWS: Final = 10_000
_WHEEL: Final = 3


class Anchor(msgspec.Struct, frozen=True):
    """Where the screen ends: at the line that stands at ``place``, without its last ``hidden`` rows."""

    place: StateDir
    hidden: int


class Messages(Lined):
    """Shows a conversation, at its end or where the user scrolled to: what comes then does not move what they read."""

    class Top(Message):
        """The first line is on the screen."""

    def __init__(self, shown: Callable[[], Conversation], drawer: Callable[[int], Drawer]) -> None:
        """``shown`` returns the conversation, ``drawer`` what draws it for a width."""
        super().__init__(id="messages")
        self._shown = shown
        self._make_drawer = drawer
        self._drawer = drawer(0)
        self._strips: LRUCache[int, list[Strip]] = LRUCache(_CACHED)
        self._kept = 0  # rows that were put there since it was empty
        # Per conversation; those at their end are not in it.
        self._anchors: dict[Key, Anchor] = {}
        self._rows: list[Strip] | None = None
        self._rows_size = Size()

    @property
    def at_end(self) -> bool:
        """Whether the last line is on the screen."""
        return self._shown().key not in self._anchors

    def hidden_below(self) -> int:
        """Return how many lines are below the screen."""
        conversation = self._shown()
        anchor = self._anchors.get(conversation.key)
        if anchor is None:
            return 0
        return max(0, len(conversation.buffer) - 1 - self._index(conversation, anchor))

    def has_room(self) -> bool:
        """Whether all lines are on the screen, and there is room for more."""
        conversation, height = self._shown(), self.size.height
        count = len(conversation.buffer)
        return (
            count < height and sum(self._height(conversation, at) for at in range(count)) < height
        )

    def renew(self) -> None:
        """Draw again: something has changed."""
        self._rows = None
        self.refresh()

    def scroll_rows(self, rows: int) -> None:
        """Go up by so many rows (down, if negative)."""
        conversation = self._shown()
        lines = conversation.buffer.lines
        if not lines:
            return
        self._look()
        index, hidden = self._end(conversation)
        hidden += rows
        while hidden < 0 and index < len(lines) - 1:
            index += 1
            hidden += self._height(conversation, index)
        while index > 0 and hidden >= self._height(conversation, index):
            hidden -= self._height(conversation, index)
            index -= 1
        highest = self._highest(conversation)
        if (index, -hidden) <= (highest[0], -highest[1]):
            index, hidden = highest
            self.post_message(self.Top())
        self._anchor(conversation, index, hidden)

    def scroll_page(self, direction: int) -> None:
        """Go up by a screen, or down by one (-1); one row stays in sight."""
        self.scroll_rows(direction * max(1, self.size.height - 1))

    def scroll_to_end(self) -> None:
        """Show the last line, and what comes."""
        self._anchors.pop(self._shown().key, None)
        self.renew()

    def scroll_to_line(self, index: int) -> None:
        """Show a line, in the middle of the screen if there is enough below."""
        conversation = self._shown()
        self._anchor(conversation, index, 0)
        self.scroll_rows(-(self.size.height // 2))

    def show_from(self, index: int) -> None:
        """Show a line below the first row of the screen, if there is enough behind it."""
        conversation, rows = self._shown(), self.size.height - 1
        if index >= len(conversation.buffer):
            return
        self._look()
        last = index
        while last < len(conversation.buffer):
            rows -= self._height(conversation, last)
            if rows <= 0:
                break
            last += 1
        else:
            self.scroll_to_end()
            return
        self._anchor(conversation, last, -rows)

    def show_unread(self) -> None:
        """Show what was not read from its first line on, if that is above the screen."""
        mark = self._shown().mark
        if mark is not None:
            self.show_from(self._shown().buffer.index((mark[0], mark[1] + 1)))

    def render_line(self, y: int) -> Strip:
        if self._rows is None or self._rows_size != self.size:
            self._look()
            self._rows, self._rows_size = self._compose_rows(), self.size
        strip = self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width)
        return strip.apply_style(self.base)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.scroll_rows(_WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.scroll_rows(-_WHEEL)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width

    def _look(self) -> None:
        """Forget what was drawn for another width or theme."""
        drawer = self._make_drawer(self.size.width)
        if drawer != self._drawer:
            self._drawer = drawer
            self._strips.clear()

    def _compose_rows(self) -> list[Strip]:
        """Return the rows of the screen, from the lowest line that is on it upwards."""
        conversation, height = self._shown(), self.size.height
        lines = conversation.buffer.lines
        if not lines:
            return [self._drawer.beginning("No messages here yet")]
        index, hidden = self._end(conversation)
        rows: list[Strip] = []
        while index >= 0 and len(rows) < height + hidden:
            rows = [*self._of(conversation, index), *rows]
            index -= 1
        if hidden:
            rows = rows[:-hidden]
        if len(rows) < height:
            return [Strip.blank(self.size.width)] * (height - len(rows)) + rows
        return rows[len(rows) - height :]

    def _of(self, conversation: Conversation, index: int) -> list[Strip]:
        """Return all rows of a line, with those that stand before it."""
        return [*self._before(conversation, index), *self._line(conversation.buffer.lines[index])]

    def _height(self, conversation: Conversation, index: int) -> int:
        return len(self._of(conversation, index))

    def _line(self, line: Line) -> list[Strip]:
        strips = self._strips.get(line.serial)
        if strips is None:
            strips = self._strips[line.serial] = self._drawer.line(line)
            self._kept += len(strips)
            if self._kept > _CACHED_ROWS:
                self._strips.clear()
                self._kept = 0
        return strips

    def _before(self, conversation: Conversation, index: int) -> list[Strip]:
        """Return the rows that stand before a line: of its day, and of what was not read before."""
        lines = conversation.buffer.lines
        line, drawer = lines[index], self._drawer
        rows: list[Strip] = []
        before = lines[index - 1] if index else None
        if before is None and conversation.key.sort != "server":
            more = conversation.buffer.more
            rows.append(drawer.beginning("earlier: Page Up" if more else "the beginning"))
        if before is None or drawer.date(before.time) != drawer.date(line.time):
            rows.append(drawer.day(line.time))
        mark = conversation.mark
        if mark is not None and line.place > mark and (before is None or before.place <= mark):
            rows.append(drawer.unread())
        return rows

    def _end(self, conversation: Conversation) -> tuple[int, int]:
        """Return the lowest line on the screen, and how many of its rows are not on it."""
        anchor = self._anchors.get(conversation.key)
        if anchor is None:
            return len(conversation.buffer) - 1, 0
        index = self._index(conversation, anchor)
        return index, min(anchor.hidden, self._height(conversation, index) - 1)

    def _index(self, conversation: Conversation, anchor: Anchor) -> int:
        return min(conversation.buffer.index(anchor.place), len(conversation.buffer) - 1)

    def _highest(self, conversation: Conversation) -> tuple[int, int]:
        """Return the end of the screen when the first line is at its top."""
        height = self.size.height
        last = len(conversation.buffer) - 1
        for index in range(last + 1):
            height -= self._height(conversation, index)
            if height <= 0:
                return index, -height
        return last, 0

    def _anchor(self, conversation: Conversation, index: int, hidden: int) -> None:
        lines = conversation.buffer.lines
        if hidden <= 0 and index >= len(lines) - 1:
            self._anchors.pop(conversation.key, None)
        else:
            self._anchors[conversation.key] = Anchor(lines[index].place, max(0, hidden))
        self.renew()
