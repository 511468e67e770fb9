"""What is stored about server operators: bans, the audit log, the lockdown level; and when accounts were last here."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from twisted_chat.core.api.records import AuditRecord
from twisted_chat.core.values.server_ban import Ban, Kind
from twisted_chat.core.values.text import shown
from twisted_chat.store.sql.bulk import put_rows
from twisted_chat.store.sql.schema import audit, last_seen, server_bans, settings

#: How long the audit trail is kept, in seconds: a year.
KEPT: Final = 365 * 24 * 60 * 60


class Changes:
    """Changes that are committed together. What comes later stands for what came before of the same target or account."""

    def __init__(self) -> None:
        self.bans: dict[tuple[Kind, str], Ban | None] = {}
        self.records: list[AuditRecord] = []
        self.seen: dict[str, float] = {}
        self.settings: dict[str, str] = {}

    def write(self, connection: Connection) -> None:
        """Bring it all into the database, within the transaction of the caller."""
        if self.bans:
            _write_bans(connection, self.bans)
        if self.records:
            connection.execute(
                insert(audit), [msgspec.structs.asdict(each) for each in self.records]
            )
        if self.seen:
            seen = [{"account": account, "time": time} for account, time in self.seen.items()]
            put_rows(connection, last_seen, seen)
        if self.settings:
            values = [{"name": name, "value": value} for name, value in self.settings.items()]
            put_rows(connection, settings, values)


def _write_bans(connection: Connection, bans: dict[tuple[Kind, str], Ban | None]) -> None:
    lifted = delete(server_bans).where(
        server_bans.c.kind == bindparam("its_kind"), server_bans.c.target == bindparam("its_target")
    )
    gone = [
        {"its_kind": kind, "its_target": target}
        for (kind, target), ban in bans.items()
        if ban is None
    ]
    if gone:
        connection.execute(lifted, gone)
    made: list[dict[str, Any]] = [
        msgspec.structs.asdict(ban) for ban in bans.values() if ban is not None
    ]
    if made:
        put_rows(connection, server_bans, made)


def read_bans(connection: Connection) -> tuple[Ban, ...]:
    """Read the bans, in the order in which they were made."""
    rows = connection.execute(select(server_bans).order_by(server_bans.c.since))
    # What was kept may be against the rules of today: it is shown as it can be.
    return tuple(
        Ban(row.kind, row.target, row.by, row.since, row.until, shown(row.reason, 1000))
        for row in rows
    )


def read_setting(connection: Connection, name: str) -> str:
    """Return what the server has set for itself."""
    value: str = connection.execute(
        select(settings.c.value).where(settings.c.name == name)
    ).scalar_one()
    return value


def read_audit(connection: Connection, page: int, size: int) -> tuple[tuple[AuditRecord, ...], int]:
    """Read a page of the audit trail, the latest first; and return how many records there are."""
    count = connection.scalar(select(func.count()).select_from(audit)) or 0
    wanted = select(audit).order_by(audit.c.id.desc()).limit(size).offset((page - 1) * size)
    rows = connection.execute(wanted)
    return tuple(
        AuditRecord(row.time, row.operator, row.nick, row.address, shown(row.what, 1000))
        for row in rows
    ), count


def read_last_seen(connection: Connection, account: str) -> float | None:
    """Return when somebody with an account was here last."""
    return connection.scalar(select(last_seen.c.time).where(last_seen.c.account == account))


def delete_over(connection: Connection, now: float) -> None:
    """Delete the bans that are over, and what of the audit trail is older than a year."""
    connection.execute(delete(server_bans).where(server_bans.c.until <= now))
    connection.execute(delete(audit).where(audit.c.time < now - KEPT))
