"""Repositories keep their identity through renames, and are found without reading all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from catalog import repositories
from catalog.database import open_catalog


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    catalog = open_catalog(f"sqlite:///{tmp_path}/gems.db")
    with catalog.write() as opened:
        yield opened
    catalog.close()


def plans(session: Session) -> list[str]:
    """How SQLite goes about every statement from here on that reads repositories."""
    seen: list[str] = []

    def explain(_connection, cursor, statement, parameters, *_) -> None:
        if "FROM repositories" in statement:
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            seen.extend(str(row[3]) for row in rows)

    event.listen(session.connection(), "before_cursor_execute", explain)
    return seen


@pytest.mark.parametrize("many", [1, 2, 1000])
def test_names_are_looked_up_one_by_one_however_many_the_hub_has(session, many):
    seen = plans(session)
    repositories.ids_of_names(session, "huggingface", [f"o/{n}" for n in range(many)])
    here = [step for step in seen if "json_each" not in step and step != "LIST SUBQUERY 1"]
    assert here
    assert all("SEARCH" in step and "name=? AND hub=?" in step for step in here)
