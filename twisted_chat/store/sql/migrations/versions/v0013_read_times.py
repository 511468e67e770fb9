"""Until when accounts have read, by the names of rooms and people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "read_times",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("time", sa.BigInteger, nullable=False),
    )
