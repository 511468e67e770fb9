"""The sessions of this process: what their doors ask for, and what the hub tells them."""

from __future__ import annotations

from collections.abc import Iterator

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from twisted_chat.core.api import replies as r
from twisted_chat.core.api.events import Author, Envelope, RoomRef, is_hidden
from twisted_chat.core.values.ids import MessageId, RoomId, SessionId
from twisted_chat.core.values.limits import Limits
from twisted_chat.delivery.engine import Delivery
from twisted_chat.delivery.flow import FlowControl
from twisted_chat.delivery.session import Answer, Door, Session
from twisted_chat.dialects.base import BadLine, DialectSession, Request
from twisted_chat.runtime.log_sums import LogSums
from twisted_chat.seam import faults
from twisted_chat.seam.ports import ConnectionsPort, HubPort

log = Logger(namespace="twisted_chat.sessions")


class Sessions(dict[SessionId, Session]):
    """The sessions of this process by their ids, as their doors use them. ``port`` is the hub's way to them."""

    #: There is one before the first session.
    hub: HubPort

    def __init__(self, clock: IReactorTime, limits: Limits, log_sums: LogSums) -> None:
        super().__init__()
        self.clock = clock
        self.limits = limits
        self.log_sums = log_sums
        self.delivery = Delivery(clock, limits)
        self.backlog = self.delivery.backlog
        self.flow = FlowControl(self, self._tell, self.resume, self.settle)
        self.port: ConnectionsPort = SessionsById(self)
        self._next_session = 1

    def attach(self, hub: HubPort) -> None:
        """Name the hub. Called once, before the first session."""
        self.hub = hub

    # --- what a session does ---

    def open(self, door: Door, dialect: DialectSession, address: str | None) -> Session:
        """Add a session, and let it be greeted. ``address`` is where it comes from, None for this machine."""
        number = SessionId(self._next_session)
        self._next_session += 1
        outbox = self.delivery.outbox(door, dialect.here, dialect.elsewhere)
        session = Session(number, door, dialect, outbox, address or "this machine")
        self[number] = session
        self.hub.open(number, address, door.private)
        return session

    def speak(self, session: Session, dialect: DialectSession) -> None:
        """Let a session speak another dialect, or see what it is shown in another way, from now on."""
        session.dialect = dialect
        self.delivery.look(session.outbox, dialect.here, dialect.elsewhere)

    def submit(self, session: Session, request: Request) -> None:
        """Hand in a command of a session. Only while it is ``ready``."""
        if not self.hub.submit(session.id, request.command, request.tag):
            session.flying += 1

    def refuse(self, session: Session, bad: BadLine) -> None:
        """Tell a session that a line of it was no command."""
        kind = r.NameRefused if self.hub.identity(session.id) is None else r.Refused
        self.tell(session, kind(bad.code, str(bad)), bad.tag)

    # --- what a session gets ---

    def tell(self, session: Session, reply: r.Reply, tag: str | None = None) -> None:
        """Send a reply to a session."""
        self.delivery.send(session.outbox, session.dialect.reply(reply, tag))

    def send(self, session: Session, data: bytes) -> None:
        """Send bytes to a session, behind all that was said in its rooms until now."""
        self.delivery.send(session.outbox, data)

    def _tell(self, session: Session, reply: r.Reply, tag: str | None) -> None:
        """Answer; a password that is missing or wrong is asked for, if the door can keep it from the screen."""
        match reply:
            case r.PasswordNeeded(room=room, wrong=wrong):
                asked = session.door.ask_password(room, wrong=wrong)
            case r.NickPassword(nick=nick):
                asked = session.door.ask_password(nick, wrong=False)
            case _:
                asked = False
        if not asked:
            self.tell(session, reply, tag)

    def resume(self, session: Session) -> None:
        """Let a session hand in what came meanwhile."""
        try:
            session.door.resumed()
        except Exception:
            self.tell(session, faults.report(self.log_sums, "what came meanwhile", session.address))

    # --- the end ---

    def close(self, session: Session, reason: str, *, logged: str | None = None) -> None:
        """Forget a session whose connection is gone or about to go; its user departs for ``reason``.

        ``logged`` is what the log says of it instead, where people chose the words: those are theirs.
        """
        if self.pop(session.id, None) is None:
            return
        session.closing = True
        self.flow.forget(session)
        self.delivery.close(session.outbox)
        self.hub.close(session.id, reason, logged)

    def leave(self, session: Session, reason: str, *, logged: str | None = None) -> None:
        """End a session that wishes so, once all it said is told and acknowledged; nothing more of it is handed in."""
        session.waits += 1
        session.leaves = reason, logged
        self.settle(session)

    def settle(self, session: Session) -> None:
        """Let a session go that waited with that until all it said was told and acknowledged."""
        if session.leaves is not None and session.settled:
            reason, logged = session.leaves
            self.say_goodbye(session, "", reason, logged=logged)

    def say_goodbye(
        self, session: Session, why: str, reason: str, *, logged: str | None = None
    ) -> None:
        """End a session from this side: it is told ``why``, the others see ``reason``, the log see :meth:`close`."""
        if session.id not in self:
            return
        self.tell(session, r.Farewell(why))
        self.close(session, reason, logged=logged)
        self._end(session)

    def stop(self, why: str) -> None:
        """Say goodbye to everybody, without telling each of all the others."""
        sessions = list(self.values())
        self.clear()
        self.delivery.settle_all()  # first: the farewell is the last thing a session sees
        for session in sessions:
            session.closing = True
            self.tell(session, r.Farewell(why))
        self.delivery.flush()
        for session in sessions:
            self._end(session)

    def _end(self, session: Session) -> None:
        # The fault of one door must not keep another session's login or goodbye from going on.
        try:
            session.door.end()
        except Exception:
            log.failure("ending session {session} failed", session=session.id)


class SessionsById:
    """The sessions as the hub drives them, see :class:`.ConnectionsPort`."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._delivery = sessions.delivery
        self._flow = sessions.flow
        self.committed = sessions.flow.committed

    def tell(self, session: SessionId, reply: r.Reply, tag: str | None = None) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._sessions._tell(found, reply, tag)

    def echo(self, session: SessionId, envelope: Envelope, acked: bool = False) -> None:
        if (found := self._sessions.get(session)) is not None:
            dialect = found.dialect
            self._delivery.send(found.outbox, dialect.own(envelope, acked=acked))
            if dialect.unasked:
                # Not now: what follows from the event is not all done.
                self._sessions.clock.callLater(0, self._resume, session)

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
            self._flow.promise(author, at, acked, envelope.tag)

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
            self._flow.release(found)

    def landed(self, session: SessionId) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._flow.landed(found)

    def promise(self, session: SessionId, at: MessageId, reply: r.Reply, tag: str | None) -> None:
        if (found := self._sessions.get(session)) is not None:
            self._flow.promise(found, at, reply, tag)

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
            self._flow.promise(found, at, r.Acked(message, time, kept), tag)

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
        self._flow.release(session)

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
