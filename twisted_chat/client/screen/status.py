"""The line at the foot of the screen, and the one at its head."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from twisted_chat.client.model.picture import Picture
from twisted_chat.client.screen.palette import Palette
from twisted_chat.client.screen.wrapping import cut


def foot(
    picture: Picture, palette: Palette, width: int, *, waiting: int, below: int, again: float | None
) -> Strip:
    """Return the status: how the connection is, who one is, where, how many lines wait or are below.

    ``again``: in how many seconds the next try to connect is.
    """
    room = picture.shown
    state, style = _connection(picture, palette, again)
    parts = [picture.nick] if picture.nick else []
    parts.append(room.title)
    if room.key.sort == "room":
        parts.append(f"{room.count:,} here" if room.joined else "you are not in it")
    if waiting:
        parts.append(f"{waiting:,} waiting to be sent" if picture.connection != "online" else "…")
    if below:
        parts.append(f"{below:,} below (End)")
    text = f" {state}  {' · '.join(parts)}"
    text += " " * 4 + (picture.why if picture.connection == "offline" else "F1 help")
    text = cut(text, width)
    edge = len(state) + 2
    return Strip(
        [Segment(text[:edge], style), Segment(text[edge:], palette.text)]
    ).adjust_cell_length(width)


def _connection(picture: Picture, palette: Palette, again: float | None) -> tuple[str, Style]:
    match picture.connection:
        case "online":
            lag = "" if picture.lag is None else f" {picture.lag * 1000:,.0f} ms"
            return f"● connected{lag}", palette.online
        case "connecting":
            return "○ connecting …", palette.offline
        case "offline":  # pragma: no branch (mypy sees a missing case)
            soon = "" if again is None else f", again in {max(0, round(again))} s"
            return f"○ offline{soon}", palette.offline


def head(picture: Picture, palette: Palette, width: int) -> Strip:
    """Return the title of the conversation that is shown, and its topic."""
    room = picture.shown
    title = f" {room.title} "
    away = picture.away.get(room.key.name) if room.key.sort == "private" else None
    about = room.topic if away is None else f"away: {away}".rstrip(": ")
    return Strip(
        [
            Segment(cut(title, width), palette.title),
            Segment(cut(about, max(0, width - len(title))), palette.dim),
        ]
    ).adjust_cell_length(width)
