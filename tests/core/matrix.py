"""Who may what, as a table that people can read; the tests of the core and of the line door hold the server to it."""

from __future__ import annotations

from typing import Final

from tests.core.world import NOW
from twisted_chat.core.api.records import Invitation
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.room_settings import AS_MADE, Roles

#: Who has one of the roles marked with "yes" may; "-": who has none. A row is an action, and how the room is set.
TABLE: Final = """
                         -     voice  operator  owner
enter                    yes   yes    yes       yes
enter, accounts only     yes   yes    yes       yes
enter, full              no    no     no        yes
enter, full, invited     yes   yes    yes       yes
enter, invite-only       no    yes    yes       yes
enter, banned            no    no     no        yes
enter, banned, invited   yes   yes    yes       yes
enter, banned, exempt    yes   yes    yes       yes
enter, invite-only, exempt  yes  yes  yes       yes
speak                    yes   yes    yes       yes
speak, moderated         no    yes    yes       yes
speak, accounts speak    yes   yes    yes       yes
speak, accounts speak, guest  no  yes  yes      yes
speak, slow              no    yes    yes       yes
speak, muted             no    no     no        yes
speak, muted, exempt     yes   yes    yes       yes
speak, mask muted        no    yes    yes       yes
read all                 yes   yes    yes       yes
read all, since join     no    no     yes       yes
set topic                yes   yes    yes       yes
set topic, topic lock    no    no     yes       yes
set topic, moderated     no    yes    yes       yes
set topic, slow          yes   yes    yes       yes
set topic, muted         no    no     no        yes
forget me                yes   yes    yes       yes
forget me, guest         no    no     no        no
delete                   no    no     yes       yes
keep                     no    no     yes       yes
set                      no    no     yes       yes
lock                     no    no     yes       yes
invite                   yes   yes    yes       yes
invite, invite-only      no    no     yes       yes
kick                     no    no     yes       yes
kick, the owner          no    no     no        no
ban                      no    no     yes       yes
ban, the owner           no    no     no        no
unban                    no    no     yes       yes
list bans                yes   yes    yes       yes
mute                     no    no     yes       yes
mute, the owner          no    no     no        no
unmute                   no    no     yes       yes
change role              no    no     yes       yes
change role, the owner   no    no     no        no
register                 no    no     yes       yes
register, guest          no    no     no        no
register, registered     no    no     no        no
rename                   no    no     yes       yes
rename, registered       no    no     no        yes
transfer                 no    no     no        yes
export                   no    no     no        yes
drop                     no    no     no        yes
"""


def rows() -> list[tuple[str, str, list[bool]]]:
    """Read the table: action, how the room is set, and who may."""
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        words = line.split()
        action, _, how = " ".join(words[:-4]).partition(", ")
        found.append((action, how, [word == "yes" for word in words[-4:]]))
    return found


def become(state: State, user: User, account: str | None) -> None:
    """Let somebody be logged in with an account, or be a guest."""
    state.set_account(user, account)


def arrange(how: str, state: State, user: User, room: Room) -> Roles:
    """Set a room as a row says, for what ``user`` does there; return the roles of whom it is done to."""
    against = Roles()
    room.settings, room.roles = AS_MADE, {}
    for banned in (room.bans, room.mutes, *room.exceptions.values()):
        banned.clear()
    for each in (room.invited, room.spoke):
        each.clear()
    account = None if "guest" in how else user.nick.key
    become(state, user, account)
    me = Ban(read_target(user.nick.text), "eve", NOW)
    for word in how.split(", "):
        match word:
            case "" | "guest":
                pass
            case "invite-only" | "moderated":
                room.settings = room.settings.changed(word, 1)
            case "accounts only" | "accounts speak":
                room.settings = room.settings.changed(
                    "accounts-only" if word == "accounts only" else "accounts-speak", 1
                )
            case "full":
                room.settings = room.settings.changed("limit", 1)
            case "slow":
                room.settings = room.settings.changed("slow", 30)
                room.spoke[user.invitation] = NOW - 29
            case "since join":
                room.settings = room.settings.changed("visibility", 1)
            case "topic lock":
                room.settings = room.settings.changed("topic-lock", 1)
            case "banned":
                room.bans[me.target.key] = me
            case "muted":
                room.mutes[me.target.key] = me
            case "mask muted":
                room.mutes["*!*@*"] = Ban(read_target("*!*@*"), "eve", NOW)
            case "exempt":
                for there in room.exceptions.values():
                    there[me.target.key] = me
            case "invited":
                room.invited[user.invitation] = Invitation("eve", NOW)
            case "the owner":
                against = frozenset(("owner",))
            case "registered":
                room.roles["zoe"] = frozenset(("owner",))
            case _:
                raise AssertionError(f"nobody knows how to set: {word}")
    room.tighten()
    return against
