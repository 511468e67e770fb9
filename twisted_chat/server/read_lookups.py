"""Read markers are messages to some programs and times to others: the store knows which message was sent when."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from twisted_chat.core.api import events as e
from twisted_chat.core.rules import effects as f
from twisted_chat.core.state.conversations import ref
from twisted_chat.core.values.ids import MessageId, RoomId, SessionId
from twisted_chat.core.values.names import Nick
from twisted_chat.runtime import tasks
from twisted_chat.server.services import Services
from twisted_chat.store.port import StoreError


class ReadLookups:
    """Looks up the one when a session has set the other, and updates it."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._bus = services.bus

    def note_time(
        self, it: f.NoteReadTime, envelope: e.Envelope, session: SessionId | None
    ) -> None:
        """Look up when the message that was read was sent."""
        self._start(self._time(it, envelope), session)

    def note_message(
        self, it: f.NoteReadMessage, envelope: e.Envelope, session: SessionId | None
    ) -> None:
        """Look up the last message before the time until which was read."""
        self._start(self._message(it, envelope), session)

    def _start(self, work: Coroutine[Any, Any, None], session: SessionId | None) -> None:
        # One node does that: the one whose session it is.
        if session is None:
            work.close()
        else:
            tasks.start(work, "looking up what was read")

    async def _time(self, it: f.NoteReadTime, envelope: e.Envelope) -> None:
        before = MessageId(it.message - 1)
        try:
            page = await self._store.history(ref(it.place), after=before, limit=1)
        except StoreError:
            return  # what the session said is kept, and this is not that important
        for message in page.envelopes:
            read = e.ReadUntil(it.target, int(message.time * 1000), noticed=True)
            self._publish(envelope, read)

    async def _message(self, it: f.NoteReadMessage, envelope: e.Envelope) -> None:
        try:
            # That of a message is cut to milliseconds where programs see it.
            message = await self._store.last_before(ref(it.place), (it.time + 1) / 1000)
        except StoreError:
            return
        if message:
            partner = it.target if isinstance(it.target, Nick) else None
            read = e.Read(message, partner, noticed=True)
            self._publish(envelope, read, it.place)

    def _publish(
        self, envelope: e.Envelope, read: e.Read | e.ReadUntil, place: RoomId | None = None
    ) -> None:
        """Propose this event on behalf of the session that caused the first one."""
        origin, author = envelope.origin, envelope.author
        assert origin is not None and author is not None
        untagged = replace(origin, tag=None)
        self._bus.publish(e.Proposal(read, untagged, envelope.time, author.user, place))
