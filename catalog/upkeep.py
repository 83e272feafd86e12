"""Keeping a catalog for years: what may go, copies of it, and whether it is sound."""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from contextlib import closing, suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session, aliased

from catalog.database import Catalog, damaged, shown
from catalog.errors import CatalogError, DatabaseCorrupt
from catalog.revisions import newest_revision, to_newest
from catalog.tables import Checkpoint, Member, Oddity, Popularity, Repository, Ruling
from catalog.words import Verdict

DAILY = timedelta(days=90)
"""For so long each day's point of popularity is kept, of earlier weeks one point each; and for so
long, what could not be read."""

KEPT = (Verdict.GEM, Verdict.CONTENDER, Verdict.GRADUATED, Verdict.RANKED)

Commit = tuple[str, str]


def thin_popularity(session: Session, today: date) -> int:
    """Keep the last point of each week that is wholly older than 90 days; returns how many went."""
    weeks: dict[date, list[date]] = defaultdict(list)
    oldest_daily = today - DAILY
    for day in session.scalars(
        select(Popularity.day).where(Popularity.day < oldest_daily).distinct()
    ):
        weeks[day - timedelta(days=day.weekday())].append(day)
    later = aliased(Popularity)
    gone = 0
    for monday, days in weeks.items():
        sunday = monday + timedelta(days=6)
        if len(days) < 2 or sunday >= oldest_daily:
            continue
        again = exists().where(
            later.repository_id == Popularity.repository_id,
            later.day > Popularity.day,
            later.day <= sunday,
        )
        found = session.execute(
            delete(Popularity)
            .where(Popularity.day.between(monday, sunday), again)
            .execution_options(synchronize_session=False)
            .returning(Popularity.repository_id)
        )
        gone += len(found.all())
    return gone


def forget_oddities(session: Session, now: datetime) -> int:
    """Drop what crawls of more than 90 days ago could not read; returns how many went."""
    found = session.execute(
        delete(Oddity)
        .where(Oddity.seen_at < now - DAILY)
        .execution_options(synchronize_session=False)
        .returning(Oddity.id)
    )
    return len(found.all())


def kept_commits(session: Session, family_id: int, scan_id: int) -> tuple[set[Commit], set[Commit]]:
    """Commits (name, sha) of a family whose weights will be wanted again after a scan: those it did
    not eliminate, those it has not visited, and what adapters are asked on; and all the others."""
    verdicts = {
        row.checkpoint_id: (row.verdict, row.popular)
        for row in session.execute(
            select(Ruling.checkpoint_id, Ruling.verdict, Ruling.popular).where(
                Ruling.scan_id == scan_id, Ruling.category == ""
            )
        )
    }
    rows = session.execute(
        select(Checkpoint.id, Repository.name, Checkpoint.sha, Repository.sha, Checkpoint.base_id)
        .join(Repository, Repository.id == Checkpoint.repository_id)
        .join(Member, Member.repository_id == Repository.id)
        .where(Member.family_id == family_id)
    ).all()
    bases = {base for *_, base in rows}
    kept: set[Commit] = set()
    others: set[Commit] = set()
    for checkpoint_id, name, sha, current, _ in rows:
        verdict, popular = verdicts.get(checkpoint_id, (Verdict.NOT_YET_EVALUATED, False))
        wanted = popular or verdict in (*KEPT, Verdict.NOT_YET_EVALUATED)
        stays = sha == current and (wanted or checkpoint_id in bases)
        (kept if stays else others).add((name, sha))
    return kept, others - kept


def backup(catalog: Catalog, file: Path) -> int:
    """Copy a SQLite catalog that may be in use to `file`, whole or not at all; returns its bytes.

    The copy is checked before it takes the place of an older one. Raises CatalogError.
    """
    if file.exists() and file.samefile(_file(catalog)):
        raise CatalogError(f"{file} is the catalog itself: name another file")
    draft = file.with_name(f"{file.name}.draft")
    try:
        draft.unlink(missing_ok=True)
        with (
            closing(catalog.engine.raw_connection()) as source,
            closing(sqlite3.connect(draft)) as copy,
        ):
            driver = source.driver_connection
            assert isinstance(driver, sqlite3.Connection), "only SQLite comes here"
            driver.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            said = [row[0] for row in copy.execute("PRAGMA integrity_check")]
        if said != ["ok"]:
            raise _unsound(catalog, said[0])
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(file)
    except (sqlite3.Error, OSError) as error:
        if damaged(error):
            raise _unsound(catalog, str(error)) from error
        raise CatalogError(f"cannot back up to {file} ({error}): name a file elsewhere") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return file.stat().st_size


def vacuum(catalog: Catalog) -> tuple[int, int]:
    """Give what was deleted back to the disk; bytes before and after. Raises CatalogError."""
    file = _file(catalog)
    before = file.stat().st_size
    try:
        with closing(catalog.engine.raw_connection()) as connection:
            driver = connection.driver_connection
            assert isinstance(driver, sqlite3.Connection), "only SQLite comes here"
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        if damaged(error):
            raise _unsound(catalog, str(error)) from error
        raise CatalogError(
            f"cannot vacuum {shown(catalog.url)} ({error}): stop what uses it, or free some space"
        ) from error
    return before, file.stat().st_size


def faults(catalog: Catalog) -> list[str]:
    """What is wrong with the catalog, a line each: pages, references, revision."""
    found = []
    now, newest = catalog.peek(), newest_revision()
    if now is None:
        return [f"{shown(catalog.url)} holds no catalog: run gems db upgrade, or restore a backup"]
    if now != newest:
        found.append(f"it is at revision {now}, not {newest}: {to_newest(now)}")
    with catalog.read() as session:
        connection = session.connection()
        pages = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check")]
        found += [] if pages == ["ok"] else [f"its pages are damaged: {said}" for said in pages]
        broken: dict[tuple[str, str], int] = defaultdict(int)
        for table, _, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            broken[table, parent] += 1
        found += [
            f"{count} rows of {table} name rows of {parent} that are not there"
            for (table, parent), count in sorted(broken.items())
        ]
    return found


def _unsound(catalog: Catalog, said: str) -> DatabaseCorrupt:
    return DatabaseCorrupt(f"{shown(catalog.url)} is not sound ({said}): restore an earlier backup")


def _file(catalog: Catalog) -> Path:
    """The catalog's file. Raises CatalogError where it is none."""
    name = catalog.engine.url.database
    if not name or not Path(name).is_file():
        raise CatalogError(f"{shown(catalog.url)} does not exist: set GEMS_DATABASE_URL")
    return Path(name)
