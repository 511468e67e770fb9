"""The state of a hub as plain data, to compare."""

from __future__ import annotations

import msgspec

from twisted_chat.core.state.state import State


def dump(state: State) -> dict[str, object]:
    """Return what all nodes share as plain data, which is the same for two hubs that saw the same order.

    Where the order matters (of members, of rooms, of what is forgotten first) it is a list.
    """
    return {
        "users": {
            user.id: (
                user.nick.text,
                msgspec.structs.astuple(user.author)[2:],
                user.since,
                user.spoke,
                [
                    (place, user.sessions[place].scope, user.sessions[place].host)
                    for place in sorted(user.sessions)
                ],
                list(user.rooms),
                user.away,
                sorted(user.addresses.items()),
                user.idled,
                list(user.profile.items()),
                msgspec.structs.astuple(user.settings),
                sorted(user.operators.items()),
            )
            for user in state.users.values()
        },
        "rooms": {
            room.ref.id: (
                room.name.text,
                room.created,
                [(member, sorted(roles)) for member, roles in room.members.items()],
                room.topic,
                room.topic_by and room.topic_by.text,
                room.topic_time,
                room.password,
                room.locked_as and room.locked_as.text,
                (room.keep.days, room.keep.lines),
                sorted(room.returning),
                msgspec.structs.astuple(room.settings),
                [(account, sorted(roles)) for account, roles in room.roles.items()],
                list(room.bans.values()),
                list(room.mutes.values()),
                sorted((each, list(there.values())) for each, there in room.exceptions.items()),
                list(room.invited.items()),
                list(room.profile.items()),
                list(room.joined.items()),
                list(room.spoke.items()),
            )
            for room in state.rooms.values()
        },
        "client_ids": state.client_ids.dump(),
        "accounts": state.accounts.dump(),
        "invites": sorted(state.invites.items()),
        "conversations": state.conversations.dump(),
        "read_markers": state.read_markers.dump(),
        "read_times": state.read_times.dump(),
        "departures": state.departures.dump(),
        "bots": [(user, sorted(words)) for user, words in state.bots.items()],
        "server": (state.panic, [msgspec.structs.astuple(ban) for ban in state.server_bans]),
        "indexes": [
            {key: user.id for key, user in state.users_by_key.items()},
            {look: user.id for look, user in state._users_by_look.items()},
            {scope: user.id for scope, user in state._users_by_scope.items()},
            {account: list(users) for account, users in state._users_by_account.items()},
            {key: room.ref.id for key, room in state.rooms_by_key.items()},
            {look: room.ref.id for look, room in state._rooms_by_look.items()},
        ],
    }
