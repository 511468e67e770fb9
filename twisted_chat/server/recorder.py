"""Tells the store what outlives the server besides messages (rooms, users), and restores it after a restart."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from twisted_chat.auth.known_networks import KnownNetworks
from twisted_chat.core.api import events as e
from twisted_chat.core.api.events import Author
from twisted_chat.core.api.records import Remembered
from twisted_chat.core.values.cloak import neighbourhood
from twisted_chat.core.values.ids import MessageId, RoomId, SessionId
from twisted_chat.core.values.names import BadName, parse_nick
from twisted_chat.core.values.text import shown
from twisted_chat.runtime import tasks
from twisted_chat.runtime.clock import Trust
from twisted_chat.server.services import Services

log = Logger(namespace="twisted_chat.store")

#: How long a room that came back waits for somebody to come back to it, in seconds: programs try again within one minute,
#: people within some.
EMPTY_FOR: Final = 600.0
#: What the store is told as the time while that of the day cannot be trusted: nothing it keeps is too old then.
NO_TIME: Final = 0.0
#: How many sessions are looked at in one turn, to see whether they are to be forgotten: some 2 ms if all are.
_AT_ONCE: Final = 200
#: What nobody's session did. Sessions count from 1.
_NOBODY: Final = SessionId(0)


class StateRecorder:
    """The lasting state of one node. Messages are given to the store where they are shown."""

    def __init__(self, services: Services) -> None:
        self._hub = services.hub
        self._bus = services.bus
        self._store = services.store
        self._clock = services.clock
        self._wall = services.wall
        self.known_networks = KnownNetworks(secrets.token_bytes(32))
        self._trust = Trust(services.clock)
        self._closing: IDelayedCall | None = None
        self._tidying = self._again = False

    def restore(self, remembered: Remembered) -> None:
        """Restore what the store remembers, before any user is here."""
        if remembered.secret:
            self.known_networks = KnownNetworks(remembered.secret)
        self.known_networks.restore(remembered.places)
        left_out = self._hub.restore(remembered)
        for each in left_out:
            log.warn(
                # What the rules of today forbid may hold anything.
                "{room} was not restored: {why}",
                room=shown(str(each.record.ref.name), 60),
                why=each.why,
            )
        count = sum(not room.members for room in self._hub.state.rooms.values()) - 1  # the lobby
        if count:
            what = "restored 1 room" if count == 1 else f"restored {count:,} rooms"
            log.info("{line}", line=what)
            self._closing = self._clock.callLater(EMPTY_FOR, self._close)

    def reserve(self, names: Iterable[str]) -> None:
        """Reserve names of users whom other sources vouch for, before any user is here: accounts without a password of ours."""
        for name in names:
            try:
                nick = parse_nick(name)
            except BadName as bad:
                log.warn("{name} cannot be an account: {why}", name=shown(name), why=str(bad))
                continue
            self._hub.state.accounts.reserve(nick, self._wall())

    def stop(self) -> None:
        """End without deleting anything: rooms come back at the next start, and users may come back for a day."""
        if self._closing is not None and self._closing.active():
            self._closing.cancel()
        self._see_all()

    def tick(self) -> None:
        """Do what is due every few seconds: notice that the clock of the machine was set, or that the store lost something."""
        self._trust.check()
        self._store.check()

    def housekeep(self) -> None:
        """Do what is due now and then: record which users are still here, drop what need not be kept any longer."""
        self._see_all()
        self.tidy()

    def tidy(self) -> None:
        """Drop what need not be kept any longer; if that is being done already, once more after it."""
        self._again = self._tidying
        if not self._tidying:
            self._tidying = True
            tasks.start(self._tidy(), "dropping old history")

    async def _tidy(self) -> None:
        now = self._wall() if self._trust.check() else NO_TIME
        try:
            await self._forget_old(now)
            self.known_networks.forget_old(now)
            await self._store.tidy(now)
        finally:
            self._tidying = False
        if self._again:
            self.tidy()

    async def _forget_old(self, now: float) -> None:
        scopes = self._hub.state.client_ids.scopes()
        for start in range(0, len(scopes), _AT_ONCE):
            if start:
                # Others have their turn in between.
                turn: Deferred[None] = Deferred()
                self._clock.callLater(0, turn.callback, None)
                await turn
            self._hub.forget_old(now, scopes[start : start + _AT_ONCE])

    def _see_all(self) -> None:
        users = self._hub.state.users.values()
        authors = [author for user in users for author in user.sessions.values()]
        if authors:
            self._see(authors, self._wall())
        self._mark_all()

    def entered(self, account: str, place: str | None) -> None:
        """Record that an account was used with the correct password, from a network or (None) this machine."""
        self._store.place_seen(self.known_networks.note(account, place, self._wall()))

    def seen(self, author: Author, time: float) -> None:
        """Record that the scope of a session was in use, so that it is known for a day from then on."""
        self._see((author,), time)

    def _see(self, authors: Iterable[Author], time: float) -> None:
        self._store.seen({each.scope: neighbourhood(each.host) for each in authors}, time)

    def keep_rooms(self, message: MessageId) -> None:
        """Store the rooms that this message changed in a lasting way."""
        for record in self._hub.altered():
            self._store.keep_room(record, message)

    def keep_accounts(self, message: MessageId, secret: str | None) -> None:
        """Store what this message changed of accounts, logins and invitations.

        ``secret`` is what the store keeps of a password, if one was set.
        """
        state = self._hub.state
        accounts, logins = state.accounts.take_altered()
        invites = state.invites.take_altered()
        for key, account in accounts.items():
            if account is None:
                self._store.drop_account(key, message)
            else:
                self._store.keep_account(account, secret, message)
        for scope, proof in logins.items():
            self._store.keep_login(scope, proof, message)
        for digest, until in invites.items():
            self._store.keep_invite(digest, until, message)

    def keep_markers(self) -> None:
        """Store the read markers that have changed."""
        for (account, place), message in self._hub.state.read_markers.take_altered().items():
            self._store.mark(account, place, message)
        for (account, target), time in self._hub.state.read_times.take_altered().items():
            self._store.mark_time(account, target, time)

    def _mark_all(self) -> None:
        """Store that the users who are here have read everything shown until now, so that a crash does not make it unread."""
        state = self._hub.state
        marking = {entry.user for entry in state.sessions.values() if entry.marks}
        for user in state.users.values():
            if user.account is not None and user.id not in marking:
                for room in user.rooms:
                    self._store.mark(user.account, room, self._hub.latest)

    def _empty(self) -> list[RoomId]:
        # All others vanish with their last member, or are owned.
        return [
            room.ref.id
            for room in self._hub.state.rooms.values()
            if not room.members and room.passes
        ]

    def _close(self) -> None:
        origin, now = e.Origin(self._hub.node, _NOBODY), self._wall()
        for room in self._empty():
            self._bus.publish(e.Proposal(e.Closed(), origin, now, room=room))
