"""Colours: four themes, and which nickname gets which colour."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

import msgspec
from rich.style import Style
from textual.theme import Theme

from twisted_chat.client.model.conversation import nick_key

#: The themes that there are, the default first.
THEMES: Final = ("dark", "light", "mono", "contrast")


#: What Rich calls terminals with 8 or 16 colours.
FEW: Final = frozenset(("standard", "windows"))


class Palette(msgspec.Struct, frozen=True):
    """How each thing is drawn."""

    text: Style
    dim: Style
    own: Style
    mention: Style
    event: Style
    error: Style
    found: Style
    day: Style
    unread: Style
    waiting: Style
    title: Style
    current: Style
    news: Style
    here: Style
    away: Style
    online: Style
    offline: Style
    nicks: tuple[Style, ...]

    def nick(self, nick: str) -> Style:
        """Return the colour of a nickname: always the same one, on every machine."""
        return self.nicks[zlib.crc32(nick_key(nick).encode("utf-8", "replace")) % len(self.nicks)]


def _styles(colours: Sequence[str]) -> tuple[Style, ...]:
    return tuple(Style.parse(colour) for colour in colours)


def _palette(nicks: Sequence[str], **styles: str) -> Palette:
    return Palette(
        **{name: Style.parse(style) for name, style in styles.items()}, nicks=_styles(nicks)
    )


_PALETTES: Final = {
    # Each nickname has at least 4.5 to 1 against the background (WCAG 2, success criterion 1.4.3); the tests measure it.
    "dark": _palette(
        (
            *(
                "#7aa2f7",
                "#9ece6a",
                "#e0af68",
                "#bb9af7",
                "#7dcfff",
                "#ff9e64",
                "#73daca",
                "#f7a8c4",
            ),
            *("#c0ca70", "#b4b9ff", "#e5a0a0", "#8fd0a8"),
        ),
        text="#d5d9e6",
        dim="#8b93ad",
        own="bold #ffffff",
        mention="bold #1a1b26 on #e0af68",
        event="#8b93ad italic",
        error="#ff8a96",
        found="#1a1b26 on #7dcfff",
        day="#8b93ad",
        unread="#ff8a96",
        waiting="#8b93ad italic",
        title="bold #d5d9e6",
        current="bold #ffffff on #33406b",
        news="bold #ffffff",
        here="#d5d9e6",
        away="#8b93ad italic",
        online="#9ece6a",
        offline="bold #ff8a96",
    ),
    "light": _palette(
        (
            *(
                "#1f5fbf",
                "#2d6b1f",
                "#8a5300",
                "#7a3fb5",
                "#006a80",
                "#a84300",
                "#00695c",
                "#a8326b",
            ),
            *("#5c6300", "#4a4fc4", "#a03030", "#2f6b4a"),
        ),
        text="#20242e",
        dim="#5d6472",
        own="bold #000000",
        mention="bold #20242e on #ffd77a",
        event="#5d6472 italic",
        error="#b3122a",
        found="#20242e on #9fdcf5",
        day="#5d6472",
        unread="#b3122a",
        waiting="#5d6472 italic",
        title="bold #20242e",
        current="bold #000000 on #c5d3f0",
        news="bold #000000",
        here="#20242e",
        away="#5d6472 italic",
        online="#2d6b1f",
        offline="bold #b3122a",
    ),
    "mono": _palette(
        ("bold #d0d0d0",),
        text="#d0d0d0",
        dim="#a0a0a0",
        own="bold underline #d0d0d0",
        mention="bold reverse #d0d0d0",
        event="italic #a0a0a0",
        error="bold underline #d0d0d0",
        found="reverse #d0d0d0",
        day="#a0a0a0",
        unread="bold #d0d0d0",
        waiting="italic #a0a0a0",
        title="bold #d0d0d0",
        current="reverse #d0d0d0",
        news="bold #d0d0d0",
        here="#d0d0d0",
        away="italic #a0a0a0",
        online="#d0d0d0",
        offline="bold reverse #d0d0d0",
    ),
    "contrast": _palette(
        (
            "bold #ffff00",
            "bold #00ffff",
            "bold #00ff00",
            "bold #ffa6ff",
            "bold #ffb000",
            "bold #9fc5ff",
        ),
        text="#ffffff",
        dim="#e0e0e0",
        own="bold underline #ffffff",
        mention="bold #000000 on #ffff00",
        event="#e0e0e0",
        error="bold #ffffff on #b00000",
        found="bold #000000 on #00ffff",
        day="#e0e0e0",
        unread="bold #000000 on #00ffff",
        waiting="italic #e0e0e0",
        title="bold #ffffff",
        current="bold #000000 on #ffffff",
        news="bold #ffff00",
        here="#ffffff",
        away="italic #e0e0e0",
        online="bold #00ff00",
        offline="bold #ffffff on #b00000",
    ),
}


# The first eight colours, which every terminal has, as Rich defines them: it finds the nearest. What is left out cannot be read:
# on black these are blue, red and magenta, on grey, the eighth, all that are bright.
_BLACK, _GREY, _RED = "#000000", "#aaaaaa", "#aa0000"
_ON_BLACK: Final = (_GREY, "#00aa00", "#aa5500", "#00aaaa")
_ON_GREY: Final = (_BLACK, "#0000aa", _RED)


def _of_few(theme: str) -> Palette:
    """Return the palette of a theme on a terminal with 8 colours, or 16."""
    text, ground = (_BLACK, _GREY) if theme == "light" else (_GREY, _BLACK)
    nicks = {"light": _ON_GREY, "mono": (_GREY,)}.get(theme, _ON_BLACK)
    alarm = f"bold {_GREY} on {_RED}" if theme != "mono" else f"bold {_BLACK} on {_GREY}"
    standing_out = f"bold {ground} on {text}"
    return _palette(
        [f"bold {colour}" for colour in nicks],
        text=text,
        dim=text,
        own=f"bold underline {text}",
        mention=standing_out,
        event=f"italic {text}",
        error=alarm,
        found=standing_out,
        day=text,
        unread=alarm,
        waiting=f"italic {text}",
        title=f"bold {text}",
        current=standing_out,
        news=f"bold {text}",
        here=text,
        away=f"italic {text}",
        online=text,
        offline=alarm,
    )


def palette(theme: str, *, few: bool = False) -> Palette:
    """Return how things are drawn in a theme of :data:`THEMES`, on a terminal with ``few`` colours or many."""
    return _of_few(theme) if few else _PALETTES[theme]


def themes(*, few: bool = False) -> list[Theme]:
    """Return the colours of what is around the messages, for each theme of :data:`THEMES`."""
    if few:
        return [
            _theme(name, _BLACK, _BLACK, _GREY, _GREY, _GREY, dark=False)
            if name == "light"
            else _theme(name, _GREY, _GREY, _BLACK, _BLACK, _BLACK)
            for name in THEMES
        ]
    return [
        _theme("dark", "#7aa2f7", "#d5d9e6", "#1a1b26", "#20222f", "#292c3d"),
        _theme("light", "#1f5fbf", "#20242e", "#fbfbfd", "#f0f1f5", "#e4e7ee", dark=False),
        _theme("mono", "#d0d0d0", "#d0d0d0", "#101010", "#101010", "#202020"),
        _theme("contrast", "#ffffff", "#ffffff", "#000000", "#000000", "#000000"),
    ]


def _theme(
    name: str,
    primary: str,
    foreground: str,
    background: str,
    surface: str,
    panel: str,
    *,
    dark: bool = True,
) -> Theme:
    return Theme(
        name,
        primary=primary,
        foreground=foreground,
        background=background,
        surface=surface,
        panel=panel,
        dark=dark,
        # What is drawn by Textual itself is of the theme's own colour, in mono too.
        accent=primary,
        secondary=primary,
    )
