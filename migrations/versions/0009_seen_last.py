"""What a crawl met is found without looking through everything

Revision: 0009
Revises: 0008
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_repositories_last_seen", "repositories", ["last_seen"])


def downgrade() -> None:
    op.drop_index("ix_repositories_last_seen", "repositories")
