"""Private messages that are kept, those that wait for somebody, and up to where accounts have read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "talks",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("one", sa.Text, nullable=False),
        sa.Column("other", sa.Text, nullable=False),
    )
    op.create_table(
        "waiting",
        sa.Column("message", number, primary_key=True, autoincrement=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
    )
    op.create_index("waiting_by_account", "waiting", ["account"])
    op.create_table(
        "markers",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("message", sa.BigInteger, nullable=False),
    )
    op.create_index("markers_by_place", "markers", ["place"])
