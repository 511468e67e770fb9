"""Where the user types: several lines, completion with Tab, and what was sent before with Up and Down."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from twisted_chat.client.model.completion import Candidate, Offer
from twisted_chat.client.model.drafts import History
from twisted_chat.client.screen.actions import hidden_from

#: More pasted lines than this are asked about.
PASTED = 5

_NEW_LINE = frozenset(("ctrl+j", "alt+enter", "shift+enter"))


class Entry(TextArea):
    """What is being typed."""

    class Submitted(Message):
        """The user wants this sent; it stands in the entry no more."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Offered(Message):
        """The user looks among these completions, at the one at ``index``; none: no longer."""

        def __init__(self, candidates: tuple[Candidate, ...], index: int) -> None:
            super().__init__()
            self.candidates = candidates
            self.index = index

    class Pasted(Message):
        """So much was pasted that the user is to be asked."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Ctrl-C or Ctrl-D with nothing typed."""

    class Ended(Message):
        """End with nothing typed."""

    def __init__(self, complete: Callable[[str, int], Offer | None]) -> None:
        super().__init__(id="entry", compact=True, highlight_cursor_line=False)
        # A cursor that blinks is drawn again and again, over slow lines too.
        self.cursor_blink = False
        self.drafts = History()
        self._complete = complete
        self._offer: Offer | None = None
        self._index = 0
        self._escaped = False

    def put(self, text: str) -> None:
        """Let ``text`` be what is typed, with the cursor behind it."""
        self.text = text
        self.move_cursor(self.document.end)

    def insert_pasted(self, text: str) -> None:
        """Put what was pasted where the cursor is."""
        self.replace(_lines(text), *self.selection)
        self._end_offer()

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is drawn: what is secret is not seen."""
        line = super().get_line(line_index)
        start = hidden_from(self.text) if line_index == 0 else len(line)
        if start >= len(line):
            return line
        secret = "".join(
            sign if sign == " " else "•" * cell_len(sign) for sign in line.plain[start:]
        )
        return Text(line.plain[:start] + secret, end="", no_wrap=True)

    def on_key(self, event: events.Key) -> None:
        key = event.key
        if key in ("tab", "shift+tab"):
            self._take(event)
            self._next_offer(1 if key == "tab" else -1)
            return
        self._end_offer()
        # What most terminals send for Alt-Enter.
        escaped, self._escaped = self._escaped, key == "escape"
        match key:
            case "enter" if not escaped:
                self._take(event)
                # What is typed next, maybe before this is dealt with, belongs to the next message.
                text = self.text
                self.put("")
                self.post_message(self.Submitted(text))
            case _ if key == "enter" or key in _NEW_LINE:
                self._take(event)
                self.insert("\n")
            case "up" if self.cursor_location[0] == 0 and not self.wrapped_above():
                self._take(event)
                self._recall(self.drafts.back(self.text))
            case "down" if self.cursor_location[0] == self.document.line_count - 1:
                self._take(event)
                self._recall(self.drafts.forth())
            case "ctrl+c" | "ctrl+d" if not self.text:
                self._take(event)
                self.post_message(self.Left())
            case "end" if not self.text:
                self._take(event)
                self.post_message(self.Ended())
            case "ctrl+c" if not self.selected_text:
                self._take(event)
                self.put("")
            case _:
                pass  # TextArea knows what to do

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = _lines(event.text)
        if text.count("\n") >= PASTED:
            self.post_message(self.Pasted(text))
        else:
            self.insert_pasted(text)

    def wrapped_above(self) -> bool:
        """Whether the cursor is in a row that is not the first of its line."""
        return self.wrapped_document.location_to_offset(self.cursor_location).y > 0

    def _take(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()

    def _recall(self, text: str | None) -> None:
        if text is not None:
            self.put(text)

    def _next_offer(self, step: int) -> None:
        """Put the next completion in the place of the word; the first, if there was none yet."""
        if self._offer is None:
            self._index = 0 if step > 0 else -1
            self._offer = self._complete(self.text, self._offset())
        else:
            self._index += step
        if self._offer is None:
            return
        offer = self._offer
        self._index %= len(offer.candidates)
        candidate = offer.candidates[self._index]
        text = self.text
        done = text[: offer.start] + candidate.text
        self.text = done + text[offer.end :]
        before = done.split("\n")
        self.selection = Selection.cursor((len(before) - 1, len(before[-1])))
        self._offer = Offer(offer.start, len(done), offer.candidates)
        if len(offer.candidates) == 1:
            self._end_offer()
        else:
            self.post_message(self.Offered(offer.candidates, self._index))

    def _end_offer(self) -> None:
        if self._offer is not None:
            self._offer = None
            self.post_message(self.Offered((), 0))

    def _offset(self) -> int:
        """Return how many characters are before the cursor."""
        row, column = self.cursor_location
        lines = self.text.split("\n")
        return sum(len(line) + 1 for line in lines[:row]) + column


def _lines(text: str) -> str:
    """Let lines end as they do here; one at the very end begins no other."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
