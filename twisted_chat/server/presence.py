"""Presence: marking silent users as away until they speak, and recording when an account was last here."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules.refusals import absent_target
from twisted_chat.core.values.ids import SessionId, UserId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.text import CleanText
from twisted_chat.server.services import Services

#: The reason that is shown for a user who is away because of silence.
IDLE: Final = CleanText("idle")
_DAY: Final = 24 * 60 * 60


class Presence:
    """The presence of the users of one node."""

    def __init__(self, services: Services) -> None:
        self._hub = services.hub
        self._bus = services.bus
        self._store = services.store
        self._clock = services.clock
        self._wall = services.wall
        self._pending = services.pending
        #: The stamp of what somebody said last, and when that was noticed: the time of day may jump.
        self._heard: dict[UserId, tuple[float, float]] = {}

    def check(self) -> None:
        """Mark users as away who were silent for as long as the limit says; called now and then."""
        minutes = self._hub.limits.auto_away
        if not minutes:
            return
        now, before, self._heard = self._clock.seconds(), self._heard, {}
        silent = []
        for user in self._hub.state.users.values():
            stamp, at = before.get(user.id, (None, now))
            self._heard[user.id] = user.spoke, at if stamp == user.spoke else now
            if user.away is None and self._heard[user.id][1] <= now - minutes * 60:
                silent.append(user.id)
        for each in silent:
            self._mark(each, IDLE)

    def come_back(self, user: UserId) -> None:
        """Mark a user as back who was silent and has said something."""
        self._mark(user, None)

    def _mark(self, user: UserId, text: CleanText | None) -> None:
        found = self._hub.state.users.get(user)
        if found is None:
            return
        # One node of those that have sessions of a user does it.
        node, session = min(found.sessions)
        if node == self._hub.node:
            away = e.AwaySet(text, auto=True)
            origin = e.Origin(node, session)
            self._bus.publish(e.Proposal(away, origin, self._wall(), user))

    # --- accounts that are gone ---

    def left(self, account: str | None, time: float) -> None:
        """Record that a user of this account (None: a guest) has left."""
        if account is not None and self._hub.limits.last_seen:
            self._store.account_seen(account, time)

    def tell_last_seen(self, session: SessionId, nick: Nick, tag: str | None) -> None:
        """Tell a session when the account of this name was last here."""
        self._pending.start(session, tag, self._last_seen(nick), "/whois")

    async def _last_seen(self, nick: Nick) -> r.Reply:
        time = await self._pending.in_time(self._store.last_seen(nick.key))
        if time is None or time < self._wall() - self._hub.limits.last_seen * _DAY:
            return absent_target(nick)
        return r.WasHere(nick.text, time, max(0.0, self._wall() - time))
