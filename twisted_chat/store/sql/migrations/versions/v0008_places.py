"""From where accounts were entered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "places",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("seen", sa.Double, nullable=False),
    )
    op.create_index("places_by_time", "places", ["seen"])
