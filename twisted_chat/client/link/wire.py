"""The JSON dialect from the client's side: what a server sends becomes events, what is sent becomes bytes. Pure.

Whatever a server sends gives an event: one of a type that is not known is an :class:`~twisted_chat.client.events.Unknown`, one
that is not what docs/protocol.md says a :class:`~twisted_chat.client.events.Malformed`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from twisted_chat.client import events as ev
from twisted_chat.core.values.ids import read_id
from twisted_chat.core.values.text import BadText, CleanText, shown
from twisted_chat.dialects.schema.base import Incoming, encode, plain

#: The longest line a server may send, in bytes. Its longest is the answer to help, or a page of fifty rooms with topics: 60 KiB.
MAX_LINE: Final = 256 * 1024
#: The longest object a server takes, in bytes (the default of its max-object).
MAX_OBJECT: Final = 16 * 1024

# What no line of a server of ours needs: nothing of it nests deeper than an object in a list in an object.
_MAX_DEPTH: Final = 8
# What stands for something: a server of ours sends at most 64 characters. Names are kept, so that none may be as long as a line.
_MAX_NAME: Final = 256
_NAMES: Final = frozenset(
    [
        "from",
        "to",
        "room",
        "nick",
        "account",
        "id",
        "nonce",
        "scope",
        "session",
        "suggestion",
        "names",
        "joined",
        "left",
        "out",
        "with",
        "sender",
        "users",
        "rooms",
    ]
)
# All else but the content, which may be kept too: topics and reasons, of which an operator can allow long ones.
_MAX_VALUE: Final = 16 * 1024
# The end of the year 9998: what can be shown in every time zone.
_LATEST: Final = 253_370_764_800.0
_TIMES: Final = frozenset(("time", "since", "until", "seen"))

_BY_TYPE: Final[dict[str, type[ev.Event]]] = {
    "welcome": ev.Welcome,
    "message": ev.RoomMessage,
    "private": ev.PrivateMessage,
    "tags": ev.TagsSent,
    "announcement": ev.Announcement,
    "join": ev.Joined,
    "kick": ev.Kicked,
    "nick": ev.Renamed,
    "away": ev.Away,
    "realname": ev.RealName,
    "bot_commands": ev.BotCommands,
    "role": ev.Role,
    "setting": ev.SettingChanged,
    "owner": ev.OwnerChanged,
    "ban": ev.BanSet,
    "unban": ev.BanLifted,
    "mute": ev.MuteSet,
    "unmute": ev.MuteLifted,
    "except": ev.ExceptionSet,
    "unexcept": ev.ExceptionLifted,
    "recent": ev.Recent,
    "redact": ev.MessageDeleted,
    "forget": ev.Forgotten,
    "rename": ev.RoomRenamed,
    "drop": ev.RoomDropped,
    "settings": ev.RoomSettings,
    "bans": ev.Bans,
    "invites": ev.Invitations,
    "ack": ev.Ack,
    "error": ev.Refused,
    "ping": ev.Ping,
    "pong": ev.Pong,
    "history_start": ev.HistoryStart,
    "history_end": ev.HistoryEnd,
    "waiting_start": ev.WaitingStart,
    "waiting_end": ev.WaitingEnd,
    "missed": ev.Missed,
    "search_start": ev.SearchStart,
    "search_end": ev.SearchEnd,
    "who": ev.Who,
    "list": ev.Listing,
    "whois": ev.Whois,
    "whowas": ev.Whowas,
    "counts": ev.Counts,
    "watch": ev.Watched,
    "help": ev.Help,
    "stats": ev.Stats,
    "server_bans": ev.ServerBans,
    "accounts": ev.AccountList,
    "audit": ev.Audit,
}

# Of these types there are two kinds, told apart by a field that only the first of them has.
_BY_FIELD: Final[dict[str, tuple[str, type[ev.Event], type[ev.Event]]]] = {
    "members": ("names", ev.Entered, ev.Gathered),
    "leave": ("from", ev.Left, ev.Gone),
    "quit": ("from", ev.Quit, ev.Farewell),
    "notice": ("focus", ev.Focus, ev.Notice),
    "invite": ("you", ev.Invited, ev.InviteSent),
    "keep": ("from", ev.RetentionSet, ev.Retention),
    "profile": ("from", ev.ProfileChanged, ev.ProfileValues),
    "read": ("message", ev.ReadUpTo, ev.ReadUntil),
    "self": ("from", ev.SelfChanged, ev.Self),
}


def decode(line: bytes) -> ev.Event:
    """Return what a line (without its end) tells. Never raises."""
    try:
        given = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return ev.Malformed(type="", why="not JSON")
    if not isinstance(given, dict) or not isinstance(given.get("type"), str):
        return ev.Malformed(type="", why='not an object with a "type"')
    name = given["type"]
    expected = _expected(name, given)
    if expected is None:
        return ev.Unknown(type=str(shown(name)))
    try:
        return msgspec.convert(_prepared(name, given), expected)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        return ev.Malformed(type=name, why=str(shown(str(error), 200)))


_decode: Final = msgspec.json.Decoder().decode


def _expected(name: str, given: dict[str, Any]) -> type[ev.Event] | None:
    if name == "topic":
        # An answer has the id of the request, which is ours; what happened has one of the server's.
        named = given.get("id")
        return ev.Topic if isinstance(named, str) and read_id(named) is not None else ev.ShownTopic
    if name in _BY_FIELD:
        which, with_it, without = _BY_FIELD[name]
        return with_it if which in given else without
    return _BY_TYPE.get(name)


def _prepared(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Clean every text; the content becomes lines, or what it means for this type."""
    content = given.pop("content", "")
    if not isinstance(content, str):
        raise ValueError('"content" must be a string')
    # Nobody looks at it: there is the time.
    given.pop("timestamp", None)
    prepared: dict[str, Any] = _cleaned(given, 1, _MAX_VALUE)
    # The content of this one is a name.
    cleaned = _cleaned(content, 1, _MAX_NAME) if name == "nick" else _clean_lines(content)
    return prepared | {"content": cleaned}


def _clean_lines(content: str) -> str:
    return "\n".join(map(clean, content.split("\n"))) if "\n" in content else clean(content)


def _cleaned(value: Any, depth: int, most: int) -> Any:
    """Clean all texts in a value, none of which may have more than ``most`` characters."""
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        if len(value) > most:
            raise ValueError("a text that is too long")
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(each, depth + 1, most) for each in value]
    if isinstance(value, dict):
        return {
            clean(key): _seconds(each)
            if key in _TIMES
            or (
                key == "created" and isinstance(each, str)
            )  # of an account; of a room it is a truth value
            else _cleaned(each, depth + 1, _MAX_NAME if key in _NAMES else _MAX_VALUE)
            for key, each in value.items()
        }
    return value


def _seconds(given: Any) -> float | None:
    """Read a time of RFC 3339, or None; raises ValueError."""
    if given is None:
        return None
    if not isinstance(given, str):
        raise ValueError("a time that is not a string")
    time = datetime.fromisoformat(given)
    if time.tzinfo is None:
        raise ValueError("a time without a time zone")
    return min(max(time.timestamp(), 0.0), _LATEST)


def clean(text: str) -> str:
    """Make one line of any text that can be shown on a terminal: what is forbidden becomes ``?``."""
    try:
        return str(CleanText(text))
    except BadText:
        return str(shown(text, len(text)))


# --- what is sent ---


class TooLong(ValueError):
    """More than a server takes in one object. ``str()`` is fit to show."""


def nick(name: str, tag: str, *, password: str | None = None, session: str | None = None) -> bytes:
    """Log in, or (logged in) be called otherwise."""
    return _write(Incoming("nick", content=name, password=password, session=session, id=tag))


def register(password: str, invitation: str | None, tag: str) -> bytes:
    return _write(Incoming("register", content=invitation or "", password=password, id=tag))


def message(
    lines: tuple[str, ...], room: str, kind: ev.Kind, tag: str, *, literal: bool = True
) -> bytes:
    """Say something in a room; ``literal``: as it stands, though it may look like a private text."""
    content = "\n".join(lines)
    return _write(
        Incoming("message", content=content, room=room, kind=plain(kind), id=tag, literal=literal)
    )


def private(
    to: str, lines: tuple[str, ...], kind: ev.Kind, tag: str, scope: str | None = None
) -> bytes:
    """Say something in private; with ``scope`` only to that session, or ("") to the account of that name."""
    content = "\n".join(lines)
    return _write(
        Incoming("private", content=content, to=to, kind=plain(kind), id=tag, scope=scope)
    )


def join(room: str, password: str | None, tag: str) -> bytes:
    return _write(Incoming("join", content=room, password=password, id=tag))


def leave(room: str, tag: str) -> bytes:
    return _write(Incoming("leave", content=room, id=tag))


def history(
    room: str | None,
    tag: str,
    *,
    partner: str | None = None,
    before: str | None = None,
    after: str | None = None,
    limit: int,
) -> bytes:
    """Ask for what was said in a room, or in private with ``partner``."""
    return _write(
        Incoming(
            "history",
            room=room,
            before=before,
            after=after,
            limit=limit,
            id=tag,
            partner=partner,
        )
    )


def read(room: str | None, partner: str | None, message: str, tag: str) -> bytes:
    """Tell up to which message one has read a room, or what one wrote with ``partner``."""
    return _write(Incoming("read", room=room, message=message, id=tag, partner=partner))


def command(line: str, tag: str, room: str | None = None) -> bytes:
    """Send a line as people type it, such as ``/whois bob``; it is about ``room``, if it names none."""
    return _write(Incoming("command", content=line, room=room, id=tag))


def bot_commands(words: tuple[str, ...], tag: str) -> bytes:
    """Answer to these words from now on."""
    return _write(Incoming("bot_commands", commands=words, id=tag))


def ping(text: str) -> bytes:
    return _write(Incoming("ping", content=text))


def pong() -> bytes:
    return _write(Incoming("pong"))


def quit_(reason: str | None = None) -> bytes:
    return _write(Incoming("quit", content=reason or ""))


def _write(request: Incoming) -> bytes:
    """Write an object. Raises :class:`TooLong`.

    What is too long is not tried: a server skips it without having read the id, so nobody could tell what it refused.
    """
    data = encode(request) + b"\n"
    if len(data) > MAX_OBJECT:
        raise TooLong(
            f"{len(data):,} bytes are too many to send at once. The message was not sent."
        )
    return data
