"""The JSON dialect: one object per line, for programs. docs/protocol.md describes it for their authors."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import tzinfo
from typing import Final

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar.search import USAGE, BadSearch, read_search
from twisted_chat.core.values.about import About
from twisted_chat.core.values.names import BadName, Nick, RoomName, parse_nick
from twisted_chat.core.values.profile import BadKey, parse_key
from twisted_chat.core.values.text import BadText, CleanText
from twisted_chat.dialects.base import BadLine, Dialect, PlainSession, Request
from twisted_chat.dialects.json import fields
from twisted_chat.dialects.json.decode import MAX_ID, client_id, decode_object, sentence
from twisted_chat.dialects.json.events import JsonView
from twisted_chat.dialects.line.parse import read
from twisted_chat.dialects.private_words import read_bot_commands
from twisted_chat.dialects.said import meant_for
from twisted_chat.dialects.schema.base import Incoming, read_rfc3339

#: The longest text that a ping carries there and back, in characters.
MAX_PING: Final = 200

#: How many rooms and people are listed as recent, unless more are asked for.
_RECENT: Final = 100
# Later than any time that can be written, in milliseconds.
_EVER: Final = 1 << 50

_TYPES: Final = (
    "nick",
    "register",
    "join",
    "leave",
    "message",
    "private",
    "tags",
    "history",
    "read",
    "recent",
    "redact",
    "search",
    "profile",
    "list",
    "who",
    "topic",
    "ping",
    "command",
    "bot_commands",
    "watch",
    "help",
    "quit",
)


class JsonDialect:
    """JSON lines: objects in UTF-8, each ended by LF."""

    def __init__(self, now: Callable[[], float], zone: tzinfo | None = None) -> None:
        """Take ``now``, which returns seconds since 1970, and the zone of the "HH:MM:SS" shown.

        A zone of None is the server's own.
        """
        self.now, self.zone = now, zone
        # Every object names its room, so all rooms look alike: one variant.
        self._view = JsonView(zone, now)

    def open(self) -> PlainSession:
        """See :meth:`twisted_chat.dialects.base.Dialect.open`."""
        return PlainSession(self._view, self._view, self.parse, acks=True)

    def parse(self, frame: bytes, *, logged_in: bool) -> Request | None:
        """Read one object; its ``id`` is the client's message id."""
        incoming = decode_object(frame)
        tag = client_id(incoming.id)
        if tag is None and incoming.id is not None:
            raise BadLine(
                f"The id must have 1 to {MAX_ID} printable characters. Nothing was sent.", "bad-id"
            )
        try:
            command = _command(incoming, logged_in)
        except (BadText, BadName) as bad:
            talks = incoming.type.lower() in ("message", "private")
            why = f"{sentence(bad)} The message was not sent." if talks else sentence(bad)
            raise BadLine(
                why, "bad-name" if isinstance(bad, BadName) else "bad-text", tag
            ) from None
        except BadLine as bad:
            raise BadLine(str(bad), bad.code, tag) from None
        return Request(command, tag)


def _command(incoming: Incoming, logged_in: bool) -> c.Command:
    if incoming.type.upper() in ("MSG", "JOIN"):
        incoming = _as_typed(incoming)
    kind = incoming.type.lower()
    match kind:
        case "message":
            if incoming.to is not None or incoming.partner is not None:
                to = "to" if incoming.to is not None else "with"
                raise fields.bad_field(
                    f'A message with "{to}" must have the type "private". Nothing was sent.'
                )
            return _say(incoming)
        case "private":
            if incoming.to is None:
                raise fields.bad_field(
                    'A private message needs "to", the nickname of the recipient. Nothing was sent.'
                )
            if incoming.operators:
                raise fields.bad_field('"operators" is for messages in rooms. Nothing was sent.')
            return c.PrivateMessage(
                parse_nick(incoming.to),
                fields.lines(incoming.content),
                fields.kind(incoming.kind),
                incoming.scope,
                fields.extras(incoming),
            )
        case "tags":
            extras = fields.extras(incoming)
            if extras is None or not extras.tags:
                raise fields.bad_field('"tags" needs "tags", an object of strings.')
            if incoming.to is not None:
                return c.PrivateMessage(parse_nick(incoming.to), (), "tags", incoming.scope, extras)
            return c.Say((), fields.room(incoming.room), "tags", program=True, extras=extras)
        case "nick":
            nick = fields.nick(incoming.content)
            password, token = fields.password(incoming), incoming.session or None
            if logged_in and nick is None:
                raise fields.bad_field('"nick" needs "content", the nickname.')
            if logged_in and nick is not None and password is None and token is None:
                return c.Rename(nick)
            about = About(real_name=CleanText(incoming.real_name), bot=incoming.bot)
            return c.Login(nick, password, token, about=about)
        case "join":
            room = fields.room(incoming.room or incoming.content)
            if room is None:
                raise fields.bad_field('"join" needs "content", the name of a room.')
            return c.Join(room, fields.password(incoming))
        case "leave":
            return c.Leave(fields.room(incoming.room or incoming.content))
        case "history":
            return c.ShowHistory(
                fields.room(incoming.room),
                fields.message_id(incoming.before),
                fields.message_id(incoming.after),
                fields.positive("limit", incoming.limit),
                fields.partner(incoming),
            )
        case "search":
            return _search(incoming)
        case "list":
            return c.ListAll(fields.positive("page", incoming.page) or 1)
        case "who":
            return c.Who(
                fields.room(incoming.room or incoming.content),
                fields.positive("page", incoming.page) or 1,
            )
        case "topic":
            room = fields.room(incoming.room)
            return (
                c.SetTopic(CleanText(incoming.content), room)
                if incoming.content
                else c.ShowTopic(room)
            )
        case "ping":
            if len(incoming.content) > MAX_PING:
                raise BadLine(f"A ping can carry at most {MAX_PING} characters.", "too-long")
            return c.Ping(CleanText(incoming.content))
        case "pong":
            return c.Pong()
        case "help":
            return c.Help(CleanText(incoming.content) or None)
        case "quit":
            return c.Quit(CleanText(incoming.content) or None)
        case "command":
            command = read(CleanText(incoming.content))
            if command is None:
                raise fields.bad_field('"command" needs "content", a line as people type it.')
            return _placed(command, fields.room(incoming.room))
        case "register":
            password = fields.password(incoming)
            if password is None:
                raise fields.bad_field('"register" needs "password".')
            return c.Register(password, CleanText(incoming.content) or None)
        case "watch":
            if not incoming.add and not incoming.remove:
                return c.ShowWatched()
            return c.Watch(
                tuple(map(parse_nick, incoming.add)), tuple(map(parse_nick, incoming.remove))
            )
        case "bot_commands":
            if incoming.commands is None:
                why = '"bot_commands" needs "commands", a list of words such as "!roll".'
                raise fields.bad_field(why)
            return c.SetBotCommands(read_bot_commands(incoming.commands))
        case "recent":
            return _recent(incoming)
        case "redact":
            message, partner = fields.message_id(incoming.message), fields.partner(incoming)
            if message is None:
                raise fields.bad_field('"redact" needs "message", the id of a message.')
            room, reason = fields.room(incoming.room), CleanText(incoming.content) or None
            return c.DeleteMessage(message, None if partner else room, partner, reason)
        case "profile":
            return _profile(incoming)
        case "read":
            message, partner = fields.message_id(incoming.message), fields.partner(incoming)
            if incoming.time is not None:
                return _read_until(incoming)
            if message is None:
                raise fields.bad_field(
                    '"read" needs "message", the id of the last message that was read.'
                )
            return c.MarkRead(message, None if partner else fields.room(incoming.room), partner)
        case _:
            near = difflib.get_close_matches(kind[:32], _TYPES, n=1)
            meant = f'Did you mean "{near[0]}"? ' if near else ""
            raise BadLine(
                f"There is no such type. {meant}The types are {', '.join(_TYPES[:-1])} and {_TYPES[-1]}. Nothing was done.",
                "unknown-type",
            )


# Between a name and a text, as the line dialect takes it.
_COLON: Final = re.compile("[:\uff1a]")


def _as_typed(incoming: Incoming) -> Incoming:
    """Read the verbs of older programs, with what people typed after them in ``content``, as those programs mean them."""
    content, verb = incoming.content.strip(" \n"), incoming.type.upper()
    if verb == "JOIN":
        room, _, password = content.partition(" ")
        if not password or incoming.room or incoming.password:
            return incoming
        return msgspec.structs.replace(incoming, content=room, password=password.strip(" "))
    if incoming.to is not None:
        return msgspec.structs.replace(incoming, type="private")
    if "\n" in content and isinstance(
        told := read(CleanText(f"MSG {' '.join(content.split())}")), c.PrivateMessage
    ):
        text = _COLON.split(content, 1)[1].strip()
        return msgspec.structs.replace(incoming, type="private", to=told.to.text, content=text)
    if not content or "\n" in content:
        return msgspec.structs.replace(incoming, type="message")
    return msgspec.structs.replace(incoming, type="command", content=f"MSG {content}")


def _say(incoming: Incoming) -> c.Say:
    """Say a text, in which nothing is a command; a text that looks private is refused unless it is sent as literal."""
    lines, kind = fields.lines(incoming.content), fields.kind(incoming.kind)
    unless: tuple[Nick | RoomName, ...] = ()
    if not incoming.literal:
        unless = tuple(meant for line in lines if (meant := meant_for(line)) is not None)
    room, extras = fields.room(incoming.room), fields.extras(incoming)
    return c.Say(lines, room, kind, unless, program=bool(unless), extras=extras)


def _recent(incoming: Incoming) -> c.ShowRecent:
    """Read between which times something was said; without one, there is no end on that side."""
    after = read_rfc3339(incoming.after) if incoming.after else -1
    before = read_rfc3339(incoming.before) if incoming.before else _EVER
    if after is None or before is None:
        why = '"after" and "before" must be times such as 2026-01-31T12:00:00.000Z.'
        raise fields.bad_field(why)
    return c.ShowRecent(after, before, fields.positive("limit", incoming.limit) or _RECENT)


def _read_until(incoming: Incoming) -> c.Command:
    """Read a time until when something was read; an empty one asks for that."""
    target = fields.partner(incoming) or fields.room(incoming.room)
    if target is None:
        raise fields.bad_field('"time" in "read" needs "room" or "with".')
    if not incoming.time:
        return c.ShowReadUntil(target)
    time = read_rfc3339(incoming.time)
    if time is None:
        raise fields.bad_field('"time" must be a time such as 2026-01-31T12:00:00.000Z.')
    return c.MarkReadUntil(target, time)


def _placed(command: c.Command, room: RoomName | None) -> c.Command:
    """Apply a command about the focused room to ``room`` instead."""
    if (
        room is None
        or getattr(command, "room", room) is not None
        or getattr(command, "partner", None) is not None
        or isinstance(command, c.Who)  # without a room, it lists everyone
    ):
        return command
    return msgspec.structs.replace(command, room=room)


def _search(incoming: Incoming) -> c.Search:
    try:
        search = read_search(CleanText(incoming.content))
    except BadSearch as bad:
        raise BadLine(f"{sentence(bad)} Usage of content: {USAGE}", "usage") from None
    room = fields.room(incoming.room)
    return msgspec.structs.replace(
        search,
        rooms=search.rooms if room is None else tuple(dict.fromkeys((*search.rooms, room))),
        before=fields.message_id(incoming.before),
        limit=fields.positive("limit", incoming.limit),
    )


def _profile(incoming: Incoming) -> c.Command:
    """Show or change a profile: of a room, of another user (only to see it), or one's own."""
    room, values = fields.room(incoming.room), incoming.values
    if values is None:
        return c.ShowProfile(fields.partner(incoming), room)
    try:
        changes = tuple(
            (parse_key(key), None if value is None else CleanText(value))
            for key, value in values.items()
        )
    except BadKey as bad:
        raise BadLine(f"{sentence(bad)} Nothing was changed.", "bad-field") from None
    return c.ChangeProfile(changes, room is not None, room)


_check: type[Dialect] = JsonDialect
