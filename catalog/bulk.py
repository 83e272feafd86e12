"""Many rows at once, in the database's own form: for pages of a thousand rows, not for a few.

Values skip the column types' conversions here, which cost more than the storing itself. Moments
go through `stored_moment`, and JSON through `stored_json`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

Values = Sequence[tuple[Any, ...]]
GOES = 1000
_encode = json.JSONEncoder(separators=(",", ":")).encode


def stored_moment(moment: datetime | None) -> str | None:
    """An aware moment as the column type `Moment` keeps it. It must be in UTC."""
    return None if moment is None else moment.isoformat(" ", "microseconds")[:26]


def stored_json(value: object) -> str:
    return _encode(value)


def next_key(session: Session, table: Table) -> int:
    """The first key that a table has not used; ours until the transaction ends."""
    last = session.connection().exec_driver_sql(f"SELECT max(id) FROM {table.name}").scalar()
    return (last or 0) + 1


def read_many(session: Session, sql: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Rows as the driver has them, for tens of thousands."""
    try:
        return list(session.connection().exec_driver_sql(sql, parameters).cursor.fetchall())
    except sqlite3.DatabaseError as error:  # as SQLAlchemy would raise it
        raise DatabaseError(sql, parameters, error) from error


def insert_many(session: Session, table: Table, columns: Sequence[str], rows: Values) -> None:
    """Insert rows; those whose key is there already are left as they are."""
    _insert(session, table, columns, rows, "DO NOTHING")


def upsert_many(
    session: Session,
    table: Table,
    columns: Sequence[str],
    rows: Values,
    *,
    key: Sequence[str],
    once: Sequence[str] = (),
) -> None:
    """Insert rows, or update those with the same `key`; columns in `once` are never updated."""
    changed = [name for name in columns if name not in key and name not in once]
    updates = ", ".join(f"{name} = excluded.{name}" for name in changed)
    _insert(session, table, columns, rows, f"({', '.join(key)}) DO UPDATE SET {updates}")


def _insert(
    session: Session, table: Table, columns: Sequence[str], rows: Values, conflict: str
) -> None:
    into, marks = ", ".join(columns), ", ".join("?" * len(columns))
    sql = f"INSERT INTO {table.name} ({into}) VALUES ({marks}) ON CONFLICT {conflict}"
    run_many(session, sql, rows)


def _goes(values: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    return (values[at : at + most] for at in range(0, len(values), most))


def select_among(
    session: Session, sql: str, values: Sequence[str] | Sequence[int], *before: Any
) -> list[tuple[Any, ...]]:
    """Rows of a statement that ends in `IN`, for these values; in several goes if many.

    before: values for the question marks before that. One mark for all values: a statement for
    each number of them would be a statement more to keep.
    """
    rows: list[tuple[Any, ...]] = []
    among = f"{sql} (SELECT value FROM json_each(?))"
    for some in _goes(values, GOES):
        rows += read_many(session, among, (*before, stored_json(some)))
    return rows


def run_many(session: Session, sql: str, rows: Values) -> None:
    """Run a statement with question marks for the values, once a row."""
    if rows:
        session.connection().exec_driver_sql(sql, list(rows))
