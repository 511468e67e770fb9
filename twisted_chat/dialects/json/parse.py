"""The JSON dialect: one object per line, for programs. docs/protocol.md describes it for their authors."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable
from datetime import tzinfo
from typing import Any, Final, NoReturn

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar.search import USAGE, BadSearch, read_search
from twisted_chat.core.values.about import About
from twisted_chat.core.values.extras import BadTags, Extras, read_tags
from twisted_chat.core.values.ids import MessageId, read_id
from twisted_chat.core.values.names import BadName, Nick, RoomName, parse_nick, parse_room
from twisted_chat.core.values.profile import BadKey, parse_key
from twisted_chat.core.values.text import BadText, CleanText, Secret, decode, shown
from twisted_chat.dialects.base import BadLine, Dialect, PlainSession, Request
from twisted_chat.dialects.json.events import JsonView
from twisted_chat.dialects.line.parse import read
from twisted_chat.dialects.private_words import read_bot_commands
from twisted_chat.dialects.said import meant_for
from twisted_chat.dialects.schema.base import Incoming, read_rfc3339

#: The most lines of one message (as Ergo's multi-line limit).
MAX_LINES: Final = 100
#: The longest id a client may give a message, in characters.
MAX_ID: Final = 64
#: The longest text that a ping carries there and back, in characters.
MAX_PING: Final = 200

# Of msgspec's errors: what ends with the path to the field.
_FIELD: Final = re.compile(r" - at `\$\.(\w+)`$")
_NUMBERS: Final = ("limit", "page")
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


def is_object(line: bytes) -> bool:
    """Return whether a line of another dialect is a program's object, perhaps broken: people do not type that."""
    return line.lstrip(b" \t").startswith(b"{") and b'"type"' in line


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
        incoming = _decode(frame)
        tag = _tag(incoming.id)
        if tag is None and incoming.id is not None:
            raise BadLine(
                f"The id must have 1 to {MAX_ID} printable characters. Nothing was sent.", "bad-id"
            )
        try:
            command = _command(incoming, logged_in)
        except (BadText, BadName) as bad:
            talks = incoming.type.lower() in ("message", "private")
            why = f"{_sentence(bad)} The message was not sent." if talks else _sentence(bad)
            raise BadLine(
                why, "bad-name" if isinstance(bad, BadName) else "bad-text", tag
            ) from None
        except BadLine as bad:
            raise BadLine(str(bad), bad.code, tag) from None
        return Request(command, tag)


def _sentence(bad: ValueError) -> str:
    """Return a reason, which is a fragment, as a sentence."""
    why = str(bad)
    return f"{why[:1].upper()}{why[1:]}."


def _tag(given: object) -> str | None:
    """Return the client's message id if it can be sent back unchanged, else None."""
    if not isinstance(given, str) or not 0 < len(given) <= MAX_ID:
        return None
    try:
        return given if CleanText(given) == given else None
    except BadText:
        return None


def _decode(frame: bytes) -> Incoming:
    """Decode one object strictly: what JSON forbids or leaves open is refused, with an error that says what is wrong."""
    try:
        value = _DECODER.decode(decode(frame))
        if not isinstance(value, dict):
            raise BadLine('Every line must be one JSON object: {"type": …}.', "bad-json")
        return msgspec.convert(value, Incoming)
    except BadText as bad:
        raise BadLine(_sentence(bad), "bad-json") from None
    except msgspec.ValidationError as bad:
        raise BadLine(_wrong_field(str(bad)), "bad-field", _tag(value.get("id"))) from None
    except RecursionError:
        raise BadLine("The object is nested too deeply.", "bad-json") from None
    except BadLine:
        raise
    except json.JSONDecodeError as bad:
        why = shown(bad.msg.removesuffix(" at"), 100)
        raise BadLine(
            f"This is not a JSON object: {why} (at character {bad.pos + 1}).", "bad-json"
        ) from None
    except ValueError:
        # The limit of sys.set_int_max_str_digits: reading a number takes time quadratic in its length.
        raise BadLine("A number in the object has too many digits.", "bad-json") from None


def _wrong_field(why: str) -> str:
    """Translate msgspec's error, which is in terms of Python, to JSON."""
    found = _FIELD.search(why)
    if "`$.values" in why:
        return '"values" must be an object of strings, or null for keys to remove.'
    for name in ("commands", "add", "remove"):
        if f"`$.{name}" in why:
            return f'"{name}" must be a list of strings.'
    if "`$.tags" in why:
        return '"tags" must be an object of strings.'
    if found is None:
        return 'Every object needs a "type".'
    if found[1] in ("literal", "operators", "bot"):
        return f'"{found[1]}" must be true or false.'
    return f'"{found[1]}" must be a {"whole number" if found[1] in _NUMBERS else "string"}.'


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadLine("A key occurs twice in the object.", "bad-json")
    return found


def _no_constant(name: str) -> NoReturn:
    raise BadLine(f"{name} is not valid in JSON.", "bad-json")


# The standard library's decoder can detect a key that occurs twice; msgspec then checks the types. The decoder is made once, as
# that takes longer than decoding an object.
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant)


def _command(incoming: Incoming, logged_in: bool) -> c.Command:
    if incoming.type.upper() in ("MSG", "JOIN"):
        incoming = _as_typed(incoming)
    kind = incoming.type.lower()
    match kind:
        case "message":
            if incoming.to is not None or incoming.partner is not None:
                to = "to" if incoming.to is not None else "with"
                raise BadLine(
                    f'A message with "{to}" must have the type "private". Nothing was sent.',
                    "bad-field",
                )
            return _say(incoming)
        case "private":
            if incoming.to is None:
                raise BadLine(
                    'A private message needs "to", the nickname of the recipient. Nothing was sent.',
                    "bad-field",
                )
            if incoming.operators:
                raise BadLine(
                    '"operators" is for messages in rooms. Nothing was sent.', "bad-field"
                )
            return c.PrivateMessage(
                parse_nick(incoming.to),
                _lines(incoming.content),
                _kind(incoming.kind),
                incoming.scope,
                _extras(incoming),
            )
        case "tags":
            extras = _extras(incoming)
            if extras is None or not extras.tags:
                raise BadLine('"tags" needs "tags", an object of strings.', "bad-field")
            if incoming.to is not None:
                return c.PrivateMessage(parse_nick(incoming.to), (), "tags", incoming.scope, extras)
            return c.Say((), _room(incoming.room), "tags", program=True, extras=extras)
        case "nick":
            nick = _nick(incoming.content)
            password, token = _password(incoming), incoming.session or None
            if logged_in and nick is None:
                raise BadLine('"nick" needs "content", the nickname.', "bad-field")
            if logged_in and nick is not None and password is None and token is None:
                return c.Rename(nick)
            about = About(real_name=CleanText(incoming.real_name), bot=incoming.bot)
            return c.Login(nick, password, token, about=about)
        case "join":
            room = _room(incoming.room or incoming.content)
            if room is None:
                raise BadLine('"join" needs "content", the name of a room.', "bad-field")
            return c.Join(room, _password(incoming))
        case "leave":
            return c.Leave(_room(incoming.room or incoming.content))
        case "history":
            return c.ShowHistory(
                _room(incoming.room),
                _id(incoming.before),
                _id(incoming.after),
                _positive("limit", incoming.limit),
                _partner(incoming),
            )
        case "search":
            return _search(incoming)
        case "list":
            return c.ListAll(_positive("page", incoming.page) or 1)
        case "who":
            return c.Who(
                _room(incoming.room or incoming.content), _positive("page", incoming.page) or 1
            )
        case "topic":
            room = _room(incoming.room)
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
                raise BadLine('"command" needs "content", a line as people type it.', "bad-field")
            return _placed(command, _room(incoming.room))
        case "register":
            password = _password(incoming)
            if password is None:
                raise BadLine('"register" needs "password".', "bad-field")
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
                raise BadLine(why, "bad-field")
            return c.SetBotCommands(read_bot_commands(incoming.commands))
        case "redact":
            message, partner = _id(incoming.message), _partner(incoming)
            if message is None:
                raise BadLine('"redact" needs "message", the id of a message.', "bad-field")
            room, reason = _room(incoming.room), CleanText(incoming.content) or None
            return c.DeleteMessage(message, None if partner else room, partner, reason)
        case "profile":
            return _profile(incoming)
        case "read":
            message, partner = _id(incoming.message), _partner(incoming)
            if incoming.time is not None:
                return _read_until(incoming)
            if message is None:
                raise BadLine(
                    '"read" needs "message", the id of the last message that was read.', "bad-field"
                )
            return c.MarkRead(message, None if partner else _room(incoming.room), partner)
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
    lines, kind = _lines(incoming.content), _kind(incoming.kind)
    unless: tuple[Nick | RoomName, ...] = ()
    if not incoming.literal:
        unless = tuple(meant for line in lines if (meant := meant_for(line)) is not None)
    room, extras = _room(incoming.room), _extras(incoming)
    return c.Say(lines, room, kind, unless, program=bool(unless), extras=extras)


def _read_until(incoming: Incoming) -> c.Command:
    """Read a time until when something was read; an empty one asks for that."""
    target = _partner(incoming) or _room(incoming.room)
    if target is None:
        raise BadLine('"time" in "read" needs "room" or "with".', "bad-field")
    if not incoming.time:
        return c.ShowReadUntil(target)
    time = read_rfc3339(incoming.time)
    if time is None:
        raise BadLine('"time" must be a time such as 2026-01-31T12:00:00.000Z.', "bad-field")
    return c.MarkReadUntil(target, time)


def _extras(incoming: Incoming) -> Extras | None:
    if not incoming.tags and not incoming.operators:
        return None
    try:
        tags = read_tags((incoming.tags or {}).items())
        return Extras(tags, operators=incoming.operators)
    except BadTags as bad:
        raise BadLine(f"{bad} Nothing was sent.", "bad-tags") from None


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


def _lines(content: str) -> c.Lines:
    """Split a text into lines. As in a file, a line end at the very end does not begin another line."""
    lines = content.removesuffix("\n").split("\n")
    if len(lines) > MAX_LINES:
        raise BadLine(
            f"A message can have at most {MAX_LINES} lines. Nothing was sent.", "too-long"
        )
    return tuple(CleanText(line.removesuffix("\r")) for line in lines)


def _search(incoming: Incoming) -> c.Search:
    try:
        search = read_search(CleanText(incoming.content))
    except BadSearch as bad:
        raise BadLine(f"{_sentence(bad)} Usage of content: {USAGE}", "usage") from None
    room = _room(incoming.room)
    return msgspec.structs.replace(
        search,
        rooms=search.rooms if room is None else tuple(dict.fromkeys((*search.rooms, room))),
        before=_id(incoming.before),
        limit=_positive("limit", incoming.limit),
    )


def _profile(incoming: Incoming) -> c.Command:
    """Show or change a profile: of a room, of another user (only to see it), or one's own."""
    room, values = _room(incoming.room), incoming.values
    if values is None:
        return c.ShowProfile(_partner(incoming), room)
    try:
        changes = tuple(
            (parse_key(key), None if value is None else CleanText(value))
            for key, value in values.items()
        )
    except BadKey as bad:
        raise BadLine(f"{_sentence(bad)} Nothing was changed.", "bad-field") from None
    return c.ChangeProfile(changes, room is not None, room)


def _kind(kind: str) -> c.Kind:
    match kind:
        case "say" | "action" | "notice" | "ctcp" | "ctcp-reply":
            return kind
        case _:
            raise BadLine(
                "The kind must be say, action, notice, ctcp or ctcp-reply. Nothing was sent.",
                "bad-field",
            )


def _nick(content: str) -> Nick | None:
    content = content.strip(" ")
    if not content:
        return None
    try:
        return parse_nick(content)
    except BadName as bad:
        raise BadLine(f"That cannot be your nickname: {bad}.", "bad-nick") from None


def _password(incoming: Incoming) -> Secret | None:
    """Return the password, cleaned as in the line dialect, so that each dialect accepts what the other can send."""
    return Secret(incoming.password) if incoming.password else None


def _room(name: str | None) -> RoomName | None:
    return parse_room(name) if name else None


def _partner(incoming: Incoming) -> Nick | None:
    """Return the nick whose private messages an object is about; None if it is about a room."""
    return parse_nick(incoming.partner) if incoming.partner else None


def _id(text: str | None) -> MessageId | None:
    if text is None:
        return None
    message = read_id(text)
    if message is None:
        raise BadLine(
            "before, after and message need the id of a message, as the server sent it.",
            "bad-field",
        )
    return message


def _positive(name: str, number: int | None) -> int | None:
    if number is not None and number < 1:
        raise BadLine(f"{name} must be at least 1.", "bad-field")
    return number


_check: type[Dialect] = JsonDialect
