"""Stored answers under a newer grader: no engine, nothing lost, and only what changed is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from catalog.database import Catalog
from catalog.rulings import rulings_of
from catalog.tables import Grade, Prompt, Scan
from evaluator.grading import desk
from evaluator.grading.grade import Grade as Graded
from evaluator.matrix import matrix
from evaluator.regrade import regrade
from evaluator.suites import Prompt as Asked
from evaluator.verify import verify
from gems.regrade import regrade as command
from tests.evaluator.scanning import Watching, answer_count


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second version of every quick grader: it finds every other answer right."""
    for name, old in dict(desk.QUICK).items():

        def stricter(prompt: Asked, text: str, old: Any = old) -> Graded:
            grade: Graded = old(prompt, text)
            return grade if len(text) % 2 else replace(grade, score=0.0, note="even")

        monkeypatch.setitem(desk.QUICK, name, stricter)
        monkeypatch.setitem(desk.VERSIONS, name, "99")


def grades(catalog: Catalog) -> dict[tuple[int, str, str], float]:
    with catalog.read() as session:
        return {
            (row.answer_id, row.grader, row.version): row.score
            for row in session.scalars(select(Grade))
        }


def report_of(catalog: Catalog, scan_id: int) -> tuple[Any, dict[str, Any]]:
    with catalog.read() as session:
        scan = session.get_one(Scan, scan_id)
        return scan.finished_at, dict(scan.report)


def test_with_the_same_graders_nothing_changes(past: Catalog, tmp_path: Path) -> None:
    before = grades(past), report_of(past, 1)
    told = regrade(past, tmp_path, 1, Watching())
    assert told["grades"] == {"new": 0, "changed": 0, "by_grader": {}}
    assert told["moved"] == []
    assert not told["stored"]
    assert (grades(past), report_of(past, 1)) == before


@pytest.mark.parametrize("scan_id", [1, 3])
def test_a_newer_grader_changes_grades_rulings_and_report_and_loses_nothing(
    past: Catalog, tmp_path: Path, newer: None, scan_id: int
) -> None:
    old, (finished, report) = grades(past), report_of(past, scan_id)
    before = verify(past, scan_id, Watching())
    assert not before["agrees"]
    assert f"gems regrade {scan_id} brings it up to date" in before["notes"][0]
    told = regrade(past, tmp_path, scan_id, Watching())
    assert told["stored"]
    assert told["grades"]["new"] == told["answers"] <= answer_count(past)
    assert 0 < told["grades"]["changed"] == sum(told["grades"]["by_grader"].values())
    both = grades(past)
    assert {key: both[key] for key in old} == old
    assert len(both) == len(old) + told["grades"]["new"]
    now, again = report_of(past, scan_id)
    assert now == finished
    assert again["leaderboard"] != report["leaderboard"]
    assert {**again, "leaderboard": 0} == {
        **report,
        "leaderboard": 0,
        "regraded_at": again["regraded_at"],
    }
    with past.read() as session:
        ruled = {row.checkpoint_id: row for row in rulings_of(session, scan_id)}
    scores = {row.score for row in ruled.values() if row.score is not None}
    assert {row["score"] for row in again["leaderboard"]} == scores
    moved = {row["checkpoint"]: row for row in told["moved"] if row["category"] == ""}
    for row in report["leaderboard"]:
        after = next(r for r in again["leaderboard"] if r["checkpoint"] == row["checkpoint"])
        assert (row["score"] != after["score"]) <= (row["checkpoint"] in moved)
        if row["checkpoint"] in moved:
            assert moved[row["checkpoint"]]["score"] == [row["score"], after["score"]]
    assert verify(past, scan_id, Watching())["disagreements"] == []


def test_doing_it_again_changes_nothing(past: Catalog, tmp_path: Path, newer: None) -> None:
    regrade(past, tmp_path, 1, Watching())
    before = grades(past), report_of(past, 1)
    told = regrade(past, tmp_path, 1, Watching())
    assert (told["grades"]["new"], told["grades"]["changed"], told["moved"]) == (0, 0, [])
    assert not told["stored"]
    assert (grades(past), report_of(past, 1)) == before


def test_scores_are_exported_as_they_count(past: Catalog, tmp_path: Path, newer: None) -> None:
    before = matrix(past, 3).scores
    regrade(past, tmp_path, 3, Watching())
    after = matrix(past, 3).scores
    assert (after <= before).all()
    assert (after < before).any()


def test_a_dry_run_tells_the_same_and_stores_nothing(
    past: Catalog, tmp_path: Path, newer: None
) -> None:
    before = grades(past), report_of(past, 1)
    dry = regrade(past, tmp_path, 1, Watching(), dry_run=True)
    assert not dry["stored"]
    assert (grades(past), report_of(past, 1)) == before
    done = regrade(past, tmp_path, 1, Watching())
    assert {**dry, "stored": True} == done


def test_the_command_says_what_moved(past: Catalog, newer: None) -> None:
    ended = CliRunner().invoke(command, ["--family", "demo-tiny", "--dry-run"])
    assert ended.exit_code == 0, ended.output
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("scan 3 of demo-tiny: ")
    assert " -> " in lines[1]
    assert lines[-1] == "nothing stored"
    told = json.loads(CliRunner().invoke(command, ["1", "--json"]).stdout)
    assert told["scan"] == 1
    assert told["stored"]
    with past.read() as session:
        newest = session.scalar(select(func.count()).where(Grade.version == "99"))
    assert newest == told["grades"]["new"]


def test_prompts_that_are_not_what_was_asked_are_graded_by_nobody(past: Catalog) -> None:
    with past.write() as session:
        prompt = session.scalars(select(Prompt).where(Prompt.part == "selection")).first()
        assert prompt is not None
        prompt.content = {**prompt.content, "gold": "something else"}
    before = grades(past), report_of(past, 1)
    ended = CliRunner().invoke(command, ["1"])
    assert ended.exit_code == 1
    assert f"prompt {prompt.key}: hash is" in str(ended.exception)
    assert (grades(past), report_of(past, 1)) == before


def test_bad_input_is_told_in_a_line(past: Catalog) -> None:
    for options, said in (
        (["9"], "no scan 9"),
        (["1", "--family", "nobody"], "no family 'nobody'"),
    ):
        ended = CliRunner().invoke(command, options)
        assert ended.exit_code == 1
        assert said in str(ended.exception)
