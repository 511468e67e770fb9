"""What an event changes of the sessions of this node: their users, focused rooms, and ignore lists."""

from __future__ import annotations

from collections.abc import Iterable

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.ids import Node, SessionId, UserId


class Following:
    """Brings the sessions of a node up to date with what happened."""

    def __init__(self, state: State, node: Node) -> None:
        self._state = state
        self._node = node
        #: Sessions that are closed, and whose departure has not come back yet: a session that takes over continues as they were.
        self.leaving: dict[SessionId, SessionState] = {}

    def follow(self, envelope: e.Envelope) -> None:
        """Bring focus and ignore lists of this node's sessions up to date."""
        event, origin, author = envelope.event, envelope.origin, envelope.author
        if origin is None or author is None:
            return  # a room that nobody is in is gone
        entry = self._state.sessions.get(origin.session) if origin.node == self._node else None
        match event:
            case e.Arrived():
                if entry is not None:
                    self._settle(entry, self._state.users[author.user], event.replaced)
            case e.LoggedIn():
                if entry is not None:
                    user = self._state.users_by_key[event.nick.key]
                    if event.moved:
                        entry.focus, entry.before, entry.answer_to = None, [], None
                    self._settle(entry, user)
            case e.IgnoreSet():
                for user in self._state.users_of(author.account or ""):
                    for session in self._sessions(user.id):
                        ignore(session, event.key, event.name, hide=event.hide)
            case e.Joined():
                if entry is not None and envelope.room is not None:
                    entry.focus_on(envelope.room.id)
            case e.Read():
                if entry is not None:
                    entry.marks = True
            case e.Left():
                self._drop(author.user, envelope, fall_back=True)
            case e.Kicked():
                self._drop(event.user, envelope, fall_back=False)
            case e.Banned(out=out) | e.RoomDropped(out=out):
                for each, _ in out:
                    self._drop(each, envelope, fall_back=False)
            case e.Told():
                # One answers what one saw: not those one ignores, nor requests between programs.
                for session in self._sessions(event.to):
                    if (
                        event.kind not in c.BETWEEN_PROGRAMS
                        and author.nick.key not in session.ignored
                    ):
                        session.answer_to = author.user
            case e.Renamed():
                # Ignoring follows the person; the list does not grow by it.
                for session in self._state.sessions.values():
                    if session.ignored and session.ignored.pop(author.nick.key, None) is not None:
                        session.ignored[event.nick.key] = event.nick.text
            case _:
                pass

    def _settle(
        self, entry: SessionState, user: User, replaced: Iterable[tuple[Node, SessionId]] = ()
    ) -> None:
        """Give a session its user. If it takes over from another one, it has the same focused room.

        If that is not known here, it has none: a guess could send a line meant for a locked room to an open one.
        """
        entry.user = user.id
        self._state.nameless.discard(entry.id)
        entry.scope = user.sessions[self._node, entry.id].scope
        for node, session in replaced:
            old = self._state.sessions.get(session) or self.leaving.get(session)
            if node == self._node and old is not None:
                entry.follow(old, user.rooms)
        account = self._state.accounts.get(user.account) if user.account is not None else None
        if account is not None:
            entry.ignored.update(account.ignored)
        for other in self._sessions(user.id):
            if other is not entry:
                # The flood limit is one for a user, however many sessions.
                entry.bucket = other.bucket
                break
        if entry.focus is None and not replaced:
            # Like a new session, it has the lobby focused or, if the user has left that, the room entered last.
            rooms = user.rooms
            entry.focus = LOBBY_ID if LOBBY_ID in rooms else next(reversed(rooms), None)

    def _drop(self, user: UserId, envelope: e.Envelope, *, fall_back: bool) -> None:
        if envelope.room is not None:
            for session in self._sessions(user):
                session.drop(envelope.room.id, fall_back=fall_back)

    def _sessions(self, user: UserId) -> list[SessionState]:
        """Return this node's sessions of a user."""
        found = self._state.sessions_of(self._node, user)
        return [self._state.sessions[each] for each in found]


def ignore(entry: SessionState, key: str, name: str, *, hide: bool) -> None:
    if hide:
        entry.ignored[key] = name
    else:
        entry.ignored.pop(key, None)
