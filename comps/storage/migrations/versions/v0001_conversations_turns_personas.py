"""Conversations, their turns, and personas."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.Column("persona", sa.JSON(), nullable=False),
        sa.Column("avatar_id", sa.String(128), nullable=False),
    )
    op.create_index("ix_conversations_page", "conversations", ["created_at", "id"])
    op.create_index("ix_conversations_updated_at", "conversations", ["updated_at"])
    op.create_index("ix_conversations_avatar_id", "conversations", ["avatar_id"])
    op.create_table(
        "turns",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("conversation_id", sa.String(64), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("video_id", sa.String(128), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
    )
    op.create_index("ix_turns_conversation_id", "turns", ["conversation_id"])
    op.create_table(
        "personas",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("avatar_id", sa.String(128), nullable=False),
    )
    op.create_index("ix_personas_page", "personas", ["created_at", "id"])
    op.create_index("ix_personas_avatar_id", "personas", ["avatar_id"])


def downgrade() -> None:
    for table in ("personas", "turns", "conversations"):
        op.drop_table(table)
