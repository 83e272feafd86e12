"""A scan over a real fleet, a real hub and a real engine."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from catalog import rulings, scans
from catalog.candidates import Candidate, candidates, family_named
from catalog.database import Catalog, open_catalog
from catalog.tables import Checkpoint, Failure, Grade, Scan, Suite, Visit
from catalog.words import Outcome, ScanStatus
from evaluator.engines.hosted import HostedEngine
from evaluator.fetching import Fetcher, bytes_in
from evaluator.preparing import Prepared, Preparer
from evaluator.scan import run_scan
from evaluator.visits import base_of
from hubs.errors import Unreachable
from hubs.folder.server import FolderHub
from tests.evaluator.conftest import ADAPTER, ASKED, LOST, MERGED, NAN, WILD, Served
from tests.evaluator.enrolled import FAMILY
from tests.evaluator.scanning import Watching, answer_count, answers_of, outcome, scan

CONTRACT = {
    "scan",
    "family",
    "suite",
    "policy",
    "candidates",
    "excluded",
    "failed",
    "rungs",
    "leaderboard",
    "price",
    "cost",
}
ROW = {
    "checkpoint",
    "sha",
    "verdict",
    "score",
    "low",
    "high",
    "n",
    "delta_vs_popular",
    "p",
    "tie_group",
    "downloads",
}


@pytest.fixture(scope="module")
def whole(
    served: Served, engine: HostedEngine, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Catalog, dict[str, Any], Path]:
    """A finished exhaustive scan, and the catalog it left."""
    home = tmp_path_factory.mktemp("whole")
    shutil.copy(served.enrolled, home / "gems.db")
    catalog = open_catalog(f"sqlite:///{home}/gems.db")
    return catalog, scan(catalog, engine, served, home, policy="exhaustive"), home


def test_the_report_is_as_the_contract_says(whole: Any) -> None:
    catalog, report, _ = whole
    assert set(report) >= CONTRACT
    assert all(set(row) >= ROW for row in report["leaderboard"])
    assert report["candidates"] == 11
    assert report["cost"]["queries"] == answer_count(catalog) == 8 * 2 * ASKED
    assert report["cost"]["search_queries"] == 8 * ASKED
    assert 0 < report["cost"]["swaps"] <= report["cost"]["loads"]
    seconds = report["cost"]["seconds"]
    assert seconds["total"] >= seconds["load"] > 0 < seconds["generate"]
    assert report["price"]["load_in_queries"] > 1
    assert report["rungs"] == [{"prompts": ASKED, "reached": 8, "kept": 8}]


def test_checkpoints_that_cannot_load_or_answer_are_failures_by_name(whole: Any) -> None:
    catalog, report, _ = whole
    assert report["failed"] == {
        "missing_tensors": 1,
        "not_finite_logits": 1,
        "not_finite_weights": 1,
    }
    assert {row["checkpoint"] for row in report["leaderboard"]}.isdisjoint({NAN, LOST, WILD})
    with catalog.read() as session:
        stages = session.scalars(select(Failure.stage)).all()
        outcomes = set(session.scalars(select(Visit.outcome)))
    assert sorted(stages) == ["generate", "load", "load"]
    assert outcomes == {Outcome.CLOSED, Outcome.FAILED}


def test_every_number_is_stored_with_its_grades_and_rulings(whole: Any) -> None:
    catalog, report, _ = whole
    with catalog.read() as session:
        stored = rulings.rulings_of(session, report["scan"])
        grades = session.scalar(select(func.count()).select_from(Grade))
        kept = session.get_one(Scan, report["scan"])
        suites = set(session.scalars(select(Suite.name)))
        costs = scans.costs(session, report["scan"])
    assert kept.report == report
    assert kept.status == ScanStatus.FINISHED
    assert grades == answer_count(catalog)
    assert costs.queries == report["cost"]["queries"]
    assert [row.score for row in stored[:8]] == [row["score"] for row in report["leaderboard"]]
    assert sum(row.verdict == "failed" for row in stored) == 3
    assert suites == {"suite", "proof"}


def test_the_context_length_of_who_was_visited_is_known(whole: Any) -> None:
    catalog, report, _ = whole
    told = {row["sha"] for row in report["leaderboard"]}
    with catalog.read() as session:
        rows = session.execute(select(Checkpoint.sha, Checkpoint.context_length)).all()
    assert {sha for sha, length in rows if length == 64} >= told


def test_training_shows_in_the_scores(whole: Any) -> None:
    _, report, _ = whole
    score = {row["checkpoint"]: row["score"] for row in report["leaderboard"]}
    assert score["pinefold/brook-shuffled"] == min(score.values())


def test_an_adapter_answers_as_its_merged_checkpoint_does(whole: Any) -> None:
    catalog, _, _ = whole
    adapter, merged = answers_of(catalog, ADAPTER), answers_of(catalog, MERGED)
    assert len(adapter) == 2 * ASKED
    assert adapter == merged


@pytest.mark.parametrize("policy", ["exhaustive", "accelerated", "one_visit", None])
def test_what_was_answered_before_is_asked_of_nobody_again(
    whole: Any, served: Served, engine: HostedEngine, policy: str | None
) -> None:
    catalog, first, home = whole
    report = scan(catalog, engine, served, home, policy=policy)
    assert (report["cost"]["queries"], report["cost"]["loads"]) == (0, 0)
    assert report["price"]["load"] == pytest.approx(first["price"]["load"])
    assert report["scan"] > first["scan"]
    assert report["failed"] == first["failed"]
    if policy == "exhaustive":
        assert outcome(report) == outcome(first)


@pytest.mark.parametrize(("policy", "stops"), [("accelerated", [9]), ("one_visit", [3, 2, 5])])
def test_a_scan_that_was_interrupted_anywhere_ends_as_if_it_was_not(
    served: Served,
    engine: HostedEngine,
    catalog: Catalog,
    tmp_path: Path,
    policy: str,
    stops: list[int],
) -> None:
    def interrupt_at(last: int) -> Callable[[int], None]:
        def interrupt(step: int) -> None:
            if step == last:
                raise KeyboardInterrupt

        return interrupt

    options: dict[str, Any] = {"policy": policy, "budget": 5.0}
    for last in stops:
        watch = Watching(interrupt_at(last))
        with pytest.raises(KeyboardInterrupt):
            scan(catalog, engine, served, tmp_path, watch, **options)
    report = scan(catalog, engine, served, tmp_path, **options)
    with catalog.read() as session:
        assert session.scalar(select(func.count()).select_from(Scan)) == 1
    assert report["cost"]["queries"] == answer_count(catalog)
    assert report["cost"]["search_queries"] <= 5 * report["candidates"]

    shutil.copy(served.enrolled, tmp_path / "fresh.db")
    fresh = open_catalog(f"sqlite:///{tmp_path}/fresh.db")
    unbroken = scan(fresh, engine, served, tmp_path, **options)
    fresh.close()
    assert outcome(report) == outcome(unbroken)
    assert report["cost"]["queries"] == unbroken["cost"]["queries"]
    if policy == "accelerated":  # an adapter that cannot answer takes none of its load's with it
        assert report["failed"]["not_finite_logits"] == 1
        assert any(row["checkpoint"] == ADAPTER for row in report["leaderboard"])


def test_a_hub_that_is_away_leaves_the_catalog_as_it_was(
    served: Served, engine: HostedEngine, catalog: Catalog, tmp_path: Path, monkeypatch: Any
) -> None:
    from evaluator.settings import Settings
    from hubs.huggingface import HuggingFaceHub
    from hubs.transport import Patience

    with FolderHub(tmp_path) as gone:
        url = gone.url
    hub = HuggingFaceHub(url, token=False, folder=tmp_path / "cp", patience=Patience(tries=1))
    settings = Settings("demo-tiny", tmp_path, suite=str(served.suite))
    with pytest.raises(Unreachable):
        run_scan(catalog, engine, Fetcher(hub, tmp_path / "cp"), settings, Watching())
    with catalog.read() as session:
        assert session.scalar(select(func.count()).select_from(Scan)) == 0
        assert session.scalar(select(func.count()).select_from(Suite)) == 0


def test_the_next_checkpoint_is_made_ready_while_one_answers(
    served: Served,
    engine: HostedEngine,
    catalog: Catalog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []
    for whose, what in ((engine, "load"), (engine, "generate")):
        real = getattr(whose, what)

        def noted(*given: Any, real: Callable[..., Any] = real, what: str = what) -> Any:
            done.append(what)
            return real(*given)

        monkeypatch.setattr(whose, what, noted)
    begin, prepare = Preparer.begin, Preparer.prepare
    waiting: list[str] = []

    def beginning(preparer: Preparer, group: Sequence[Candidate]) -> None:
        done.extend(["begin"] * bool(group))
        begin(preparer, group)

    def preparing(preparer: Preparer, candidate: Candidate) -> Prepared:
        if candidate.checkpoint_id not in preparer._ready:
            waiting.append(candidate.name)
        return prepare(preparer, candidate)

    monkeypatch.setattr(Preparer, "begin", beginning)
    monkeypatch.setattr(Preparer, "prepare", preparing)
    scan(catalog, engine, served, tmp_path, policy="exhaustive")
    assert done[:3] == ["load", "begin", "generate"]
    with catalog.read() as session:
        family = family_named(session, FAMILY)
        base = {candidate.name: base_of(candidate) for candidate in candidates(session, family.id)}
    # Waited for is whoever comes first, in the search and to be confirmed; nobody of the others.
    assert len({base[name] for name in waiting}) <= 2 < len(set(base.values()))


def test_the_disk_budget_is_never_exceeded(
    served: Served, engine: HostedEngine, catalog: Catalog, tmp_path: Path, whole: Any
) -> None:
    _, first, home = whole
    everything = bytes_in(home / "checkpoints")
    budget = everything // 3
    seen: list[int] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.01):
            seen.append(bytes_in(tmp_path / "checkpoints"))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        report = scan(catalog, engine, served, tmp_path, policy="exhaustive", disk_budget=budget)
    finally:
        stop.set()
        looking.join()
    assert outcome(report) == outcome(first)
    assert budget / 3 < max(seen) <= budget


def test_a_checkpoint_without_room_on_the_disk_is_a_failure_by_name(
    served: Served, engine: HostedEngine, catalog: Catalog, tmp_path: Path
) -> None:
    report = scan(catalog, engine, served, tmp_path, disk_budget=1000)
    assert report["failed"] == {"over_budget": 11}
    assert report["leaderboard"] == []
