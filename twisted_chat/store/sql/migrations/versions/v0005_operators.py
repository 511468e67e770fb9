"""Server bans, what server operators did, when accounts were here last, and what the server sets for itself."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables, and the secret of this database."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "server_bans",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("until", sa.Double),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("server_bans_by_time", "server_bans", ["since"])
    op.create_table(
        "audit",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("nick", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
    )
    op.create_index("audit_by_time", "audit", ["time"])
    op.create_table(
        "last_seen",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("time", sa.Double, nullable=False),
    )
    settings = op.create_table(
        "settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    # Made once: what others see of an address stays the same from start to start.
    op.bulk_insert(
        settings,
        [{"name": "secret", "value": secrets.token_hex(32)}, {"name": "panic", "value": "0"}],
    )
