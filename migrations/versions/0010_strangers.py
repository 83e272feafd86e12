"""Models whose parents are unknown wait outside until a listing is at its end

Revision: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "strangers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("page", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["crawl_id"], ["crawls.id"], name=op.f("fk_strangers_crawl_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strangers")),
    )
    op.create_table(
        "hopes",
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("parent", sa.String(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["crawl_id"], ["crawls.id"], name=op.f("fk_hopes_crawl_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("crawl_id", "parent", "first", name=op.f("pk_hopes")),
        sqlite_with_rowid=False,
    )
    # A crawl that was stopped kept strangers among the others: it starts anew.
    op.execute("DELETE FROM crawls WHERE finished_at IS NULL")
    # Those that were kept before; who was ever in a family has a past worth keeping.
    op.execute(
        "DELETE FROM repositories WHERE id NOT IN (SELECT repository_id FROM members)"
        " AND id NOT IN (SELECT repository_id FROM checkpoints)"
    )


def downgrade() -> None:
    op.drop_table("hopes")
    op.drop_table("strangers")
