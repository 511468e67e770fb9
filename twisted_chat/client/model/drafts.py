"""What was typed before, to be had again, and what is being typed, for each conversation."""

from __future__ import annotations

from collections import deque
from typing import Final

#: How many lines that were sent are remembered.
MOST: Final = 500


class History:
    """The lines that were sent, and a place among them while the user looks for one."""

    def __init__(self) -> None:
        self._sent: deque[str] = deque(maxlen=MOST)
        self._back = 0  # how many lines back the user is
        self._draft = ""  # what was there before the user went back

    def sent(self, text: str) -> None:
        """Remember a line; the same one twice in a row only once."""
        self._back = 0
        if not self._sent or self._sent[-1] != text:
            self._sent.append(text)

    def back(self, text: str) -> str | None:
        """Return the line before, while ``text`` is what is being typed; None if there is none."""
        if self._back == len(self._sent):
            return None
        if not self._back:
            self._draft = text
        self._back += 1
        return self._sent[-self._back]

    def forth(self) -> str | None:
        """Return the line after, at last what was being typed; None if the user did not go back."""
        if not self._back:
            return None
        self._back -= 1
        return self._sent[-self._back] if self._back else self._draft
