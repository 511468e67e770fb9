"""F1: the keys and the commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from twisted_chat.client.model.completion import Usage
from twisted_chat.client.screen.actions import LOCAL, USAGES
from twisted_chat.core.grammar.table import GROUPS

#: What each key does; docs/client.md has the same table, which a test sees to.
KEYS: Final = (
    ("Enter", "send"),
    ("Alt-Enter, Ctrl-J", "a new line in the message"),
    ("Tab, Shift-Tab", "complete a command, nickname, #room or :emoji:"),
    ("Up, Down", "recall what you sent before"),
    ("Page Up, Page Down", "scroll; earlier lines are loaded at the top"),
    ("End (with nothing typed)", "go to the last line"),
    ("Ctrl-K", "go to a conversation by typing part of its name"),
    ("Ctrl-N", "go to the next conversation with unread messages"),
    ("Alt-Up, Alt-Down", "go to the conversation above, below"),
    ("Ctrl-F", "search in this conversation; Up and Down move between matches"),
    ("F2, F3", "show or hide rooms, people"),
    ("F4", "change the theme"),
    ("F1", "help"),
    ("Ctrl-Q, Ctrl-C or Ctrl-D (with nothing typed)", "leave"),
)


class Helping(ModalScreen[None]):
    """Goes away with Escape, F1 or q."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q,enter", "dismiss", "back")]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(_table("Keys", KEYS))
            for title, usages in _commands():
                rows = [(f"/{each.name} {each.usage}".rstrip(), each.help) for each in usages]
                yield Static(_table(f"Commands: {title}", rows))
            yield Static("Escape closes this.", id="help-end")


def _commands() -> Iterator[tuple[str, Iterable[Usage]]]:
    """Return the commands by group, and those of this client."""
    for group, specs in GROUPS.items():
        yield group, [USAGES[spec.name] for spec in specs]
    yield "this client", LOCAL


def _table(title: str, rows: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(max_width=34, style="bold")
    table.add_column()
    table.add_row(Text(title), Text(""))
    for name, what in rows:
        table.add_row(Text(name), Text(what))
    table.add_row("", "")
    return table
