"""Until when people have read, by the names of rooms and people, as programs tell it.

Unlike a marker (see :mod:`.read_markers`) such a time says nothing of when a room was entered, outlives leaving it, and may be
any time, also of a name that nobody has. A guest's are kept while the guest is here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from twisted_chat.core.values.names import Nick, RoomName

#: The most times of one account or guest; beyond that, the one set longest ago goes. As many as there are markers.
MAX_TIMES: Final = 200

_ACCOUNT: Final = "account "


def key_of(target: RoomName | Nick) -> str:
    """Return what a name is kept as: no nickname begins with ``#``."""
    return f"#{target.key}" if isinstance(target, RoomName) else target.key


class ReadTimes:
    """The times, in milliseconds since 1970, by whose they are (see :attr:`.User.invitation`) and the key of a name."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, int]] = {}
        #: What has changed of accounts since a store was told; None is what was dropped.
        self._altered: dict[tuple[str, str], int | None] = {}

    def get(self, owner: str, target: RoomName | Nick) -> int | None:
        """Return until when somebody has read; None if they never said."""
        return self._of.get(owner, {}).get(key_of(target))

    def read(self, owner: str, target: RoomName | Nick, time: int) -> int:
        """Move a time forward; return what it is now."""
        return self._read(owner, key_of(target), time)

    def _read(self, owner: str, key: str, time: int) -> int:
        mine = self._of.setdefault(owner, {})
        before = mine.get(key)
        if before is not None and before >= time:
            return before
        mine.pop(key, None)  # it is the one set last now
        mine[key] = time
        self._alter(owner, key, time)
        if len(mine) > MAX_TIMES:
            oldest = next(iter(mine))
            del mine[oldest]
            self._alter(owner, oldest, None)
        return time

    def _alter(self, owner: str, key: str, time: int | None) -> None:
        if owner.startswith(_ACCOUNT):
            self._altered[owner.removeprefix(_ACCOUNT), key] = time

    def adopt(self, owner: str, before: str) -> None:
        """Let an account have what its user read as a guest."""
        for key, time in self._of.pop(before, {}).items():
            self._read(owner, key, time)

    def leave(self, owner: str) -> None:
        """Forget a guest who is gone."""
        if not owner.startswith(_ACCOUNT):
            self._of.pop(owner, None)

    def drop(self, account: str) -> None:
        """Forget an account; a store does that with the account."""
        self._of.pop(_ACCOUNT + account, None)
        for key in [key for key in self._altered if key[0] == account]:
            del self._altered[key]

    def take_altered(self) -> dict[tuple[str, str], int | None]:
        """Return what has changed of accounts since the last call, by account and key of the name."""
        taken, self._altered = self._altered, {}
        return taken

    def restore(self, times: Iterable[tuple[str, str, int]]) -> None:
        """Restore what a store remembers."""
        for account, key, time in times:
            self._of.setdefault(_ACCOUNT + account, {})[key] = time

    def dump(self) -> dict[str, list[tuple[str, int]]]:
        """Return everything as plain data, to compare or write out."""
        return {owner: list(mine.items()) for owner, mine in self._of.items() if mine}
