"""Stored answers graded again by today's graders: no engine, nothing asked, nothing lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog import answers, archive, rulings
from catalog.answers import NewGrade
from catalog.archive import AnswerThen
from catalog.database import Catalog
from catalog.rulings import Ruled
from evaluator import grading, report
from evaluator.agreement import agree
from evaluator.archive import Archive, Reading, in_force, open_archive
from evaluator.errors import ScanError
from evaluator.grading import Grade
from evaluator.lock import only_scan
from evaluator.record import grader_of

if TYPE_CHECKING:
    from evaluator.scan import Watch

MOVED = ("verdict", "score", "position")


@dataclass(slots=True)
class _Again:
    """What grading again came to.

    scores: by checkpoint id, then by prompt hash. fresh: grades that are not stored yet.
    changed: how many differ from the grades that counted, by grader.
    """

    scores: dict[int, dict[str, float]] = field(default_factory=dict)
    fresh: list[NewGrade] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    changed: Counter[str] = field(default_factory=Counter)
    answers: int = 0

    def count(
        self, archived: Archive, said: Sequence[AnswerThen], known: Mapping[str, float]
    ) -> None:
        for answer in said:
            grader, version = grader_of(archived.prompts[answer.prompt_hash])
            before = in_force(answer, archived.graded_at)
            if before is None or before.score != known[answer.prompt_hash]:
                self.changed[grader] += 1
            self.versions[grader] = version
        self.answers += len(said)


def grade_again(
    archived: Archive, said: Sequence[AnswerThen], *, boxed: bool = True
) -> list[Grade]:
    """Today's grades of answers. Raises SandboxMissing for code where there is no sandbox."""
    pairs = [(archived.prompts[answer.prompt_hash], answer.text) for answer in said]
    return grading.grade_all(pairs, boxed=boxed) if pairs else []


def regrade(
    catalog: Catalog,
    home: Path,
    scan_id: int,
    watch: Watch,
    *,
    boxed: bool = True,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Grade a finished scan's answers again, rule anew, and say what changed.

    What the search did stays as it was: who was asked what, stopped where, and confirmed. A new
    version's grades are stored beside the old ones; rulings and leaderboard take their place.
    dry_run: store nothing. Raises CatalogError, ScanError, ScanLocked and SandboxMissing.
    """
    family = open_archive(catalog, scan_id).scan.family
    with nullcontext() if dry_run else only_scan(home, catalog.url, family):
        archived = open_archive(catalog, scan_id)
        if archived.faults:
            raise ScanError(f"{archived.faults[0]}: restore a backup (gems verify {scan_id})")
        again = _grade(catalog, archived, watch, boxed=boxed)
        rows = report.rule(archived.outcome(), Reading(catalog, archived, again.scores))
        ruled = {(row.checkpoint_id, row.category): row for row in rows}
        moved = _moved(archived, ruled)
        anew = bool(again.fresh) or not agree(_plain(archived.ruled), _plain(ruled))
        if anew and not dry_run:
            with catalog.write() as session:
                answers.add_grades(session, again.fresh)
                rulings.store_rulings(session, scan_id, rows)
                told = {
                    **archived.scan.report,
                    "leaderboard": report.leaderboard(rows, archived.plan.arms),
                    "regraded_at": datetime.now(UTC).isoformat(),  # after the grades
                }
                archive.restate(session, scan_id, told)
    return {
        "scan": scan_id,
        "family": family,
        "stored": anew and not dry_run,
        "graders": again.versions,
        "answers": again.answers,
        "grades": {
            "new": len(again.fresh),
            "changed": again.changed.total(),
            "by_grader": dict(sorted(again.changed.items())),
        },
        "moved": moved,
    }


def _grade(catalog: Catalog, archived: Archive, watch: Watch, *, boxed: bool) -> _Again:
    """Grade what today's graders have not graded yet."""
    again = _Again()
    watch.expect(len(archived.plan.arms))
    for arm, said in archived.read(catalog):
        known: dict[str, float] = {}
        todo: list[AnswerThen] = []
        for answer in said:
            today = grader_of(archived.prompts[answer.prompt_hash])
            scores = [g.score for g in answer.grades if (g.grader, g.version) == today]
            if scores:
                known[answer.prompt_hash] = scores[0]
            else:
                todo.append(answer)
        grades = grade_again(archived, todo, boxed=boxed)
        for answer, grade in zip(todo, grades, strict=True):
            grader, version = grader_of(archived.prompts[answer.prompt_hash])
            known[answer.prompt_hash] = grade.score
            again.fresh.append(
                NewGrade(
                    answer.answer_id,
                    grader,
                    version,
                    score=grade.score,
                    extracted=grade.extracted,
                    note=grade.note,
                )
            )
        again.count(archived, said, known)
        again.scores[arm.checkpoint_id] = known
        watch.advance(note=arm.name)
    return again


def _moved(archived: Archive, ruled: Mapping[tuple[int, str], Ruled]) -> list[dict[str, Any]]:
    """Whose verdict, score or position changed, from what to what, the best placed first."""
    found = []
    for arm in archived.plan.arms:
        names = {key[1] for key in (*archived.ruled, *ruled) if key[0] == arm.checkpoint_id}
        for name in sorted(names):
            before = archived.ruled.get((arm.checkpoint_id, name))
            after = ruled.get((arm.checkpoint_id, name))
            both = {part: [_of(before, part), _of(after, part)] for part in MOVED}
            if not all(agree(was, now) for was, now in both.values()):
                found.append({"checkpoint": arm.name, "sha": arm.sha, "category": name, **both})
    return sorted(found, key=lambda row: (row["category"], row["position"][1] or float("inf")))


def _of(row: Ruled | None, part: str) -> Any:
    value = None if row is None else getattr(row, part)
    return str(value) if part == "verdict" and value is not None else value


def _plain(ruled: Mapping[tuple[int, str], Ruled]) -> dict[tuple[int, str], dict[str, Any]]:
    return {key: asdict(row) for key, row in ruled.items()}
