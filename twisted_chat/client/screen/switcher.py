"""Ctrl-K: another conversation by a few letters of its name."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from twisted_chat.client.model.conversation import Conversation, Key
from twisted_chat.client.model.finding import best


class Switcher(ModalScreen[Key | str | None]):
    """Returns the key of a conversation, the name of a room to enter, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+k", "give_up", "back"),
        Binding("up", "move(-1)", priority=True),
        Binding("down", "move(1)", priority=True),
    ]

    def __init__(self, conversations: list[Conversation]) -> None:
        super().__init__()
        self._conversations = conversations
        self._found: list[Conversation] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="switcher"):
            yield Input(placeholder="room or nickname", compact=True)
            yield OptionList(compact=True)

    def on_mount(self) -> None:
        self._find("")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._find(event.value)

    def on_input_submitted(self) -> None:
        self._choose()

    def on_option_list_option_selected(self) -> None:
        self._choose()

    def action_move(self, step: int) -> None:
        options = self.query_one(OptionList)
        if step > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_give_up(self) -> None:
        _ = self.dismiss(None)

    def _find(self, wanted: str) -> None:
        self._found = best(wanted.lstrip("#"), self._conversations, lambda each: each.name)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_told(each)) for each in self._found])
        if wanted and not self._found:
            options.add_option(Option(Text(f"enter #{wanted.lstrip('#')}")))
        options.highlighted = 0

    def _choose(self) -> None:
        index = self.query_one(OptionList).highlighted
        wanted = self.query_one(Input).value.lstrip("#").strip()
        chosen = self._found[index].key if self._found and index is not None else wanted or None
        _ = self.dismiss(chosen)


def _told(conversation: Conversation) -> Text:
    unread = f"  {conversation.unread}" if conversation.unread else ""
    return Text(f"{conversation.title}{unread}")
