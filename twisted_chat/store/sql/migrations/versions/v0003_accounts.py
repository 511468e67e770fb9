"""Accounts with their passwords and settings, which sessions are theirs, and invitations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "accounts",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("privacy", sa.Text, nullable=False),
        sa.Column("ignored", sa.Text, nullable=False),
    )
    op.create_table(
        "passwords",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_table(
        "logins",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "invites",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("until", sa.Double, nullable=False),
    )
