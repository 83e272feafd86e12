"""A catalog is thinned, backed up while in use, vacuumed, and found out when it is not sound."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete

from catalog import crawls, upkeep
from catalog.database import Catalog, open_catalog
from catalog.errors import CatalogError, DatabaseCorrupt, DatabaseFull
from catalog.popularity import series
from catalog.tables import Popularity, Repository
from gems.db import db

TODAY = date(2026, 6, 30)


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """Two repositories: one with a year of daily points, one with a point now and then."""
    url = f"sqlite:///{tmp_path}/gems.db"
    monkeypatch.setenv("GEMS_DATABASE_URL", url)
    catalog = open_catalog(url)
    now = datetime(2026, 6, 30, tzinfo=UTC)
    with catalog.write() as session:
        for number, step in ((1, 1), (2, 9)):
            session.add(
                Repository(
                    id=number, hub="huggingface", hub_id=f"{number:024x}", name=f"org/{number}",
                    author="org", config={}, first_seen=now, last_seen=now,
                )
            )  # fmt: skip
            session.flush()
            session.add_all(
                Popularity(repository_id=number, day=TODAY - timedelta(days=ago), downloads=ago)
                for ago in range(0, 365, step)
            )
    return catalog


def days(catalog: Catalog, repository_id: int) -> list[date]:
    with catalog.read() as session:
        return [point.day for point in series(session, repository_id)]


def test_popularity_is_daily_for_90_days_and_weekly_before(catalog: Catalog) -> None:
    sparse = days(catalog, 2)
    with catalog.write() as session:
        gone = upkeep.thin_popularity(session, TODAY)
    kept = days(catalog, 1)
    assert gone == 365 - len(kept)
    recent = [day for day in kept if day >= TODAY - timedelta(days=90)]
    older = [day for day in kept if day < TODAY - timedelta(days=98)]
    assert len(recent) == 91
    assert all(day.isoweekday() == 7 for day in older)  # the last of each week
    assert len(older) == 38
    assert days(catalog, 2) == sparse
    with catalog.write() as session:
        assert upkeep.thin_popularity(session, TODAY) == 0


def test_what_could_not_be_read_is_kept_for_90_days(catalog: Catalog) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    with catalog.write() as session:
        for ago in (0, 89, 91, 400):
            when = now - timedelta(days=ago)
            crawl_id = crawls.begin(session, "h", crawls.WHOLE, [str(ago)], None, when)
            crawls.note_oddities(session, crawl_id, [("a/b", "odd")], when)
    with catalog.write() as session:
        assert upkeep.forget_oddities(session, now) == 2
        assert [len(crawls.oddities(session, n)) for n in (1, 2, 3, 4)] == [1, 1, 0, 0]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(db, list(arguments))


def test_a_backup_is_whole_while_the_catalog_is_written(catalog: Catalog, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("an older backup")
    with catalog.write() as session:
        session.get_one(Repository, 1).name = "org/renamed"
        session.flush()
        found = run("backup", str(copy), "--json")  # sees none of what is not committed
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["bytes"] == copy.stat().st_size
    assert sorted(p.name for p in tmp_path.glob("copy*")) == ["copy.db"]
    restored = open_catalog(f"sqlite:///{copy}")
    with restored.read() as session:
        assert session.get_one(Repository, 1).name == "org/1"
    restored.close()
    assert days(catalog, 1)


def test_a_backup_that_cannot_be_leaves_the_older_one(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="cannot back up"):
        upkeep.backup(catalog, tmp_path / "no" / "such" / "folder.db")
    older = tmp_path / "older.db"
    older.write_text("older")
    absent = Catalog(f"sqlite:///{tmp_path}/absent.db")
    with pytest.raises(CatalogError, match="does not exist"):
        upkeep.backup(absent, older)
    assert older.read_text() == "older"
    assert not (tmp_path / "absent.db").exists()


def test_a_backup_never_takes_the_place_of_the_catalog(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "gems.db")
    before = (tmp_path / "gems.db").stat().st_ino
    for name in ("gems.db", "link.db", "../" + tmp_path.name + "/gems.db"):
        with pytest.raises(CatalogError, match="is the catalog itself: name another file"):
            upkeep.backup(catalog, tmp_path / name)
    assert (tmp_path / "gems.db").stat().st_ino == before


def test_a_damaged_catalog_is_not_blamed_on_where_it_is_copied_to(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_text("not a database at all, whatever its name may say")
    bad = Catalog(f"sqlite:///{tmp_path}/bad.db")
    with pytest.raises(DatabaseCorrupt, match="restore an earlier backup"):
        upkeep.backup(bad, tmp_path / "copy.db")
    with pytest.raises(DatabaseCorrupt, match="restore an earlier backup"):
        upkeep.vacuum(bad)
    assert not (tmp_path / "copy.db").exists()


def test_vacuum_gives_room_back(catalog: Catalog) -> None:
    with catalog.write() as session:
        for number in range(3, 400):
            session.add(
                Repository(
                    id=number, hub="huggingface", hub_id=f"{number:024x}", name=f"org/{number}",
                    author="org", config={"x": "x" * 4000},
                    first_seen=datetime.now(UTC), last_seen=datetime.now(UTC),
                )
            )  # fmt: skip
    with catalog.write() as session:
        for number in range(3, 400):
            session.delete(session.get_one(Repository, number))
    catalog.close()
    said = json.loads(run("vacuum", "--json").stdout)
    assert said["after"] < said["before"] / 2


def test_a_full_disk_is_one_line_and_what_was_committed_stays(catalog: Catalog) -> None:
    before = days(catalog, 1)
    with pytest.raises(DatabaseFull, match=r"^[^\n]+free some, and the same command goes on"):
        _fill(catalog)
    assert days(catalog, 1) == before


def _fill(catalog: Catalog) -> None:
    """Write more than there is room for, after something that there was room for."""
    with catalog.write() as session:
        session.connection().exec_driver_sql("PRAGMA max_page_count = 1")
        session.execute(delete(Popularity))
        session.get_one(Repository, 1).config = {"x": "x" * 2**20}


def test_check_finds_what_is_wrong(catalog: Catalog, tmp_path: Path) -> None:
    assert run("check").exit_code == 0
    catalog.close()
    with sqlite3.connect(tmp_path / "gems.db") as raw:
        raw.execute("DELETE FROM repositories WHERE id = 2")
    found = run("check", "--json")
    assert found.exit_code == 1
    (fault,) = json.loads(found.stdout)["faults"]
    assert "rows of popularity name rows of repositories that are not there" in fault
    page = (tmp_path / "gems.db").stat().st_size // 2
    raw.close()
    with (tmp_path / "gems.db").open("r+b") as file:
        file.seek(page)
        file.write(b"\xff" * 8192)
    broken = run("check")
    assert broken.exit_code == 1


def test_check_says_when_there_is_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMS_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    found = run("check")
    assert found.exit_code == 1
    assert "holds no catalog" in found.output
    assert not (tmp_path / "none.db").exists()
