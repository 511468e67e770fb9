"""Lists of who and what is there, always a count and a page: 5,000 names fit on no screen and in no buffer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from twisted_chat.core.cloak import HERE
from twisted_chat.core.replies import Overview, People, Person, Profile, RoomLine, Rooms
from twisted_chat.core.state import Room, State, User

_T = TypeVar("_T")


def cut_page(items: Sequence[_T], page: int, size: int) -> tuple[tuple[_T, ...], int, int]:
    """Cut one page, counted from 1, out of ``items``; a page past either end is the one at that end."""
    pages = max(1, -(-len(items) // size))
    page = max(1, min(page, pages))
    return tuple(items[(page - 1) * size : page * size]), page, pages


def people(state: State, room: Room | None, page: int, size: int, now: float) -> People:
    """List who is here, or in ``room``, by name."""
    here = state.users_by_key
    keys = (
        state.nick_keys
        if room is None
        else [key for key in state.nick_keys if here[key].id in room.members]
    )
    some, page, pages = cut_page(keys, page, size)
    lines = tuple(
        Person(
            user.nick,
            user.away,
            user.author.account,
            operator=room is not None and "operator" in room.members[user.id],
            idle=max(0.0, now - user.spoke),
        )
        for user in map(here.__getitem__, some)
    )
    return People(lines, len(keys), page, pages, room.name if room else None)


def rooms(state: State, page: int, size: int) -> Rooms:
    """List the rooms with the number of their members, by name."""
    some, page, pages = cut_page(state.room_keys, page, size)
    lines = tuple(
        RoomLine(room.name, len(room.members), room.topic, room.password is not None)
        for room in map(state.rooms_by_key.__getitem__, some)
    )
    return Rooms(lines, len(state.room_keys), page, pages)


def overview(state: State, page: int, size: int, now: float) -> Overview:
    """List rooms and people: the same page of both."""
    return Overview(rooms(state, page, size), people(state, None, page, size, now))


def profile(state: State, user: User, now: float, *, to_operator: bool = False) -> Profile:
    """Tell about one user; ``to_operator`` of the server, also where they are: elsewhere only their cloak is shown."""
    seats = [seat for _, each in sorted(user.sessions) if (seat := state.sessions.get(each))]
    return Profile(
        user.nick,
        user.author.account,
        tuple(state.rooms[room].name for room in user.rooms),
        user.since,
        max(0.0, now - user.spoke),
        user.away,
        host=user.author.host,
        operator=any(seat.operator is not None for seat in seats),
        addresses=tuple(dict.fromkeys(seat.address or HERE for seat in seats))
        if to_operator
        else (),
    )
