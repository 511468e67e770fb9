"""Help, history and search, and lists of users and rooms.

A list is always a count and a page: 5,000 names fit on no screen and in no buffer.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from msgspec.structs import replace

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Overview, People, Person, Profile, RoomLine
from twisted_chat.core.grammar.help import explain
from twisted_chat.core.grammar.search import query_of
from twisted_chat.core.rules.decisions import (
    Decision,
    InParts,
    LastSeen,
    Recall,
    RunSearch,
    SendReply,
)
from twisted_chat.core.rules.people import latest_departure
from twisted_chat.core.rules.permissions import floor
from twisted_chat.core.rules.private import history_with
from twisted_chat.core.rules.refusals import absent_target, no_such_room, refuse
from twisted_chat.core.rules.topic import Asked, Topic, room_of
from twisted_chat.core.state.ban_list import BanList
from twisted_chat.core.state.room import NO_TEXT, Room
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.bans import Exempt
from twisted_chat.core.values.cloak import HERE
from twisted_chat.core.values.room_settings import NO_ROLES

_T = TypeVar("_T")

_HIDDEN: Final = "a network (shown to server operators only)"


class Listings(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {
            c.Help: self.help,
            c.Who: self.who,
            c.ListRooms: self.list_rooms,
            c.ListAll: self.list_all,
            c.Whois: self.whois,
            c.ShowHistory: self.show_history,
            c.Search: self.search,
        }
        self.before_login = frozenset((c.Help,))

    def help(self, asked: Asked, command: c.Help) -> Decision:
        operator, new = asked.session.operator is not None, asked.session.user is None
        return SendReply(explain(command.topic, server_operator=operator, before_login=new))

    def who(self, asked: Asked, command: c.Who) -> Decision:
        state, size = self.state, self.state.limits.page_size
        if command.nicks:
            found = [user for nick in command.nicks if (user := state.user_named(nick))]
            lines = tuple(_person(user, None, asked.now) for user in found)
            return SendReply(People(lines, len(lines), 1, 1))
        if command.room is None:
            if command.whole:
                return InParts(all_people(state, asked.user, None, asked.now))
            return SendReply(people(state, asked.user, None, command.page, size, asked.now))
        room = state.room_named(command.room)
        outside = room is not None and asked.user.id not in room.members
        if room is None or (outside and room.settings.private):
            return refuse("no-such-room", no_such_room(command.room))
        if outside and room.closed:
            return refuse(
                "not-in-room",
                f"Only members of {room.name} can see who is there. Enter it with /join {room.name}.",
            )
        if command.whole:
            return InParts(all_people(state, asked.user, room, asked.now))
        return SendReply(people(state, asked.user, room, command.page, size, asked.now))

    def list_rooms(self, asked: Asked, command: c.ListRooms) -> Decision:
        if command.whole:
            return InParts(all_rooms(self.state, asked.user))
        return SendReply(rooms(self.state, asked.user, command.page, self.state.limits.page_size))

    def list_all(self, asked: Asked, command: c.ListAll) -> Decision:
        size = self.state.limits.page_size
        return SendReply(overview(self.state, asked.user, command.page, size, asked.now))

    def whois(self, asked: Asked, command: c.Whois) -> Decision:
        state, target = self.state, self.state.user_named(command.nick)
        if target is None:
            gone = latest_departure(state, command.nick, asked.now)
            if gone is not None:
                return SendReply(gone)
            known = asked.user.account is not None and state.limits.last_seen
            return LastSeen(command.nick) if known else SendReply(absent_target(command.nick))
        to_operator = asked.session.operator is not None
        return SendReply(profile(state, asked.user, target, asked.now, to_operator=to_operator))

    def show_history(self, asked: Asked, command: c.ShowHistory) -> Decision:
        limits = self.state.limits
        limit = min(command.limit or limits.history_lines, limits.max_history)
        if command.partner is not None:
            return history_with(self.state, asked.user, command.partner, command, limit)
        room = room_of(self.state, asked.session, asked.user, command.room)
        if isinstance(room, SendReply):
            return room
        behind = floor(asked.user, room, asked.now)
        return Recall(room.ref, command.before, command.after, limit, behind, newest=command.newest)

    def search(self, asked: Asked, command: c.Search) -> Decision:
        user, among = asked.user, []
        for name in command.rooms:
            room = room_of(self.state, asked.session, user, name)
            if isinstance(room, SendReply):
                return room
            among.append(room)
        among = among or [self.state.rooms[number] for number in user.rooms]
        if not among:
            why = "You are not in any room, and only your rooms are searched. Enter one with /join ROOM."
            return refuse("no-room", why)
        floors = [(room.ref.id, floor(user, room, asked.now)) for room in among]
        refs = [room.ref for room in among]
        query = query_of(command, refs, asked.now, self.state.limits.max_found)
        return RunSearch(replace(query, floors=tuple(each for each in floors if each[1])))


def cut_page(items: Sequence[_T], page: int, size: int) -> tuple[tuple[_T, ...], int, int]:
    """Return one page of ``items``, counted from 1; a page past either end becomes the one at that end."""
    pages = max(1, -(-len(items) // size))
    page = max(1, min(page, pages))
    return tuple(items[(page - 1) * size : page * size]), page, pages


def people(
    state: State, asker: User, room: Room | None, page: int, size: int, now: float
) -> People:
    """List the users, or those in ``room``, by name."""
    here = state.users_by_key
    keys = (
        state.nick_keys
        if room is None
        else [key for key in state.nick_keys if here[key].id in room.members]
    )
    if state.hidden:
        keys = [key for key in keys if state.sees(asker, here[key])]
    some, page, pages = cut_page(keys, page, size)
    lines = tuple(_person(here[key], room, now) for key in some)
    return People(lines, len(keys), page, pages, room.name if room else None)


def all_people(state: State, asker: User, room: Room | None, now: float) -> Iterator[People]:
    """List the users, or those in ``room``, in pages; users who are gone by the time of their page are left out."""
    here = state.users if room is None else room.members
    name = room.name if room is not None else None
    shown = tuple(here)
    if state.hidden:
        shown = tuple(user for user in shown if state.sees(asker, state.users[user]))
    pages = _paged(shown, state.limits.page_size)
    for number, page in enumerate(pages, 1):
        users = [state.users[user] for user in page if user in here]
        yield People(
            tuple(_person(user, room, now) for user in users),
            len(shown),
            number,
            len(pages),
            name,
            room is not None and room.settings.private,
        )


def _person(user: User, room: Room | None, now: float) -> Person:
    roles = room.members[user.id] if room is not None else NO_ROLES
    author = user.author
    return Person(
        author.nick,
        user.away,
        author.account,
        operator=not roles.isdisjoint(("owner", "operator")),
        roles=tuple(sorted(roles)),
        idle=max(0.0, now - user.spoke),
        scope=author.scope,
        account_name=author.account_name,
        user_name=author.shown_user,
        host=author.shown_host,
        real_name=author.real_name,
        bot=author.bot,
        server_operator=bool(user.operators),
    )


def _paged(items: Sequence[_T], size: int) -> list[Sequence[_T]]:
    return [items[first : first + size] for first in range(0, len(items), size)]


def rooms(state: State, asker: User, page: int, size: int) -> r.Rooms:
    """List the rooms with their numbers of members, by name; private ones only for their members."""
    keys = _listed(state, asker)
    some, page, pages = cut_page(keys, page, size)
    lines = tuple(_room_line(asker, state.rooms_by_key[key]) for key in some)
    return r.Rooms(lines, len(keys), page, pages)


def all_rooms(state: State, asker: User) -> Iterator[r.Rooms]:
    """List the rooms as :func:`rooms` does, in pages; those that are gone by the time of their page are left out."""
    keys = _listed(state, asker)
    pages = _paged(keys, state.limits.page_size)
    for number, page in enumerate(pages, 1):
        found = [room for key in page if (room := state.rooms_by_key.get(key)) is not None]
        yield r.Rooms(
            tuple(_room_line(asker, room) for room in found), len(keys), number, len(pages)
        )


def _listed(state: State, asker: User) -> Sequence[str]:
    """Return the keys of the rooms that a user can see in lists, in order."""
    mine = [room for room in map(state.rooms.__getitem__, asker.rooms) if room.settings.private]
    if not mine:
        return state.listed_keys
    keys = state.listed_keys.copy()
    for room in mine:
        bisect.insort(keys, room.name.key)
    return keys


def _room_line(asker: User, room: Room) -> RoomLine:
    topic = room.topic if _open_to(asker, room) else NO_TEXT
    return RoomLine(
        room.name,
        len(room.members),
        topic,
        room.password is not None,
        room.created,
        room.topic_time if topic else 0.0,
        room.owner is not None,
    )


def overview(state: State, asker: User, page: int, size: int, now: float) -> Overview:
    """List rooms and users: the same page of both."""
    return Overview(rooms(state, asker, page, size), people(state, asker, None, page, size, now))


def settings(room: Room) -> r.RoomSettings:
    """Answer with the settings of a room."""
    roles = tuple((account, tuple(sorted(roles))) for account, roles in room.roles.items())
    locked = room.password is not None
    return r.RoomSettings(room.name, room.settings, locked, room.owner, roles, room.created)


def bans(room: Room, page: int, size: int, now: float, *, networks: bool = False) -> r.Bans:
    """List the bans of a room that have not expired, then its mutes, then its exceptions.

    ``networks``: include the addresses of bans of networks, which is for server operators.
    """
    lists: list[tuple[bool, Exempt | None, BanList]]
    lists = [(False, None, room.bans), (True, None, room.mutes)]
    lists += ((False, exempt, there) for exempt, there in room.exceptions.items())
    every = [
        (mute, exempt, ban)
        for mute, exempt, there in lists
        for ban in there.values()
        if not ban.over(now)
    ]
    some, page, pages = cut_page(every, page, size)
    lines = tuple(
        r.BanLine(
            mute,
            ban.target.text if networks or ban.target.kind != "net" else _HIDDEN,
            ban.by,
            ban.time,
            ban.until - now if ban.until else None,
            ban.reason,
            exempt,
        )
        for mute, exempt, ban in some
    )
    return r.Bans(room.name, lines, len(every), page, pages)


def _open_to(asker: User, room: Room) -> bool:
    return not room.closed or asker.id in room.members


def profile(
    state: State, asker: User, user: User, now: float, *, to_operator: bool = False
) -> Profile:
    """Answer with what is known of one user; rooms that are not open to everyone are named to their members only.

    ``to_operator`` of the server: with the user's addresses; other people see only the cloak.
    """
    sessions = [it for _, each in sorted(user.sessions) if (it := state.sessions.get(each))]
    shown = not user.settings.hidden or asker is user or bool(asker.operators)
    rooms = [
        room
        for room in map(state.rooms.__getitem__, user.rooms)
        if (_open_to(asker, room) if shown else asker.id in room.members)
    ]
    return Profile(
        user.nick,
        user.author.account,
        tuple(room.name for room in rooms),
        user.since,
        max(0.0, now - user.spoke),
        user.away,
        host=user.author.shown_host,
        operator=bool(user.operators),
        addresses=tuple(dict.fromkeys(each.address or HERE for each in sessions))
        if to_operator
        else (),
        account_name=user.author.account_name,
        user_name=user.author.shown_user,
        real_name=user.author.real_name,
        bot=user.author.bot,
        roles=tuple(tuple(sorted(room.members[user.id])) for room in rooms),
        values=tuple(state.profile_of(user).items()),
    )


def server_bans(state: State, page: int, now: float) -> r.ServerBanList:
    """List the bans from the server that have not expired, the newest first."""
    all_ = state.server_bans.listed(now)
    some, page, pages = cut_page(all_, page, state.limits.page_size)
    return r.ServerBanList(some, len(all_), page, pages, now)
