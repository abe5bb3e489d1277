"""Owners. What was there before belongs to the owner of a gateway without keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

#: As in ``comps.storage.ownership`` when this step was written: a step never changes.
_OWNER = "anonymous"


def upgrade() -> None:
    owned = op.create_table(
        "owned",
        sa.Column("owner", sa.String(200), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("content_id", sa.String(128), primary_key=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=True),
        sa.Column("avatar_id", sa.String(128), nullable=False),
        sa.Column("about", sa.JSON(none_as_null=True), nullable=True),
    )
    op.create_index("ix_owned_page", "owned", ["owner", "kind", "created_at", "content_id"])
    op.create_index("ix_owned_content", "owned", ["kind", "content_id"])
    op.create_index("ix_owned_expires_at", "owned", ["expires_at"])
    op.create_index("ix_owned_avatar_id", "owned", ["avatar_id"])
    for kind in ("conversations", "personas"):
        rows = sa.table(kind, sa.column("id"), sa.column("created_at"))
        columns = (sa.literal(_OWNER), sa.literal(kind), rows.c.id, rows.c.created_at, sa.literal(""))
        names = ["owner", "kind", "content_id", "created_at", "avatar_id"]
        op.execute(owned.insert().from_select(names, sa.select(*columns)))
    # The migration cannot reach the blobs: this row tells the program to give them an owner when it starts.
    marker = {"owner": _OWNER, "kind": "unadopted", "content_id": "blobs", "created_at": 0.0, "avatar_id": ""}
    op.execute(owned.insert().values(**marker))


def downgrade() -> None:
    op.drop_table("owned")
