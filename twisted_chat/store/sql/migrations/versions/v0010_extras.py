"""What few messages have besides their text: tags, colours, where a line was cut."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column; messages that are there already have none."""
    op.add_column("messages", sa.Column("extras", sa.Text))
