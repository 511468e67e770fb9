"""Who may do what in a room, as a column of its row: JSON, for nothing is ever looked for in it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from twisted_chat.core.api.records import RoomRecord
from twisted_chat.core.values.bans import Ban
from twisted_chat.core.values.room_settings import AS_MADE, Roles, Settings
from twisted_chat.core.values.text import BadText, CleanText, shown

# A reason that somebody wrote into the database by hand, and that is not clean, is cut here.
_LONGEST: Final = 1_000


class BadStanding(ValueError):
    """What is in the column is not what was put there. ``str()`` is fit for the log."""


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """The part of a :class:`RoomRecord` that is in this column."""

    settings: Settings = AS_MADE
    roles: tuple[tuple[str, Roles], ...] = ()
    bans: tuple[Ban, ...] = ()
    mutes: tuple[Ban, ...] = ()
    invited: tuple[str, ...] = ()


def _plain(value: object) -> str:
    """Hand over a text: msgspec takes no subclass of str by itself."""
    return str(value)


def _clean(wanted: type, value: Any) -> CleanText:
    """Make a text of what was clean when it was stored. Whoever can write to the database can put anything there."""
    try:
        return CleanText(str(value))
    except BadText:
        return shown(str(value), _LONGEST)


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain, order="deterministic")
_DECODER: Final = msgspec.json.Decoder(Standing, dec_hook=_clean)


def write_standing(record: RoomRecord) -> str:
    """Return the column of a room."""
    standing = Standing(record.settings, record.roles, record.bans, record.mutes, record.invited)
    return _ENCODER.encode(standing).decode()


def read_standing(record: RoomRecord, column: str) -> RoomRecord:
    """Return a record with what is in its column.

    Raises :class:`BadStanding`: a room whose bans cannot be read must not come back open to everybody.
    """
    try:
        standing = _DECODER.decode(column)
    except msgspec.DecodeError as error:
        raise BadStanding(f"invalid permissions: {shown(str(error))}") from None
    return msgspec.structs.replace(record, **msgspec.structs.asdict(standing))
