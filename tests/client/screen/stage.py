"""A stage for the full screen: no terminal, no server, a clock that stands still, and a link that only remembers."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from unittest.mock import patch

from textual import constants
from textual.pilot import Pilot
from textual.strip import Strip

from twisted_chat.client import events as ev
from twisted_chat.client.link.link import Link
from twisted_chat.client.screen.app import ChatApp
from twisted_chat.client.screen.preferences import Preferences

P = ParamSpec("P")
Case = TypeVar("Case")

#: 2026-11-20 12:30 UTC.
NOW = 1_795_177_800.0


class FakeLink:
    """Remembers what it was asked for, as (name, arguments) in ``asked``; ``fails`` is raised instead."""

    def __init__(self, heard: Callable[[ev.Event], None]) -> None:
        self.heard = heard
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.fails: Exception | None = None
        self.pending = 0
        self.focus: str | None = None

    def waiting(self) -> int:
        return self.pending

    def __getattr__(self, name: str) -> Callable[..., str]:
        def ask(*arguments: Any, **named: Any) -> str:
            if self.fails is not None:
                raise self.fails
            # What is said as it stands is the rule.
            checked = () if named.pop("literal", True) else ("checked",)
            given = (v for v in named.values() if v is not None)
            self.asked.append((name, (*arguments, *given, *checked)))
            return f"t{len(self.asked)}"

        return ask


class Stage:
    """The running program, and those who use it."""

    def __init__(self, app: ChatApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot
        self.link = cast(FakeLink, app.link)

    async def settle(self) -> None:
        """Let everything that follows from what was done be done, and drawn."""
        await self.pilot.pause()
        self.app.draw()
        await self.pilot.pause()

    async def hear(self, *events: ev.Event) -> None:
        """Let the link tell something."""
        for event in events:
            self.app.heard(event)
        await self.settle()

    async def enter(self, *names: str, room: str = "lobby", count: int = 0) -> None:
        """Come in as ``me``, and enter a room where these people are."""
        people = ("me", *names)
        await self.hear(
            ev.Welcome(nick="me", session="s"),
            ev.Entered(room=room, names=people, count=count or len(people)),
        )

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def types(self, text: str) -> None:
        await self.press(*(_key(character) for character in text))

    async def submit(self, text: str) -> None:
        """Type a line as if it had been typed at once, and send it."""
        self.app.entry.put(text)
        await self.press("enter")

    def strips(self) -> list[Strip]:
        """Return what is on the screen, row by row."""
        return self.app.screen._compositor.render_strips()

    def rows(self) -> list[str]:
        """Return the text on the screen, row by row, without the blanks at the ends."""
        return [strip.text.rstrip() for strip in self.strips()]

    def shows(self, text: str) -> bool:
        """Whether a text is on the screen, in one row."""
        return any(text in row for row in self.rows())

    def asked(self, name: str) -> list[tuple[Any, ...]]:
        """Return with which arguments the link was asked for something."""
        return [arguments for asked, arguments in self.link.asked if asked == name]


def _key(character: str) -> str:
    return {" ": "space", "/": "slash", ":": "colon", "#": "number_sign", "@": "at"}.get(
        character, character
    )


def said(number: int, text: str = "hi", sender: str = "bob", **more: Any) -> ev.Message:
    """Return a message with the id and at the second ``number``."""
    given: dict[str, Any] = {"room": "lobby"} | more
    made = ev.PrivateMessage if given.get("to") else ev.RoomMessage
    return made(sender=sender, content=text, id=f"{number:016x}", time=NOW + number - 1000, **given)


def staged(
    size: tuple[int, int] = (80, 24), **preferences: Any
) -> Callable[
    [Callable[Concatenate[Case, Stage, P], Awaitable[None]]], Callable[Concatenate[Case, P], None]
]:
    """Run an async test on a stage of that size: a loop of its own, so that no reactor is needed."""

    def decorate(
        test: Callable[Concatenate[Case, Stage, P], Awaitable[None]],
    ) -> Callable[Concatenate[Case, P], None]:
        @functools.wraps(test)
        def run(case: Case, *arguments: P.args, **named: P.kwargs) -> None:
            async def play() -> None:
                notes, few = preferences.pop("notes", ()), preferences.pop("few", False)
                guest = preferences.pop("guest", False)
                # Whatever terminal the tests run on.
                with patch.object(constants, "COLOR_SYSTEM", "standard" if few else "truecolor"):
                    app = ChatApp(
                        lambda heard: cast(Link, FakeLink(heard)),
                        Preferences(**preferences),
                        notes=notes,
                        guest=guest,
                        zone=UTC,
                        now=lambda: NOW,
                    )
                async with app.run_test(size=size) as pilot:
                    await test(case, Stage(app, pilot), *arguments, **named)

            loop = asyncio.new_event_loop()
            try:
                loop.run_until_complete(play())
            finally:
                loop.close()

        return cast(Callable[Concatenate[Case, P], None], run)

    return decorate
