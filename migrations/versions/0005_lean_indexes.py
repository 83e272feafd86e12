"""Lean indexes: none twice, none over rows that nobody looks up, names within their hub

Revision: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

REDUNDANT = (
    ("aliases", "repository_id"),
    ("checkpoints", "repository_id"),
    ("edges", "child_id"),
)
"""Indexes on the first column of a unique constraint."""

PARTIAL = (
    ("checkpoints", "digest", "digest IS NOT NULL"),
    ("edges", "parent_id", "parent_id IS NOT NULL"),
    ("edges", "parent_name", "parent_id IS NULL"),
)


def upgrade() -> None:
    for table, column in REDUNDANT:
        op.drop_index(f"ix_{table}_{column}", table)
    for table, column, where in PARTIAL:
        op.drop_index(f"ix_{table}_{column}", table)
        only = sa.text(where)
        op.create_index(
            f"ix_{table}_{column}", table, [column], sqlite_where=only, postgresql_where=only
        )
    op.drop_index("ix_repositories_name", "repositories")
    op.create_index("ix_repositories_name_hub", "repositories", ["name", "hub"])
    _with_rowid(False)


def downgrade() -> None:
    _with_rowid(True)
    op.drop_index("ix_repositories_name_hub", "repositories")
    op.create_index("ix_repositories_name", "repositories", ["name"])
    for table, column, _ in PARTIAL:
        op.drop_index(f"ix_{table}_{column}", table)
        op.create_index(f"ix_{table}_{column}", table, [column])
    for table, column in REDUNDANT:
        op.create_index(f"ix_{table}_{column}", table, [column])


def _with_rowid(kept: bool) -> None:
    """Whether SQLite keeps rows of two columns' keys by a hidden third, and the keys twice."""
    if op.get_bind().dialect.name == "sqlite":
        for table in ("members", "popularity"):  # no table refers to these
            options = {"sqlite_with_rowid": kept}
            with op.batch_alter_table(table, recreate="always", table_kwargs=options):
                pass
