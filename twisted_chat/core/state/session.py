"""A session as the hub of its node knows it: its focused room, and the users it ignores."""

from __future__ import annotations

import dataclasses
from collections.abc import Container
from typing import Final

from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.ids import RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.ratelimit import Bucket, Pool

_NO_SCOPE: Final = Scope("")


@dataclasses.dataclass(slots=True, eq=False)
class SessionState:
    """One live session of this node. ``before`` are the rooms that had the focus earlier, the latest last.

    ``host`` is what others may see of the address; ``address`` is the address itself, None for this machine.
    """

    id: SessionId
    host: str
    bucket: Bucket
    user: UserId | None = None
    focus: RoomId | None = None
    before: list[RoomId] = dataclasses.field(default_factory=list)
    answer_to: UserId | None = None
    #: The public scope in which the ids count that its client gives its messages.
    scope: Scope = _NO_SCOPE
    #: It comes from the machine that the server runs on.
    local: bool = False
    #: The account that it proved to be before its login.
    proof: Proof | None = None
    #: The registered name that it asked for without having its password.
    wanted: Nick | None = None
    address: str | None = None
    #: The name under which it is one of a server operator.
    operator: str | None = None
    ignored: dict[str, str] = dataclasses.field(default_factory=dict)
    #: Its client says what was read.
    marks: bool = False
    #: In how many turns the command that it waits for was looked at.
    pondered: int = 0
    #: The budgets of its address and its network (see :mod:`twisted_chat.core.state.budgets`), how many lines it has taken from
    #: them that it did not use, and the network by which it has a share of a room's.
    pools: tuple[Pool, ...] = ()
    credit: int = 0
    network: str = "here"
    #: Where it spoke last: of the budget of that room it takes lines as well.
    spoke_in: RoomId | None = None
    #: Until when it waits for the others who share a budget with it.
    until: float = 0.0
    #: The secret that takes the session back up; empty before login.
    token: str = ""
    #: Nobody can read along on its way: TLS, or no way at all.
    private: bool = False
    #: It waits for something it claimed to have its place in the order, or for so many messages of it.
    claims: bool = False
    flying: int = 0
    #: How many lines of history it is shown when it enters a room; None: as many as the server shows.
    backlog: int | None = None
    #: How many bytes are counted as kept of what it says in rooms, and were not said yet.
    kept_ahead: int = 0

    def focus_on(self, room: RoomId) -> None:
        """Move the focus to ``room``, and remember where it was."""
        if self.focus is not None and self.focus != room:
            self.before.append(self.focus)
        if room in self.before:
            self.before.remove(room)
        self.focus = room

    def follow(self, other: SessionState, rooms: Container[RoomId]) -> None:
        """Take over the focus and settings of ``other``, which this session replaces; its user may have left some rooms since."""
        self.bucket = other.bucket
        self.focus = other.focus if other.focus in rooms else None
        self.before = [room for room in other.before if room in rooms]
        self.answer_to = other.answer_to
        self.marks = other.marks
        self.ignored.update(other.ignored)

    def drop(self, room: RoomId, *, fall_back: bool) -> None:
        """Forget a room. If it had the focus, that returns to the previous room or, unless ``fall_back``, to none."""
        if room in self.before:
            self.before.remove(room)
        if self.focus == room:
            self.focus = self.before.pop() if self.before and fall_back else None
