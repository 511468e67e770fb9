"""The user names of authors, and the names of their accounts as their owners write them: what clients of IRC show."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns; of authors that are there already nothing is known."""
    for name in ("user_name", "account_name"):
        op.add_column("authors", sa.Column(name, sa.Text, nullable=False, server_default=""))
