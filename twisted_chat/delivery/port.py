"""The port of the connections, see :class:`.ConnectionsPort`: what the hub tells the sessions of this process."""

from __future__ import annotations

from collections.abc import Iterator

from twisted_chat.core.api import replies as r
from twisted_chat.core.api.events import Author, Envelope, RoomRef, is_hidden
from twisted_chat.core.values.ids import MessageId, RoomId, SessionId
from twisted_chat.core.values.limits import Limits
from twisted_chat.delivery.sessions import Answer, Session, Sessions
from twisted_chat.seam import faults
from twisted_chat.seam.ports import ConnectionsPort


class SessionsById:
    """The sessions as the hub drives them, see :class:`.ConnectionsPort`."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._delivery = sessions.delivery
        self.committed = sessions.committed

    def tell(self, session: SessionId, reply: r.Reply, tag: str | None = None) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._sessions.answer(found, reply, tag)
            self._go_on(found)

    def echo(self, session: SessionId, envelope: Envelope, acked: bool = False) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._delivery.send(found.outbox, found.dialect.own(envelope, acked=acked))
            self._go_on(found)

    def _go_on(self, session: Session) -> None:
        """Let a session take the steps of its own that it has now."""
        if session.dialect.unasked:
            # Not at once: what follows from the event is not all done.
            self._sessions.clock.callLater(0, self._resume, session.id)

    def _resume(self, session: SessionId) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._sessions.resume(found)

    def say(self, room: RoomId, envelope: Envelope) -> None:
        self._delivery.say(room, envelope)

    def show_line(
        self,
        envelope: Envelope,
        by: SessionId | None,
        at: MessageId,
        kept: bool,
        only: tuple[SessionId, ...] | None = None,
    ) -> None:
        room = envelope.room
        assert room is not None
        author = self._sessions.get(by) if by is not None else None
        if only is not None:
            self.show(tuple(each for each in only if each != by), envelope, heed_ignored=True)
        else:
            skip = author.outbox if author is not None else None
            self._delivery.say(room.id, envelope, skip=skip)
        if author is None:
            return
        dialect = author.dialect
        if dialect.echoes:
            self._delivery.send(author.outbox, dialect.own(envelope, acked=True))
        if dialect.acks:
            acked = r.Acked(envelope.id, envelope.time, kept)
            self._sessions.promise(author, at, acked, envelope.tag)

    def show(
        self, sessions: tuple[SessionId, ...], envelope: Envelope, heed_ignored: bool = False
    ) -> None:
        found = [self._sessions[each].outbox for each in sessions if each in self._sessions]
        if heed_ignored:
            found = [each for each in found if not is_hidden(envelope, each.ignored)]
        self._delivery.show(found, envelope)

    def show_near(
        self, rooms: tuple[RoomId, ...], envelope: Envelope, own: tuple[SessionId, ...]
    ) -> None:
        others = self._delivery.near(rooms)
        mine = [self._sessions[each] for each in own if each in self._sessions]
        for session in mine:
            others.pop(session.outbox, None)
        self._delivery.show(others, envelope)
        for session in mine:
            self._delivery.send(session.outbox, session.dialect.own(envelope, acked=False))

    def gather(
        self, room: RoomRef, author: Author, members: int, joined: bool, departed: bool
    ) -> None:
        self._delivery.gather(room, author, members, joined=joined, departed=departed)

    # --- where sessions are, and whom they ignore ---

    def enter(self, session: SessionId, room: RoomId) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._delivery.enter(found.outbox, room)

    def exit(self, session: SessionId, room: RoomId) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._delivery.leave(found.outbox, room)

    def focus(self, session: SessionId, room: RoomId | None) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._delivery.focus(found.outbox, room)

    def ignore(self, session: SessionId, names: dict[str, str]) -> None:
        if (found := self._sessions.get(session)) is not None:
            # What was said until now is shown as it was ignored until now.
            self._delivery.catch_up(found.outbox)
            found.outbox.ignored = names
            found.outbox.refresh()

    def logged_in(self, session: SessionId, resumed: bool) -> None:
        if (found := self._sessions.get(session)) is not None:
            found.door.logged_in(resumed=resumed)

    # --- which sessions wait ---

    def hold(self, session: SessionId, claim: bool = False) -> None:
        if (found := self._sessions.get(session)) is not None:
            found.waits += 1
            found.claims = found.claims or claim

    def release(self, session: SessionId, claim: bool = False) -> None:
        if (found := self._sessions.get(session)) is not None:
            found.claims = found.claims and not claim
            self._sessions.release(found)

    def landed(self, session: SessionId) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._sessions.landed(found)

    def promise(self, session: SessionId, at: MessageId, reply: r.Reply, tag: str | None) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._sessions.promise(found, at, reply, tag)

    def acknowledge(
        self,
        session: SessionId,
        at: MessageId,
        message: MessageId,
        time: float,
        kept: bool,
        tag: str | None,
    ) -> None:
        if (found := self._sessions.get(session)) is not None and found.dialect.acks:
            self._sessions.promise(found, at, r.Acked(message, time, kept), tag)

    # --- answers that come in parts ---

    def reserve(
        self, session: SessionId, answer: int, tag: str | None, dated: bool, here: bool | None
    ) -> None:
        found = self._sessions.get(session)
        if found is None:
            return
        found.waits += 1
        slot = self._delivery.slot(found.outbox, lambda: self._answered(found, answer))
        found.answers[answer] = Answer(slot, found.dialect, tag, dated, here)

    def fill(
        self, session: SessionId, answer: int, parts: tuple[r.Reply | Envelope, ...], last: bool
    ) -> None:
        found = self._sessions.get(session)
        if found is None:
            return
        given = found.answers[answer]
        more = None if last else lambda: self._taken(found, answer)
        self._delivery.fill(given.slot, self._pieces(found, given, parts), more)

    def _taken(self, session: Session, answer: int) -> None:
        self._sessions.hub.taken(session.id, answer, not session.answers[answer].broken)

    def _answered(self, session: Session, answer: int) -> None:
        """The last of an answer is on its way."""
        self._taken(session, answer)
        del session.answers[answer]
        self._sessions.release(session)

    def _pieces(
        self, session: Session, answer: Answer, parts: tuple[r.Reply | Envelope, ...]
    ) -> Iterator[bytes]:
        dialect, here = answer.dialect, answer.here
        show = dialect.found if answer.dated else dialect.replay
        try:
            for each in parts:
                if not isinstance(each, Envelope):
                    yield dialect.reply(each, answer.tag)
                elif here is None:
                    focus = session.outbox.focus
                    yield show(each, here=each.room is not None and each.room.id == focus)
                else:
                    yield show(each, here=here)
        except Exception:
            answer.broken = True
            refused = faults.report(
                self._sessions.log_sums, "an answer from the store", session.address
            )
            if session.id in self._sessions:
                self._sessions.tell(session, refused, answer.tag)

    # --- the end ---

    def leave(self, session: SessionId, reason: str, logged: str | None) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._sessions.leave(found, reason, logged=logged)

    def end(self, session: SessionId, why: str, reason: str) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._sessions.say_goodbye(found, why, reason)

    def limit(self, limits: Limits) -> None:
        self._sessions.limits = limits
        self._delivery.limit(limits)

    def stop(self, why: str) -> None:
        self._sessions.stop(why)


_check: type[ConnectionsPort] = SessionsById
