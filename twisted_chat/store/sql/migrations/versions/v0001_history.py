"""History, rooms, and what is remembered of clients."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "messages",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("room", sa.BigInteger, nullable=False),
        sa.Column("author", sa.BigInteger, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("tag", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("messages_by_room", "messages", ["room", "id"])
    op.create_table(
        "authors",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("user", sa.BigInteger, nullable=False),
        sa.Column("nick", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("account", sa.Text),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("real_name", sa.Text, nullable=False),
        sa.Column("bot", sa.Boolean, nullable=False),
    )
    op.create_table(
        "rooms",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("topic_by", sa.Text),
        sa.Column("topic_time", sa.Double, nullable=False),
        sa.Column("operators", sa.Text, nullable=False),
        sa.Column("keep_days", sa.Integer, nullable=False),
        sa.Column("keep_lines", sa.Integer, nullable=False),
    )
    op.create_table("forgotten", sa.Column("room", number, primary_key=True, autoincrement=False))
    op.create_table(
        "scopes",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("seen", sa.Double, nullable=False),
    )
    op.create_table(
        "sent",
        sa.Column("message", number, primary_key=True, autoincrement=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
    )
    counters = op.create_table(
        "counters",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counters, [{"name": "ids", "value": 1}])
