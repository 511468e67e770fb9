"""Answers from the store, each in its place in the order of the session that asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from twisted.python.failure import Failure

from twisted_chat import background
from twisted_chat.core import decision as d
from twisted_chat.core import replies as r
from twisted_chat.core.ids import MessageId
from twisted_chat.delivery.channel import hidden
from twisted_chat.delivery.engine import Delivery
from twisted_chat.delivery.peer import Peer
from twisted_chat.sessions import Sessions
from twisted_chat.store.port import Store


class Recalls:
    """Answers requests for history. ``done`` is called with the session when its answer is out."""

    def __init__(
        self, sessions: Sessions, delivery: Delivery, store: Store, done: Callable[[Peer], None]
    ) -> None:
        self._sessions = sessions
        self._delivery = delivery
        self._store = store
        self._done = done

    def answer(self, peer: Peer, recall: d.Recall, tag: str | None, *, asked: bool) -> None:
        """Answer with history, and let the session wait until the answer is out."""
        peer.waits += 1
        slot = self._delivery.slot(peer.outbox, lambda: self._done(peer))
        view = peer.outbox.here if peer.outbox.focus == recall.room.id else peer.outbox.elsewhere
        ignored = peer.outbox.ignored

        async def answer() -> None:
            page = await self._store.history(
                recall.room,
                before=None if recall.before is None else MessageId(recall.before),
                after=None if recall.after is None else MessageId(recall.after),
                limit=recall.limit,
            )
            # Ignoring follows a person to another nick; their lines from before that bear the old one.
            ids = self._sessions.hub.ids_of(ignored)
            lines = [
                envelope
                for envelope in page.envelopes
                if not hidden(envelope, ignored)
                and (envelope.author is None or envelope.author.user not in ids)
            ]

            def pieces() -> Iterator[bytes]:
                count, name = len(lines), recall.room.name
                try:
                    yield view.reply(r.HistoryStart(name, count, asked), tag)
                    for envelope in lines:
                        yield view.replay(envelope)
                    yield view.reply(r.HistoryEnd(name, count, asked, page.more), tag)
                except Exception:
                    self._sessions.failed(peer, "a request for history", tag)

            self._delivery.fill(slot, pieces())

        def failed(why: Failure) -> None:
            self._sessions.failed(peer, "a request for history", tag, why)
            self._delivery.fill(slot, ())

        background.start(answer(), "history", failed)
