"""What can be set for a room: topic, retention, settings, password, and name."""

from __future__ import annotations

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Decision, Propose, SendReply
from twisted_chat.core.rules.effects import CONFIRM
from twisted_chat.core.rules.listings import settings
from twisted_chat.core.rules.outcomes import Applied, Outcome, shown
from twisted_chat.core.rules.permissions import may
from twisted_chat.core.rules.refusals import check_size
from twisted_chat.core.rules.topic import (
    Asked,
    Case,
    Ordered,
    Rule,
    Topic,
    in_room,
    permitted,
)
from twisted_chat.core.state.room import room_digest
from twisted_chat.core.state.state import State
from twisted_chat.core.values.ids import Node
from twisted_chat.core.values.room_settings import MAX_LIMIT, MAX_SLOW


class RoomSettings(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {
            c.ShowTopic: in_room(self, self.show_topic),
            c.SetTopic: in_room(self, self.set_topic),
            c.ShowKeep: in_room(self, self.show_keep),
            c.SetKeep: in_room(self, self.set_keep),
            c.ShowSettings: in_room(self, self.show_settings),
            c.ChangeSettings: in_room(self, self.change_settings),
            c.SetRoomPassword: in_room(self, self.set_password),
            c.RenameRoom: in_room(self, self.rename),
        }
        self.events = {
            e.TopicSet: Rule(self.topic_set, permitted("set topic"), in_room=True, lasting=True),
            e.KeepSet: Rule(
                self.keep_set, permitted("keep"), _keep_set, in_room=True, lasting=True
            ),
            e.SettingsChanged: Rule(
                self.settings_changed, self.check_settings, in_room=True, lasting=True
            ),
            e.RoomPasswordSet: Rule(
                self.password_set, self.check_password_set, in_room=True, lasting=True
            ),
            e.RoomRenamed: Rule(
                self.renamed, self.check_renamed, _renamed, in_room=True, lasting=True
            ),
        }

    # --- topic, and how much is kept ---

    def show_topic(self, asked: Asked, command: c.ShowTopic) -> Decision:
        room = asked.room
        return SendReply(r.Topic(room.name, room.topic, room.topic_by, room.topic_time))

    def set_topic(self, asked: Asked, command: c.SetTopic) -> Decision:
        decision = self.propose(asked, e.TopicSet(command.topic))
        if isinstance(decision, Propose):
            return check_size(command.topic, self.state.limits.max_topic) or decision
        return decision

    def topic_set(self, it: Ordered, event: e.TopicSet) -> Outcome:
        room = it.room
        room.topic, room.topic_by, room.topic_time = event.topic, it.user.nick, it.now
        return it.in_room()

    def show_keep(self, asked: Asked, command: c.ShowKeep) -> Decision:
        most = self.state.limits.most_kept()
        return SendReply(r.Kept(asked.room.name, asked.room.keep.within(most)))

    def set_keep(self, asked: Asked, command: c.SetKeep) -> Decision:
        keep = command.keep.capped(self.state.limits.most_kept())
        return self.propose(asked, e.KeepSet(keep, capped=keep != command.keep))

    def keep_set(self, it: Ordered, event: e.KeepSet) -> Outcome:
        it.room.keep = event.keep
        return it.in_room()

    # --- how it is set ---

    def show_settings(self, asked: Asked, command: c.ShowSettings) -> Decision:
        return SendReply(settings(asked.room))

    def change_settings(self, asked: Asked, command: c.ChangeSettings) -> Decision:
        return self.propose(asked, e.SettingsChanged(command.changes))

    def check_settings(self, case: Case, event: e.SettingsChanged) -> Refused | None:
        refused = may("set", case.user, case.room, case.now)
        if refused is not None:
            return refused
        changes = dict(event.changes)
        if not 0 <= changes.get("slow", 0) <= MAX_SLOW:
            why = f"The longest interval is {MAX_SLOW:,} seconds (six hours); 0 turns slow mode off. Nothing was changed."
            return Refused("too-slow", why)
        if not 0 <= changes.get("limit", 0) <= MAX_LIMIT:
            why = f"The largest limit is {MAX_LIMIT:,} members; 0 means no limit. Nothing was changed."
            return Refused("bad-limit", why)
        return None

    def settings_changed(self, it: Ordered, event: e.SettingsChanged) -> Outcome:
        settings = it.room.settings
        for setting, value in event.changes:
            settings = settings.changed(setting, value)
        self.state.set_room(it.room, settings)
        return it.in_room()

    def set_password(self, asked: Asked, command: c.SetRoomPassword) -> Decision:
        password = command.password
        digest = room_digest(asked.room.name, password) if password is not None else None
        event = e.RoomPasswordSet(password is not None, digest, asked.room.name)
        return self.propose(asked, event)

    def check_password_set(self, case: Case, event: e.RoomPasswordSet) -> Refused | None:
        user, room, now = case.user, case.room, case.now
        refused = may("lock", user, room, now)
        if refused is None and not event.locked and room.password is None:
            return Refused("not-locked", f"{room.name} is not locked. Nothing was changed.")
        return refused

    def password_set(self, it: Ordered, event: e.RoomPasswordSet) -> Outcome:
        state, room = self.state, it.room
        room.password = event.password if event.locked else None
        room.locked_as = event.name if event.locked and event.name != room.name else None
        if event.locked:
            # Users outside do not know it, and what is said from now on is not for them.
            here = {state.users[member].account for member in room.members}
            state.read_markers.close(room.ref.id, here)
        return it.in_room(e.RoomPasswordSet(event.locked))

    # --- its name ---

    def rename(self, asked: Asked, command: c.RenameRoom) -> Decision:
        long = check_size(command.reason, self.state.limits.max_away)
        return long or self.propose(asked, e.RoomRenamed(command.name, command.reason))

    def check_renamed(self, case: Case, event: e.RoomRenamed) -> Refused | None:
        room, name = case.room, event.name
        refused = may("rename", case.user, room, case.now)
        if refused is not None:
            return refused
        if name.text == room.name.text:
            return Refused("room-name", f"The room is already called {name}. Nothing was changed.")
        other = self.state.room_named(name) or self.state.lookalike(name)
        if other is None or other is room:
            return None
        # An attempt to create a room of that name would reveal as much.
        why = f"{name} is taken, or looks too much like another room. Nothing was changed. Choose another name."
        return Refused("room-taken", why)

    def renamed(self, it: Ordered, event: e.RoomRenamed) -> Outcome:
        happened = it.in_room()
        self.state.rename_room(it.room, event.name)
        return happened


# --- what follows ---


def _renamed(applied: Applied, event: e.RoomRenamed, state: State, node: Node) -> f.Effects:
    assert applied.envelope.room is not None
    return f.ShowEach(applied.envelope.room.id), CONFIRM


def _keep_set(applied: Applied, event: e.KeepSet, state: State, node: Node) -> f.Effects:
    return (f.Tidy(), *shown(applied, event, state, node))
