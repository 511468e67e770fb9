"""From an event that was applied to its effects: the one place that tells event from event for that."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.accounts import privacy_text
from twisted_chat.core.rules.outcomes import Applied, Between, InRoom, Near
from twisted_chat.core.rules.refusals import UNMATCHED, hidden, shown_again
from twisted_chat.core.rules.topic import NOT_HERE
from twisted_chat.core.state.invites import GOOD_FOR
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.values.ids import Node, RoomId, SessionId, UserId
from twisted_chat.core.values.text import CleanText

#: What an operator is told who set the panic to 0, 1 or 2.
PANIC: Final = (
    "everybody is let in again; there is no panic any more",
    "no new guests are let in until /panic 0, and nobody can register; who is on the server's own machine can still do both",
    "nobody new is let in until /panic 0, and nobody can register; who is on the server's own machine can still do both",
)

_SAID: Final[f.Effects] = (f.ShowLine(),)
_CONFIRM: Final = f.Confirm()


def effects_of(applied: Applied, state: State, node: Node) -> f.Effects:
    """Return what follows from an event on a node; ``state`` is that after the event."""
    event = applied.envelope.event
    return _OF.get(type(event), _shown)(applied, event, state, node)


def is_banned(state: State, session: SessionState, now: float) -> bool:
    """Tell whether a ban from the server hits a session that is here."""
    bans, user = state.server_bans, state.users.get(session.user) if session.user else None
    account = user.author.account if user is not None else None
    return bool(bans.of_address(session.address, now) or bans.of_account(account, now))


# --- what is said ---


def _said(applied: Applied, event: e.Said, state: State, node: Node) -> f.Effects:
    return _SAID


def _told(applied: Applied, event: e.Told, state: State, node: Node) -> f.Effects:
    audience = applied.audience
    assert isinstance(audience, Between)
    effects: list[f.Effect] = [f.ShowOwn()]
    for each in audience.users[1:]:
        effects.append(f.ShowUser(each))
        user = state.users.get(each)
        if user is not None and user.away is not None:
            why = f": {user.away}" if user.away != c.NO_REASON else ""
            effects.append(f.NotifyOrigin(r.Notice("away", f"{user.nick} is away{why}")))
    if event.talk is not None:
        effects.append(f.KeepPrivate())
    elif applied.envelope.tag is not None:
        # Where a guest takes part its id is kept, so that it is not sent twice.
        effects.append(f.Append())
    if event.to == NOT_HERE:
        why = f"{event.nick} is not here; {event.nick} gets it when back"
        effects.append(f.NotifyOrigin(r.Notice("not-here", why)))
    return (*effects, f.Confirm(always=True))


def _read(applied: Applied, event: e.Read, state: State, node: Node) -> f.Effects:
    author, room = applied.envelope.author, applied.envelope.room
    assert author is not None
    place = event.partner if event.partner is not None or room is None else room.name
    if place is None:
        return ()
    return (f.TellRead(author.account, r.ReadUpTo(place, event.message), tagged=True),)


def _received(applied: Applied, event: e.Received, state: State, node: Node) -> f.Effects:
    author = applied.envelope.author
    assert author is not None and author.account is not None
    gone = (f.Dissolve((event.talk,)),) if event.talk is not None else ()
    return (f.Deliver(author.account), *gone)


# --- rooms ---


def _joined(applied: Applied, event: e.Joined, state: State, node: Node) -> f.Effects:
    ref = applied.envelope.room
    assert ref is not None
    return (
        _in_room(applied.envelope, ref, state, joined=True),
        f.EnterRoom(ref.id, event.created),
    )


def _left(applied: Applied, event: e.Left, state: State, node: Node) -> f.Effects:
    ref, author = applied.envelope.room, applied.envelope.author
    assert ref is not None and author is not None
    gone = (
        _in_room(applied.envelope, ref, state, joined=False)
        if ref.id in state.rooms
        else f.Dissolve((ref.id,))
    )
    return f.ExitRoom(author.user, ref), gone, f.TellLeft(ref.name)


def _in_room(envelope: e.Envelope, ref: e.RoomRef, state: State, *, joined: bool) -> f.Effect:
    """Show a room that somebody came or left; a crowded one later, all at once."""
    assert envelope.author is not None
    members = len(state.rooms[ref.id].members)
    if members > state.limits.crowd_size:
        return f.Gather(ref, envelope.author.nick, members, joined)
    return f.ShowRoom(ref.id)


def _kicked(applied: Applied, event: e.Kicked, state: State, node: Node) -> f.Effects:
    ref = applied.envelope.room
    assert ref is not None
    return f.ShowRoom(ref.id), f.ExitRoom(event.user, ref, "kicked"), _CONFIRM


def _put_out(
    applied: Applied, event: e.Banned | e.RoomDropped, state: State, node: Node
) -> f.Effects:
    """Show what put people out of a room, or did away with it: to them, too."""
    ref = applied.envelope.room
    assert ref is not None
    effects: list[f.Effect] = [f.ShowRoom(ref.id)]
    effects += (f.ExitRoom(user, ref, "put-out") for user, _ in event.out)
    if ref.id not in state.rooms:
        effects.append(f.Dissolve((ref.id,), confirmed=True))
    effects.append(_CONFIRM)
    if isinstance(event, e.Banned) and not event.out:
        effects.append(f.NotifyOrigin(r.Confirmed(UNMATCHED)))
    return tuple(effects)


def _muted(applied: Applied, event: e.Muted, state: State, node: Node) -> f.Effects:
    ref, effects = applied.envelope.room, _shown(applied, event, state, node)
    assert ref is not None
    if event.user in state.rooms[ref.id].members:
        return effects
    # It may be a slip.
    return (*effects, f.NotifyOrigin(r.Confirmed(UNMATCHED)))


def _invited(applied: Applied, event: e.InvitedToRoom, state: State, node: Node) -> f.Effects:
    ref, author = applied.envelope.room, applied.envelope.author
    assert ref is not None and author is not None
    invitation = r.Invitation(author.nick, ref.name)
    notify = f.Notify((event.user,), invitation, unless_ignored=author.nick.key)
    return f.ShowRoom(ref.id), notify, _CONFIRM


def _forgotten(applied: Applied, event: e.Forgotten, state: State, node: Node) -> f.Effects:
    ref, author = applied.envelope.room, applied.envelope.author
    assert author is not None and author.account is not None
    erase = f.Erase(author.account, ref.id if ref is not None else None)
    return (erase, *_shown(applied, event, state, node))


def _closed(applied: Applied, event: e.Closed, state: State, node: Node) -> f.Effects:
    assert applied.envelope.room is not None
    return (f.Dissolve((applied.envelope.room.id,)),)


def _keep_set(applied: Applied, event: e.KeepSet, state: State, node: Node) -> f.Effects:
    return (f.Tidy(), *_shown(applied, event, state, node))


def _shown(applied: Applied, event: e.Event, state: State, node: Node) -> f.Effects:
    """Show what changes nothing of who hears what."""
    match applied.audience:
        case InRoom(room=room):
            return f.ShowRoom(room), _CONFIRM
        case Near(rooms=rooms):
            return f.ShowNear(rooms), _CONFIRM
        case Between():  # pragma: no branch (mypy sees a missing case)
            return (_CONFIRM,)


# --- coming and going ---


def _arrived(applied: Applied, event: e.Arrived, state: State, node: Node) -> f.Effects:
    old = tuple(each for at, each in event.replaced if at == node)
    why = "your session goes on in another connection"
    return f.HangUp(old, why, "replaced"), f.Seen(), f.Arrive()


def _departed(applied: Applied, event: e.Departed, state: State, node: Node) -> f.Effects:
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
            effects.append(f.Gather(left.ref, author.nick, len(left.members), joined=False))
        else:
            small.append(room)
    return (*effects, f.ShowNear(tuple(small), own=False))


def _detached(applied: Applied, event: e.Detached, state: State, node: Node) -> f.Effects:
    return (f.Seen(), *_read_with(applied.envelope, event.rooms, state))


def _read_with(envelope: e.Envelope, rooms: Iterable[RoomId], state: State) -> Iterable[f.Effect]:
    """Tell those who are still here with an account what counts as read with the end of another session of it."""
    assert envelope.author is not None
    account = envelope.author.account
    for each in rooms:
        if each in state.rooms:
            read = r.ReadUpTo(state.rooms[each].name, envelope.id)
            yield f.TellRead(account, read, tagged=False)


def _logged_in(applied: Applied, event: e.LoggedIn, state: State, node: Node) -> f.Effects:
    if not event.moved:
        return (*_shown(applied, event, state, node), f.LogIn())
    author = applied.envelope.author
    assert author is not None
    effects: list[f.Effect] = []
    if event.rooms is not None:
        # The former user is gone. Nothing is read with that: the session goes on.
        gone = e.Departed(CleanText(f"logged in as {event.nick}"), event.rooms, marks=True)
        effects.append(f.LeaveRooms(event.rooms))
        effects.append(f.Instead(gone, _departed(applied, gone, state, node)))
    else:
        old = state.users.get(author.user)
        effects.append(f.LeaveRooms(tuple(old.rooms) if old is not None else ()))
    inside = bool(state.users_by_key[event.nick.key].rooms)
    return (*effects, f.JoinUser(inside), _CONFIRM, f.LogIn())


def _renamed(applied: Applied, event: e.Renamed, state: State, node: Node) -> f.Effects:
    """Whoever ignores somebody who changes the nick ignores them under the new one."""
    key, seats = event.nick.key, state.sessions.values()
    ignoring = f.UpdateIgnored(tuple(each.id for each in seats if key in each.ignored))
    return (ignoring, *_shown(applied, event, state, node))


# --- accounts ---


def _account(applied: Applied, event: e.Event, state: State, node: Node) -> f.Effects:
    """Tell the sessions of an account what happened to it; the one that did it, once that is stored."""
    assert isinstance(applied.audience, Between)
    users, code = applied.audience.users, ""
    effects: list[f.Effect] = []
    match event:
        case e.AccountRegistered(nick=nick):
            effects.append(f.NoteNetwork(nick.key))
            done = f"{nick} is registered, and yours; elsewhere, log in with: {nick} PASSWORD"
            other = f"{nick} is registered now"
        case e.PasswordChanged(renewed=renewed):
            if renewed:
                return ()  # nothing that anybody would notice
            done = "your password is changed"
            other = "your password was changed in another session"
        case e.AccountDropped(proof=proof, gone=gone):
            if gone:
                effects.append(f.Dissolve(gone))
            effects.append(f.ForgetNetworks(proof.account))
            done = other = (
                f"the account {proof.account} is deleted: you are a guest now, and the name is free"
            )
        case e.InviteCodeMade(invite=code):
            days = round(GOOD_FOR / 86400)
            done = f"good for one registration within {days} days: /register PASSWORD "
            other = "an invitation was made in another session"
        case e.PrivacySet(privacy=privacy):
            done = other = privacy_text(privacy)
        case e.IgnoreSet(name=name, hide=hide):
            effects.append(f.UpdateIgnored(_sessions(users, state, node)))
            done = other = hidden(name) if hide else shown_again(name)
        case _:
            raise AssertionError(f"{type(event).__name__} is nothing of an account")
    notify = f.Notify(users, r.Notice("account", other))
    return (*effects, notify, f.ConfirmStored(done, code))


# --- what operators of the server do ---


def _deed(applied: Applied, deed: e.Deed, state: State, node: Node) -> f.Effects:
    """Carry out what an operator did; its node writes it down and keeps it."""
    origin, now = applied.envelope.origin, applied.envelope.time
    effects: list[f.Effect] = []
    keep: f.Effect | None = None
    then: f.Effect | None = None
    stored: str | None = None
    code = ""
    match deed:
        case e.Killed(user=user, nick=nick, reason=reason):
            what, told = f"disconnected {nick}{_because(reason)}", f"you disconnected {nick}"
            why = f"an operator of this server disconnected you{_because(reason)}"
            then = f.HangUp(_sessions((user,), state, node), why, "disconnected by an operator")
        case e.ServerBanned(ban=ban):
            what = f"banned {ban.kind} {ban.target} {ban.lasts(now)}{_because(ban.reason)}"
            told = f"the {ban.kind} {ban.target} is banned {ban.lasts(now)}; /server-unban {ban.target} undoes that"
            hit = [each for each in state.sessions.values() if is_banned(state, each, now)]
            if not hit:
                told = f"{told}. {UNMATCHED}"
            keep, stored = f.StoreBan(ban), "/server-ban"
            then = f.HangUp(tuple(each.id for each in hit), ban.explain(now), "banned")
        case e.ServerUnbanned(kind=kind, target=target):
            what = f"lifted the ban of {kind} {target}"
            told = f"the {kind} {target} is no longer banned"
            keep, stored = f.StoreUnban(kind, target), "/server-unban"
        case e.Announced(lines=lines):
            what, told = f"announced: {' / '.join(lines)}", ""
            then = f.ShowAll()
        case e.PasswordReset(account=account, users=users):
            what, code = f"reset the password of the account {account}", deed.code
            told = (
                f"The password of {account} is reset, and its sessions are ended. "
                "This code stands for it, for one login within 24 hours: "
            )
            stored = "/reset-password"
            then = _end_account(users, "reset your password", state, node)
        case e.AccountRemoved(account=account, users=users, gone=gone):
            if gone:
                effects.append(f.Dissolve(gone))
            effects.append(f.ForgetNetworks(account))
            what = f"removed the account {account}"
            told, stored = (
                f"the account {account} is removed, and its sessions are ended",
                "/remove-account",
            )
            then = _end_account(users, "removed your account", state, node)
        case e.PanicSet(level=level):  # pragma: no branch (mypy sees a missing case)
            what, told = f"set panic to {level}", PANIC[level]
            keep, stored = f.StorePanic(level), "/panic"
    if origin is not None and origin.node == node:
        effects.append(f.Audit(deed.by, what))
        effects += [keep] if keep is not None else []
    if told:
        # Before anybody is cut off, who may be the one who did it.
        effects.append(f.ConfirmDeed(told, stored, code))
    return (*effects, then) if then is not None else tuple(effects)


def _end_account(users: Iterable[UserId], did: str, state: State, node: Node) -> f.HangUp:
    why = f"An operator of this server {did}."
    return f.HangUp(_sessions(users, state, node), why, "account changed")


def _sessions(users: Iterable[UserId], state: State, node: Node) -> tuple[SessionId, ...]:
    """Return this node's sessions of users."""
    found = (state.users.get(user) for user in users)
    return tuple(
        session
        for user in found
        if user is not None
        for at, session in user.sessions
        if at == node and session in state.sessions
    )


def _because(reason: CleanText | None) -> str:
    return f": {reason}" if reason else ""


_Follow: TypeAlias = Callable[[Applied, Any, State, Node], f.Effects]

#: What is not here changes nothing but what is shown.
_OF: Final[dict[type[Any], _Follow]] = {
    e.Said: _said,
    e.Told: _told,
    e.Read: _read,
    e.Received: _received,
    e.Joined: _joined,
    e.Left: _left,
    e.Kicked: _kicked,
    e.Banned: _put_out,
    e.RoomDropped: _put_out,
    e.Muted: _muted,
    e.InvitedToRoom: _invited,
    e.Forgotten: _forgotten,
    e.Closed: _closed,
    e.KeepSet: _keep_set,
    e.Arrived: _arrived,
    e.Departed: _departed,
    e.Detached: _detached,
    e.LoggedIn: _logged_in,
    e.Renamed: _renamed,
    e.AccountRegistered: _account,
    e.PasswordChanged: _account,
    e.AccountDropped: _account,
    e.InviteCodeMade: _account,
    e.PrivacySet: _account,
    e.IgnoreSet: _account,
    **dict.fromkeys(typing.get_args(e.Deed), _deed),
}
