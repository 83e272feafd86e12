"""What is published: complete, consistent, safe to sync, and without a secret."""

from __future__ import annotations

import csv
import gzip
import json
import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlparse

import pytest
from sqlalchemy.orm import Session

from catalog.database import Catalog, open_catalog
from catalog.tables import Checkpoint, Failure, Grade, Prompt, Repository, Ruling, Scan, Suite
from catalog.words import Verdict
from leaderboard import publish
from tests.site.made import NOW, Fleet, Made, fill

Small = tuple[Catalog, Made, Path]


class Anatomy(HTMLParser):
    """Links, identities and nesting of a page."""

    VOID = frozenset({"meta", "link", "img", "input", "br", "wbr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.handlers: list[str] = []
        self.open: list[str] = []
        self.scripts: list[str | None] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), f"an attribute twice in <{tag}>"
        self.links += [given[key] or "" for key in ("href", "src") if key in given]
        self.ids += [given["id"] or ""] if "id" in given else []
        self.handlers += [key for key in given if key.startswith("on") or key == "style"]
        if tag == "script":
            self.scripts.append(given.get("src"))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def check_links(folder: Path) -> None:
    anatomies = {page: Anatomy(page.read_text()) for page in pages(folder)}
    for page, anatomy in anatomies.items():
        assert len(set(anatomy.ids)) == len(anatomy.ids), page
        assert anatomy.handlers == [], page
        assert all(src and "assets/" in src for src in anatomy.scripts), page
        for link in anatomy.links:
            parts = urlparse(link)
            if parts.scheme or parts.netloc:
                assert parts.scheme == "https"
                assert parts.netloc in ("huggingface.co", "arxiv.org")
                continue
            path, fragment = urldefrag(link)
            target = (page.parent / path.partition("?")[0]).resolve() if path else page
            assert target.is_relative_to(folder.resolve()), (page, link)
            assert target.is_file(), (page, link)
            if fragment:
                assert fragment in anatomies[target].ids, (page, link)


def test_every_page_is_well_formed_and_every_link_resolves(small: Small) -> None:
    check_links(small[2])


def test_a_hostile_catalog_is_published_inside_its_folder(attacked: Path) -> None:
    check_links(attacked)
    assert [path.name for path in attacked.parent.iterdir()] == ["public"]
    ET.parse(attacked / "changes.atom")
    for picture in attacked.rglob("*.svg"):
        ET.parse(picture)


def test_spreadsheets_take_no_name_for_a_formula(attacked: Path) -> None:
    tables = list(attacked.glob("data/families/*.csv"))
    assert tables
    for table in tables:
        for row in csv.reader(table.read_text().splitlines()):
            assert not any(cell.startswith(("=", "@", "+")) for cell in row)


def test_every_scored_checkpoint_has_a_page_and_says_what_the_catalog_says(small: Small) -> None:
    catalog, _, out = small
    with catalog.read() as session:
        for ruling, name in (
            session.query(Ruling, Repository.name)
            .join(Checkpoint, Checkpoint.id == Ruling.checkpoint_id)
            .join(Repository)
            .filter(Ruling.category == "")
        ):
            said = json.loads((out / "data/checkpoints" / f"{name}.json").read_text())
            assert (said["verdict"], said["n"]) == (ruling.verdict, ruling.n)
            assert said["score"] == pytest.approx(ruling.score)
            page = (out / "checkpoints" / f"{name}.html").read_text()
            assert f"{100 * (ruling.score or 0):.1f}%" in page
            assert said["sha"] in page
            assert "131,072" in page


def test_eliminated_checkpoints_are_never_ranked_with_finalists(small: Small) -> None:
    board = json.loads((small[2] / "data/families/llama-3.1-8b.json").read_text())["leaderboard"]
    verdicts = [row["verdict"] for row in board]
    first_out = verdicts.index(Verdict.ELIMINATED)
    assert set(verdicts[first_out:]) == {Verdict.ELIMINATED}
    assert all(row["rank"] == "–" for row in board[first_out:])
    page = (small[2] / "families/llama-3.1-8b.html").read_text()
    finalists, out = page.split('<tbody data-group="2" class="out">')
    assert 'data-v="eliminated"' not in finalists
    assert 'data-v="ranked"' not in out


def test_no_prompt_that_confirms_is_published_before_it_is_retired(
    small: Small, tmp_path: Path
) -> None:
    _, made, out = small
    assert any("secret" in prompt for prompt in made.prompts)
    for path in out.rglob("*"):
        if path.is_file():
            assert b"secret shelf" not in path.read_bytes(), path
    with closing(sqlite3.connect(out / "data/hidden-gems.sqlite")) as file:
        assert file.execute("SELECT count(*) FROM prompts").fetchone() == (Fleet().selecting,)
        assert file.execute("PRAGMA user_version").fetchone() == (1,)
        asked = "SELECT name FROM rulings JOIN checkpoints USING (checkpoint) WHERE verdict = 'gem'"
        assert file.execute(asked).fetchall()


def test_a_retired_prompt_may_be_shown(catalog: Catalog, tmp_path: Path) -> None:
    fill(catalog, Fleet(checkpoints=8, excluded=0, confirming=3))
    with catalog.write() as session:
        session.query(Prompt).update({"retired_at": NOW})
    publish(catalog, tmp_path / "public", now=NOW)
    assert b"secret shelf" in (tmp_path / "public/data/questions/llama-3.1-8b.json").read_bytes()


@pytest.mark.parametrize("left", [1, 0])
def test_no_page_speaks_for_the_popular_that_failed(
    catalog: Catalog, tmp_path: Path, left: int
) -> None:
    """left: how many popular checkpoints were evaluated."""
    made = fill(catalog, Fleet(checkpoints=12))
    with catalog.write() as session:
        overall = session.query(Ruling).filter(Ruling.category == "")
        failed = [row.checkpoint_id for row in overall.filter(Ruling.popular)][left:]
        mine = Ruling.checkpoint_id.in_(failed)
        session.query(Ruling).filter(mine, Ruling.category != "").delete()
        overall.filter(mine).update({"verdict": "failed", "score": None})
        found = {"verdict": "contender" if left else "ranked", "p": None}
        overall.filter(Ruling.verdict == "gem").update(found)
        if not left:
            overall.update({"delta_vs_popular": None})
            overall.filter(Ruling.verdict == "contender").update({"verdict": "ranked"})
        session.add(
            Failure(
                scan_id=made.scan_id,
                checkpoint_id=failed[0],
                stage="load",
                kind="bad_weights",
                detail="cut short",
                failed_at=NOW,
            )
        )
    publish(catalog, tmp_path / "public", now=NOW)
    page = (tmp_path / "public/families/llama-3.1-8b.html").read_text()
    assert f"what is popular was not evaluated: {made.names[failed[0]]} (bad_weights)" in page
    for path in (tmp_path / "public").glob("families/*.html"):
        assert "everything popular" not in path.read_text().partition("<main")[2]
    for path in (tmp_path / "public").glob("checkpoints/*/*.html"):
        assert "every popular checkpoint (" not in path.read_text()


def test_what_is_not_ranked_says_why(small: Small) -> None:
    page = (small[2] / "families/llama-3.1-8b/not-ranked.html").read_text()
    assert "It is a quantized copy; its full-precision parent is ranked." in page
    assert "Its weights could not be loaded." in page
    assert "It passed vetting, and no scan has come to it yet." in page


def test_publishing_again_changes_nothing_but_the_status(catalog: Catalog, tmp_path: Path) -> None:
    fill(catalog, Fleet(checkpoints=12))
    out = tmp_path / "public"
    publish(catalog, out, now=NOW)
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in out.rglob("*") if p.is_file()}
    done = publish(catalog, out, now=NOW + timedelta(days=1))
    after = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in out.rglob("*") if p.is_file()}
    changed = {path.name for path in before if before[path] != after[path]}
    assert before.keys() == after.keys()
    assert changed == {"status.json", ".gems-publish.json"}
    assert done.changed == 1


def test_one_change_touches_only_the_pages_that_tell_it(catalog: Catalog, tmp_path: Path) -> None:
    made = fill(catalog, Fleet(checkpoints=12))
    out = tmp_path / "public"
    publish(catalog, out, now=NOW)
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    changed_id = made.checkpoints[-1]
    with catalog.write() as session:
        session.query(Repository).filter(Repository.id == changed_id).update({"license": "wtfpl"})
    publish(catalog, out, now=NOW)
    changed = {str(p.relative_to(out)) for p in before if p.read_bytes() != before[p]}
    name = made.names[changed_id]
    assert changed == {
        ".gems-publish.json",
        f"checkpoints/{name}.html",
        f"data/checkpoints/{name}.json",
        "data/families/llama-3.1-8b.csv",
        "data/families/llama-3.1-8b.json",
        "data/hidden-gems.sqlite",
        "families/llama-3.1-8b.html",
    }


def test_a_mended_data_file_says_what_a_new_one_says(catalog: Catalog, tmp_path: Path) -> None:
    made = fill(catalog, Fleet(checkpoints=12))
    publish(catalog, tmp_path / "mended", now=NOW)
    with catalog.write() as session:
        grade = session.query(Grade).filter(Grade.answer_id == 5).one()
        session.add(
            _copy(grade, version="2", score=1.0 - grade.score, graded_at=NOW + timedelta(1))
        )
        ruling = Ruling.checkpoint_id == made.checkpoints[3]
        session.query(Ruling).filter(ruling).update({"score": 0.123})
    publish(catalog, tmp_path / "mended", now=NOW)
    publish(catalog, tmp_path / "anew", now=NOW)
    dumps = []
    for out in ("mended", "anew"):
        with closing(sqlite3.connect(tmp_path / out / "data/hidden-gems.sqlite")) as file:
            dumps.append(sorted(file.iterdump()))
    assert dumps[0] == dumps[1]
    assert any("0.123" in line for line in dumps[0])


def test_the_same_catalog_gives_the_same_bytes(catalog: Catalog, tmp_path: Path) -> None:
    fill(catalog, Fleet(checkpoints=10))
    for out in ("one", "two"):
        publish(catalog, tmp_path / out, now=NOW)
    files = [p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file()]
    assert files
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_many_pages_are_written_in_processes_and_alike(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(catalog, Fleet(checkpoints=30, confirming=8, days=2))
    publish(catalog, tmp_path / "alone", now=NOW)
    monkeypatch.setattr("leaderboard.writing.FEW", 1)
    publish(catalog, tmp_path / "together", now=NOW)
    for path in (tmp_path / "alone").rglob("*.html"):
        other = tmp_path / "together" / path.relative_to(tmp_path / "alone")
        assert path.read_bytes() == other.read_bytes()


def test_an_empty_catalog_and_an_unscanned_family_are_published(
    catalog: Catalog, tmp_path: Path
) -> None:
    publish(catalog, tmp_path / "empty", now=NOW)
    assert "gems crawl" in (tmp_path / "empty/index.html").read_text()
    check_links(tmp_path / "empty")
    fill(catalog, Fleet(checkpoints=6))
    with catalog.write() as session:
        session.execute(Ruling.__table__.delete())
    publish(catalog, tmp_path / "unruled", now=NOW)
    check_links(tmp_path / "unruled")


def test_each_suite_has_a_board_and_the_larger_one_is_the_familys(
    catalog: Catalog, tmp_path: Path
) -> None:
    made = fill(catalog, Fleet(checkpoints=14, days=2))
    with catalog.write() as session:
        _scan_again(session, made, "ours", checkpoints=5)
    out = tmp_path / "public"
    publish(catalog, out, now=NOW)
    check_links(out)
    assert (out / "families/llama-3.1-8b.html").read_text().count("<tr data-c=") == 14
    assert (out / "families/llama-3.1-8b/ours.html").read_text().count("<tr data-c=") == 5
    assert (out / "data/families/llama-3.1-8b--ours.csv").read_text().count("\n") == 6


def _scan_again(session: Session, made: Made, suite_name: str, checkpoints: int) -> None:
    """A later scan of the same family with a suite of its own, of the first few checkpoints."""
    suite = Suite(name=suite_name, version="1", created_at=NOW)
    session.add(suite)
    session.flush()
    ids = made.checkpoints[:checkpoints]
    scan = _copy(session.get_one(Scan, made.scan_id), id=None, suite_id=suite.id, arms=ids)
    session.add(scan)
    session.flush()
    for ruling in session.query(Ruling).filter(Ruling.checkpoint_id.in_(ids)).all():
        session.add(_copy(ruling, scan_id=scan.id))


def _copy(row: Any, **changed: object) -> Any:
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    return type(row)(**(values | changed))


def test_a_gem_is_told_in_the_changes_and_in_the_feed(small: Small) -> None:
    out = small[2]
    assert "new gem" in (out / "changes.html").read_text()
    feed = ET.parse(out / "changes.atom").getroot()
    space = "{http://www.w3.org/2005/Atom}"
    titles = [str(entry.findtext(f"{space}title")) for entry in feed.iter(f"{space}entry")]
    assert any("gem" in title for title in titles)
    assert feed.findtext(f"{space}updated") == "2026-05-03T04:30:00Z"


def test_more_than_600_rows_are_paged_within_the_budgets(tmp_path: Path) -> None:
    catalog = open_catalog(f"sqlite:///{tmp_path}/gems.db")
    fill(catalog, Fleet(checkpoints=640, selecting=12, confirming=4, days=0, excluded=520))
    out = tmp_path / "public"
    publish(catalog, out, now=NOW)
    catalog.close()

    def weight(path: str) -> int:
        return len(gzip.compress((out / path).read_bytes(), 6))

    first = (out / "families/llama-3.1-8b.html").read_text()
    assert first.count("<tr data-c=") == 600
    assert (out / "families/llama-3.1-8b/2.html").read_text().count("<tr data-c=") == 40
    assert weight("families/llama-3.1-8b.html") <= 120_000
    assert weight("assets/script.js") + weight("assets/compare.js") <= 10_000
    assert weight("assets/style.css") <= 10_000
    assert (out / "families/llama-3.1-8b/not-ranked-2.html").exists()
    check_links(out)


def test_the_search_is_said_to_have_asked_what_it_asked(catalog: Catalog, tmp_path: Path) -> None:
    """Popular checkpoints are confirmed wherever the search stopped them."""
    made = fill(catalog, Fleet(checkpoints=12, selecting=20))
    rungs = [
        {"prompts": 5, "reached": 12, "kept": 6},
        {"prompts": 20, "reached": 6, "kept": 6},
    ]
    with catalog.write() as session:
        scan = session.get_one(Scan, made.scan_id)
        scan.report = {**(scan.report or {}), "rungs": rungs, "candidates": 12}
    publish(catalog, tmp_path / "public", now=NOW)
    page = (tmp_path / "public/families/llama-3.1-8b.html").read_text()
    share = 100 * (12 * 5 + 6 * 15) / (12 * 20)
    assert f"<dt>Of asking everyone everything</dt><dd>{share:.0f}%</dd>" in page


def test_who_was_stopped_and_confirmed_is_not_said_to_have_been_asked_everything(
    catalog: Catalog, tmp_path: Path
) -> None:
    made = fill(catalog, Fleet(checkpoints=12, selecting=20))
    root = made.checkpoints[0]
    with catalog.write() as session:
        scan = session.get_one(Scan, made.scan_id)
        rungs = [{"prompts": n, "reached": 12, "kept": 12} for n in (5, 8, 20)]
        scan.report = {**(scan.report or {}), "rungs": rungs}
        session.query(Ruling).filter(Ruling.checkpoint_id == root).update({"rung": 1})
    publish(catalog, tmp_path / "public", now=NOW)
    page = (tmp_path / f"public/checkpoints/{made.names[root]}.html").read_text()
    assert "It was stopped after 8, and confirmed all the same." in page
    assert page.count(" prompts: reached<") == 2
    assert page.count(" prompts: not reached<") == 1


def test_every_page_of_a_family_says_what_the_first_one_says(tmp_path: Path) -> None:
    catalog = open_catalog(f"sqlite:///{tmp_path}/gems.db")
    fill(catalog, Fleet(checkpoints=640, selecting=12, confirming=4, days=0, excluded=0))
    out = tmp_path / "public"
    publish(catalog, out, now=NOW)
    with catalog.write() as session:
        best = session.query(Ruling).filter(Ruling.category == "", ~Ruling.popular)
        best.filter(Ruling.position == 1).update({"verdict": "gem", "delta_vs_popular": 0.1})
    publish(catalog, out, now=NOW)
    catalog.close()
    pages = (out / "families/llama-3.1-8b.html", out / "families/llama-3.1-8b/2.html")
    first, second = (page.read_text().partition('class="standfirst">')[2] for page in pages)
    assert "hidden gem" in first.partition("</p>")[0]
    assert first.partition("</p>")[0] == second.partition("</p>")[0]


def test_checkpoint_pages_keep_the_budget(small: Small, attacked: Path) -> None:
    pages_of_checkpoints = [p for out in (small[2], attacked) for p in out.glob("checkpoints/*/*")]
    assert pages_of_checkpoints
    for page in pages_of_checkpoints:
        assert len(gzip.compress(page.read_bytes(), 6)) <= 60_000, page
