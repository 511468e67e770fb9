"""Carries out the effects of an event on the sessions of this node, on delivery and on the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules import decisions as d
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.outcomes import Applied
from twisted_chat.core.values.ids import MessageId, SessionId
from twisted_chat.server.admin import Admin
from twisted_chat.server.disk import Disk
from twisted_chat.server.history import HistoryReader
from twisted_chat.server.lifecycle import SessionLifecycle
from twisted_chat.server.login import AccountLogin
from twisted_chat.server.presence import Presence
from twisted_chat.server.read_lookups import ReadLookups
from twisted_chat.server.recorder import StateRecorder
from twisted_chat.server.services import Services

#: Acknowledged without waiting for the store.
_AT_ONCE: Final = MessageId(0)

#: Carries out one kind of effect of an event that a session of this node (or None) did.
_Do: TypeAlias = Callable[[Any, e.Envelope, SessionId | None], None]


class EventFanout:
    """Gives each event to delivery, and what is stored of it to the store. It distinguishes effects, never events."""

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
        self._store = services.store
        self._commits = services.commits
        self._connections = services.connections
        self._history = history
        self._recorder = recorder
        self._login = login
        self._admin = admin
        self._disk = disk
        store, connections = services.store, services.connections
        lookups = ReadLookups(services)
        self._do: dict[type[f.Effect], _Do] = {
            f.ShowLine: self._show_line,
            f.ShowRoom: lambda it, envelope, session: connections.say(it.room, envelope),
            f.ShowEach: self._show_each,
            f.ShowNear: self._show_near,
            f.ShowOwn: self._show_own,
            f.ShowOrigin: self._show_origin,
            f.ShowUser: self._show_user,
            f.ShowUsers: self._show_users,
            f.ShowAll: self._show_all,
            f.Gather: lambda it, envelope, session: connections.gather(
                it.room, it.author, it.members, it.joined, it.departed
            ),
            f.Arrive: lambda it, envelope, session: lifecycle.arrived(envelope, session),
            f.LogIn: lambda it, envelope, session: lifecycle.logged_in(envelope, session),
            f.LeaveRooms: self._leave_rooms,
            f.JoinUser: self._join_user,
            f.Instead: self._instead,
            f.EnterRoom: self._enter_room,
            f.ExitRoom: self._exit_room,
            f.TellLeft: self._tell_left,
            f.HangUp: self._hang_up,
            f.Notify: self._notify,
            f.NotifyOrigin: self._notify_origin,
            f.TellRead: self._tell_read,
            f.NoteReadTime: lookups.note_time,
            f.NoteReadMessage: lookups.note_message,
            f.TellSessions: self._tell_sessions,
            f.ShowSessions: lambda it, envelope, session: connections.show(it.sessions, envelope),
            f.Confirm: self._confirm,
            f.ConfirmStored: self._confirm_stored,
            f.ConfirmDeed: self._confirm_deed,
            f.UpdateIgnored: self._update_ignored,
            f.KeepId: lambda it, envelope, session: store.append(envelope, it.sent),
            f.KeepPrivate: lambda it, envelope, session: store.keep_private(envelope, it.sent),
            f.Dissolve: lambda it, envelope, session: store.forget(it.rooms, envelope.id),
            f.KeepPassing: lambda it, envelope, session: history.keep_passing(envelope),
            f.DeleteMessage: self._delete_message,
            f.Erase: lambda it, envelope, session: store.erase(it.account, it.room, envelope.id),
            f.Deliver: lambda it, envelope, session: store.receive(it.account, envelope.id),
            f.Tidy: lambda it, envelope, session: recorder.tidy(),
            f.ComeBack: lambda it, envelope, session: presence.come_back(it.user),
            f.Seen: self._seen,
            f.LastSeen: lambda it, envelope, session: presence.left(it.account, envelope.time),
            f.NoteNetwork: self._note_network,
            f.ForgetNetworks: lambda it, envelope, session: recorder.known_networks.forget(
                it.account
            ),
            f.Audit: admin.audit,
            f.StoreBan: lambda it, envelope, session: store.ban(it.ban, envelope.id),
            f.StoreUnban: lambda it, envelope, session: store.unban(
                it.kind, it.target, envelope.id
            ),
            f.StorePanic: lambda it, envelope, session: store.set_panic(it.level, envelope.id),
        }

    def show(self, applied: Applied, session: SessionId | None) -> None:
        """Carry out the effects of an event. ``session`` is the session of this node that caused it."""
        envelope, state = applied.envelope, self._hub.state
        if state.altered:
            self._recorder.keep_rooms(envelope.id)
        for effect in applied.effects:
            self._do[type(effect)](effect, envelope, session)

    # --- who is shown the event ---

    def _show_line(self, it: f.ShowLine, envelope: e.Envelope, session: SessionId | None) -> None:
        only = None
        if it.only is not None:
            only = tuple(each for user in it.only for each in self._sessions.of(user))
        kept, at = it.kept and self._disk.keeps(envelope, session), envelope.id
        if kept:
            self._store.append(envelope, it.sent)
        else:
            at = self._commits.at(at)
        self._connections.show_line(envelope, session, at, kept, only)

    def _show_each(self, it: f.ShowEach, envelope: e.Envelope, session: SessionId | None) -> None:
        for user in tuple(self._hub.state.rooms[it.room].members):
            for each in self._sessions.of(user):
                self._connections.echo(each, envelope, each == session)

    def _show_near(self, it: f.ShowNear, envelope: e.Envelope, session: SessionId | None) -> None:
        assert envelope.author is not None
        own = self._sessions.of(envelope.author.user) if it.own else ()
        self._connections.show_near(it.rooms, envelope, own)

    def _show_own(self, it: f.ShowOwn, envelope: e.Envelope, session: SessionId | None) -> None:
        assert envelope.author is not None
        for each in self._sessions.of(envelope.author.user):
            self._connections.echo(each, envelope, each == session)

    def _show_origin(
        self, it: f.ShowOrigin, envelope: e.Envelope, session: SessionId | None
    ) -> None:
        if session is not None:
            self._connections.echo(session, envelope)

    def _show_users(self, it: f.ShowUsers, envelope: e.Envelope, session: SessionId | None) -> None:
        sessions = tuple(each for user in it.users for each in self._sessions.of(user))
        self._connections.show(sessions, envelope)

    def _show_user(self, it: f.ShowUser, envelope: e.Envelope, session: SessionId | None) -> None:
        self._connections.show(self._sessions.of(it.user), envelope, True)

    def _show_all(self, it: f.ShowAll, envelope: e.Envelope, session: SessionId | None) -> None:
        self._connections.show(self._sessions.inside(), envelope)

    # --- where sessions are ---

    def _leave_rooms(
        self, it: f.LeaveRooms, envelope: e.Envelope, session: SessionId | None
    ) -> None:
        if session is not None:
            for room in it.rooms:
                self._connections.exit(session, room)

    def _join_user(self, it: f.JoinUser, envelope: e.Envelope, session: SessionId | None) -> None:
        if session is None:
            return
        self._connections.echo(session, envelope)
        if it.inside:
            self._sessions.enter(session)
        else:  # its door enters a room, as after any login
            self._sessions.refocus(session)

    def _instead(self, it: f.Instead, envelope: e.Envelope, session: SessionId | None) -> None:
        other = msgspec.structs.replace(envelope, event=it.event)
        for effect in it.effects:
            self._do[type(effect)](effect, other, session)

    def _enter_room(self, it: f.EnterRoom, envelope: e.Envelope, session: SessionId | None) -> None:
        author, room = envelope.author, self._hub.state.rooms[it.room]
        assert author is not None
        for each in self._sessions.of(author.user):
            self._connections.enter(each, it.room)
            if each != session:
                self._connections.echo(each, envelope)
                continue
            self._sessions.refocus(each)
            entered = self._hub.entered(room, created=it.created)
            self._sessions.tell(each, entered, envelope.tag)
            backlog = self._hub.state.sessions[each].backlog
            if backlog == 0:
                continue
            recall = d.Recall(
                room.ref,
                before=envelope.id,
                after=None,
                limit=self._hub.limits.history_lines if backlog is None else backlog,
                floor=self._hub.floor(author.user, room, envelope.time),
            )
            self._history.answer(each, recall, None, asked=False)

    def _hang_up(self, it: f.HangUp, envelope: e.Envelope, session: SessionId | None) -> None:
        for each in it.sessions:
            self._connections.end(each, it.why, it.reason)

    def _exit_room(self, it: f.ExitRoom, envelope: e.Envelope, session: SessionId | None) -> None:
        for each in self._sessions.of(it.user):
            self._connections.exit(each, it.room.id)
            self._sessions.refocus(each)
            if it.notice is not None:
                gone = None if it.room.id in self._hub.state.rooms else it.room.name
                why = self._no_longer_in(it.room, each)
                self._sessions.tell(each, r.Notice(it.notice, why, gone, envelope.author))
            elif each != session:
                self._connections.echo(each, envelope)

    def _no_longer_in(self, room: e.RoomRef, session: SessionId) -> str:
        focus = self._hub.focus_of(session)
        if focus is None:
            return f"You are no longer in {room.name}. Choose the room you talk in with /join ROOM."
        return f"You are no longer in {room.name}. You still talk in {focus.ref.name}."

    def _tell_left(self, it: f.TellLeft, envelope: e.Envelope, session: SessionId | None) -> None:
        if session is not None:
            focus = self._hub.focus_of(session)
            left = r.FocusSet(focus.name if focus is not None else None, it.room)
            self._sessions.tell(session, left, envelope.tag)

    # --- what sessions are told ---

    def _notify(self, it: f.Notify, envelope: e.Envelope, session: SessionId | None) -> None:
        for user in it.users:
            for each in self._sessions.of(user):
                if each != session:
                    self._sessions.tell(each, it.reply)

    def _notify_origin(
        self, it: f.NotifyOrigin, envelope: e.Envelope, session: SessionId | None
    ) -> None:
        if session is not None:
            self._sessions.tell(session, it.reply)

    def _tell_read(self, it: f.TellRead, envelope: e.Envelope, session: SessionId | None) -> None:
        for user in it.users:
            for each in self._sessions.of(user):
                tag = envelope.tag if it.tagged and each == session else None
                self._sessions.tell(each, it.reply, tag)

    def _tell_sessions(
        self, it: f.TellSessions, envelope: e.Envelope, session: SessionId | None
    ) -> None:
        for each in it.sessions:
            self._sessions.tell(each, it.reply)

    def _confirm(self, it: f.Confirm, envelope: e.Envelope, session: SessionId | None) -> None:
        """Acknowledge what is not a message in a room; if the store was given something, once that is stored."""
        tag = envelope.tag
        if session is None or (tag is None and not it.always):
            return
        at = envelope.id if self._store.given == envelope.id else _AT_ONCE
        self._connections.acknowledge(session, at, envelope.id, envelope.time, True, tag)

    def _confirm_stored(
        self, it: f.ConfirmStored, envelope: e.Envelope, session: SessionId | None
    ) -> None:
        text = it.text + (self._login.code_of(it.code) if it.code else "")
        if session is not None:
            self._commits.promise(session, envelope.id, r.Confirmed(text), envelope.tag)

    def _confirm_deed(
        self, it: f.ConfirmDeed, envelope: e.Envelope, session: SessionId | None
    ) -> None:
        text = it.text + (self._admin.code_of(it.code) if it.code else "")
        if session is not None:
            self._admin.confirm(session, envelope, text, it.stored)

    def _update_ignored(
        self, it: f.UpdateIgnored, envelope: e.Envelope, session: SessionId | None
    ) -> None:
        for each in it.sessions:
            self._sessions.ignore(each)

    # --- what is kept ---

    def _delete_message(
        self, it: f.DeleteMessage, envelope: e.Envelope, session: SessionId | None
    ) -> None:
        self._history.store_of(it.place).delete(it.place, it.message, envelope.id)

    def _seen(self, it: f.Seen, envelope: e.Envelope, session: SessionId | None) -> None:
        assert envelope.author is not None
        self._recorder.seen(envelope.author, envelope.time)

    def _note_network(
        self, it: f.NoteNetwork, envelope: e.Envelope, session: SessionId | None
    ) -> None:
        if session is not None:
            self._recorder.entered(it.account, self._sessions.network(session))
