"""One client's view of one room: where its reading stands, and whether anything is missing."""

from __future__ import annotations

from bench.ledger import Got, Ledger, Speaker


class Reader:
    """Somebody who hears what is said in a room, and after a break asks for what came behind the last of it."""

    def __init__(self, room: str, me: str, ledger: Ledger) -> None:
        self.room = room
        self._me = me
        self._ledger = ledger
        #: The last message up to which nothing is missing, and so what to ask for history with.
        self.last = "0" * 16
        self._here = False
        self._live = ""
        self._seen: dict[str, bytearray] = {}
        self._looked_at: dict[str, int] = {}
        self._due: dict[str, tuple[list[int], int]] = {}

    def comes_back(self) -> None:
        """A new connection: what is heard on it does not follow on what was heard before, until :meth:`caught_up`."""
        self._here = False
        self._live = ""

    def asks(self) -> None:
        """History is asked for: what is acknowledged by now must have been heard when that is answered."""
        self._due = {
            speaker.name: self._acknowledged(speaker)
            for speaker in self._ledger.speakers.values()
            if speaker.name != self._me
        }

    def _acknowledged(self, speaker: Speaker) -> tuple[list[int], int]:
        """Return the acknowledged lines of somebody that were not looked for yet, and which one to begin with next time."""
        start, count = self._looked_at.get(speaker.name, 0), len(speaker.lines)
        here = [each for each in range(start, count) if speaker.lines[each].room == self.room]
        due = [each for each in here if speaker.lines[each].acked]
        return due, next((each for each in here if not speaker.lines[each].acked), count)

    def hears(self, got: Got) -> None:
        """A message of this room came live, or in the history that comes with a join."""
        self._note(got)
        if got.replay:
            return
        if got.id <= self._live:
            self._ledger.violated(f"{self._me} heard {got.id} after {self._live} in {self.room}")
        self._live = got.id
        if self._here:
            self.last = got.id

    def reads(self, got: Got) -> None:
        """A message came in the history that was asked for."""
        if got.id <= self.last:
            self._ledger.violated(
                f"{self._me} asked for messages after {self.last} in {self.room}, but got {got.id}"
            )
        self.last = max(self.last, got.id)
        self._note(got)

    def caught_up(self) -> None:
        """All of the history that was asked for is here: nothing may be missing."""
        self._here = True
        self.last = max(self.last, self._live)
        for name, (numbers, after) in self._due.items():
            seen = self._seen.get(name, b"")
            for number in numbers:
                if not (number < len(seen) and seen[number]):
                    self._ledger.violated(
                        f"{self._me} came back to {self.room}, but never got {name} {number}"
                    )
            self._looked_at[name] = after

    def _note(self, got: Got) -> None:
        found = self._ledger.line(got.content)
        if found is None:
            return  # the ledger has noted that
        speaker, number = found
        seen = self._seen.setdefault(speaker.name, bytearray())
        if number >= len(seen):
            seen.extend(bytes(number + 1 - len(seen)))
        seen[number] = True
