"""What the JSON dialect sends: one object for each thing, ended by LF."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import Final

from msgspec.structs import force_setattr

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import UserId, spell
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.room_settings import Setting
from twisted_chat.dialects.base import View
from twisted_chat.dialects.json.replies import answer
from twisted_chat.dialects.json.values import nick_texts, time_of_day
from twisted_chat.dialects.schema import events as s
from twisted_chat.dialects.schema.base import Placed, encode, moment, plain, second
from twisted_chat.dialects.wording import events as say

#: How many removed users are named: a page, as in lists.
_NAMED: Final = 50


class JsonView:
    """What a JSON session sees; the same for all its rooms."""

    sums = True

    def __init__(self, zone: tzinfo | None, now: Callable[[], float]) -> None:
        self._zone = zone
        self._time_now = now

    def event(self, envelope: e.Envelope) -> bytes:
        return self._event(envelope, replay=False)

    def own(self, envelope: e.Envelope, *, acked: bool) -> bytes:
        match envelope.event:
            case e.Said() | e.Told():
                return b"" if acked else self.event(envelope)
            case e.Joined() | e.Left():
                return b""  # the answers to join and leave tell more
            case _:
                return self.event(envelope)

    def replay(self, envelope: e.Envelope) -> bytes:
        return self._event(envelope, replay=True)

    def found(self, envelope: e.Envelope) -> bytes:
        return self.replay(envelope)

    def reply(self, reply: r.Reply, tag: str | None) -> bytes:
        if isinstance(reply, r.ReadUntil) and reply.noticed:
            return b""
        told = answer(reply)
        # A reply has no time of its own: it is made now.
        force_setattr(told, "timestamp", time_of_day(int(self._time_now()), self._zone))
        data = encode(told)
        return (data if tag is None else _extended(data, b"id", tag)) + b"\n"

    def _event(self, envelope: e.Envelope, *, replay: bool) -> bytes:
        told = _happened(envelope)
        if told is None:
            return b""
        # What all of them have is put in behind their own: as arguments it would be handed on by each.
        force_setattr(told, "timestamp", time_of_day(int(envelope.time), self._zone))
        force_setattr(told, "time", moment(envelope.time))
        if envelope.id:  # what delivery made for show has none
            force_setattr(told, "id", spell(envelope.id))
        event, author = envelope.event, envelope.author
        account = author.account if author is not None else None
        new = event.proof.account if isinstance(event, e.LoggedIn) else account
        if account is not None:
            force_setattr(told, "account", new)
        data = encode(told)
        if account is None and new is not None:
            data = _extended(data, b"account", new)
        return (_extended(data, b"replay", True) if replay else data) + b"\n"


def _happened(envelope: e.Envelope) -> Placed | None:
    """Return the object of an event, without its id and times; None if it is not shown."""
    event, author = envelope.event, envelope.author
    who = author.nick.text if author is not None else ""
    room = envelope.room.name.text if envelope.room is not None else ""
    if isinstance(event, e.Said | e.Told) and event.kind == "tags":
        return _tags_sent(envelope, event)
    if isinstance(event, e.Said):
        content, tag = "\n".join(event.lines), envelope.tag
        scope = author.scope if tag is not None and author is not None else None
        return s.RoomMessage(
            content=content,
            kind=plain(event.kind),
            # A reader drops a resend of a line that it was shown and that was not stored.
            nonce=tag if scope is not None else None,
            scope=scope,
            tags=_tags(event),
            operators=event.extras is not None and event.extras.operators,
            sender=who,
            room=room,
        )
    where = str(envelope.room.name) if envelope.room is not None else ""
    match event:
        case e.Told(nick=to, kind=kind, lines=lines):
            return s.PrivateMessage(
                content="\n".join(lines),
                to=to.text,
                # To this session, and no other under the same name, an answer can be sent.
                scope=author.scope if author is not None else None,
                kind=plain(kind),
                tags=_tags(event),
                sender=who,
            )
        case e.Joined():
            return s.Joined(content=say.joined(who, where), sender=who, room=room)
        case e.Left(reason=reason):
            return s.Left(content=say.left(who, where), reason=reason or "", sender=who, room=room)
        case e.Departed(reason=reason):
            return s.Quit(content=say.departed(who), reason=reason or "", sender=who)
        case e.Renamed(nick=nick) | e.LoggedIn(nick=nick):
            return s.Renamed(content=nick.text, sender=who)
        case e.Kicked(nick=nick, reason=reason):
            content = say.kicked(who, nick.text, where)
            return s.Kicked(
                content=content, to=nick.text, reason=reason or "", sender=who, room=room
            )
        case e.MessageDeleted(message=message, nick=nick, partner=partner, reason=reason):
            return s.MessageDeleted(
                content=say.message_deleted(who, nick.text, where, reason, mine=event.mine),
                message=spell(message),
                reason=reason or "",
                to=partner.text if partner is not None else None,
                sender=who,
                room=room or None,
            )
        case e.ProfileChanged(changes=changes, of_room=of_room):
            return s.ProfileChanged(
                content=say.profile_changed(who, changes, where if of_room else ""),
                values={key: None if value is None else str(value) for key, value in changes},
                sender=who,
                room=room or None,
            )
        case e.TopicSet(topic=topic):
            return s.Topic(content=topic, sender=who, room=room)
        case e.AwaySet(text=text, auto=auto):
            return s.Away(content=text or "", away=text is not None, auto=auto, sender=who)
        case e.RealNameSet(real_name=name):
            return s.RealName(content=name, sender=who)
        case e.UserChanged(changes=changes):
            return s.SelfChanged(
                content=say.user_changed(changes), changes=dict(changes), sender=who
            )
        case e.BotCommandsSet(words=words):
            return s.BotCommands(
                content=say.bot_commands_set(who, words), commands=words, sender=who
            )
        case e.Announced(lines=lines, wallops=wallops):
            return s.Announcement(content="\n".join(lines), wallops=wallops, sender=who)
        case (
            e.Killed()
            | e.ServerBanned()
            | e.ServerUnbanned()
            | e.PanicSet()
            | e.PasswordReset()
            | e.AccountRemoved()
        ):
            return None  # what comes of them is shown
        case e.Gathered(joined=joined, left=left, members=members):
            came, went = (nick_texts(each.nick for each in them) for them in (joined, left))
            return s.Gathered(
                content=say.gathered(came, went, where),
                joined=came,
                left=went,
                count=members,
                room=room,
            )
        case e.RoomEvent():
            content = say.in_room(event, who, where)
            return _in_room(event, content, who, room)
        case e.KeepSet(keep=keep, capped=capped):
            return s.RetentionSet(
                content=say.retention_set(who, where, keep, capped=capped),
                days=keep.days or None,
                max_lines=keep.lines or None,
                capped=capped,
                sender=who,
                room=room,
            )
        case (
            e.Arrived()
            | e.OperatorSet()
            | e.Received()
            | e.Read()
            | e.ReadUntil()
            | e.Detached()
            | e.Closed()
            | e.AccountRegistered()
            | e.PasswordChanged()
            | e.AccountDropped()
            | e.InviteCodeMade()
            | e.PrivacySet()
            | e.IgnoreSet()
        ):  # pragma: no branch (mypy sees a missing case)
            return None


def _in_room(event: e.AnyRoomEvent, content: str, who: str, room: str) -> Placed:
    """Return the object of a change to the settings, roles and bans of a room."""
    match event:
        case e.SettingsChanged(changes=changes):
            values: dict[str, bool | int | str]
            values = {setting: _value(setting, value) for setting, value in changes}
            (setting, value), *others = values.items()
            return s.SettingChanged(
                setting=setting,
                value=value,
                changes=values if others else None,
                content=content,
                sender=who,
                room=room,
            )
        case e.RoomPasswordSet(locked=locked):
            return s.SettingChanged(
                setting="lock", value=locked, content=content, sender=who, room=room
            )
        case e.InvitedToRoom(you=True):
            return s.Invited(content=content, sender=who, room=room)
        case e.InvitedToRoom(nick=nick):
            return s.InviteSent(to=nick.text, content=content, sender=who, room=room)
        case e.RoleChanged(role=role, given=given, nick=nick):
            return s.Role(
                to=nick.text, role=role, given=given, content=content, sender=who, room=room
            )
        case e.RoomRegistered():
            return s.OwnerChanged(content=content, sender=who, room=room)
        case e.RoomRenamed(name=name, reason=reason):
            return s.RoomRenamed(
                name=name.text, reason=reason, content=content, sender=who, room=room
            )
        case e.RoomTransferred(nick=nick):
            return s.OwnerChanged(to=nick.text, content=content, sender=who, room=room)
        case e.Banned(ban=ban, out=out):
            return s.BanSet(
                target=ban.target.text,
                until=second(ban.until) if ban.until else None,
                reason=ban.reason,
                out=_named(out),
                out_count=len(out),
                content=content,
                sender=who,
                room=room,
            )
        case e.Unbanned(target=target):
            return s.BanLifted(target=target.public, content=content, sender=who, room=room)
        case e.Muted(ban=ban):
            until = second(ban.until) if ban.until else None
            return s.MuteSet(
                target=ban.target.text,
                until=until,
                reason=ban.reason,
                content=content,
                sender=who,
                room=room,
            )
        case e.Unmuted(target=target):
            return s.MuteLifted(target=target.public, content=content, sender=who, room=room)
        case e.Excepted(exempt=exempt, ban=ban):
            return s.ExceptionSet(
                exempt=exempt,
                target=ban.target.text,
                until=second(ban.until) if ban.until else None,
                reason=ban.reason,
                content=content,
                sender=who,
                room=room,
            )
        case e.ExceptionLifted(exempt=exempt, target=target):
            return s.ExceptionLifted(
                exempt=exempt, target=target.public, content=content, sender=who, room=room
            )
        case e.Forgotten(everywhere=everywhere):
            return s.Forgotten(everywhere=everywhere, content=content, sender=who, room=room)
        case e.RoomDropped(out=out):  # pragma: no branch (mypy sees a missing case)
            return s.RoomDropped(
                out=_named(out), out_count=len(out), content=content, sender=who, room=room
            )


def _value(setting: Setting, value: int) -> bool | int | str:
    match setting:
        case "slow" | "limit":
            return value
        case "visibility":
            return "join" if value else "all"
        case _:
            return bool(value)


def _tags_sent(envelope: e.Envelope, event: e.Said | e.Told) -> Placed:
    """Return the object of a message that has only tags."""
    author, tag = envelope.author, envelope.tag
    assert author is not None
    return s.TagsSent(
        room=envelope.room.name.text if envelope.room is not None else None,
        to=event.nick.text if isinstance(event, e.Told) else None,
        scope=author.scope if tag is not None or isinstance(event, e.Told) else None,
        tags=_tags(event),
        sender=author.nick.text,
    )


def _tags(event: e.Said | e.Told) -> dict[str, str] | None:
    extras = event.extras
    return dict(extras.tags) if extras is not None and extras.tags else None


def _extended(data: bytes, name: bytes, value: str | bool) -> bytes:
    """Add a field after those that an object has."""
    return b'%b,"%b":%b}' % (data[:-1], name, encode(value))


def _named(out: Iterable[tuple[UserId, Nick]]) -> tuple[str, ...]:
    """Name the first users who were removed: a crowd does not fit into an object that everyone is sent."""
    return tuple(nick.text for _, nick in out)[:_NAMED]


_check: type[View] = JsonView
