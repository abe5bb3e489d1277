"""Which process answers a running turn, and until when that holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

#: Turns of before are closed after so many seconds: no answer takes longer.
_LONGEST_S = 3600


def upgrade() -> None:
    op.add_column("turns", sa.Column("process", sa.String(200), nullable=False, server_default=""))
    op.add_column("turns", sa.Column("running_until", sa.Float(), nullable=True))
    op.create_index("ix_turns_running_until", "turns", ["running_until"])
    turns = sa.table("turns", sa.column("created_at"), sa.column("running_until"), sa.column("status"))
    op.execute(turns.update().where(turns.c.status == "running").values(running_until=turns.c.created_at + _LONGEST_S))


def downgrade() -> None:
    op.drop_index("ix_turns_running_until", "turns")
    op.drop_column("turns", "running_until")
    op.drop_column("turns", "process")
