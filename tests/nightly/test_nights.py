"""Nights over a real fleet that grows, moves and vanishes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from catalog.tables import Answer, Checkpoint, Plan, Repository, Ruling, Scan, Visit
from catalog.words import Verdict
from evaluator.fetching import bytes_in
from evaluator.verify import verify
from gems.night.log import Telling
from hubs.folder.server import FolderHub
from hubs.huggingface import HuggingFaceHub
from hubs.transport import Patience
from tests.nightly.conftest import Night
from tests.nightly.soak import GEMS, ROOT, count_answers
from tests.nightly.world import FAMILY, PARENT, World

NEW = "latecomer/brook-new"


def site(world: World) -> dict[str, tuple[bytes, int]]:
    """Bytes and modification times of all pages but the one that says when it was checked."""
    return {
        str(path.relative_to(world.out)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(world.out.rglob("*"))
        if path.is_file() and path.name not in ("status.json", ".gems-publish.json")
    }


def told(result: Any) -> dict[str, Any]:
    assert result.exit_code == 0, (result.output, result.exception)
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def asked_in(world: World, scan_id: int) -> dict[str, int]:
    """How many answers each checkpoint gave in a scan, by name."""
    catalog = world.catalog()
    with catalog.read() as session:
        rows = session.execute(
            select(Repository.name, func.count().label("times"))
            .join(Checkpoint, Checkpoint.repository_id == Repository.id)
            .join(Answer, Answer.checkpoint_id == Checkpoint.id)
            .join(Visit, Visit.id == Answer.visit_id)
            .where(Visit.scan_id == scan_id)
            .group_by(Repository.name)
        ).all()
    catalog.close()
    return {row.name: row.times for row in rows}


def proven(world: World, scan_id: int) -> None:
    """Every number of a scan follows from the stored answers."""
    catalog = world.catalog()
    found = verify(catalog, scan_id, Telling("verifying"))
    catalog.close()
    assert found["agrees"], [each["line"] for each in found["disagreements"]]


def board(world: World) -> list[dict[str, Any]]:
    """The leaderboard of the newest scan."""
    catalog = world.catalog()
    with catalog.read() as session:
        report = session.scalars(select(Scan.report).order_by(Scan.id.desc()).limit(1)).one()
    catalog.close()
    rows: list[dict[str, Any]] = report["leaderboard"]
    return rows


def test_the_first_night_begins_with_nothing_and_leaves_a_site(lived: World) -> None:
    said = json.loads((lived.folder / "said.json").read_text())
    (family,) = said["families"]
    assert said["well"]
    assert family["new"] == 7
    assert family["visited"] >= 7
    assert family["waiting"] == 0
    assert not family["stopped"]
    assert (lived.out / "index.html").is_file()
    proven(lived, family["scanned"])


def test_weights_of_who_is_out_are_dropped_and_of_who_is_ranked_kept(
    later: World, night: Night
) -> None:
    hub = HuggingFaceHub(token=False, folder=later.folder / "home" / "checkpoints")
    before = dict(hub.held())
    out = next(row["checkpoint"] for row in board(later)[::-1] if not row["popular"])
    catalog = later.catalog()
    with catalog.write() as session:
        ruled = session.scalars(
            select(Ruling)
            .join(Checkpoint, Checkpoint.id == Ruling.checkpoint_id)
            .join(Repository, Repository.id == Checkpoint.repository_id)
            .where(Repository.name == out)
        )
        for ruling in ruled:
            ruling.verdict = Verdict.ELIMINATED
    catalog.close()
    said = told(night(later, "--json"))
    assert said["freed"] == 1
    assert before.keys() - dict(hub.held()).keys() == {out}


def test_a_night_with_nothing_new_asks_nothing_and_changes_no_page(
    later: World, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(later)  # a first time: the copied site lies elsewhere now
    before = site(later)
    monkeypatch.setattr("evaluator.engines.make", None)  # whoever needs an engine fails
    said = told(night(later, "--json"))
    assert site(later) == before
    assert said["families"][0]["scanned"] is None
    catalog = later.catalog()
    with catalog.read() as session:
        assert session.scalar(select(func.count()).select_from(Scan)) == 1
    catalog.close()


def test_only_what_is_new_is_visited_and_what_left_is_marked(later: World, night: Night) -> None:
    full = [
        row
        for row in board(later)
        if (later.shelf / row["checkpoint"] / "model.safetensors").exists()
    ]
    moved = next(row["checkpoint"] for row in full if not row["popular"])
    popular = next(row["checkpoint"] for row in full if row["popular"] and row["downloads"])
    later.upload(NEW, PARENT, 1.25)
    later.upload(moved, moved, 0.9, lastModified="2026-11-20T11:00:00.000Z")
    said = told(night(later, "--json"))
    (family,) = said["families"]
    asked = asked_in(later, family["scanned"])
    assert family["new"] == 2
    assert set(asked) == {NEW, moved}
    assert family["visited"] <= 4  # one load each, and one more if it has to be confirmed
    assert said["freed"] == 1  # the weights of the commit that moved on
    proven(later, family["scanned"])

    later.remove(popular)
    summary = night(later)
    assert summary.exit_code == 0, summary.output
    assert f"gone: {popular}" in summary.stdout
    (second,) = told(night(later, "--json"))["families"]
    assert second["scanned"] is None
    catalog = later.catalog()
    with catalog.read() as session:
        newest = session.scalars(select(Scan).order_by(Scan.id.desc())).first()
        assert newest is not None
        assert asked_in(later, newest.id) == {}
        assert popular not in {row["checkpoint"] for row in newest.report["leaderboard"]}
        scan_id = newest.id
    catalog.close()
    proven(later, scan_id)


def test_a_disk_budget_holds_over_nights_and_what_is_new_has_room(
    later: World, night: Night
) -> None:
    weights = later.folder / "home" / "checkpoints"
    budget = bytes_in(weights) // 2
    for number in range(2):
        later.upload(f"{NEW}-{number}", PARENT, 1.25 + number)
    (family,) = told(night(later, "--disk-budget", str(budget), "--json"))["families"]
    assert family["failed"] == {}
    assert family["new"] == 2
    assert bytes_in(weights) <= budget


def test_what_there_was_no_time_for_is_said_and_done_the_next_night(
    world: World, night: Night
) -> None:
    (first,) = told(night(world, "--family", FAMILY, "--hours", "0", "--json"))["families"]
    assert first["stopped"]
    assert first["queries"] == 0
    assert first["waiting"] == first["new"] == 7
    proven(world, first["scanned"])
    page = (world.out / "index.html").read_text()
    assert "demo" in page.lower()
    world.upload(NEW, PARENT, 1.25)
    (second,) = told(night(world, "--json"))["families"]
    assert not second["stopped"]
    assert second["waiting"] == 0
    proven(world, second["scanned"])


def test_a_family_that_has_doubled_is_planned_anew_from_what_is_stored(
    later: World, night: Night
) -> None:
    for number in range(7):
        later.upload(f"{NEW}-{number}", PARENT, 1.1 + number / 10)
    catalog = later.catalog()
    with catalog.read() as session:
        known = session.scalars(select(Repository.name)).all()
        before = session.scalar(select(func.count()).select_from(Answer))
    (family,) = told(night(later, "--json"))["families"]
    with catalog.read() as session:
        plans = session.scalars(select(Plan).order_by(Plan.generation)).all()
        first, second = session.scalars(select(Scan).order_by(Scan.id))
        answers = session.scalar(select(func.count()).select_from(Answer))
    catalog.close()
    assert [plan.settings["candidates"] for plan in plans] == [7, 14]
    assert plans[0].settings["load_price"] != plans[1].settings["load_price"]  # measured, by then
    assert [first.plan_id, second.plan_id] == [plan.id for plan in plans]
    assert answers == before + family["queries"]
    asked = asked_in(later, family["scanned"])
    assert {name for name in asked if name not in known} == {f"{NEW}-{n}" for n in range(7)}
    assert sum(count for name, count in asked.items() if name in known) < before / 4
    proven(later, family["scanned"])
    assert told(night(later, "--json"))["families"][0]["scanned"] is None


def test_a_family_that_fails_is_named_and_the_others_go_on(later: World, night: Night) -> None:
    families = later.folder / "families.toml"
    families.write_text(
        families.read_text() + '\n[families.lost]\ntitle = "Lost"\nroots = ["nobody/here"]\n'
    )
    later.upload(NEW, PARENT, 1.25)
    found = night(later, "--family", "lost", "--family", FAMILY)
    assert found.exit_code == 1
    (failed,) = [line for line in found.stdout.splitlines() if line.startswith("lost: FAILED")]
    assert "nobody/here" in failed
    assert f"{FAMILY}: 1 new" in found.stdout
    assert "again lost" in found.stdout.splitlines()[-1]


def test_a_hub_that_is_away_is_said_once_and_the_site_stands(
    later: World, night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = partial(HuggingFaceHub, patience=Patience(tries=1))
    monkeypatch.setattr("hubs.huggingface.HuggingFaceHub", hasty)
    with FolderHub(tmp_path) as gone:
        later.url = gone.url
    night(later)
    before = site(later)
    found = night(later, "--json")
    assert found.exit_code == 1, found.exc_info
    said = json.loads(found.stdout)
    assert later.url.removeprefix("http://") in said["families"][0]["fault"]
    assert site(later) == before


def test_the_token_is_told_to_nobody(
    later: World, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "hf_neverToBeSeenAnywhereAtAll"
    monkeypatch.setenv("HF_TOKEN", token)
    later.upload(NEW, PARENT, 1.25)
    found = night(later, "--log-json")
    assert found.exit_code == 0, found.output
    assert all(json.loads(line)["level"] for line in found.stderr.splitlines())
    assert token not in found.output
    for path in [*later.out.rglob("*"), *later.folder.glob("gems.db*")]:
        assert not path.is_file() or token.encode() not in path.read_bytes(), path


def test_a_night_that_is_terminated_says_how_to_go_on_and_goes_on(
    world: World, night: Night
) -> None:
    world.catalog().close()  # answers can be counted from now on
    process = subprocess.Popen(
        [*GEMS, "nightly", "--family", FAMILY, *world.options()],
        env={**os.environ, **world.environment()},
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    while not count_answers(world) and process.poll() is None:
        time.sleep(0.05)
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert err.splitlines()[-1] == b"gems: terminated: the same command goes on where it was"
    before = count_answers(world)
    (family,) = told(night(world, "--json"))["families"]
    assert family["waiting"] == 0
    assert count_answers(world) == before + family["queries"]  # the same scan went on
    proven(world, family["scanned"])


def test_a_night_at_a_time(later: World, night: Night) -> None:
    from evaluator.lock import only_night

    catalog = later.catalog()
    with only_night(later.folder / "home", catalog.url):
        found = night(later)
    catalog.close()
    assert found.exit_code == 1
    assert "the night's work is being done by process" in str(found.exception)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--until", "6 o'clock"], "is no time of day"),
        (["--until", "06:00", "--hours", "2"], "name one"),
    ],
)
def test_times_are_checked_first(world: World, night: Night, options: list[str], said: str) -> None:
    found = night(world, *options)
    assert found.exit_code == 2
    assert said in found.output


def test_an_empty_catalog_wants_a_family(world: World, night: Night) -> None:
    shutil.rmtree(world.out, ignore_errors=True)
    found = night(world)
    assert found.exit_code == 2
    assert "name one with --family" in found.output
