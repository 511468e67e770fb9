"""Five screens, as they were when somebody looked at them last.

A snapshot has the text of each row, and below it the pieces of that row that have a style of their own. Where a change is meant,
``UPDATE_SNAPSHOTS=1 trial tests.client.screen.test_snapshots`` takes them anew: look at what ``git diff`` shows then.
"""

from __future__ import annotations

import os
from pathlib import Path

from rich.style import Style
from textual.strip import Strip
from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import NOW, Stage, said, staged
from twisted_chat.client import events as ev

FOLDER = Path(__file__).parent.parent / "snapshots"


def described(style: Style | None) -> str:
    """Spell what a person sees of a style: colours, bold, italic, underline, reverse."""
    if style is None:
        return ""
    marks = [name for name in ("bold", "italic", "underline", "reverse") if getattr(style, name)]
    if style.color is not None and style.color.triplet is not None:
        marks.append(style.color.triplet.hex)
    if style.bgcolor is not None and style.bgcolor.triplet is not None:
        marks.append(f"on {style.bgcolor.triplet.hex}")
    return " ".join(marks)


def spelled(strips: list[Strip]) -> str:
    lines: list[str] = []
    for strip in strips:
        lines.append(f"|{strip.text.rstrip()}")
        for segment in strip.simplify():
            if segment.text.strip():
                lines.append(f"    {segment.text.strip()!r}: {described(segment.style)}")
    return "\n".join(lines) + "\n"


class SnapshotTests(SynchronousTestCase):
    maxDiff = None

    def check(self, name: str, stage: Stage) -> None:
        file = FOLDER / f"{name}.txt"
        shown = spelled(stage.strips())
        if os.environ.get("UPDATE_SNAPSHOTS"):
            FOLDER.mkdir(exist_ok=True)
            file.write_text(shown, "utf-8")
        self.assertEqual(shown.splitlines(), file.read_text("utf-8").splitlines())

    async def talk(self, stage: Stage) -> None:
        await stage.enter("bob", "carol", "eve")
        await stage.hear(
            ev.Topic(
                room="lobby", sender="bob", id=f"{1:016x}", time=NOW - 90_000, content="tea at four"
            ),
            said(-85_000, "yesterday"),
            said(2, "hello all 日本語 👍"),
            ev.Joined(sender="dan", room="lobby", id=f"{3:016x}", time=NOW),
            ev.Joined(sender="fay", room="lobby", id=f"{4:016x}", time=NOW),
            said(5, "me, have a look at this, it is long enough for two rows of text", "carol"),
            ev.RoomMessage(
                sender="eve", room="lobby", kind="action", id=f"{6:016x}", time=NOW, content="waves"
            ),
            ev.Sending(tag="t", room="lobby", content="one\ntwo", time=NOW),
            said(7, room="dev"),
            said(8, "me?", room="ops"),
            ev.Away(sender="eve", away=True, content="tea"),
            ev.Lag(seconds=0.004),
        )

    @staged()
    async def test_80_by_24(self, stage: Stage) -> None:
        await self.talk(stage)
        self.check("80x24", stage)

    @staged(size=(120, 30), theme="light")
    async def test_120_by_30_in_light(self, stage: Stage) -> None:
        await self.talk(stage)
        self.check("120x30-light", stage)

    @staged(size=(40, 16), theme="contrast")
    async def test_narrow_in_high_contrast(self, stage: Stage) -> None:
        await self.talk(stage)
        self.check("40x16-contrast", stage)

    @staged(theme="mono")
    async def test_offline_with_completions_in_mono(self, stage: Stage) -> None:
        await self.talk(stage)
        await stage.hear(ev.Offline(why="refused", again=7.0))
        await stage.types("/to")
        await stage.press("tab")
        self.check("80x24-mono-offline", stage)

    @staged()
    async def test_a_name_that_is_taken(self, stage: Stage) -> None:
        await stage.hear(
            ev.NameRefused(
                code="nick-taken", nick="bob", suggestion="bob2", content='"bob" is taken.'
            )
        )
        self.check("80x24-taken", stage)
