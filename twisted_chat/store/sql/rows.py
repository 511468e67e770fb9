"""From what the server knows to rows of the tables, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, get_args

import msgspec
from sqlalchemy import Select, exists, select

from twisted_chat.core.api.commands import Kind, Lines
from twisted_chat.core.api.events import Author, Envelope, Origin, RoomRef, Said
from twisted_chat.core.api.records import Invitation, RoomRecord, Sent
from twisted_chat.core.values.bans import Ban, Exempt
from twisted_chat.core.values.confusables import skeleton
from twisted_chat.core.values.extras import BadTags, Extras, read_tags
from twisted_chat.core.values.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.names import BadName, Nick, parse_nick, parse_room
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.room_settings import AS_MADE, Roles, Settings
from twisted_chat.core.values.text import BadText, CleanText, FormattedText, shown
from twisted_chat.store.sql.accounts import is_gone
from twisted_chat.store.sql.schema import authors, erased, messages

_KINDS: Final[frozenset[Kind]] = frozenset(get_args(Kind))
# A text that somebody wrote into the database by hand, and that is not clean, is cut here. No message is longer.
_LONGEST: Final = 64 * 1024


def message_row(envelope: Envelope, author: int) -> tuple[object, ...]:
    """Return the row of a message in :data:`messages`; ``author`` is that of its author in :data:`authors`."""
    event, room, origin = envelope.event, envelope.room, envelope.origin
    assert type(event) is Said and room is not None
    lines = event.lines
    return (
        envelope.id,
        room.id,
        author,
        envelope.time,
        event.kind,
        origin.tag if origin is not None else None,
        str(lines[0]) if len(lines) == 1 else "\n".join(lines),
        None if event.extras is None else _EXTRAS.encode(event.extras).decode(),
    )


def author_row(number: int, author: Author) -> tuple[object, ...]:
    """Return the row of an author in :data:`authors`."""
    return (
        number,
        author.user,
        author.nick.text,
        author.nick.key,
        author.scope,
        author.account,
        author.host,
        author.real_name,
        author.bot,
        author.user_name,
        author.account_name,
    )


def room_row(record: RoomRecord) -> dict[str, object]:
    """Return the columns of a room in :data:`twisted_chat.store.sql.schema.rooms`."""
    return {
        "id": record.ref.id,
        "name": record.ref.name.text,
        "created": record.created,
        "password": record.password,
        "topic": str(record.topic),
        "topic_by": record.topic_by.text if record.topic_by is not None else None,
        "topic_time": record.topic_time,
        "operators": " ".join(record.operators),
        "keep_days": record.keep.days,
        "keep_lines": record.keep.lines,
        "standing": write_standing(record),
    }


def read_room(row: Any) -> RoomRecord:
    """Make a record of a row.

    Raises :class:`twisted_chat.core.values.names.BadName` if the name is none (any more), and
    :class:`~.BadStanding`.
    """
    record = RoomRecord(
        RoomRef(RoomId(row.id), parse_room(row.name)),
        row.created,
        row.password,
        _clean(row.topic),
        _nick(row.topic_by, row.topic_by.casefold()) if row.topic_by is not None else None,
        row.topic_time,
        tuple(map(Scope, row.operators.split())),
        Keep(row.keep_days, row.keep_lines),
    )
    return read_standing(record, row.standing)


def sent_row(scope: Scope, tag: str, sent: Sent) -> tuple[object, ...]:
    """Return the row of a client's own id in :data:`twisted_chat.store.sql.schema.sent`."""
    return sent.message, scope, tag, sent.digest, sent.time


def read_sent(row: Any) -> tuple[Scope, str, Sent]:
    """Make of a row the scope, the client's own id, and what was sent under it."""
    return (
        Scope(row.scope),
        row.tag,
        Sent(bytes(row.digest), MessageId(row.message), row.time),
    )


def select_messages() -> Select[Any]:
    """Select messages with their authors, for :func:`read_messages`; none that is still to be erased."""
    wish = erased.c.account == authors.c.account
    wish &= (erased.c.room == messages.c.room) | erased.c.room.is_(None)
    wish &= erased.c.id > messages.c.id
    all_of_it = select(
        messages.c.id,
        messages.c.room,
        messages.c.author,
        messages.c.time,
        messages.c.kind,
        messages.c.tag,
        messages.c.text,
        messages.c.extras,
        authors.c.user,
        authors.c.nick,
        authors.c.key,
        authors.c.scope,
        authors.c.account,
        authors.c.host,
        authors.c.real_name,
        authors.c.bot,
        authors.c.user_name,
        authors.c.account_name,
    ).join_from(messages, authors, messages.c.author == authors.c.id)
    return all_of_it.where(~exists().where(wish).correlate(messages, authors))


def read_messages(rows: Iterable[Sequence[Any]], rooms: dict[int, RoomRef]) -> list[Envelope]:
    """Make envelopes of what :func:`select_messages` found, in the order of the rows; ``rooms`` by their ids."""
    found: dict[int, Author] = {}
    envelopes = []
    for number, room, writer, time, kind, tag, text, extras, *rest in rows:
        author = found.get(writer)
        if author is None:
            author = found[writer] = _author(*rest)
        lines = tuple(map(_clean, text.split("\n"))) if kind != "tags" else ()
        said = Said(kind if kind in _KINDS else "say", lines, _read_extras(extras, lines))
        origin = Origin(Node(""), SessionId(0), tag)
        envelopes.append(Envelope(MessageId(number), time, said, origin, author, rooms[room]))
    return envelopes


def _author(
    user: int,
    nick: str,
    key: str,
    scope: str,
    account: str | None,
    host: str,
    real_name: str,
    bot: bool,
    user_name: str,
    account_name: str,
) -> Author:
    if account is not None and is_gone(account):
        account, account_name = None, ""
    return Author(
        UserId(user),
        _nick(nick, key),
        Scope(scope),
        account,
        host,
        real_name,
        bool(bot),
        user_name,
        account_name,
    )


def _nick(text: str, key: str) -> Nick:
    """Return a nick that was good when it was stored; the rules may have changed since."""
    try:
        return parse_nick(text)
    except BadName:
        text = shown(text)
        return Nick(text, key, skeleton(text))


def _clean(text: str) -> CleanText:
    """Return a text that was clean when it was stored; other programs can write anything to the database."""
    try:
        return CleanText(text)
    except BadText:
        return shown(text, _LONGEST)


# --- what few messages have besides their text: a column of JSON, as in the next section ---


def _as_text(value: object) -> str:
    """Hand over a text: msgspec takes no subclass of str by itself."""
    return str(value)


def _as_formatted(wanted: type, value: Any) -> FormattedText:
    return FormattedText(str(value))


_EXTRAS: Final = msgspec.json.Encoder(enc_hook=_as_text)
_READ_EXTRAS: Final = msgspec.json.Decoder(Extras, dec_hook=_as_formatted)


def _read_extras(column: str | None, lines: Lines) -> Extras | None:
    """Return what is in the column; nothing if it is not what was put there: the text is what counts."""
    if column is None:
        return None
    try:
        extras = _READ_EXTRAS.decode(column)
        tags = read_tags(extras.tags)
    except (msgspec.DecodeError, BadTags):
        return None
    whole = len(extras.formatted) == len(lines)
    return msgspec.structs.replace(extras, tags=tags, formatted=extras.formatted if whole else ())


# --- who may do what in a room: a column of JSON, for nothing is ever looked for in it ---

# A reason that somebody wrote into the database by hand, and that is not clean, is cut here.
_LONGEST_REASON: Final = 1_000


class BadStanding(ValueError):
    """What is in the column is not what was put there. ``str()`` is fit for the log."""


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """The part of a :class:`RoomRecord` that is in this column."""

    settings: Settings = AS_MADE
    roles: tuple[tuple[str, Roles], ...] = ()
    bans: tuple[Ban, ...] = ()
    mutes: tuple[Ban, ...] = ()
    #: A text alone was stored by versions that did not keep who invited.
    invited: tuple[tuple[str, Invitation] | str, ...] = ()
    exceptions: tuple[tuple[Exempt, Ban], ...] = ()
    profile: tuple[tuple[str, CleanText], ...] = ()
    locked_as: str = ""


def _as_clean(wanted: type, value: Any) -> CleanText:
    """Return a text of what was clean when it was stored; other programs can write anything to the database."""
    try:
        return CleanText(str(value))
    except BadText:
        return shown(str(value), _LONGEST_REASON)


_STANDING: Final = msgspec.json.Encoder(enc_hook=_as_text, order="deterministic")
_READ_STANDING: Final = msgspec.json.Decoder(Standing, dec_hook=_as_clean)


def write_standing(record: RoomRecord) -> str:
    """Return the column of a room."""
    standing = Standing(**{each: getattr(record, each) for each in Standing.__struct_fields__})
    return _STANDING.encode(standing).decode()


def read_standing(record: RoomRecord, column: str) -> RoomRecord:
    """Return a record with what is in its column.

    Raises :class:`BadStanding`: a room whose bans cannot be read must not come back open to everyone.
    """
    try:
        standing = _READ_STANDING.decode(column)
    except msgspec.DecodeError as error:
        raise BadStanding(f"invalid permissions: {shown(str(error))}") from None
    invited = tuple(
        (each, Invitation()) if isinstance(each, str) else each for each in standing.invited
    )
    return msgspec.structs.replace(
        record, **msgspec.structs.asdict(standing) | {"invited": invited}
    )
