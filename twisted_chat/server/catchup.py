"""The unread summary: what an account missed while it had no session, told to its first session after that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from twisted.internet.defer import Deferred, DeferredSemaphore

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.commands import Term
from twisted_chat.core.api.records import Query
from twisted_chat.core.rules.permissions import may
from twisted_chat.core.state.conversations import as_told
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import Account
from twisted_chat.core.values.ids import MessageId, SessionId
from twisted_chat.core.values.words import words
from twisted_chat.runtime import tasks
from twisted_chat.server.history import HistoryReader
from twisted_chat.server.services import Services
from twisted_chat.store.port import Skip, StoreError

#: How far the lines of a room are counted: beyond that nobody cares how many there are.
MOST: Final = 1_000
#: How many lines that name an account are looked for in all its rooms together.
MOST_MENTIONS: Final = 200
#: For how many accounts the store is asked at once: after a restart everybody is back within seconds, and what they ask for
#: themselves comes first.
_AT_ONCE: Final = 2


class CatchUp:
    """Tells accounts what they missed, in the background, so that no login waits for it."""

    def __init__(self, services: Services, history: HistoryReader) -> None:
        self._hub = services.hub
        self._sessions = services.sessions
        self._bus = services.bus
        self._store = services.store
        self._wall = services.wall
        self._history = history
        self._pending = services.pending
        # Counting takes longer, and nobody's private messages wait behind the counts of others.
        self._reading, self._counting = (DeferredSemaphore(_AT_ONCE) for _ in range(2))
        #: Which session is being told what waited for its account.
        self._telling: dict[str, SessionId] = {}

    def came(self, session: SessionId, at: MessageId, *, anew: bool) -> None:
        """Tell a session that logged in at an event what its account missed. ``anew``: it does not replace another one."""
        state = self._hub.state
        user = self._hub.user_of(session)
        account = state.accounts.get(user.account or "") if user is not None else None
        if user is None or account is None:
            return
        first = anew and len(user.sessions) == 1 and len(state.users_of(account.key)) == 1
        rooms = self._left(user, account) if first else []
        waits = bool(state.conversations.waiting(account.key)) and not self._is_told(account)
        if waits:
            self._telling[account.key] = session
        if rooms or waits:
            what = "reporting what was missed"
            tasks.start(self._tell(session, account, rooms, at, waits=waits), what)

    def _is_told(self, account: Account) -> bool:
        telling = self._telling.get(account.key)
        return telling is not None and self._sessions.here(telling)

    def _left(self, user: User, account: Account) -> list[tuple[Room, MessageId]]:
        """Return the rooms an account was in when it left, and may still read completely; and up to where it has read them."""
        rooms = self._hub.state.rooms
        there = self._hub.state.read_markers.of(account.key).items()
        return [(rooms[place], at) for place, at in there if self._readable(user, rooms.get(place))]

    def _readable(self, user: User, room: Room | None) -> bool:
        now = self._wall()
        return (
            room is not None
            and room.ref.id in self._hub.state.read_markers.of(user.account or "")
            and may("enter", user, room, now) is None
            and may("read all", user, room, now) is None
        )

    async def _tell(
        self,
        session: SessionId,
        account: Account,
        rooms: Sequence[tuple[Room, MessageId]],
        at: MessageId,
        *,
        waits: bool,
    ) -> None:
        def read() -> Deferred[Sequence[tuple[str, int]]]:
            return Deferred.fromCoroutine(self._waiting(session, account))

        def count() -> Deferred[list[tuple[Room, r.MissedRoom]]]:
            return Deferred.fromCoroutine(self._missed(session, account, rooms, at))

        try:
            private = await self._reading.run(read) if waits else ()
            missed = await self._counting.run(count) if rooms else []
            user = self._hub.user_of(session)
            if user is None or not self._has(session, account):
                return
            # Meanwhile they may have been put out of one.
            still = tuple(each for room, each in missed if self._readable(user, room))
            if still or private:
                self._sessions.tell(session, r.Missed(still, tuple(private)))
        except StoreError as error:
            if self._sessions.here(session):
                why = f"What you missed cannot be shown now: {error}"
                self._sessions.tell(session, r.Notice("missed-unavailable", why))
        finally:
            if not self._has(session, account):
                self._told(session, account)

    def _has(self, session: SessionId, account: Account) -> bool:
        """Return whether a session is here, and still logged in to this account, which may have been deleted by now."""
        user = self._hub.user_of(session)
        return user is not None and user.account == account.key

    async def _waiting(self, session: SessionId, account: Account) -> Sequence[tuple[str, int]]:
        """Send what waited for an account; return how many messages came from whom."""
        if not self._has(session, account):
            return ()
        try:
            kept = await self._pending.in_time(self._store.waiting(account.key))
        except StoreError:
            self._told(session, account)
            raise
        if not self._has(session, account):
            return ()
        told = [as_told(each, account.name) for each in self._history.visible(session, kept)]

        def taken() -> None:
            self._told(session, account)
            if self._has(session, account):
                self._received(session)

        if not told:
            taken()
            return ()
        count = len(told)
        self._history.show(session, [r.WaitingStart(count), *told, r.WaitingEnd(count)], taken)
        names = [each.author.nick.text for each in told if each.author is not None]
        return list(Counter(names).items())

    def _told(self, session: SessionId, account: Account) -> None:
        """Record that a session has been sent what waited for its account."""
        if self._telling.get(account.key) == session:
            del self._telling[account.key]

    def _received(self, session: SessionId) -> None:
        """Propose that what waited is received, because it is on its way to the reader."""
        user = self._hub.state.sessions[session].user
        origin = e.Origin(self._hub.node, session)
        self._bus.publish(e.Proposal(e.Received(), origin, self._wall(), user))

    async def _missed(
        self,
        session: SessionId,
        account: Account,
        rooms: Sequence[tuple[Room, MessageId]],
        at: MessageId,
    ) -> list[tuple[Room, r.MissedRoom]]:
        """Count the messages in rooms before an event, and how often they named the account."""
        if not self._has(session, account):
            return []
        skip = Skip(account.key, frozenset(self._hub.state.sessions[session].ignored))
        counted = []
        for room, after in rooms:
            count = await self._pending.in_time(
                self._store.count(room.ref, after=after, before=at, skip=skip, limit=MOST + 1)
            )
            if count:
                counted.append((room, after, count))
        some = [(room, after) for room, after, _ in counted]
        named = await self._mentions(session, account, some, at) if some else Counter()
        return [
            (room, r.MissedRoom(room.name, min(n, MOST), named[room.ref.id], after, n > MOST))
            for room, after, n in counted
        ]

    async def _mentions(
        self,
        session: SessionId,
        account: Account,
        rooms: Sequence[tuple[Room, MessageId]],
        at: MessageId,
    ) -> Counter[int]:
        """Count the lines that contain the account's name, or the nick of its session, as a whole word."""
        user = self._hub.user_of(session)
        names = {account.name.key: account.name.text}
        if user is not None:
            names[user.nick.key] = user.nick.text
        lines: dict[MessageId, int] = {}
        for name in names.values():
            if not words(name):
                continue
            query = Query(
                tuple(room.ref for room, _ in rooms),
                (Term(name),),
                before=at,
                limit=MOST_MENTIONS,
                floors=tuple((room.ref.id, after) for room, after in rooms),
            )
            page = await self._pending.in_time(self._store.search(query))
            for each in self._history.visible(session, page.envelopes):
                if each.room is not None and each.author and each.author.account != account.key:
                    lines[each.id] = each.room.id
        return Counter(lines.values())
