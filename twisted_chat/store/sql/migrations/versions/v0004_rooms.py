"""Who may do what in a room, and messages that are deleted because their author wishes so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add a column to the rooms, and a table of what is to be erased."""
    op.add_column("rooms", sa.Column("standing", sa.Text, nullable=False, server_default="{}"))
    op.create_table(
        "erased",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("room", sa.BigInteger),
        sa.Column("done", sa.BigInteger, nullable=False),
    )
