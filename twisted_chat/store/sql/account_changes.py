"""Changing accounts in a database that no server uses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from twisted_chat.core.api.records import AuditRecord
from twisted_chat.core.api.replies import AccountLine
from twisted_chat.core.rules.accounts import account_refused, drop_account
from twisted_chat.core.state import snapshot
from twisted_chat.core.state.state import State
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.masks import fits, shortened
from twisted_chat.core.values.names import fold
from twisted_chat.core.values.text import CleanText
from twisted_chat.store.port import StoreError
from twisted_chat.store.sql.copying import opened
from twisted_chat.store.sql.database import explain
from twisted_chat.store.sql.operators import read_last_seen
from twisted_chat.store.sql.reading import read_remembered
from twisted_chat.store.sql.writing import Batch, take_ids


def list_accounts(place: str, mask: str = "*") -> list[AccountLine]:
    """Return the accounts that fit a mask, by name. ``place``, and what it raises, are as for :func:`.copying.copy`."""
    mask = shortened(fold(mask))
    with _state(place) as (connection, state):
        return [
            AccountLine(account.name, account.created, False, read_last_seen(connection, key))
            for key, account in sorted(state.accounts.items())
            if fits(mask, key)
        ]


def reset_password(place: str, key: str, stored: str) -> None:
    """Let something else be stored of the password of an account; nobody comes back to it by the secret of a session.

    Raises :class:`StoreError` too if there is no such account.
    """
    with _state(place) as (connection, state):
        _require(state, key)
        event = MessageId(take_ids(connection, 1)[0])
        batch = Batch()
        batch.accounts.keep(replace(state.accounts[key], since=event), stored)
        _record(batch, f"reset the password of the account {key}")
        batch.write(connection)


def remove_account(place: str, key: str) -> None:
    """Delete an account, as a server does it. Raises :class:`StoreError` too if there is none."""
    with _state(place) as (connection, state):
        _require(state, key)
        event = MessageId(take_ids(connection, 1)[0])
        _, gone = drop_account(state, key)
        batch = Batch()
        batch.rooms = {record.ref.id: record for record in snapshot.altered(state)}
        batch.forget(gone)
        batch.drop_account(key, event)
        _record(batch, f"removed the account {key}")
        batch.write(connection)


@contextmanager
def _state(place: str) -> Iterator[tuple[Connection, State]]:
    """Open a database, and read what a server would; what is written is committed at the end."""
    with opened(place) as connection:
        try:
            with connection.begin():
                state = State(Limits())
                snapshot.restore(state, read_remembered(connection))
                yield connection, state
        except SQLAlchemyError as error:
            raise StoreError(f"failed: {explain(error)}; nothing was changed") from None


def _require(state: State, key: str) -> None:
    refused = account_refused(state, key)
    if refused is not None and key in state.accounts:
        raise StoreError(
            f"the account {key} is defined in a file of the server (--auth); nothing was changed"
        )
    if refused is not None:
        raise StoreError(f"there is no account {key} in this database; nothing was changed")


def _record(batch: Batch, what: str) -> None:
    text = CleanText(f"{what}, while the server did not run")
    batch.others.records.append(AuditRecord(time.time(), "", "", "this machine", text))
