"""What is on the screen while a run goes on: one line with a bar, which goes away when it is over."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from bench.runs import Step


class Screen:
    """Shows :class:`bench.runs.Step`; nothing if the output is no terminal. To be used in a ``with`` statement."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            # The steps come four times a second: no thread is needed beside the reactor.
            auto_refresh=False,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self._before = ""

    def __enter__(self) -> Screen:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def title(self, text: str) -> None:
        """Put something before each phase: which of several runs it is."""
        self._before = f"{text}: " if text else ""

    def show(self, step: Step) -> None:
        """Show how far the run is."""
        if self._task is None:
            self._task = self._progress.add_task("", note="")
        note = f"{step.delivered:,} deliveries" if step.delivered else ""
        self._progress.update(
            self._task,
            description=self._before + step.phase,
            completed=step.done,
            total=step.total or None,
            note=note,
        )
        self._progress.refresh()
