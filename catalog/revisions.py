"""Revisions of the schema: which there are, which a database is at, and moving it to the newest.

Alembic takes half a second to import: it is imported only where a database has to be changed.
"""

from __future__ import annotations

import logging
import re
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from catalog.errors import CatalogError

_SCRIPT = re.compile(r"(\d{4})_\w+\.py")


def revisions() -> list[str]:
    """All of them, oldest first: the numbers that the scripts' names begin with."""
    names = (_SCRIPT.fullmatch(path.name) for path in (_folder() / "versions").iterdir())
    return sorted(name[1] for name in names if name)


def newest_revision() -> str:
    return revisions()[-1]


def to_newest(revision: str | None) -> str:
    """What to do with a database that is not at the newest revision."""
    known = revision is None or revision in revisions()
    return "run gems db upgrade" if known else "upgrade hidden-gems"


def revision_of(connection: Connection) -> str | None:
    """The revision a database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(select(column("version_num")).select_from(table("alembic_version")))


def upgrade(connection: Connection) -> None:
    """Bring a database from whatever revision it is at to the newest."""
    from alembic import command
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _folder() -> Path:
    spec = find_spec("migrations")
    if spec is None or spec.origin is None:
        raise CatalogError("the migrations are not installed: reinstall hidden-gems")
    return Path(spec.origin).parent
