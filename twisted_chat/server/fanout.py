"""From an event that was applied to the sessions and the store that it concerns, on this node."""

from __future__ import annotations

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules import decisions as d
from twisted_chat.core.rules.outcomes import Applied, Between, InRoom, Near
from twisted_chat.core.rules.refusals import UNMATCHED
from twisted_chat.core.rules.topic import NOT_HERE
from twisted_chat.core.values.ids import RoomId, UserId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.text import CleanText
from twisted_chat.delivery.batch import hidden
from twisted_chat.delivery.session import Session
from twisted_chat.server.admin import Admin
from twisted_chat.server.disk import Disk
from twisted_chat.server.history import HistoryReader
from twisted_chat.server.login import AccountLogin
from twisted_chat.server.presence import Presence
from twisted_chat.server.recorder import StateRecorder
from twisted_chat.server.services import Services


class EventFanout:
    """Hands each event to delivery, and what is to be kept of it to the store.

    It does not show how a session comes (:class:`twisted_chat.core.api.events.Arrived`): that is the node's.
    """

    def __init__(
        self,
        services: Services,
        history: HistoryReader,
        recorder: StateRecorder,
        login: AccountLogin,
        admin: Admin,
        presence: Presence,
        disk: Disk,
    ) -> None:
        self._hub = services.hub
        self._sessions = services.sessions
        self._delivery = services.delivery
        self._store = services.store
        self._flow = services.flow
        self._history = history
        self._recorder = recorder
        self._login = login
        self._admin = admin
        self._presence = presence
        self._disk = disk

    def show(self, applied: Applied, peer: Session | None) -> None:
        """Show what happened: to its audience, and to ``peer``, the session of this node that did it."""
        envelope, audience = applied.envelope, applied.audience
        event = envelope.event
        if self._hub.state.altered and self._recorder.altered(envelope.id):
            self._flow.appended(envelope.id)
        match event:
            case e.Said():
                self._said(envelope, event, peer)
            case e.Joined():
                self._joined(envelope, event, peer)
            case e.Left():
                self._left(envelope, peer)
            case e.Kicked():
                self._kicked(envelope, event, peer)
            case e.Departed():
                self._departed(envelope, event)
            case e.Detached(rooms=rooms):
                assert envelope.author is not None
                self._recorder.seen(envelope.author, envelope.time)
                self._read_with(envelope, rooms)
            case e.Read():
                self._read(envelope, event, peer)
            case e.Received(talk=talk):
                self._received(envelope, talk)
            case e.LoggedIn() if event.moved:
                self._moved(envelope, event, peer)
            case e.AccountDropped(gone=gone):
                if gone:
                    self._recorder.forget(gone, envelope.id)
                self._login.show(applied, peer)
            case (
                e.AccountRegistered()
                | e.PasswordChanged()
                | e.InviteCodeMade()
                | e.PrivacySet()
                | e.IgnoreSet()
            ):
                self._login.show(applied, peer)
            case e.Banned(out=out):
                self._put_out(envelope, out, peer)
                self._tell_unmatched(peer, matched=bool(out))
            case e.Muted(user=user):
                self._shown(envelope, audience, peer)
                assert envelope.room is not None
                there = self._hub.state.rooms[envelope.room.id].members
                self._tell_unmatched(peer, matched=user in there)
            case e.RoomDropped():
                self._put_out(envelope, event.out, peer)
            case e.InvitedToRoom():
                self._invited(envelope, event, peer)
            case e.Forgotten():
                self._forgotten(envelope)
                self._shown(envelope, audience, peer)
            case e.AccountRemoved(account=account, gone=gone):
                if gone:
                    self._recorder.forget(gone, envelope.id)
                self._recorder.known_networks.forget(account)
                self._admin.done(envelope, event, peer)
            case _ if isinstance(event, e.Deed):
                self._admin.done(envelope, event, peer)
            case e.Closed():
                assert envelope.room is not None
                self._recorder.forget([envelope.room.id], envelope.id)
            case e.KeepSet():
                self._recorder.tidy()
                self._shown(envelope, audience, peer)
            case _:
                self._shown(envelope, audience, peer)

    def _tell_unmatched(self, peer: Session | None, *, matched: bool) -> None:
        """Tell who banned or muted somebody that it is for nobody yet: it may be a slip."""
        if peer is not None and not matched and peer.id in self._sessions:
            self._sessions.tell(peer, r.Confirmed(UNMATCHED))

    def _said(self, envelope: e.Envelope, event: e.Said, peer: Session | None) -> None:
        assert envelope.room is not None
        self._delivery.say(
            envelope.room.id, envelope, skip=peer.outbox if peer is not None else None
        )
        if peer is not None and peer.dialect.echoes:
            self._sessions.echo(peer, envelope, acked=peer.dialect.acks)
        kept = self._disk.keeps(envelope, event, peer)
        if kept:
            self._append(envelope)
        if peer is not None and peer.dialect.acks:
            reply = r.Acked(envelope.id, envelope.time, kept)
            self._flow.promise(peer, envelope.id, reply, envelope.tag)

    def _append(self, envelope: e.Envelope) -> None:
        self._store.append(envelope, self._hub.sent(envelope))
        self._flow.appended(envelope.id)

    def _joined(self, envelope: e.Envelope, event: e.Joined, peer: Session | None) -> None:
        room_ref, author = envelope.room, envelope.author
        assert room_ref is not None and author is not None
        room = self._hub.state.rooms[room_ref.id]
        if len(room.members) > self._hub.limits.crowd_size:
            self._delivery.gather(room_ref, author.nick, len(room.members), joined=True)
        else:
            self._delivery.say(room_ref.id, envelope)
        for each in self._sessions.of(author.user):
            self._delivery.enter(each.outbox, room_ref.id)
            if each is peer:
                self._sessions.refocus(each)
                self._sessions.tell(
                    each,
                    self._hub.entered(room, created=event.created),
                    envelope.tag,
                )
                recall = d.Recall(
                    room_ref,
                    before=envelope.id,
                    after=None,
                    limit=self._hub.limits.history_lines,
                    floor=self._hub.floor(author.user, room, envelope.time),
                )
                self._history.answer(each, recall, None, asked=False)
            else:
                self._sessions.echo(each, envelope)

    def _moved(self, envelope: e.Envelope, event: e.LoggedIn, peer: Session | None) -> None:
        """Take a session to the user of its account who is here; who it was before is gone, unless they have another."""
        author = envelope.author
        assert author is not None
        old = self._hub.state.users.get(author.user)
        rooms = (
            event.rooms if event.rooms is not None else tuple(old.rooms if old is not None else ())
        )
        if peer is not None:
            for room in rooms:
                self._delivery.leave(peer.outbox, room)
        if event.rooms is not None:
            # Nothing is read with that: the session goes on.
            gone = e.Departed(CleanText(f"logged in as {event.nick}"), event.rooms, marks=True)
            self._departed(msgspec.structs.replace(envelope, event=gone), gone)
        if peer is not None:
            self._sessions.echo(peer, envelope)
            if self._hub.state.users_by_key[event.nick.key].rooms:
                self._sessions.enter(peer)
            else:  # its door enters one, as after any login
                self._sessions.refocus(peer)
                peer.outbox.refresh()
            self._confirm(envelope, peer)

    def _left(self, envelope: e.Envelope, peer: Session | None) -> None:
        assert envelope.room is not None and envelope.author is not None
        for each in self._sessions.of(envelope.author.user):
            self._delivery.leave(each.outbox, envelope.room.id)
            self._sessions.refocus(each)
            if each is not peer:
                self._sessions.echo(each, envelope)
        self._gone_from(envelope)
        if peer is not None:
            focus = self._hub.focus_of(peer.id)
            left = r.FocusSet(focus.name if focus is not None else None, envelope.room.name)
            self._sessions.tell(peer, left, envelope.tag)

    def _gone_from(self, envelope: e.Envelope) -> None:
        """Tell a room that somebody left it, or forget the room if nobody is there any more."""
        assert envelope.room is not None and envelope.author is not None
        room = self._hub.state.rooms.get(envelope.room.id)
        if room is None:
            self._recorder.forget([envelope.room.id], envelope.id)
        elif len(room.members) > self._hub.limits.crowd_size:
            self._delivery.gather(
                envelope.room, envelope.author.nick, len(room.members), joined=False
            )
        else:
            self._delivery.say(envelope.room.id, envelope)

    def _kicked(self, envelope: e.Envelope, event: e.Kicked, peer: Session | None) -> None:
        assert envelope.room is not None
        self._delivery.say(envelope.room.id, envelope)
        for each in self._sessions.of(event.user):
            self._delivery.leave(each.outbox, envelope.room.id)
            self._sessions.refocus(each)
            self._sessions.tell(each, r.Notice("kicked", self._no_longer_in(envelope.room, each)))
        self._confirm(envelope, peer)

    def _no_longer_in(self, room: e.RoomRef, peer: Session) -> str:
        focus = self._hub.focus_of(peer.id)
        if focus is None:
            return f"you are no longer in {room.name}; choose with /join ROOM where you talk now"
        return f"you are no longer in {room.name}; you talk in {focus.ref.name} as before"

    def _put_out(
        self, envelope: e.Envelope, out: tuple[tuple[UserId, Nick], ...], peer: Session | None
    ) -> None:
        """Show what put people out of a room, or did away with it: to them, too."""
        ref = envelope.room
        assert ref is not None
        self._delivery.say(ref.id, envelope)
        for user, _ in out:
            for each in self._sessions.of(user):
                self._delivery.leave(each.outbox, ref.id)
                self._sessions.refocus(each)
                self._sessions.tell(each, r.Notice("put-out", self._no_longer_in(ref, each)))
        if ref.id not in self._hub.state.rooms:
            self._recorder.forget([ref.id], envelope.id)
            self._flow.appended(envelope.id)
        self._confirm(envelope, peer)

    def _read(self, envelope: e.Envelope, event: e.Read, peer: Session | None) -> None:
        """Tell the sessions of an account up to where it has read."""
        author, room = envelope.author, envelope.room
        assert author is not None
        place = event.partner if event.partner is not None or room is None else room.name
        if place is None:
            return
        for each in self._sessions.of_account(author.account):
            tag = envelope.tag if each is peer else None
            self._sessions.tell(each, r.ReadUpTo(place, event.message), tag)

    def _read_with(self, envelope: e.Envelope, rooms: tuple[RoomId, ...]) -> None:
        """Tell who is still here with an account what counts as read with the end of another session of it."""
        assert envelope.author is not None
        for each in self._sessions.of_account(envelope.author.account):
            for room in rooms:
                name = self._hub.state.rooms[room].name
                self._sessions.tell(each, r.ReadUpTo(name, envelope.id))

    def _received(self, envelope: e.Envelope, talk: RoomId | None) -> None:
        assert envelope.author is not None and envelope.author.account is not None
        self._store.receive(envelope.author.account, envelope.id)
        if talk is not None:
            self._recorder.forget([talk], envelope.id)

    def _invited(self, envelope: e.Envelope, event: e.InvitedToRoom, peer: Session | None) -> None:
        ref, author = envelope.room, envelope.author
        assert ref is not None and author is not None
        self._delivery.say(ref.id, envelope)
        for each in self._sessions.of(event.user):
            if author.nick.key not in each.outbox.ignored:
                self._sessions.tell(each, r.Invitation(author.nick, ref.name))
        self._confirm(envelope, peer)

    def _forgotten(self, envelope: e.Envelope) -> None:
        ref, author = envelope.room, envelope.author
        assert author is not None and author.account is not None
        self._store.erase(author.account, ref.id if ref is not None else None, envelope.id)
        self._flow.appended(envelope.id)

    def _departed(self, envelope: e.Envelope, event: e.Departed) -> None:
        assert envelope.author is not None
        self._recorder.seen(envelope.author, envelope.time)
        self._presence.left(envelope.author.account, envelope.time)
        rooms = self._hub.state.rooms
        if not event.marks:
            self._read_with(envelope, tuple(room for room in event.rooms if room in rooms))
        gone = [room for room in event.rooms if room not in rooms]
        if gone:
            self._recorder.forget(gone, envelope.id)
        small: list[RoomId] = []
        for room in event.rooms:
            left = rooms.get(room)
            if left is not None and len(left.members) > self._hub.limits.crowd_size:
                self._delivery.gather(
                    left.ref, envelope.author.nick, len(left.members), joined=False
                )
            else:
                small.append(room)
        self._delivery.show(self._delivery.near(small), envelope)

    def _shown(
        self, envelope: e.Envelope, audience: InRoom | Near | Between, peer: Session | None
    ) -> None:
        """Show an event that changes nothing of who hears what."""
        author = envelope.author
        assert author is not None
        mine = self._sessions.of(author.user)
        match audience:
            case InRoom(room=room):
                self._delivery.say(room, envelope)
            case Near(rooms=rooms):
                others = self._delivery.near(rooms)
                for each in mine:
                    others.pop(each.outbox, None)
                self._delivery.show(others, envelope)
                for each in mine:
                    self._sessions.echo(each, envelope)
            case Between(users=users):  # pragma: no branch (mypy sees a missing case)
                for each in mine:
                    self._sessions.echo(each, envelope, acked=each is peer and each.dialect.acks)
                for user in users[1:]:
                    ears = (each.outbox for each in self._sessions.of(user))
                    self._delivery.show(
                        (ear for ear in ears if not hidden(envelope, ear.ignored)), envelope
                    )
                    self._mention_away(peer, user)
                if isinstance(envelope.event, e.Told):
                    self._kept(envelope, envelope.event, peer)
        self._confirm(envelope, peer)

    def _kept(self, envelope: e.Envelope, event: e.Told, peer: Session | None) -> None:
        """Keep a private message, or, where a guest takes part, its id; tell its author if it waits for somebody."""
        if event.talk is not None:
            self._store.keep_private(envelope, self._hub.sent(envelope))
            self._flow.appended(envelope.id)
        elif envelope.tag is not None:
            self._append(envelope)
        if event.to == NOT_HERE and peer is not None:
            why = f"{event.nick} is not here; {event.nick} gets it when back"
            self._sessions.tell(peer, r.Notice("not-here", why))

    def _mention_away(self, peer: Session | None, user: UserId) -> None:
        """Tell who wrote to somebody in private that they are away."""
        told = self._hub.state.users.get(user)
        if peer is not None and told is not None and told.away is not None:
            why = f": {told.away}" if told.away != c.NO_REASON else ""
            self._sessions.tell(peer, r.Notice("away", f"{told.nick} is away{why}"))

    def _confirm(self, envelope: e.Envelope, peer: Session | None) -> None:
        """Acknowledge what is no message in a room, to a client that gave it an id or expects it.

        What the store was given waits until it is stored.
        """
        tag = envelope.tag
        if (
            peer is None
            or not peer.dialect.acks
            or (tag is None and not isinstance(envelope.event, e.Told))
        ):
            return
        if self._flow.took(envelope.id):
            self._flow.acknowledge(peer, envelope.id, envelope.time, tag)
        else:
            self._sessions.tell(peer, r.Acked(envelope.id, envelope.time), tag)
