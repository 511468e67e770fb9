"""Lists of who and what is there, always a count and a page: 5,000 names fit on no screen and in no buffer."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Final, TypeVar

from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Overview, People, Person, Profile, RoomLine, Rooms
from twisted_chat.core.state.room import NO_TEXT, Room
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.cloak import HERE
from twisted_chat.core.values.room_settings import NO_ROLES

_T = TypeVar("_T")

_HIDDEN: Final = "a network (shown to server operators only)"


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
            operator=not roles.isdisjoint(("owner", "operator")),
            roles=tuple(sorted(roles)),
            idle=max(0.0, now - user.spoke),
            scope=user.scope,
        )
        for user in map(here.__getitem__, some)
        for roles in (room.members[user.id] if room is not None else NO_ROLES,)
    )
    return People(lines, len(keys), page, pages, room.name if room else None)


def rooms(state: State, asker: User, page: int, size: int) -> Rooms:
    """List the rooms with the number of their members, by name; private ones only to who is there."""
    keys = state.listed_keys
    mine = [room for room in map(state.rooms.__getitem__, asker.rooms) if room.settings.private]
    if mine:
        keys = keys.copy()
        for room in mine:
            bisect.insort(keys, room.name.key)
    some, page, pages = cut_page(keys, page, size)
    lines = tuple(
        RoomLine(
            room.name,
            len(room.members),
            room.topic if _open_to(asker, room) else NO_TEXT,
            room.password is not None,
        )
        for room in map(state.rooms_by_key.__getitem__, some)
    )
    return Rooms(lines, len(keys), page, pages)


def overview(state: State, asker: User, page: int, size: int, now: float) -> Overview:
    """List rooms and people: the same page of both."""
    return Overview(rooms(state, asker, page, size), people(state, None, page, size, now))


def settings(room: Room) -> r.RoomSettings:
    """Tell how a room is set."""
    roles = tuple((account, tuple(sorted(roles))) for account, roles in room.roles.items())
    return r.RoomSettings(room.name, room.settings, room.password is not None, room.owner, roles)


def bans(room: Room, page: int, size: int, now: float, *, networks: bool = False) -> r.Bans:
    """List who is kept out of a room, then who may not speak there; what is over is not listed.

    ``networks``: say which ones are banned, which is for server operators.
    """
    both = [
        (mute, ban)
        for mute, there in ((False, room.bans), (True, room.mutes))
        for ban in there.values()
        if not ban.over(now)
    ]
    some, page, pages = cut_page(both, page, size)
    lines = tuple(
        r.BanLine(
            mute,
            ban.target.text if networks or ban.target.kind != "net" else _HIDDEN,
            ban.by,
            ban.time,
            ban.until - now if ban.until else None,
            ban.reason,
        )
        for mute, ban in some
    )
    return r.Bans(room.name, lines, len(both), page, pages)


def _open_to(asker: User, room: Room) -> bool:
    return not room.closed or asker.id in room.members


def profile(
    state: State, asker: User, user: User, now: float, *, to_operator: bool = False
) -> Profile:
    """Tell about one user; of rooms that not everybody may look into, only to who is there, too.

    ``to_operator`` of the server, also where they are: elsewhere only their cloak is shown.
    """
    seats = [seat for _, each in sorted(user.sessions) if (seat := state.sessions.get(each))]
    return Profile(
        user.nick,
        user.author.account,
        tuple(
            room.name for room in map(state.rooms.__getitem__, user.rooms) if _open_to(asker, room)
        ),
        user.since,
        max(0.0, now - user.spoke),
        user.away,
        host=user.author.host,
        operator=any(seat.operator is not None for seat in seats),
        addresses=tuple(dict.fromkeys(seat.address or HERE for seat in seats))
        if to_operator
        else (),
    )
