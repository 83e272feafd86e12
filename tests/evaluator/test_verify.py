"""A scan's numbers made again from its answers, and what does not agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.database import Catalog
from catalog.tables import Alias, Answer, Grade, Plan, Prompt, Repository, Ruling, Scan, Visit
from catalog.words import Part, ScanStatus
from evaluator.engines.hosted import HostedEngine
from evaluator.verify import verify
from gems.verify import verify as command
from tests.evaluator.conftest import Served
from tests.evaluator.scanning import Watching, scan


def found(catalog: Catalog, scan_id: int) -> list[str]:
    told = verify(catalog, scan_id, Watching())
    assert told["agrees"] == (not told["disagreements"])
    return [each["line"] for each in told["disagreements"]]


def first(session: Session, kind: Any, *where: Any) -> Any:
    return session.scalars(select(kind).where(*where).limit(1)).one()


@pytest.mark.parametrize("scan_id", [1, 2, 3])
def test_a_scan_agrees_with_its_answers_though_later_ones_have_asked_more(
    past: Catalog, scan_id: int
) -> None:
    told = verify(past, scan_id, Watching())
    assert told["disagreements"] == []
    assert told["agrees"]
    assert told["checked"]["leaderboard"] > 0
    assert told["checked"]["answers"] >= told["checked"]["leaderboard"]
    with past.read() as session:
        rows = session.get_one(Scan, scan_id).report["leaderboard"]
    assert {row["optimistic"] for row in rows} == {True, False}


@pytest.mark.parametrize("policy", ["ttts", "one_visit"])
def test_a_scan_that_was_stopped_and_went_on_agrees(
    served: Served,
    engine: HostedEngine,
    catalog: Catalog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    policy: str,
) -> None:
    class Stop(Exception):
        pass

    def stop(step: int) -> None:
        if step == 4:
            raise Stop

    monkeypatch.setattr("evaluator.scan.FINALISTS", 1)
    with pytest.raises(Stop):
        scan(catalog, engine, served, tmp_path, Watching(stop), policy=policy, budget=6.0)
    told = scan(catalog, engine, served, tmp_path, policy=policy, budget=6.0)
    assert told["scan"] == 1
    assert found(catalog, 1) == []


def _wrong_grade(session: Session) -> str:
    grade = first(session, Grade)
    grade.score = 1 - grade.score
    return "grade is"


def _wrong_answer(session: Session) -> str:
    grade = first(session, Grade, Grade.score == 1)
    first(session, Answer, Answer.id == grade.answer_id).text = "no"
    return "grade is 1, not 0"


def _lost_answer(session: Session) -> str:
    scan = session.get_one(Scan, 1)
    row = first(session, Ruling, Ruling.scan_id == scan.id, Ruling.position == 1)
    confirming = select(Prompt.hash).where(
        Prompt.suite_id == scan.confirm_id, Prompt.part == Part.CONFIRMATION
    )
    mine = Answer.checkpoint_id == row.checkpoint_id
    session.delete(first(session, Answer, mine, Answer.prompt_hash.in_(confirming)))
    return ": n is"


def _wrong_score(session: Session) -> str:
    row = first(session, Ruling, Ruling.scan_id == 1, Ruling.position == 1)
    assert row.score is not None
    row.score += 0.001
    return "score is"


def _wrong_verdict(session: Session) -> str:
    row = first(session, Ruling, Ruling.scan_id == 1, Ruling.verdict == "ranked")
    row.verdict = "gem"
    return "verdict is gem, not ranked"


def _lost_ruling(session: Session) -> str:
    session.delete(first(session, Ruling, Ruling.scan_id == 1, Ruling.category != ""))
    return "ruling is nothing, not"


def _wrong_rung(session: Session) -> str:
    row = first(session, Ruling, Ruling.scan_id == 1, Ruling.rung >= 0, Ruling.category == "")
    row.rung += 1
    return f"rung is {row.rung}, not {row.rung - 1}"


def _wrong_report(name: str) -> Callable[[Session], str]:
    def change(session: Session) -> str:
        scan = session.get_one(Scan, 1)
        report = json.loads(json.dumps(scan.report))
        if name == "leaderboard":
            report["leaderboard"][2]["p"] = 0.001
            scan.report = report
            return "leaderboard, row 3: p is 0.001, not"
        report["cost"][name] += 1
        scan.report = report
        return f"cost: {name} is"

    return change


def _wrong_charge(session: Session) -> str:
    first(session, Visit, Visit.scan_id == 1, Visit.queries > 0).queries += 1
    return "visits: queries is"


def _wrong_rungs(session: Session) -> str:
    scan = session.get_one(Scan, 1)
    scan.report = {**scan.report, "rungs": scan.report["rungs"][:-1]}
    return "search: rungs is"


def _wrong_plan(session: Session) -> str:
    plan = first(session, Plan, Plan.id == session.get_one(Scan, 1).plan_id)
    plan.order = plan.order[::-1]
    return "search"


def _wrong_prompt(session: Session) -> str:
    prompt = first(session, Prompt, Prompt.part == Part.SELECTION)
    prompt.content = {**prompt.content, "gold": "something else"}
    return f"prompt {prompt.key}: hash is"


@pytest.mark.parametrize(
    "corrupt",
    [
        _wrong_grade,
        _wrong_answer,
        _lost_answer,
        _wrong_score,
        _wrong_verdict,
        _lost_ruling,
        _wrong_rung,
        _wrong_report("leaderboard"),
        _wrong_report("queries"),
        _wrong_report("answer_tokens"),
        _wrong_charge,
        _wrong_rungs,
        _wrong_plan,
        _wrong_prompt,
    ],
)
def test_what_was_tampered_with_is_found(past: Catalog, corrupt: Callable[[Session], str]) -> None:
    with past.write() as session:
        said = corrupt(session)
    lines = found(past, 1)
    assert any(said in line for line in lines), lines
    assert all("\n" not in line for line in lines)


def test_a_repository_that_was_renamed_is_still_the_same(past: Catalog) -> None:
    with past.write() as session:
        row = first(session, Repository, Repository.name == "pinefold/brook-shuffled")
        session.add(Alias(repository_id=row.id, name=row.name, until=row.last_seen))
        row.name = "pinefold/brook-mixed"
    assert found(past, 1) == []


def test_the_command_exits_with_1_and_a_line_for_each_disagreement(past: Catalog) -> None:
    agreed = CliRunner().invoke(command, ["1"])
    assert agreed.exit_code == 0, agreed.output
    assert agreed.stdout.startswith("scan 1 of demo-tiny agrees with ")
    with past.write() as session:
        _wrong_plan(session)
        for row in session.scalars(select(Ruling).where(Ruling.scan_id == 1)):
            row.n += 1
    differs = CliRunner().invoke(command, ["1"])
    assert differs.exit_code == 1
    lines = differs.stdout.splitlines()
    assert lines[20].startswith("and ")
    assert lines[21].startswith("note: the search is driven as accelerated would go today")
    assert lines[22].startswith("scan 1 of demo-tiny differs in ")
    as_json = CliRunner().invoke(command, ["1", "--json"])
    assert as_json.exit_code == 1
    assert len(json.loads(as_json.stdout)["disagreements"]) > 20


def test_scans_that_cannot_be_verified_are_told_in_a_line(past: Catalog) -> None:
    with past.write() as session:
        session.get_one(Scan, 2).status = ScanStatus.RUNNING
        session.get_one(Scan, 3).status = ScanStatus.CHECK
        assert session.scalar(select(func.max(Scan.id))) == 3
    for options, said in (
        (["9"], "no scan 9 in the catalog (the newest is 3)"),
        (["2"], "scan 2 of demo-tiny has not finished"),
        (["3"], "the check of one checkpoint"),
        (["--family", "nobody"], "no family 'nobody'"),
    ):
        ended = CliRunner().invoke(command, options)
        assert ended.exit_code == 1
        assert said in str(ended.exception)
        assert "\n" not in str(ended.exception)
    newest = CliRunner().invoke(command, ["--family", "demo-tiny", "--json"])
    assert json.loads(newest.stdout)["scan"] == 1
