"""The catalog opens what it can, brings it up to date, and refuses the rest in one line."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

import migrations
from catalog import archive, upkeep
from catalog.columns import Base
from catalog.database import Catalog, open_catalog
from catalog.errors import CatalogError, DatabaseCorrupt, DatabaseNewer, DatabaseUnreachable
from catalog.revisions import newest_revision, revisions
from catalog.tables import Family, Member


def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/gems.db"


def test_an_absent_database_is_made_and_brought_up_to_date(tmp_path: Path) -> None:
    catalog = open_catalog(url(tmp_path))
    assert catalog.current() == newest_revision()


def test_a_revision_is_the_number_of_its_script_and_each_follows_the_one_before() -> None:
    scripts = ScriptDirectory(str(files("migrations")))
    assert [s.revision for s in scripts.walk_revisions()] == revisions()[::-1]
    assert scripts.get_current_head() == newest_revision()


def test_opening_a_database_that_is_up_to_date_needs_no_alembic(tmp_path: Path) -> None:
    open_catalog(url(tmp_path)).close()
    look = (
        "import sys; from catalog.database import open_catalog;"
        f" open_catalog({url(tmp_path)!r}).close(); print('alembic' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_looking_at_an_absent_database_does_not_make_it(tmp_path: Path) -> None:
    assert Catalog(url(tmp_path)).peek() is None
    assert list(tmp_path.iterdir()) == []


def test_migrations_make_exactly_the_tables_of_the_models(tmp_path: Path) -> None:
    catalog = open_catalog(url(tmp_path))
    with catalog.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_and_going_back_loses_no_row_that_others_refer_to(tmp_path: Path) -> None:
    catalog = Catalog(url(tmp_path))
    _migrate(catalog, command.upgrade, "0004")
    with catalog.write() as session:
        for statement in CROWD:
            session.execute(text(statement))
    before = _counts(catalog)
    _migrate(catalog, command.upgrade, "head")
    assert _counts(catalog) == before
    with catalog.read() as session:
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    _migrate(catalog, command.downgrade, "0004")
    assert _counts(catalog) == before
    catalog.close()


@pytest.mark.parametrize("revision", ["0004", "0009"])
def test_upgrading_drops_strangers_with_all_that_is_theirs_and_stopped_crawls(
    tmp_path: Path, revision: str
) -> None:
    catalog = Catalog(url(tmp_path))
    _migrate(catalog, command.upgrade, "0004")
    with catalog.write() as session:
        for statement in CROWD:
            session.execute(text(statement))
    kept = _counts(catalog)
    with catalog.write() as session:
        for statement in STRANGERS:
            session.execute(text(statement))
    _migrate(catalog, command.upgrade, revision)
    _migrate(catalog, command.upgrade, "head")
    assert _counts(catalog) == kept
    with catalog.read() as session:
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        assert list(session.scalars(text("select id from crawls"))) == [1]
        assert session.scalar(text("select count(*) from frontier")) == 0
    catalog.close()


STRANGERS = (
    "insert into repositories (id, hub, hub_id, name, author, disabled, private, tags, card,"
    " config, first_seen, last_seen) values"
    " (3, 'h', 'z', 'z/a', 'z', 0, 0, '[]', '{}', '{}', '2026-01-01', '2026-01-01')",
    "insert into popularity (repository_id, day, downloads) values (3, '2026-01-01', 7)",
    "insert into edges (child_id, parent_id, parent_name, relation, source, confidence, chosen)"
    " values (3, NULL, 'z/b', 'finetune', 'tags', 0.8, 1)",
    "insert into aliases (repository_id, name, until) values (3, 'z/c', '2026-01-01')",
    "insert into crawls (id, hub, strategy, started_at, finished_at, state, requests, rows) values"
    " (1, 'h', 'whole', '2026-01-01', '2026-01-02', '{}', 1, 1),"
    " (2, 'h', 'recursive', '2026-01-03', NULL, '{}', 1, 1)",
    "insert into frontier (crawl_id, name, done) values (2, 'o/a', 0)",
)


CROWD = (
    "insert into families (id, slug, title, layouts) values (1, 'tiny', 'Tiny', '{}')",
    "insert into repositories (id, hub, hub_id, name, author, disabled, private, tags, card,"
    " config, first_seen, last_seen) values"
    " (1, 'h', 'x', 'o/a', 'o', 0, 0, '[]', '{}', '{}', '2026-01-01', '2026-01-01'),"
    " (2, 'h', 'y', 'o/b', 'o', 0, 0, '[]', '{}', '{}', '2026-01-01', '2026-01-01')",
    "insert into members (family_id, repository_id, root, depth) values (1, 1, 1, 0), (1, 2, 0, 1)",
    "insert into popularity (repository_id, day, downloads) values (1, '2026-01-01', 7)",
    "insert into edges (child_id, parent_id, parent_name, relation, source, confidence, chosen)"
    " values (2, 1, 'o/a', 'finetune', 'tags', 0.8, 1)",
    "insert into checkpoints (repository_id, sha, status) values (2, '1', 'candidate')",
    "insert into aliases (repository_id, name, until) values (2, 'o/c', '2026-01-01')",
)


def _counts(catalog: Catalog) -> dict[str, int]:
    tables = ("repositories", "members", "popularity", "edges", "checkpoints", "aliases")
    with catalog.read() as session:
        return {t: session.scalar(text(f"select count(*) from {t}")) or 0 for t in tables}


def _migrate(catalog: Catalog, move: Callable[[Config, str], None], revision: str) -> None:
    with catalog.engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        move(config, revision)


def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    open_catalog(url(tmp_path)).close()
    before = (tmp_path / "gems.db").read_bytes()
    open_catalog(url(tmp_path)).close()
    assert (tmp_path / "gems.db").read_bytes() == before


def test_a_newer_database_is_refused_with_one_line(tmp_path: Path) -> None:
    catalog = open_catalog(url(tmp_path))
    with catalog.write() as session:
        session.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(DatabaseNewer, match="upgrade hidden-gems") as caught:
        open_catalog(url(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_corrupt_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "gems.db"
    path.write_bytes(b"this is not a database at all" * 100)
    before = path.read_bytes()
    with pytest.raises(DatabaseCorrupt, match="restore a backup"):
        open_catalog(url(tmp_path))
    assert path.read_bytes() == before


def test_a_folder_that_does_not_exist_is_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable, match="check that its folder exists"):
        open_catalog(f"sqlite:///{tmp_path}/absent/gems.db")


def test_an_address_that_is_none_is_refused_in_one_line() -> None:
    with pytest.raises(CatalogError, match=r"sqlite:///gems\.db"):
        open_catalog("carrier pigeon")


def test_another_database_than_sqlite_is_refused_in_one_line_without_its_password() -> None:
    with pytest.raises(DatabaseUnreachable, match="kept in no other") as caught:
        open_catalog("postgresql+psycopg://gems:secret@localhost/gems")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sqlite_is_opened_with_wal_foreign_keys_and_patience(tmp_path: Path) -> None:
    catalog = open_catalog(url(tmp_path))
    with catalog.engine.connect() as connection:
        pragma = {
            name: connection.execute(text(f"pragma {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragma == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 60_000}


def test_a_write_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    catalog = open_catalog(url(tmp_path))

    def fail_half_way() -> None:
        with catalog.write() as session:
            session.add(Family(slug="a", title="A"))
            session.flush()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    with catalog.read() as session:
        assert session.scalars(select(Family)).all() == []


def test_a_row_that_points_nowhere_is_refused(tmp_path: Path) -> None:
    catalog = open_catalog(url(tmp_path))
    with pytest.raises(Exception, match="FOREIGN KEY"), catalog.write() as session:
        session.add(Member(family_id=1, repository_id=1, depth=0))


def test_writers_in_two_threads_wait_for_each_other(tmp_path: Path) -> None:
    address = url(tmp_path)
    open_catalog(address).close()

    def write(prefix: str) -> None:
        catalog = Catalog(address)
        for number in range(50):
            with catalog.write() as session:
                session.add(Family(slug=f"{prefix}-{number}", title=prefix))
        catalog.close()

    threads = [threading.Thread(target=write, args=(prefix,)) for prefix in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sqlite3.connect(tmp_path / "gems.db") as connection:
        (count,) = connection.execute("select count(*) from families").fetchone()
    connection.close()
    assert count == 150


def test_who_opens_a_catalog_while_another_makes_it_waits(tmp_path: Path) -> None:
    Catalog(url(tmp_path)).current()
    other = sqlite3.connect(tmp_path / "gems.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE theirs (x)")
    commit = threading.Timer(2, other.execute, ["COMMIT"])
    commit.start()
    catalog = open_catalog(url(tmp_path))
    commit.join()
    assert catalog.current() == newest_revision()
    catalog.close()
    other.close()


@pytest.mark.parametrize("number", [1, 2**63 - 1, 2**63, 10**30])
def test_a_scan_that_is_not_there_is_told_however_large_its_number(
    tmp_path: Path, number: int
) -> None:
    catalog = open_catalog(url(tmp_path))
    with catalog.read() as session, pytest.raises(CatalogError, match=f"no scan {number} "):
        archive.finished_scan(session, number)
    catalog.close()


def test_a_newer_catalog_is_not_sent_to_be_upgraded(tmp_path: Path) -> None:
    catalog = open_catalog(url(tmp_path))
    with catalog.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert upkeep.faults(catalog) == [
        f"it is at revision 9999, not {newest_revision()}: upgrade hidden-gems"
    ]
    catalog.close()
