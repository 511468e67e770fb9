"""Being away, and leaving the chat."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Decision, GoodBye, Nothing, SendReply
from twisted_chat.core.rules.outcomes import NOBODY, Applied, Near, Outcome
from twisted_chat.core.rules.permissions import heard_in, silenced
from twisted_chat.core.rules.refusals import check_size
from twisted_chat.core.rules.topic import Asked, Case, Ordered, Rule, Topic
from twisted_chat.core.state.dedup import owner_of
from twisted_chat.core.state.state import State
from twisted_chat.core.values.ids import MessageId, Node, RoomId
from twisted_chat.core.values.text import CleanText

_SAID_SO: Final = Refused("said-so", "They set their away status themselves.")
_QUIT: Final = CleanText("quit")


class Presence(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {
            c.Away: self.away,
            c.Ping: self.ping,
            c.Pong: self.pong,
            c.Quit: self.quit,
        }
        self.before_login = frozenset((c.Ping, c.Pong, c.Quit))
        self.events = {
            e.AwaySet: Rule(self.away_set, self.check_away_set),
            e.Departed: Rule(self.departed, effects=departed),
            e.Detached: Rule(self.departed, effects=_detached),
        }

    # --- away ---

    def away(self, asked: Asked, command: c.Away) -> Decision:
        long = check_size(command.text, self.state.limits.max_away)
        return long or self.propose(asked, e.AwaySet(command.text))

    def check_away_set(self, case: Case, event: e.AwaySet) -> Refused | None:
        # Meanwhile they may have said themselves that they are away, or back.
        if event.auto and (
            case.user.away is not None if event.text is not None else not case.user.idled
        ):
            return _SAID_SO
        return None

    def away_set(self, it: Ordered, event: e.AwaySet) -> Outcome:
        user = it.user
        user.away, user.idled = event.text, event.auto and event.text is not None
        rooms = tuple(user.rooms)
        if event.text is not None and not event.auto:
            rooms = heard_in(self.state, user, it.now)
        return it.applied(Near(rooms, author=True))

    # --- going ---

    def ping(self, asked: Asked, command: c.Ping) -> Decision:
        return SendReply(r.Pong(command.text))

    def pong(self, asked: Asked, command: c.Pong) -> Decision:
        return Nothing()

    def quit(self, asked: Asked, command: c.Quit) -> Decision:
        reason = command.reason or _QUIT
        return check_size(reason, self.state.limits.max_away) or GoodBye(reason)

    def departed(self, it: Ordered, event: e.Departed | e.Detached) -> Outcome:
        state, user = self.state, it.user
        marks = isinstance(event, e.Departed) and event.marks
        rooms = tuple(user.rooms)
        read = rooms if user.account is not None and not marks else ()
        for number in read:
            state.read_markers.read(user.account or "", number, it.message)
        if len(user.sessions) > 1:
            happened = it.applied(NOBODY, e.Detached(read))
            author = user.sessions[it.place]
            state.client_ids.touch(author.scope, it.now, owner_of(author))
            state.detach(user, it.place)
            return happened
        reason = event.reason if isinstance(event, e.Departed) else CleanText("left")
        if any(silenced(user, state.rooms[room], it.now) for room in rooms):
            reason = _QUIT  # a user who may not speak has no last word
        happened = it.applied(Near(rooms, author=False), e.Departed(reason, rooms, marks))
        state.detach(user, it.place)
        for room in rooms:
            state.take_out(user, state.rooms[room])
        state.remove_user(user)
        note_departure(state, it.message, happened.envelope.author, it.now)
        # The scope outlives the user: a client that comes back within 24 hours may resend.
        state.client_ids.touch(user.author.scope, it.now, owner_of(user.author))
        return happened


def note_departure(state: State, message: MessageId, author: e.Author | None, time: float) -> None:
    """Record that a user is no longer here under the nickname they had, unless that is not to be kept."""
    if author is not None and state.limits.last_seen:
        state.departures.add(message, author, time)


# --- what follows ---


def departed(applied: Applied, event: e.Departed, state: State, node: Node) -> f.Effects:
    author, rooms = applied.envelope.author, state.rooms
    assert author is not None
    effects: list[f.Effect] = [f.Seen(), f.LastSeen(author.account)]
    if not event.marks:
        effects += _read_with(applied.envelope, event.rooms, state)
    gone = tuple(room for room in event.rooms if room not in rooms)
    if gone:
        effects.append(f.Dissolve(gone))
    small = []
    for room in event.rooms:
        left = rooms.get(room)
        if left is not None and len(left.members) > state.limits.crowd_size:
            effects.append(
                f.Gather(left.ref, author, len(left.members), joined=False, departed=True)
            )
        else:
            small.append(room)
    return (*effects, f.ShowNear(tuple(small), own=False))


def _detached(applied: Applied, event: e.Detached, state: State, node: Node) -> f.Effects:
    return (f.Seen(), *_read_with(applied.envelope, event.rooms, state))


def _read_with(envelope: e.Envelope, rooms: Iterable[RoomId], state: State) -> Iterable[f.Effect]:
    """Tell the other sessions of an account what counts as read with the end of this one."""
    assert envelope.author is not None
    users = tuple(each.id for each in state.users_of(envelope.author.account or ""))
    for each in rooms:
        if each in state.rooms:
            read = r.ReadUpTo(state.rooms[each].name, envelope.id)
            yield f.TellRead(users, read, tagged=False)
