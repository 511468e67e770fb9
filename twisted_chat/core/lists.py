"""Lists of who and what is there, always a count and a page: 5,000 names fit on no screen and in no buffer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from twisted_chat.core.replies import Overview, People, Person, Profile, RoomLine, Rooms
from twisted_chat.core.state import Room, State, User

_T = TypeVar("_T")


def _page(items: Sequence[_T], page: int, size: int) -> tuple[tuple[_T, ...], int, int]:
    """Cut one page, counted from 1, out of ``items``; a page past either end is the one at that end."""
    pages = max(1, -(-len(items) // size))
    page = max(1, min(page, pages))
    return tuple(items[(page - 1) * size : page * size]), page, pages


def people(state: State, room: Room | None, page: int, size: int) -> People:
    """List who is here, or in ``room``, by name."""
    users = (
        state.users.values() if room is None else [state.users[member] for member in room.members]
    )
    some, page, pages = _page(sorted(users, key=lambda user: user.nick.key), page, size)
    lines = tuple(
        Person(
            user.nick,
            user.away,
            user.author.account,
            operator=room is not None and "operator" in room.members[user.id],
        )
        for user in some
    )
    return People(lines, len(users), page, pages, room.name if room else None)


def rooms(state: State, page: int, size: int) -> Rooms:
    """List the rooms with the number of their members, by name."""
    by_name = sorted(state.rooms.values(), key=lambda room: room.name.key)
    some, page, pages = _page(by_name, page, size)
    lines = tuple(
        RoomLine(room.name, len(room.members), room.topic, room.password is not None)
        for room in some
    )
    return Rooms(lines, len(by_name), page, pages)


def overview(state: State, page: int, size: int) -> Overview:
    """List rooms and people: the same page of both."""
    return Overview(rooms(state, page, size), people(state, None, page, size))


def profile(state: State, user: User, now: float) -> Profile:
    """Tell about one user."""
    return Profile(
        user.nick,
        user.author.account,
        tuple(state.rooms[room].name for room in user.rooms),
        user.since,
        max(0.0, now - user.spoke),
        user.away,
    )
