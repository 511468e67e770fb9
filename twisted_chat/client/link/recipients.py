"""The recipients of private messages, although the connection broke meanwhile and names may have changed hands."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_chat.client import events as ev
from twisted_chat.client.link.outbox import Item, Outgoing
from twisted_chat.core.values.names import BadName, parse_nick

#: Seconds for which a message waits for its recipient to return: the bundled client tries again after 30 at the latest.
PATIENCE: Final = 60.0
#: Seconds between two tries. One that comes is seen in the rooms, mostly; a try costs the server as much as a line.
TRY_EVERY: Final = 5.0
#: Of how many people it is remembered which session is theirs: as many as a server of ours has in one room.
MAX_KNOWN: Final = 10_000

#: The server has nobody under that name, or a different person.
_NOT_HERE: Final = "no-such-nick"
_ANOTHER: Final = "another-session"


@functools.lru_cache(maxsize=MAX_KNOWN)
def _key(nick: str) -> str:
    try:
        return parse_nick(nick).key
    except BadName:
        return nick.casefold()


class Recipients:
    """Which session somebody has, as far as the server told it."""

    def __init__(self) -> None:
        # By key of the nickname: the scope, or "" if the account of that name is here.
        self._known: OrderedDict[str, str] = OrderedDict()

    def scope(self, nick: str) -> str:
        """Return the public scope of the session that somebody has; "" if it is known by account only, or not at all."""
        return self._known.get(_key(nick), "")

    def learn(self, event: ev.Event) -> None:
        """Learn from an event which users are here now."""
        match event:
            case ev.Message(replay=False, sender=sender, scope=str(scope), account=account):
                self._learn(sender, scope, account)
            case ev.Who(users=users) | ev.Listing(users=users):
                for person in users:
                    self._learn(person.nick, person.scope, person.account)
            case ev.Renamed(sender=sender, nick=nick):
                scope = self._known.pop(_key(sender), "")
                if scope:
                    self._learn(nick, scope, event.account)
            case _:
                pass

    def _learn(self, nick: str, scope: str, account: str | None) -> None:
        key = _key(nick)
        # Nobody else can have the name of an account, which may come with another session.
        self._known[key] = "" if account is not None and _key(account) == key else scope
        self._known.move_to_end(key)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


class Absent:
    """Messages that wait in ``outgoing`` until their recipients are back.

    ``flush`` sends what may be sent now; ``give_up`` is called with what is not sent any more, and why.
    """

    def __init__(
        self,
        clock: IReactorTime,
        outgoing: Outgoing,
        flush: Callable[[], None],
        give_up: Callable[[Item, str], None],
        patience: float = PATIENCE,
    ) -> None:
        self._clock = clock
        self._outgoing = outgoing
        self._flush = flush
        self._give_up = give_up
        self._patience = patience
        #: When the wait is over, by recipient.
        self._until: dict[str, float] = {}
        self._trying: IDelayedCall | None = None

    def awaits(self, nick: str) -> bool:
        """Return whether messages to somebody wait here: what is typed now has its turn behind them."""
        return nick in self._until

    def refused(self, item: Item | None, refused: ev.Refused) -> bool:
        """Return whether what is refused is dealt with: it waits, or was given up."""
        if item is None or item.to is None or not item.suspect:
            return False
        if refused.code == _ANOTHER:
            self._give_up(item, refused.text)
            return True
        if refused.code != _NOT_HERE:
            return False
        item.held, item.barrier = True, None
        self._until.setdefault(item.to, self._clock.seconds() + self._patience)
        if self._trying is None:
            self._trying = self._clock.callLater(TRY_EVERY, self._try)
        return True

    def delivered(self, nick: str) -> None:
        """Something reached somebody: they are back."""
        if self._until.pop(nick, None) is not None:
            for item in self._outgoing.to(nick):
                item.held = False
            self._flush()

    def seen(self, nick: str) -> None:
        """Somebody with that name came, or spoke: try again."""
        for name in list(self._until):
            if _key(name) == _key(nick):
                self._send_first(name)

    def lost(self) -> None:
        """There is Not connected: all begins anew with the next."""
        self._until.clear()
        if self._trying is not None:
            self._trying.cancel()
            self._trying = None

    def _try(self) -> None:
        self._trying = None
        now = self._clock.seconds()
        for nick, until in list(self._until.items()):
            if now < until:
                self._send_first(nick)
                continue
            del self._until[nick]
            for item in self._outgoing.to(nick):
                self._give_up(item, f"{nick} did not come back. The message was not sent.")
        if self._until:
            self._trying = self._clock.callLater(TRY_EVERY, self._try)

    def _send_first(self, nick: str) -> None:
        """Send one message of many: if that finds nobody, the others need not be tried."""
        item = next(iter(self._outgoing.to(nick)), None)
        if item is not None and item.held:
            item.held = False
            self._flush()
