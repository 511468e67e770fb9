"""Finding lines of a conversation by a text in them, and names by some of their letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from twisted_chat.client.model.lines import Line


def find(lines: Sequence[Line], wanted: str, start: int, step: int) -> int | None:
    """Return the index of the next line that has ``wanted`` in its text or as the beginning of its nickname.

    Upper and lower case are the same. It goes from ``start`` on, itself included, by ``step`` (1 or -1).
    """
    wanted = wanted.casefold()
    if not wanted:
        return None
    index = start
    while 0 <= index < len(lines):
        line = lines[index]
        if wanted in line.text.casefold() or line.nick.casefold().startswith(wanted):
            return index
        index += step
    return None


T = TypeVar("T")


def score(wanted: str, name: str) -> int | None:
    """Say how well ``name`` has the letters of ``wanted`` in their order: higher is better, None: it has not.

    Letters side by side count most, and so do those at the beginning of a word.
    """
    wanted, name = wanted.casefold(), name.casefold()
    at, total, before = 0, 0, -2
    for letter in wanted:
        found = name.find(letter, at)
        if found < 0:
            return None
        total += 1
        if found == before + 1:
            total += 5
        if found == 0 or not name[found - 1].isalnum():
            total += 3
        before, at = found, found + 1
    return total * 100 - len(name)  # of two that match alike the shorter is meant


def best(wanted: str, among: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """Return those that match, the best first; what matches alike stays in its order."""
    scored = [(score(wanted, name(each)), each) for each in among]
    matching = [(much, each) for much, each in scored if much is not None]
    if wanted:
        matching.sort(key=lambda pair: -pair[0])
    return [each for _, each in matching]
