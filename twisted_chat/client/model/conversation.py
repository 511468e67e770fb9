"""One room, one private conversation, or the server's own messages: its people, its lines, and what is unread."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Final, Literal

import msgspec

from twisted_chat.client.model.buffer import Buffer
from twisted_chat.client.model.lines import SPOKEN, UNSETTLED, Line, StateDir
from twisted_chat.core.values.names import BadName, parse_nick, parse_room

Sort = Literal["server", "room", "private"]

#: A person who said nothing for so many seconds is silent; their joins and leaves are combined.
SILENT: Final = 30 * 60
#: The most people that one folded line stands for.
MOST_FOLDED: Final = 50
#: The most people whose names are remembered in one room, and the most speakers: a server of ours has no more in it.
MOST_NAMED: Final = 10_000


class Key(msgspec.Struct, frozen=True, order=True):
    """Which conversation: names that mean the same room or person have the same key."""

    sort: Sort
    name: str


#: What the server says to this client alone, and no room is concerned with.
SERVER: Final = Key("server", "")


def nick_key(nick: str) -> str:
    """Return what is the same for each spelling of a nickname, even one that no server of ours would let in."""
    try:
        return parse_nick(nick).key
    except BadName:
        return nick.casefold()


def room_key(room: str) -> Key:
    """Return the key of a room."""
    try:
        return Key("room", parse_room(room).key)
    except BadName:
        return Key("room", room.casefold())


def private_key(nick: str) -> Key:
    """Return the key of the private conversation with somebody."""
    return Key("private", nick_key(nick))


class Member(msgspec.Struct, frozen=True):
    """Somebody in a room."""

    nick: str
    roles: tuple[str, ...] = ()


class Conversation:
    """What is known of one conversation. ``name`` is as people write it, rooms without ``#``."""

    def __init__(self, key: Key, name: str) -> None:
        self.key = key
        self.name = name
        self.topic = ""
        #: Whether this client is in it: not any more after it left, or before it came back.
        self.joined = key.sort != "room"
        #: By key of the nickname. Of a crowd only those are here that the server named.
        self.members: dict[str, Member] = {}
        #: How many more there are whose names are not known.
        self.unnamed = 0
        self.buffer = Buffer()
        self.unread = 0
        self.mentions = 0
        #: What stands behind this was not read when the user looked away; None: they never did.
        self.mark: StateDir | None = None
        # What has this id or a lower one was read, or was said before this client came.
        self._read = ""
        self._spoke: dict[str, float] = {}
        #: Grows with every change of the members.
        self.changes = 0

    @property
    def title(self) -> str:
        """The name as it is shown."""
        return f"#{self.name}" if self.key.sort == "room" else self.name

    @property
    def count(self) -> int:
        """How many people are in it."""
        return len(self.members) + self.unnamed

    # Lines

    def add(self, line: Line, *, seen: bool, replay: bool = False) -> bool:
        """Take a line; say whether it is new. ``seen``: the user is looking; ``replay``: it is from history."""
        if line.kind == "presence" and self._fold(line):
            return True
        added = self.buffer.add(line)
        if added is None:
            return False
        if line.kind in SPOKEN and line.nick:
            who = nick_key(line.nick)
            self._spoke[who] = max(line.time, self._spoke.get(who, 0.0))
            if len(self._spoke) > MOST_NAMED:
                del self._spoke[min(self._spoke, key=self._spoke.__getitem__)]
        if not seen and not line.own and line.kind in SPOKEN and self._is_news(line, replay=replay):
            self.unread += 1
            if line.mention or self.key.sort == "private":
                self.mentions += 1
        return True

    def _is_news(self, line: Line, *, replay: bool) -> bool:
        if replay and not self._read:
            return False  # from before this client came
        return not line.id or line.id > self._read

    def caught_up(self) -> None:
        """Take what is here for known, if nothing of it is news: history is complete up to now."""
        if not self.unread:
            self._read = self.buffer.last_id

    def read_up_to(self, message: str) -> None:
        """The user has read up to that id, elsewhere."""
        self._read = max(self._read, message)
        left = [
            line
            for line in self.buffer.lines[self.buffer.index((self._read, sys.maxsize)) :]
            if line.kind in SPOKEN and not line.own and line.id
        ]
        self.unread = min(self.unread, len(left))
        mentions = sum(line.mention or self.key.sort == "private" for line in left)
        self.mentions = min(self.mentions, self.unread, mentions)

    def forget(self, unwanted: Callable[[Line], bool]) -> None:
        """Show lines no more, and count them no longer."""
        if self.buffer.remove(unwanted):
            self.read_up_to("")

    @property
    def last_said(self) -> str:
        """The id of the last line that somebody said; empty if there is none."""
        lines = reversed(self.buffer.lines)
        return next((line.id for line in lines if line.id and line.kind in SPOKEN), "")

    def looked_at(self) -> None:
        """The user looks at it now, and sees what is here."""
        if self.unread and self.mark is None:
            self.mark = self._before_unread()
        self.unread = self.mentions = 0
        self._read = self.buffer.last_id

    def _before_unread(self) -> StateDir | None:
        """Return behind which place all that counts as unread stands, where the user never looked before."""
        left = self.unread
        for line in reversed(self.buffer.lines):
            if left == 0:
                return line.place
            left -= line.kind in SPOKEN and not line.own
        return ("", 0) if left == 0 else None

    def looked_away(self) -> None:
        """The user looks at it no more: what comes from now on is not read."""
        self.looked_at()
        self.mark = (self.buffer.last_id, sys.maxsize)

    # People

    def enter(self, names: Iterable[str], count: int) -> None:
        """Set the people whom the server named when the room was entered, out of ``count``."""
        self.changes += 1
        self.joined = True
        self.members = {nick_key(name): Member(name) for name in names}
        self.unnamed = max(0, count - len(self.members))

    def leave(self) -> None:
        """This client is not in it any more."""
        self.changes += 1
        self.joined = False
        self.members = {}
        self.unnamed = 0

    def name_members(self, members: Iterable[Member], count: int) -> None:
        """Take a page of the people there, of ``count``."""
        self.changes += 1
        for member in members:
            if len(self.members) < MOST_NAMED:
                self.members[nick_key(member.nick)] = member
        self.unnamed = max(0, count - len(self.members))

    def forget_names(self) -> None:
        """Know only how many people there are."""
        self.changes += 1
        self.unnamed += len(self.members)
        self.members = {}
        self._spoke.clear()

    def come(self, nick: str) -> bool:
        """Somebody came; say whether that is news."""
        key = nick_key(nick)
        if key in self.members:
            return False
        self.changes += 1
        if len(self.members) < MOST_NAMED:
            self.members[key] = Member(nick)
        else:
            self.unnamed += 1
        return True

    def go(self, nick: str) -> bool:
        """Somebody went; say whether they were here, as far as is known."""
        self.changes += 1
        if self.members.pop(nick_key(nick), None) is not None:
            return True
        here = self.unnamed > 0
        self.unnamed = max(0, self.unnamed - 1)
        return here

    def rename(self, before: str, after: str) -> bool:
        """Somebody is called otherwise; say whether they are here."""
        old, new = nick_key(before), nick_key(after)
        member = self.members.pop(old, None)
        if old in self._spoke:
            self._spoke[new] = max(self._spoke.pop(old), self._spoke.get(new, 0.0))
        if member is None:
            return False
        self.changes += 1
        self.members[new] = msgspec.structs.replace(member, nick=after)
        return True

    def give_role(self, nick: str, role: str, *, given: bool) -> None:
        """Somebody has a role now, or has it no longer."""
        member = self.members.get(nick_key(nick))
        if member is not None:
            roles = tuple(each for each in member.roles if each != role)
            changed = (*roles, role) if given else roles
            self.changes += 1
            self.members[nick_key(nick)] = msgspec.structs.replace(member, roles=changed)

    def speakers(self) -> list[str]:
        """Return the keys of the people who spoke, the latest first."""
        return sorted(self._spoke, key=self._spoke.__getitem__, reverse=True)

    def is_silent(self, nick: str, time: float) -> bool:
        """Whether somebody has not spoken here for a while, at ``time``."""
        spoke = self._spoke.get(nick_key(nick))
        return spoke is None or time - spoke > SILENT

    def _fold(self, line: Line) -> bool:
        """Combine this line with the one before, if both are about silent people who came or went."""
        if not line.folded or line.id in self.buffer:
            return False
        index = self.buffer.index((line.id or UNSETTLED, 0)) - 1
        if index < 0:
            return False
        before = self.buffer.lines[index]
        if not before.folded or len(before.came) + len(before.went) >= MOST_FOLDED:
            return False
        self.buffer.replace(
            index,
            msgspec.structs.replace(
                before,
                came=before.came + line.came,
                went=before.went + line.went,
                ids=(*before.ids, line.id) if line.id else before.ids,
            ),
        )
        return True
