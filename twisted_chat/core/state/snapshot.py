"""The part of the state that outlives the server: records of rooms, accounts, scopes, clients' message ids."""

from __future__ import annotations

from collections.abc import Iterator

from twisted_chat.core.api.events import RoomRef
from twisted_chat.core.api.records import LeftOut, Remembered, RoomRecord
from twisted_chat.core.state.dedup import account_owner
from twisted_chat.core.state.room import LOBBY_ID, Room
from twisted_chat.core.state.state import State
from twisted_chat.core.values.names import BadName, RoomName, parse_room


def record(state: State, room: Room) -> RoomRecord:
    """Return the record of a room as it is now.

    Its operators are those who are there, and those of an earlier run who have not come back; except for accounts whose roles
    are kept by account.
    """
    here = {
        state.users[member].author.scope
        for member, roles in room.members.items()
        if "operator" in roles and state.users[member].account not in room.roles
    }
    return RoomRecord(
        room.ref,
        room.created,
        room.password,
        room.topic,
        room.topic_by,
        room.topic_time,
        tuple(sorted(here | room.returning)),
        room.keep,
        room.settings,
        tuple(room.roles.items()),
        tuple(room.bans.values()),
        tuple(room.mutes.values()),
        tuple(room.invited.items()),
        tuple((exempt, ban) for exempt, there in room.exceptions.items() for ban in there.values()),
        tuple(room.profile.items()),
        room.locked_as.text if room.locked_as is not None else "",
    )


def altered(state: State) -> Iterator[RoomRecord]:
    """Yield the record of each room that has changed in a lasting way since the last call."""
    while state.altered:
        number, _ = state.altered.popitem()
        yield record(state, state.rooms[number])


def restore(state: State, remembered: Remembered) -> tuple[LeftOut, ...]:
    """Restore what a store remembers into an empty state; return the rooms that cannot be restored.

    The rules, or Unicode, may have changed since two rooms were created, so that their names now look the same.
    """
    left_out = []
    for each in remembered.rooms:
        if each.ref.id == LOBBY_ID:
            _fill(state.rooms[LOBBY_ID], each)
            continue
        name = _name(each)
        why = "its name is no longer allowed" if name is None else _clash(state, each)
        if name is None or why:
            left_out.append(LeftOut(each, why))
            continue
        room = Room(RoomRef(each.ref.id, name), each.created, password=each.password)
        room.returning.update(each.operators)
        _fill(room, each)
        state.add_room(room)
    accounts = {scope: account_owner(proof.account) for scope, proof in remembered.logins}
    scopes = ((scope, seen, accounts.get(scope, near)) for scope, seen, near in remembered.scopes)
    state.client_ids.restore(scopes, remembered.sent)
    for account in remembered.accounts:
        state.accounts.restore(account)
    for scope, proof in remembered.logins:
        state.accounts.restore_login(scope, proof)
    state.invites.update(remembered.invites)
    state.conversations.restore(remembered.conversations, remembered.waiting)
    state.read_markers.restore(remembered.read_markers)
    state.read_times.restore(remembered.read_times)
    state.server_bans.restore(remembered.bans)
    state.panic = remembered.panic
    return tuple(left_out)


def _fill(room: Room, from_: RoomRecord) -> None:
    room.topic, room.topic_by, room.topic_time = from_.topic, from_.topic_by, from_.topic_time
    room.keep, room.settings = from_.keep, from_.settings
    room.roles.update(from_.roles)
    room.bans.update((ban.target.key, ban) for ban in from_.bans)
    room.mutes.update((ban.target.key, ban) for ban in from_.mutes)
    for exempt, ban in from_.exceptions:
        room.exceptions[exempt][ban.target.key] = ban
    room.invited.update(from_.invited)
    room.profile.update(from_.profile)
    room.locked_as = parse_room(from_.locked_as) if from_.locked_as else None
    room.tighten()


def _name(each: RoomRecord) -> RoomName | None:
    """Return the name of a room as it is parsed today; None if that differs, or if it is not valid any more."""
    try:
        name = parse_room(each.ref.name.text)
    except BadName:
        return None
    # The digest of a password is made with the key: by another one nobody could ever enter.
    return name if name == each.ref.name else None


def _clash(state: State, each: RoomRecord) -> str:
    """Return which other room prevents this one; "" if none does."""
    other = state.rooms.get(each.ref.id) or state.room_named(each.ref.name)
    if other is not None:
        return f"{other.name} already exists"
    other = state.lookalike(each.ref.name)
    return f"it looks too much like {other.name}" if other is not None else ""
