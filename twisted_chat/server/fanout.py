"""Carries out what follows from an event: for the sessions of this node, for delivery and for the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules import decisions as d
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.consequences import effects_of
from twisted_chat.core.rules.outcomes import Applied
from twisted_chat.delivery.batch import hidden
from twisted_chat.delivery.session import Session
from twisted_chat.server.admin import Admin
from twisted_chat.server.disk import Disk
from twisted_chat.server.history import HistoryReader
from twisted_chat.server.lifecycle import SessionLifecycle
from twisted_chat.server.login import AccountLogin
from twisted_chat.server.presence import Presence
from twisted_chat.server.recorder import StateRecorder
from twisted_chat.server.services import Services

#: Carries out one kind of effect of an event that a session of this node (or None) did.
_Do: TypeAlias = Callable[[Any, e.Envelope, Session | None], None]


class EventFanout:
    """Hands each event to delivery, and what is to be kept of it to the store. It tells effects apart, never events."""

    def __init__(
        self,
        services: Services,
        history: HistoryReader,
        recorder: StateRecorder,
        lifecycle: SessionLifecycle,
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
        self._disk = disk
        store, delivery = services.store, services.delivery
        self._do: dict[type[f.Effect], _Do] = {
            f.ShowLine: self._show_line,
            f.ShowRoom: lambda it, envelope, peer: delivery.say(it.room, envelope),
            f.ShowNear: self._show_near,
            f.ShowOwn: self._show_own,
            f.ShowUser: self._show_user,
            f.ShowAll: self._show_all,
            f.Gather: self._gather,
            f.Arrive: lambda it, envelope, peer: lifecycle.arrived(envelope, peer),
            f.LogIn: lambda it, envelope, peer: lifecycle.logged_in(envelope, peer),
            f.LeaveRooms: self._leave_rooms,
            f.JoinUser: self._join_user,
            f.Instead: self._instead,
            f.EnterRoom: self._enter_room,
            f.ExitRoom: self._exit_room,
            f.TellLeft: self._tell_left,
            f.HangUp: lambda it, envelope, peer: lifecycle.hang_up(it),
            f.Notify: self._notify,
            f.NotifyOrigin: self._notify_origin,
            f.TellRead: self._tell_read,
            f.Confirm: self._confirm,
            f.ConfirmStored: self._confirm_stored,
            f.ConfirmDeed: self._confirm_deed,
            f.UpdateIgnored: self._update_ignored,
            f.Append: lambda it, envelope, peer: self._append(envelope),
            f.KeepPrivate: self._keep_private,
            f.Dissolve: self._dissolve,
            f.Erase: self._erase,
            f.Deliver: lambda it, envelope, peer: store.receive(it.account, envelope.id),
            f.Tidy: lambda it, envelope, peer: recorder.tidy(),
            f.Seen: self._seen,
            f.LastSeen: lambda it, envelope, peer: presence.left(it.account, envelope.time),
            f.NoteNetwork: self._note_network,
            f.ForgetNetworks: lambda it, envelope, peer: recorder.known_networks.forget(it.account),
            f.Audit: admin.audit,
            f.StoreBan: self._store_ban,
            f.StoreUnban: self._store_unban,
            f.StorePanic: self._store_panic,
        }

    def show(self, applied: Applied, peer: Session | None) -> None:
        """Carry out what follows from an event. ``peer`` is the session of this node that did it."""
        envelope, state = applied.envelope, self._hub.state
        if state.altered and self._recorder.altered(envelope.id):
            self._flow.appended(envelope.id)
        for effect in effects_of(applied, state, self._hub.node):
            self._do[type(effect)](effect, envelope, peer)

    # --- who is shown the event ---

    def _show_line(self, it: f.ShowLine, envelope: e.Envelope, peer: Session | None) -> None:
        assert envelope.room is not None
        self._delivery.say(
            envelope.room.id, envelope, skip=peer.outbox if peer is not None else None
        )
        if peer is not None and peer.dialect.echoes:
            self._sessions.echo(peer, envelope, acked=peer.dialect.acks)
        kept = self._disk.keeps(envelope, peer)
        if kept:
            self._append(envelope)
        if peer is not None and peer.dialect.acks:
            reply = r.Acked(envelope.id, envelope.time, kept)
            self._flow.promise(peer, envelope.id, reply, envelope.tag)

    def _show_near(self, it: f.ShowNear, envelope: e.Envelope, peer: Session | None) -> None:
        others = self._delivery.near(it.rooms)
        assert envelope.author is not None
        mine = self._sessions.of(envelope.author.user) if it.own else ()
        for each in mine:
            others.pop(each.outbox, None)
        self._delivery.show(others, envelope)
        for each in mine:
            self._sessions.echo(each, envelope)

    def _show_own(self, it: f.ShowOwn, envelope: e.Envelope, peer: Session | None) -> None:
        assert envelope.author is not None
        for each in self._sessions.of(envelope.author.user):
            self._sessions.echo(each, envelope, acked=each is peer and each.dialect.acks)

    def _show_user(self, it: f.ShowUser, envelope: e.Envelope, peer: Session | None) -> None:
        ears = (each.outbox for each in self._sessions.of(it.user))
        self._delivery.show((ear for ear in ears if not hidden(envelope, ear.ignored)), envelope)

    def _show_all(self, it: f.ShowAll, envelope: e.Envelope, peer: Session | None) -> None:
        inside = (each for each in self._sessions.values() if self._hub.user_of(each.id))
        self._delivery.show((each.outbox for each in inside), envelope)

    def _gather(self, it: f.Gather, envelope: e.Envelope, peer: Session | None) -> None:
        self._delivery.gather(it.room, it.nick, it.members, joined=it.joined)

    # --- where sessions are ---

    def _leave_rooms(self, it: f.LeaveRooms, envelope: e.Envelope, peer: Session | None) -> None:
        if peer is not None:
            for room in it.rooms:
                self._delivery.leave(peer.outbox, room)

    def _join_user(self, it: f.JoinUser, envelope: e.Envelope, peer: Session | None) -> None:
        if peer is None:
            return
        self._sessions.echo(peer, envelope)
        if it.inside:
            self._sessions.enter(peer)
        else:  # its door enters a room, as after any login
            self._sessions.refocus(peer)
            peer.outbox.refresh()

    def _instead(self, it: f.Instead, envelope: e.Envelope, peer: Session | None) -> None:
        other = msgspec.structs.replace(envelope, event=it.event)
        for effect in it.effects:
            self._do[type(effect)](effect, other, peer)

    def _enter_room(self, it: f.EnterRoom, envelope: e.Envelope, peer: Session | None) -> None:
        author, room = envelope.author, self._hub.state.rooms[it.room]
        assert author is not None
        for each in self._sessions.of(author.user):
            self._delivery.enter(each.outbox, it.room)
            if each is not peer:
                self._sessions.echo(each, envelope)
                continue
            self._sessions.refocus(each)
            entered = self._hub.entered(room, created=it.created)
            self._sessions.tell(each, entered, envelope.tag)
            recall = d.Recall(
                room.ref,
                before=envelope.id,
                after=None,
                limit=self._hub.limits.history_lines,
                floor=self._hub.floor(author.user, room, envelope.time),
            )
            self._history.answer(each, recall, None, asked=False)

    def _exit_room(self, it: f.ExitRoom, envelope: e.Envelope, peer: Session | None) -> None:
        for each in self._sessions.of(it.user):
            self._delivery.leave(each.outbox, it.room.id)
            self._sessions.refocus(each)
            if it.notice is not None:
                self._sessions.tell(each, r.Notice(it.notice, self._no_longer_in(it.room, each)))
            elif each is not peer:
                self._sessions.echo(each, envelope)

    def _no_longer_in(self, room: e.RoomRef, peer: Session) -> str:
        focus = self._hub.focus_of(peer.id)
        if focus is None:
            return f"you are no longer in {room.name}; choose with /join ROOM where you talk now"
        return f"you are no longer in {room.name}; you talk in {focus.ref.name} as before"

    def _tell_left(self, it: f.TellLeft, envelope: e.Envelope, peer: Session | None) -> None:
        if peer is not None:
            focus = self._hub.focus_of(peer.id)
            left = r.FocusSet(focus.name if focus is not None else None, it.room)
            self._sessions.tell(peer, left, envelope.tag)

    # --- what sessions are told ---

    def _notify(self, it: f.Notify, envelope: e.Envelope, peer: Session | None) -> None:
        for user in it.users:
            for each in self._sessions.of(user):
                if each is not peer and it.unless_ignored not in each.outbox.ignored:
                    self._sessions.tell(each, it.reply)

    def _notify_origin(
        self, it: f.NotifyOrigin, envelope: e.Envelope, peer: Session | None
    ) -> None:
        if peer is not None and peer.id in self._sessions:
            self._sessions.tell(peer, it.reply)

    def _tell_read(self, it: f.TellRead, envelope: e.Envelope, peer: Session | None) -> None:
        for each in self._sessions.of_account(it.account):
            tag = envelope.tag if it.tagged and each is peer else None
            self._sessions.tell(each, it.reply, tag)

    def _confirm(self, it: f.Confirm, envelope: e.Envelope, peer: Session | None) -> None:
        """Acknowledge what is no message in a room; what the store was given waits until it is stored."""
        tag = envelope.tag
        if peer is None or not peer.dialect.acks or (tag is None and not it.always):
            return
        if self._flow.took(envelope.id):
            self._flow.acknowledge(peer, envelope.id, envelope.time, tag)
        else:
            self._sessions.tell(peer, r.Acked(envelope.id, envelope.time), tag)

    def _confirm_stored(
        self, it: f.ConfirmStored, envelope: e.Envelope, peer: Session | None
    ) -> None:
        text = it.text + (self._login.code_of(it.code) if it.code else "")
        if peer is not None:
            self._flow.promise(peer, envelope.id, r.Confirmed(text), envelope.tag)

    def _confirm_deed(self, it: f.ConfirmDeed, envelope: e.Envelope, peer: Session | None) -> None:
        text = it.text + (self._admin.code_of(it.code) if it.code else "")
        if peer is not None:
            self._admin.confirm(peer, envelope, text, it.stored)

    def _update_ignored(
        self, it: f.UpdateIgnored, envelope: e.Envelope, peer: Session | None
    ) -> None:
        for user in it.users:
            for each in self._sessions.of(user):
                each.outbox.refresh()

    # --- what is kept ---

    def _append(self, envelope: e.Envelope) -> None:
        self._store.append(envelope, self._hub.sent(envelope))
        self._flow.appended(envelope.id)

    def _keep_private(self, it: f.KeepPrivate, envelope: e.Envelope, peer: Session | None) -> None:
        self._store.keep_private(envelope, self._hub.sent(envelope))
        self._flow.appended(envelope.id)

    def _dissolve(self, it: f.Dissolve, envelope: e.Envelope, peer: Session | None) -> None:
        self._store.forget(it.rooms, envelope.id)
        if it.confirmed:
            self._flow.appended(envelope.id)

    def _erase(self, it: f.Erase, envelope: e.Envelope, peer: Session | None) -> None:
        self._store.erase(it.account, it.room, envelope.id)
        self._flow.appended(envelope.id)

    def _seen(self, it: f.Seen, envelope: e.Envelope, peer: Session | None) -> None:
        assert envelope.author is not None
        self._recorder.seen(envelope.author, envelope.time)

    def _note_network(self, it: f.NoteNetwork, envelope: e.Envelope, peer: Session | None) -> None:
        if peer is not None:
            self._recorder.entered(it.account, peer.network)

    def _store_ban(self, it: f.StoreBan, envelope: e.Envelope, peer: Session | None) -> None:
        self._store.ban(it.ban, envelope.id)
        self._flow.appended(envelope.id)

    def _store_unban(self, it: f.StoreUnban, envelope: e.Envelope, peer: Session | None) -> None:
        self._store.unban(it.kind, it.target, envelope.id)
        self._flow.appended(envelope.id)

    def _store_panic(self, it: f.StorePanic, envelope: e.Envelope, peer: Session | None) -> None:
        self._store.set_panic(it.level, envelope.id)
        self._flow.appended(envelope.id)
