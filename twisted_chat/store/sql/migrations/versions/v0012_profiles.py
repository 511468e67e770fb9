"""What accounts say of themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column; the accounts that are there already say nothing."""
    op.add_column("accounts", sa.Column("profile", sa.Text, nullable=False, server_default="{}"))
