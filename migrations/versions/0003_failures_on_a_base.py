"""Failures on a base: an adapter's failure names the commit of the base it was asked on

Revision: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("failures") as failures:
        failures.add_column(sa.Column("base_sha", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("failures") as failures:
        failures.drop_column("base_sha")
