"""Search by words. The index is filled in the background, from the first message on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the index, empty."""
    op.create_index("authors_by_key", "authors", ["key"])
    op.execute("INSERT INTO counters (name, value) VALUES ('indexed', 0)")
    if op.get_bind().dialect.name == "sqlite":
        # Without content: the texts stand in messages. Room and author are words too, so that a search need not look at
        # every message that has a common word.
        op.execute(
            "CREATE VIRTUAL TABLE messages_words USING fts5(text, room, author, content='', prefix='2 3', tokenize='unicode61')"
        )
    else:
        op.create_table(
            "messages_words",
            sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("words", sa.dialects.postgresql.TSVECTOR, nullable=False),
        )
        op.create_index("messages_by_words", "messages_words", ["words"], postgresql_using="gin")
