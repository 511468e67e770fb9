"""The rooms that somebody was in when they left a server: a file, for its owner only, with neither messages nor passwords."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from twisted_chat.client.link.known import locked
from twisted_chat.core.values.names import BadName, parse_room

#: Of how many servers and nicknames it is remembered, and how many rooms of each: as many as a server of ours lets one be in.
MAX_VISITS: Final = 100
MAX_ROOMS: Final = 100
# Far more than that takes.
_MAX_SIZE: Final = 4 * 1024 * 1024


class Visited:
    """The file. What cannot be read or written is not remembered, and nobody is bothered with that."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rooms(self, visit: str) -> tuple[str, ...]:
        """Return the rooms of the last ``visit`` (HOST:PORT NICK), the one that was talked in last."""
        return tuple(filter(_is_room, self._read().get(visit, ())))[:MAX_ROOMS]

    def remember(self, visit: str, rooms: Sequence[str]) -> None:
        """Remember the rooms of a visit, in place of those of the last."""
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            self._path.parent.mkdir(0o700, parents=True, exist_ok=True)
            with locked(self._path):
                visits = self._read()
                visits.pop(visit, None)
                visits[visit] = list(rooms)
                kept = dict(list(visits.items())[-MAX_VISITS:])
                new.unlink(missing_ok=True)
                with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                    json.dump(kept, file)
                new.replace(self._path)
        except OSError:
            pass

    def _read(self) -> dict[str, list[str]]:
        try:
            if self._path.stat().st_size > _MAX_SIZE:
                return {}
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, list[str]])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return {}


def _is_room(name: str) -> bool:
    try:
        parse_room(name)
    except BadName:
        return False
    return True
