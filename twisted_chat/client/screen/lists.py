"""What is shown next to the messages: the conversations, and the people of the one that is shown."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import msgspec
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from twisted_chat.client.model.conversation import SERVER, Conversation, Key, Member, nick_key
from twisted_chat.client.model.state import ClientState
from twisted_chat.client.screen.line_widget import Lined
from twisted_chat.client.screen.palette import Palette
from twisted_chat.client.screen.wrapping import cut

_WHEEL = 3


class Row(msgspec.Struct, frozen=True):
    """One row: a text, and what stands at its end."""

    text: str
    style: Style
    end: str = ""
    end_style: Style | None = None

    def strip(self, width: int) -> Strip:
        """Draw it."""
        room = max(1, width - 2 - (cell_len(self.end) + 1 if self.end else 0))
        text = cut(self.text, room)
        blank = " " * max(0, width - 1 - cell_len(text) - cell_len(self.end) - 1)
        return Strip(
            [
                Segment(f" {text}{blank}", self.style),
                Segment(f"{self.end} " if self.end else " ", self.end_style or self.style),
            ]
        ).adjust_cell_length(width)


class Rows(Lined):
    """A list that draws only the rows on the screen. Subclasses say what the rows are."""

    def __init__(self, state: ClientState, palette: Palette, name: str) -> None:
        super().__init__(id=name)
        self.state = state
        self.palette = palette
        self.top = 0

    @abstractmethod
    def count(self) -> int:
        """Return how many rows there are."""

    @abstractmethod
    def row(self, index: int) -> Row:
        """Return a row."""

    def clicked(self, index: int) -> None:
        """The user clicked at a row."""

    @abstractmethod
    def version(self) -> object:
        """Return what is drawn: two that are equal look the same."""

    def renew(self) -> None:
        """Draw again: something has changed."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        index = self._first() + y
        width = self.size.width
        if index >= self.count():
            return Strip.blank(width, self.base)
        return self.row(index).strip(width).apply_style(self.base)

    def _first(self) -> int:
        self.top = max(0, min(self.top, self.count() - self.size.height))
        return self.top

    def on_click(self, event: events.Click) -> None:
        index = self._first() + event.y
        if index < self.count():
            self.clicked(index)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.top -= _WHEEL
        self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.top += _WHEEL
        self.refresh()


class Conversations(Rows):
    """The rooms and private conversations, with how much of each is not read."""

    class Chosen(Message):
        """The user wants to see another one."""

        def __init__(self, key: Key) -> None:
            super().__init__()
            self.key = key

    def count(self) -> int:
        return len(self.state.conversations)

    def version(self) -> object:
        return self.state.view, [
            (each.title, each.unread, each.mentions, each.joined)
            for each in self.state.conversations.values()
        ]

    def row(self, index: int) -> Row:
        conversation = list(self.state.conversations.values())[index]
        palette = self.palette
        end, end_style = "", palette.news
        if conversation.mentions:
            end, end_style = f"@{_short(conversation.mentions)}", palette.mention
        elif conversation.unread:
            end = _short(conversation.unread)
        if conversation.key == self.state.view:
            return Row(conversation.title, palette.current, end, palette.current)
        if end:
            return Row(conversation.title, palette.news, end, end_style)
        return Row(conversation.title, self._quiet(conversation))

    def _quiet(self, conversation: Conversation) -> Style:
        here = conversation.joined and conversation.key != SERVER
        return self.palette.here if here else self.palette.dim

    def clicked(self, index: int) -> None:
        self.post_message(self.Chosen(list(self.state.conversations)[index]))

    def renew(self) -> None:
        # What is on the screen must be seen here.
        index = list(self.state.conversations).index(self.state.view)
        self.top = max(min(self.top, index), index - self.size.height + 1)
        super().renew()


class Members(Rows):
    """The people in the room: operators first, people who are away dimmed."""

    class Chosen(Message):
        """The user clicked at somebody."""

        def __init__(self, nick: str) -> None:
            super().__init__()
            self.nick = nick

    class More(Message):
        """There are people below whose names are not known yet."""

    def __init__(self, state: ClientState, palette: Palette) -> None:
        super().__init__(state, palette, "members")
        self._sorted: Sequence[Member] = ()
        self._of: tuple[Key, int] | None = None

    def people(self) -> Sequence[Member]:
        """Return the people, in the order of the list."""
        room = self.state.shown
        if self._of != (room.key, room.changes):
            self._of = (room.key, room.changes)
            self._sorted = sorted(
                room.members.values(), key=lambda each: (_rank(each), nick_key(each.nick))
            )
        return self._sorted

    def version(self) -> object:
        room = self.state.shown
        return room.key, room.changes, room.unnamed, self.state.nick, dict(self.state.away)

    def count(self) -> int:
        return len(self.people()) + (1 if self.state.shown.unnamed else 0)

    def row(self, index: int) -> Row:
        people = self.people()
        if index >= len(people):
            return Row(f"and {self.state.shown.unnamed:,} more", self.palette.dim)
        member = people[index]
        away = nick_key(member.nick) in self.state.away
        style = self.palette.nick(member.nick)
        if self.state.is_me(member.nick):
            style = self.palette.own
        return Row(
            f"{_sign(member)}{member.nick}",
            self.palette.away if away else style,
            "away" if away else "",
            self.palette.away,
        )

    def clicked(self, index: int) -> None:
        people = self.people()
        if index < len(people):
            self.post_message(self.Chosen(people[index].nick))
        else:
            self.post_message(self.More())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        super().on_mouse_scroll_down(event)
        if self.state.shown.unnamed and self._first() + self.size.height >= self.count():
            self.post_message(self.More())


def _rank(member: Member) -> int:
    if "owner" in member.roles or "operator" in member.roles:
        return 0
    return 1 if "voice" in member.roles else 2


def _sign(member: Member) -> str:
    return ("@", "+", " ")[_rank(member)]


def _short(count: int) -> str:
    return str(count) if count < 1000 else "999+"
