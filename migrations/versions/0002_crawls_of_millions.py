"""Crawls of millions: roots' layouts, popularity as last listed, a recursive crawl's frontier

Revision: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("families") as families:
        families.add_column(sa.Column("layouts", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("repositories") as repositories:
        repositories.add_column(sa.Column("architecture", sa.String(), nullable=True))
        repositories.add_column(sa.Column("downloads", sa.BigInteger(), nullable=True))
        repositories.add_column(sa.Column("downloads_all_time", sa.BigInteger(), nullable=True))
        repositories.add_column(sa.Column("likes", sa.Integer(), nullable=True))
    op.create_table(
        "frontier",
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["crawl_id"], ["crawls.id"], name=op.f("fk_frontier_crawl_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("crawl_id", "name", name=op.f("pk_frontier")),
    )


def downgrade() -> None:
    op.drop_table("frontier")
    with op.batch_alter_table("repositories") as repositories:
        for column in ("likes", "downloads_all_time", "downloads", "architecture"):
            repositories.drop_column(column)
    with op.batch_alter_table("families") as families:
        families.drop_column("layouts")
