"""Runs revisions on the connection that the catalog hands over, or on GEMS_DATABASE_URL."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import Connection

from catalog.columns import Base
from catalog.database import Catalog
from catalog.tables import __all__ as _tables  # noqa: F401  # the metadata must know every table


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    url = os.environ.get("GEMS_DATABASE_URL", "sqlite:///gems.db")
    with Catalog(url).engine.connect() as opened:
        run(opened)
