"""Watching nicknames: being told when a user with one of them comes or goes, whatever rooms they are in."""

from __future__ import annotations

from collections.abc import Iterable

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Decision, SendReply, Watching
from twisted_chat.core.rules.effects import Effects
from twisted_chat.core.rules.topic import Asked, Topic
from twisted_chat.core.state.state import State
from twisted_chat.core.values.ids import UserId
from twisted_chat.core.values.names import Nick


class Watch(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {c.Watch: self.watch, c.ShowWatched: self.show_watched}

    def watch(self, asked: Asked, command: c.Watch) -> Decision:
        session, watchers = asked.session.id, self.state.watchers
        gone = set(command.remove)
        kept = () if command.clear else watchers.watched_by(session)
        before = {nick for nick in kept if nick not in gone}
        new = [nick for nick in dict.fromkeys(command.add) if nick not in before]
        free = max(self.state.limits.max_watched - len(before), 0)
        told = self._status([*(nick for nick in command.add if nick in before), *new[:free]])
        change = Watching(tuple(new[:free]), command.remove, command.clear, command.in_detail)
        return SendReply(r.Watched(*told, tuple(new[free:])), change)

    def show_watched(self, asked: Asked, command: c.ShowWatched) -> Decision:
        return SendReply(r.Watched(*self._status(self.state.watchers.watched_by(asked.session.id))))

    def _status(self, nicks: Iterable[Nick]) -> tuple[tuple[e.Author, ...], tuple[Nick, ...]]:
        """Return which of these are here, and which are not."""
        here, gone = [], []
        for nick in nicks:
            user = self.state.user_named(nick)
            if user is not None:
                here.append(user.author)
            else:
                gone.append(nick)
        return tuple(here), tuple(gone)


def noticed(envelope: e.Envelope, state: State) -> Effects:
    """Return what sessions that watch the author are told of an event."""
    event, author, after = envelope.event, envelope.author, envelope.after
    if author is None or after is None:
        return ()
    match event:
        case e.Arrived():
            # A new user; another session of one is no news.
            return _came(after, state) if author.user == UserId(envelope.id) else ()
        case e.Departed():
            return _went(author.nick, state)
        case e.LoggedIn(moved=True, rooms=rooms):
            return _went(author.nick, state) if rooms is not None else ()
        case e.Renamed() if author.nick.key == after.nick.key:
            return ()
        case e.Renamed():
            return *_went(author.nick, state), *_came(after, state)
        case e.LoggedIn() if author.nick.key != after.nick.key:
            return *_went(author.nick, state), *_came(after, state)
        case e.LoggedIn() | e.AwaySet() | e.RealNameSet() | e.AccountRegistered():
            return _changed(author, state)
        case e.AccountDropped():
            return _changed(author, state)
        case _:
            return ()


def _came(author: e.Author, state: State) -> Effects:
    sessions = state.watchers.of(author.nick)
    return (f.TellSessions(sessions, r.Watched((author,), ())),) if sessions else ()


def _went(nick: Nick, state: State) -> Effects:
    sessions = state.watchers.of(nick)
    return (f.TellSessions(sessions, r.Watched((), (nick,))),) if sessions else ()


def _changed(author: e.Author, state: State) -> Effects:
    """Show an event to the watching sessions that want to see more, unless they see it in a room."""
    watchers, user = state.watchers, state.users.get(author.user)
    if not watchers.in_detail or user is None:
        return ()
    sessions = []
    for session in watchers.of(author.nick):
        entry = state.sessions.get(session)
        other = state.users.get(entry.user) if entry is not None and entry.user else None
        if session not in watchers.in_detail or other is None or other is user:
            continue
        if not state.shares_room(user, other):
            sessions.append(session)
    return (f.ShowSessions(tuple(sessions)),) if sessions else ()
