"""Words are folded further than before (full width, letters with a stroke, Hangul by syllables), so they are indexed anew."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Empty the index: the server fills it again in the background."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("INSERT INTO messages_words (messages_words) VALUES ('delete-all')")
    else:
        op.execute("TRUNCATE messages_words")
    op.execute("UPDATE counters SET value = 0 WHERE name = 'indexed'")
