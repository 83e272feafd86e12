"""Opening the catalog: connections, transactions, and what can go wrong with them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session as Session  # other rooms name it, and import no SQLAlchemy
from sqlalchemy.pool import ConnectionPoolEntry

from catalog.errors import (
    DatabaseCorrupt,
    DatabaseFull,
    DatabaseNewer,
    DatabaseUnreachable,
)
from catalog.revisions import newest_revision, revision_of, revisions, upgrade

BUSY_TIMEOUT_MS = 60_000


class Catalog:
    """One database. `read()` and `write()` give sessions; a write commits or leaves no trace."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with _one_line(self.url), Session(self.engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that takes the write lock at once, so that it never fails half-way."""
        writer = self.engine.execution_options(gems_immediate=True)
        with (
            _one_line(self.url),
            Session(writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def current(self) -> str | None:
        """The revision the database is at; None for an empty one."""
        with _one_line(self.url), self.engine.connect() as connection:
            return revision_of(connection)

    def peek(self) -> str | None:
        """As `current`, but an absent SQLite file is not made by looking."""
        name = make_url(self.url).database
        if name and not Path(name).exists():
            return None
        return self.current()

    def upgrade(self) -> None:
        """Bring an absent or older database up to date. Raises DatabaseNewer for a newer one."""
        current, head = self.current(), newest_revision()
        if current == head:
            return
        if current is not None and current not in revisions():
            raise DatabaseNewer(
                f"{shown(self.url)} was written by a newer version (revision {current}):"
                " upgrade hidden-gems, or point GEMS_DATABASE_URL elsewhere"
            )
        # Who comes while another is at it waits, and finds it done.
        alone = self.engine.execution_options(gems_immediate=True)
        with _one_line(self.url), alone.connect() as connection:
            upgrade(connection)

    def close(self) -> None:
        self.engine.dispose()


def open_catalog(url: str) -> Catalog:
    """The catalog at `url`, brought up to date. Raises CatalogError."""
    catalog = Catalog(url)
    catalog.upgrade()
    return catalog


def shown(url: str) -> str:
    """The address without its password."""
    return make_url(url).render_as_string(hide_password=True)


def _engine(url: str) -> Engine:
    try:
        engine = create_engine(url) if make_url(url).get_backend_name() == "sqlite" else None
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise DatabaseUnreachable(
            f"GEMS_DATABASE_URL is not an address SQLAlchemy can open ({type(error).__name__}):"
            " use for example sqlite:///gems.db"
        ) from error
    if engine is None:
        raise DatabaseUnreachable(
            f"{shown(url)} is no SQLite database, and the catalog is kept in no other: set"
            " GEMS_DATABASE_URL to for example sqlite:///gems.db"
        )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    _keep_a_log(cursor)
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA cache_size = -4096")  # kB; the system keeps the rest of the file at hand
    cursor.execute("PRAGMA wal_autocheckpoint = 16000")
    cursor.execute("PRAGMA secure_delete = OFF")  # what is public need not be overwritten to go
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _keep_a_log(cursor: DBAPICursor) -> None:
    """Switch a new database to its write-ahead log; SQLite waits for nobody else who does."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("gems_immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def _one_line(url: str) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if "disk is full" in str(error.orig):
            raise DatabaseFull(
                f"no room left on the disk of {shown(url)}: free some, and the same command goes on"
                " where it was"
            ) from error
        raise DatabaseUnreachable(
            f"cannot use the catalog {shown(url)} ({_cause(error)}): check that its folder exists"
            " and can be written, or set GEMS_DATABASE_URL"
        ) from error
    except DatabaseError as error:
        if damaged(error):
            raise DatabaseCorrupt(
                f"{shown(url)} is not a sound database ({_cause(error)}): restore a backup,"
                " or move it away and start again"
            ) from error
        raise


def damaged(error: Exception) -> bool:
    """Whether it says that a file is no sound database."""
    return "malformed" in str(error) or "not a database" in str(error)


def _cause(error: DatabaseError) -> str:
    return str(error.orig).splitlines()[0]
