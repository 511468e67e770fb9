"""What is on the screen, and when it is drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import tzinfo
from typing import ClassVar, Final

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import Static

from twisted_chat.client.model.completion import Offer
from twisted_chat.client.model.conversation import Key
from twisted_chat.client.model.state import ClientState
from twisted_chat.client.screen import status
from twisted_chat.client.screen.bars import Above, Bar
from twisted_chat.client.screen.dialogs import Ask
from twisted_chat.client.screen.drawing import Drawer, widest
from twisted_chat.client.screen.entry import Entry
from twisted_chat.client.screen.lists import Conversations, Members
from twisted_chat.client.screen.messages import Messages
from twisted_chat.client.screen.palette import FEW, Palette, palette, themes
from twisted_chat.client.screen.preferences import Preferences

if sys.platform == "win32":
    _Terminal = None  # Textual's own will do
else:
    from twisted_chat.client.screen.terminal import Terminal as _Terminal

#: What comes is drawn at most so often a second: a person sees no more, and drawing is what costs.
DRAWN: Final = 30
#: From these widths on the rooms are shown, and the people, if the user has not decided otherwise: what is said comes first.
ROOMS_FROM: Final = 100
MEMBERS_FROM: Final = 120
#: Among how many of the last lines of a conversation the longest nickname is looked for.
_NAMES_AMONG: Final = 500
#: A smaller screen has room for a word only.
SMALLEST: Final = (16, 4)

_HEAD_FROM: Final = 8


class Shown(App[None]):
    """Draws a state. What is typed, and what is heard, is for the subclass."""

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    TITLE = "twisted-chat"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "show_rooms", priority=True),
        Binding("f3", "show_members", priority=True),
    ]

    def __init__(
        self,
        preferences: Preferences,
        complete: Callable[[str, int], Offer | None],
        waiting: Callable[[], int],
        zone: tzinfo | None,
        now: Callable[[], float],
    ) -> None:
        """``complete`` offers what a word can become, ``waiting`` counts what is not stored yet.

        ``zone`` None is the local one; ``now`` returns seconds since 1970.
        """
        super().__init__(driver_class=_Terminal)
        self._few = self.console.color_system in FEW
        self.state = ClientState()
        self._preferences = preferences
        self._waiting = waiting
        self._zone = zone
        self._now = now
        self._palette: Palette = palette(preferences.theme, few=self._few)
        self._drafts: dict[Key, str] = {}
        self._of: Key = self.state.view  # whose draft is in the entry
        self._again_at: float | None = None  # when the next try to connect is
        self._searched = ""  # what is marked in the messages
        self._rooms_wanted: bool | None = None
        self._members_wanted = {"always": True, "never": False}.get(preferences.members)
        self._timer: Timer | None = None
        self._drawn: dict[object, object] = {}  # how each widget looked
        self._names: dict[
            Key, tuple[int, int]
        ] = {}  # how wide the names of a conversation are, at which change of it
        #: How often it was drawn.
        self.draws = 0
        self.messages = Messages(lambda: self.state.shown, self._drawer)
        self.conversations = Conversations(self.state, self._palette, "conversations")
        self.members = Members(self.state, self._palette)
        self.entry = Entry(complete)
        self.ask = Ask()
        self.above = Above(lambda: self._palette)
        self.head = Bar(lambda width: status.head(self.state, self._palette, width), "head")
        self.foot = Bar(self._foot, "foot")
        self.middle = Horizontal(self.conversations, self.messages, self.members, id="middle")
        self.line = Horizontal(Static("›", id="prompt"), self.entry, self.ask, id="line")
        self.tiny = Static("too small", id="tiny")

    def compose(self) -> ComposeResult:
        yield self.tiny
        yield self.head
        yield self.middle
        yield self.above
        yield self.line
        yield self.foot

    def on_mount(self) -> None:
        for theme in themes(few=self._few):
            self.register_theme(theme)
        self.dress(self._preferences.theme)
        self.entry.focus()
        self.set_interval(1, self._tick)

    def soon(self) -> None:
        """Draw in a moment, once for all that comes until then."""
        if self._timer is None:
            self._timer = self.set_timer(1 / DRAWN, self.draw)

    def draw(self) -> None:
        """Draw what has changed."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.draws += 1
        if self._of != self.state.view:
            self.turned()
        room = self.state.shown
        lines = (room.buffer.changes, room.buffer.more, room.mark)
        self._redraw(self.messages, (self._of, lines, self.state.nick, self.theme))
        self._redraw(self.members, (self.members.version(), self.theme))
        self._redraw(self.conversations, (self.conversations.version(), self.theme))
        self.head.refresh()
        self.foot.refresh()

    def _redraw(self, widget: Messages | Members | Conversations, state: object) -> None:
        """Draw a widget if it looks otherwise now: of what comes, most changes little."""
        if self._drawn.get(widget) != state:
            self._drawn[widget] = state
            widget.renew()

    def turned(self) -> None:
        """Another conversation is shown: what was being typed stays with the one before."""
        self._drafts[self._of] = self.entry.text
        self._of = self.state.view
        self.entry.put(self._drafts.pop(self._of, ""))
        self.members.top = 0
        self._fit(*self.size)

    def give_back(self, key: Key, text: str) -> None:
        """Put a text that was not sent before what is being typed in a conversation."""
        typed = self.entry.text if key == self._of else self._drafts.get(key, "")
        text = "\n".join(filter(None, (text, typed)))
        if key == self._of:
            self.entry.put(text)
        else:
            self._drafts[key] = text

    def _drawer(self, width: int) -> Drawer:
        return Drawer(
            width, self._palette, self._zone, self.state.nick, self._searched, self._names_width()
        )

    def _names_width(self) -> int:
        """Return how wide the names in the conversation that is shown are: it only grows, for what moves is hard to read."""
        room = self.state.shown
        changes, width = self._names.get(room.key, (-1, 0))
        if changes != room.buffer.changes:
            width = max(width, widest(room.buffer.lines[-_NAMES_AMONG:]))
            self._names[room.key] = (room.buffer.changes, width)
        return width

    def _foot(self, width: int) -> Strip:
        again = None if self._again_at is None else self._again_at - self._now()
        return status.foot(
            self.state,
            self._palette,
            width,
            waiting=self._waiting(),
            below=self.messages.hidden_below(),
            again=again,
            listed=self.conversations.display,
        )

    def _tick(self) -> None:
        if self.state.connection == "offline":
            self.foot.refresh()

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size.width, event.size.height)

    def _fit(self, width: int, height: int) -> None:
        """Show what there is room for."""
        tiny = width < SMALLEST[0] or height < SMALLEST[1]
        self.tiny.display = tiny
        for widget in (self.middle, self.line, self.foot):
            widget.display = not tiny
        if not tiny and self.is_running and self.screen.focused is None:
            # What is hidden loses the keys, and does not get them back by itself.
            (self.ask if self.ask.display else self.entry).focus()
        self.head.display = not tiny and height >= _HEAD_FROM
        wanted = self._rooms_wanted
        self.conversations.display = width >= ROOMS_FROM if wanted is None else wanted
        wanted = self._members_wanted
        self.members.display = self.state.view.sort == "room" and (
            width >= MEMBERS_FROM if wanted is None else wanted
        )
        self.set_class(width >= MEMBERS_FROM, "wide")

    def dress(self, theme: str) -> None:
        self.theme = theme
        self._palette = palette(theme, few=self._few)
        self.conversations.palette = self.members.palette = self._palette
        self.draw()
        self.above.refresh()

    def action_show_rooms(self) -> None:
        self._rooms_wanted = not self.conversations.display
        self._fit(*self.size)

    def action_show_members(self) -> None:
        self._members_wanted = not self.members.display
        self._fit(*self.size)
