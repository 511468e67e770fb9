"""Comparing one name with many masks at once: the cost of a full list of bans does not depend on its masks.

A name is compared with all masks of a group together, as one number in which each place of each mask is a bit (the shift-and
method for automata without branches). Backtracking, and looking at one mask after another, would both let the person who writes
the masks decide how long everyone who joins has to wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

#: The masks of one group. With them, and masks of at most 64 characters, a place is one of 2,048 (of ``nick!user@host``, one of
#: 4,096): a step on numbers of that size takes some 0.1 µs, and a change of one mask makes no more than its group anew, in half a
#: millisecond at most.
GROUP: Final = 32
#: The names whose verdicts a group remembers, some 100 bytes each; users who join or change their nick are looked up twice,
#: when it is decided and when it is applied, which is nearly always in one turn.
REMEMBERED: Final = 128
#: The characters for which a group keeps where they stand. A name has at most 32; 64 are all letters and digits there are in most
#: languages, and 20 KB.
_KEPT: Final = 64
#: How many steps may be made in one turn. A step takes half a microsecond, on a slow machine one: this is less than 2 ms.
SLICE: Final = 1500
# What ends each mask in a group: no name has it.
_END: Final = "\0"


class Effort:
    """The steps that are left for one turn; they go below zero by what the last group took."""

    def __init__(self, left: int = SLICE) -> None:
        self.left = left


class _Group:
    """Some masks, and what is known of the names that were held against them. Made anew when a mask comes or goes."""

    def __init__(self) -> None:
        self.masks: dict[str, None] = {}
        self.verdicts: dict[str, tuple[str, ...]] = {}
        self._made = False

    def changed(self) -> None:
        self.verdicts.clear()
        self._made = False

    def fitting(self, text: str, effort: Effort) -> tuple[str, ...]:
        """Return which masks a name fits; remember it."""
        found = self.verdicts.get(text)
        if found is None:
            if len(self.verdicts) >= REMEMBERED:
                del self.verdicts[next(iter(self.verdicts))]
            found = self.verdicts[text] = tuple(self._find(text, effort))
        return found

    def _find(self, text: str, effort: Effort) -> Iterator[str]:
        if not self._made:
            self._make(effort)
        effort.left -= 1 + len(text)
        reached, stays = self._starts, self._stays
        for each in text:
            here = self._places.get(each)
            if here is None:
                here = self._place(each, effort)
            reached = (reached & here) << 1 | (reached & stays)
            if not reached:
                return
        if reached & self._end:
            yield from (mask for mask, place in self._ends.items() if reached >> place & 1)

    def _make(self, effort: Effort) -> None:
        """Lay the masks out behind each other; ``_stays`` are the places with a star, where a name may go on as it likes."""
        tokens: list[str] = []
        self._starts = self._stays = self._end = place = 0
        self._ends: dict[str, int] = {}
        for mask in self.masks:
            self._starts |= 1 << place
            parts = mask.split("*")
            for part in parts[:-1]:
                place += len(part)
                self._stays |= 1 << place
            place += len(parts[-1])
            self._ends[mask] = place
            self._end |= 1 << place
            place += 1
            tokens += (*parts, _END)
            effort.left -= 1 + len(parts)
        self._tokens = "".join(tokens)
        self._any = 0
        self._any = self._place("?", effort)
        self._places: dict[str, int] = {}
        self._made = True

    def _place(self, character: str, effort: Effort) -> int:
        """Return, and keep, at which places a character may stand."""
        bits = bytearray(len(self._tokens) // 8 + 1)
        place = self._tokens.find(character)
        while place >= 0:
            bits[place >> 3] |= 1 << (place & 7)
            effort.left -= 1
            place = self._tokens.find(character, place + 1)
        found = int.from_bytes(bits, "little") | self._any
        if self._made:
            if len(self._places) >= _KEPT:
                del self._places[next(iter(self._places))]
            self._places[character] = found
        return found


class Matcher:
    """A set of masks, of which runs of stars are one star each (:func:`.masks.shortened`)."""

    def __init__(self) -> None:
        self._groups: list[_Group] = []
        self._group_of: dict[str, _Group] = {}

    def __bool__(self) -> bool:
        """Whether there is any mask."""
        return bool(self._groups)

    def add(self, mask: str) -> None:
        if mask in self._group_of:
            return
        group = next((each for each in self._groups if len(each.masks) < GROUP), None)
        if group is None:
            group = _Group()
            self._groups.append(group)
        group.masks[mask] = None
        group.changed()
        self._group_of[mask] = group

    def remove(self, mask: str) -> None:
        group = self._group_of.pop(mask)
        del group.masks[mask]
        group.changed()
        if not group.masks:
            self._groups.remove(group)

    def fitting(self, text: str) -> Iterator[str]:
        """Yield the masks that a name fits."""
        effort = Effort()
        for group in self._groups:
            yield from group.fitting(text, effort)

    def weigh(self, text: str, effort: Effort) -> bool:
        """Find out, within the effort, what :meth:`fitting` has to know; return whether that was enough."""
        for group in self._groups:
            if text not in group.verdicts:
                if effort.left <= 0:
                    return False
                group.fitting(text, effort)
        return True
