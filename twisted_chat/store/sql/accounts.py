"""Accounts in the database: writing their changes, and reading them."""

from __future__ import annotations

import json
from typing import Any, Final, get_args

import msgspec
from sqlalchemy import Connection, Table, delete, select, update
from twisted.logger import Logger

from twisted_chat.core.values.account import (
    MAX_ACCOUNTS,
    MAX_PLACES,
    Account,
    KnownNetwork,
    Privacy,
    Proof,
)
from twisted_chat.core.values.ids import MessageId, Scope
from twisted_chat.core.values.names import BadName, parse_nick
from twisted_chat.core.values.profile import parse_key
from twisted_chat.core.values.text import CleanText, shown
from twisted_chat.store.sql.bulk import put_rows
from twisted_chat.store.sql.schema import (
    accounts,
    authors,
    erased,
    invites,
    last_seen,
    logins,
    passwords,
    places,
)

log = Logger(namespace="twisted_chat.store")

_PRIVACIES: Final[frozenset[Privacy]] = frozenset(get_args(Privacy))


class AccountBatch:
    """Changes of accounts that are committed together. What comes later stands for what came before of the same."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.passwords: dict[str, str] = {}
        #: Which accounts are gone, and since which event (the first, of several); some may have been made anew since.
        self.dropped: dict[str, MessageId] = {}
        self.logins: dict[Scope, Proof] = {}
        self.invites: dict[str, float | None] = {}
        self.places: dict[tuple[str, str], KnownNetwork] = {}

    def keep(self, account: Account, password: str | None) -> None:
        """Keep an account, and what is stored of its password if that was set."""
        self.accounts[account.key] = account
        if password is not None:
            self.passwords[account.key] = password

    def drop(self, key: str, at: MessageId) -> None:
        """Drop an account and its password."""
        self.accounts.pop(key, None)
        self.passwords.pop(key, None)
        self.places = {each: place for each, place in self.places.items() if place.account != key}
        self.dropped.setdefault(key, at)

    def disown(self, connection: Connection) -> None:
        """Make messages of deleted accounts, and requests to erase them, belong to nobody who can come again."""
        for key, at in self.dropped.items():
            for table in (authors, erased):
                mine = update(table).where(table.c.account == key)
                connection.execute(mine.values(account=gone_account(key, at)))

    def write(self, connection: Connection) -> None:
        """Bring it all into the database, within the transaction of the caller."""
        if self.dropped:
            columns = (
                accounts.c.key,
                passwords.c.account,
                logins.c.account,
                last_seen.c.account,
                places.c.account,
            )
            for column in columns:
                connection.execute(delete(column.table).where(column.in_(self.dropped)))
        rows: list[tuple[Table, list[dict[str, Any]]]] = [
            (accounts, [_account_row(account) for account in self.accounts.values()]),
            (
                passwords,
                [{"account": key, "hash": value} for key, value in self.passwords.items()],
            ),
            (
                logins,
                [
                    {"scope": scope, "account": proof.account, "since": proof.since}
                    for scope, proof in self.logins.items()
                ],
            ),
            (
                invites,
                [
                    {"digest": digest, "until": until}
                    for digest, until in self.invites.items()
                    if until is not None
                ],
            ),
            (places, [msgspec.structs.asdict(each) for each in self.places.values()]),
        ]
        for table, values in rows:
            if values:
                put_rows(connection, table, values)
        used = [digest for digest, until in self.invites.items() if until is None]
        if used:
            connection.execute(delete(invites).where(invites.c.digest.in_(used)))


def gone_account(key: str, at: MessageId) -> str:
    """Return what stands for an account that is gone since the event ``at``. No key has a blank: nobody can be that."""
    return f"{key} {at}"


def is_gone(account: str) -> bool:
    """Return whether this stands for an account that is gone."""
    return " " in account


def read_accounts(connection: Connection) -> tuple[Account, ...]:
    """Read all accounts, the oldest first."""
    found = []
    for row in connection.execute(select(accounts).order_by(accounts.c.created, accounts.c.key)):
        try:
            name = parse_nick(row.name)
        except BadName as bad:
            log.warn("account {name} was not restored: {why}", name=shown(row.name), why=str(bad))
            continue
        if name.key != row.key:
            log.warn(
                "account {name} was not restored: this version of twisted-chat normalizes its name differently",
                name=str(name),
            )
            continue
        privacy: Privacy = row.privacy if row.privacy in _PRIVACIES else "all"
        found.append(
            Account(
                name,
                row.created,
                MessageId(row.since),
                privacy,
                _read_ignored(row.ignored),
                _read_profile(row.profile),
            )
        )
    return tuple(found)


def read_logins(connection: Connection, known: set[Scope]) -> tuple[tuple[Scope, Proof], ...]:
    """Read which of the scopes that are still known belong to accounts."""
    return tuple(
        (Scope(row.scope), Proof(row.account, MessageId(row.since)))
        for row in connection.execute(select(logins).order_by(logins.c.since, logins.c.scope))
        if row.scope in known
    )


def read_places(connection: Connection) -> tuple[KnownNetwork, ...]:
    """Read from where accounts were entered, the place that was used longest ago first."""
    latest = select(places).order_by(places.c.seen.desc()).limit(MAX_ACCOUNTS * MAX_PLACES)
    found = [KnownNetwork(row.account, row.digest, row.seen) for row in connection.execute(latest)]
    return tuple(reversed(found))


def read_invites(connection: Connection) -> tuple[tuple[str, float], ...]:
    """Read the invitations, and when they end."""
    rows = connection.execute(select(invites))
    return tuple((row.digest, row.until) for row in rows)


def _read_profile(column: str) -> tuple[tuple[str, CleanText], ...]:
    """Read a profile; what somebody wrote into the database by hand, and is none, is left out."""
    try:
        found = json.loads(column)
        return tuple((parse_key(key), CleanText(value)) for key, value in found.items())
    except (ValueError, TypeError, AttributeError):
        return ()


def _account_row(account: Account) -> dict[str, Any]:
    return {
        "key": account.key,
        "name": account.name.text,
        "created": account.created,
        "since": account.since,
        "privacy": account.privacy,
        # No nick has a blank in it, and no key has one.
        "ignored": "\n".join(f"{key} {name}" for key, name in account.ignored),
        "profile": json.dumps(dict(account.profile), ensure_ascii=False),
    }


def _read_ignored(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (line.partition(" ") for line in text.splitlines())
    return tuple((key, str(shown(name))) for key, _, name in pairs if key and name)
