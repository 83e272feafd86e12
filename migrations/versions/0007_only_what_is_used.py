"""Only what is used of a listing: no tags, card, pipeline or library of repositories

Revision: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: that would make the table anew, and with the old one all that refers to it go.
    for column in ("tags", "card", "pipeline_tag", "library"):
        op.drop_column("repositories", column)


def downgrade() -> None:
    for column in ("library", "pipeline_tag"):
        op.add_column("repositories", sa.Column(column, sa.String(), nullable=True))
    for column, empty in (("card", "{}"), ("tags", "[]")):
        made = sa.Column(column, sa.JSON(), nullable=False, server_default=empty)
        op.add_column("repositories", made)
