"""A question that is answered in one line, in the place of the entry: a nickname, a password, what to search for, yes or no."""

from __future__ import annotations

from typing import Literal

from textual import events
from textual.message import Message
from textual.widgets import Input
from textual.widgets.input import Selection

Purpose = Literal["nick", "password", "room", "search", "paste"]


class Ask(Input):
    """The line for the answer. What it is for is in ``purpose``."""

    class Answered(Message):
        """The user answered."""

        def __init__(self, purpose: Purpose, text: str) -> None:
            super().__init__()
            self.purpose: Purpose = purpose
            self.text = text

    class Gave(Message):
        """The user gave up, or (``up`` or ``down``) looks for the next that was found in that direction."""

        def __init__(self, purpose: Purpose, key: str) -> None:
            super().__init__()
            self.purpose: Purpose = purpose
            self.key = key

    def __init__(self) -> None:
        super().__init__(id="ask", compact=True, select_on_focus=False)
        self.cursor_blink = False
        self.purpose: Purpose = "search"
        self.display = False

    def ask(self, purpose: Purpose, text: str = "") -> None:
        """Ask; ``text`` is what is there to begin with."""
        self.purpose = purpose
        self.password = purpose in ("password", "room")
        self.value = text
        # What is proposed goes away as soon as another is typed.
        self.selection = Selection(0, len(text))
        self.display = True
        self.focus()

    def on_key(self, event: events.Key) -> None:
        match event.key:
            case "escape" | "up" | "down":
                self.post_message(self.Gave(self.purpose, event.key))
            case "enter":
                self.post_message(self.Answered(self.purpose, self.value))
            case "y" | "n" if self.purpose == "paste":
                self.post_message(self.Answered(self.purpose, event.key))
            case "tab" | "shift+tab":
                pass  # there is nowhere to go
            case _:
                return
        event.stop()
        event.prevent_default()
