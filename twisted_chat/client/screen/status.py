"""The line at the foot of the screen, and the one at its head."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from twisted_chat.client.model.conversation import nick_key
from twisted_chat.client.model.state import ClientState
from twisted_chat.client.screen.palette import Palette
from twisted_chat.client.screen.wrapping import cut

# How many conversations are named that call for the user.
_CALLS: Final = 2


def foot(
    state: ClientState,
    palette: Palette,
    width: int,
    *,
    waiting: int,
    below: int,
    again: float | None,
    listed: bool = True,
) -> Strip:
    """Return the status: connection, nick, room, mentions elsewhere, and how many lines wait or are below.

    ``again``: in how many seconds the next try to connect is. ``listed``: the conversations are on the screen.
    """
    room = state.shown
    label, style = _connection(state, palette, again)
    away = " (away)" if nick_key(state.nick) in state.away else ""
    parts = [f"{state.nick}{away}"] if state.nick else []
    parts.append(room.title)
    calls = _calls(state, listed=listed)
    if calls:
        parts.append(f"{calls} (Ctrl-N)")
    if room.key.sort == "room":
        parts.append(f"{room.count:,} here" if room.joined else "you are not in this room")
    if waiting:
        parts.append(f"{waiting:,} waiting to be sent" if state.connection != "online" else "…")
    if below:
        parts.append(f"{below:,} below (End)")
    text = f" {label}  {' · '.join(parts)}"
    text += " " * 4 + (state.why if state.connection == "offline" else "F1 help")
    text = cut(text, width)
    edge = len(label) + 2
    return Strip(
        [Segment(text[:edge], style), Segment(text[edge:], palette.text)]
    ).adjust_cell_length(width)


def _calls(state: ClientState, *, listed: bool) -> str:
    """Say where the user is wanted. A list of many rooms does not show them all, and a small screen has none."""
    rest = [each for each in state.conversations.values() if each.key != state.view]
    calling = [f"{each.title} @{each.mentions}" for each in rest if each.mentions]
    if not listed and not calling:
        calling = [f"{each.title} {each.unread}" for each in rest if each.unread]
    more = len(calling) - _CALLS
    return ", ".join(calling[:_CALLS]) + (f" and {more:,} more" if more > 0 else "")


def _connection(state: ClientState, palette: Palette, again: float | None) -> tuple[str, Style]:
    match state.connection:
        case "online":
            lag = "" if state.lag is None else f" {state.lag * 1000:,.0f} ms"
            return f"● connected{lag}", palette.online
        case "connecting":
            return "○ connecting …", palette.offline
        case "offline":  # pragma: no branch (mypy sees a missing case)
            soon = "" if again is None else f", again in {max(0, round(again))} s"
            return f"○ offline{soon}", palette.offline


def head(state: ClientState, palette: Palette, width: int) -> Strip:
    """Return the title of the conversation that is shown, and its topic."""
    room = state.shown
    title = f" {room.title} "
    away = state.away.get(room.key.name) if room.key.sort == "private" else None
    about = room.topic if away is None else f"away: {away}".rstrip(": ")
    return Strip(
        [
            Segment(cut(title, width), palette.title),
            Segment(cut(about, max(0, width - len(title))), palette.dim),
        ]
    ).adjust_cell_length(width)
