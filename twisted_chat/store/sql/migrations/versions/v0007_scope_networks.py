"""From which network the scopes of session tokens were in use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column; of scopes that are there already nobody knows."""
    op.add_column("scopes", sa.Column("network", sa.Text, nullable=False, server_default=""))
