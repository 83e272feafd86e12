"""Finished scans read back: who was asked, what was answered by then, and how it was graded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from catalog.answers import MOST_AT_ONCE, Asked, Terms
from catalog.candidates import Candidate
from catalog.errors import CatalogError
from catalog.scans import Charge
from catalog.tables import (
    Alias,
    Answer,
    Checkpoint,
    Family,
    Grade,
    Member,
    Plan,
    Repository,
    Ruling,
    Scan,
    Suite,
    Visit,
)
from catalog.words import ScanStatus, Verdict


@dataclass(frozen=True, slots=True)
class Stored:
    """A finished scan as it was asked for, and what it reported.

    family, suite: by name. order: prompt keys in the order everyone was asked them. settings:
    those of the plan. arms: checkpoint ids as the policy knew them.
    """

    scan_id: int
    family_id: int
    family: str
    suite_id: int
    suite: str
    version: str
    confirm_id: int | None
    plan_id: int
    order: tuple[str, ...]
    settings: Mapping[str, Any]
    policy: str
    budget: float
    top_k: int
    seed: int
    engine: str
    dtype: str
    decoding: Mapping[str, Any]
    arms: tuple[int, ...]
    started_at: datetime
    finished_at: datetime
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class GradeThen:
    """A stored grade, and when it was made."""

    grader: str
    version: str
    score: float
    graded_at: datetime


@dataclass(frozen=True, slots=True)
class AnswerThen:
    """A stored answer with all its grades, the oldest first."""

    answer_id: int
    prompt_hash: str
    text: str
    grades: tuple[GradeThen, ...]


def finished_scan(session: Session, scan_id: int) -> Stored:
    """A scan that has finished. Raises CatalogError for any other number."""
    query = (
        select(Scan, Plan, Family.slug, Suite.name, Suite.version)
        .join(Plan, Plan.id == Scan.plan_id)
        .join(Family, Family.id == Scan.family_id)
        .join(Suite, Suite.id == Scan.suite_id)
        .where(Scan.id == scan_id)
    )
    row = session.execute(query).one_or_none() if scan_id < 2**63 else None  # as far as keys go
    if row is None:
        newest = session.scalar(select(func.max(Scan.id)))
        known = "there is none yet" if newest is None else f"the newest is {newest}"
        raise CatalogError(f"no scan {scan_id} in the catalog ({known}): run gems scan")
    scan, plan, family, suite, version = row
    if scan.status == ScanStatus.CHECK:
        raise CatalogError(f"scan {scan_id} is the check of one checkpoint: name a family's scan")
    if scan.status != ScanStatus.FINISHED or scan.finished_at is None:
        raise CatalogError(
            f"scan {scan_id} of {family} has not finished: the same gems scan goes on where it was"
        )
    return Stored(
        scan_id=scan.id,
        family_id=scan.family_id,
        family=family,
        suite_id=scan.suite_id,
        suite=suite,
        version=version,
        confirm_id=scan.confirm_id,
        plan_id=scan.plan_id,
        order=tuple(plan.order),
        settings=plan.settings,
        policy=scan.policy,
        budget=scan.budget,
        top_k=scan.top_k,
        seed=scan.seed,
        engine=scan.engine,
        dtype=scan.dtype,
        decoding=scan.decoding,
        arms=tuple(scan.arms),
        started_at=scan.started_at,
        finished_at=scan.finished_at,
        report=scan.report,
    )


def newest_finished(session: Session, family_id: int | None = None) -> int:
    """The newest finished scan, of one family or of all. Raises CatalogError without any."""
    query = select(func.max(Scan.id)).where(Scan.status == ScanStatus.FINISHED)
    if family_id is not None:
        query = query.where(Scan.family_id == family_id)
    found = session.scalar(query)
    if found is None:
        where = "of this family" if family_id is not None else "in the catalog"
        raise CatalogError(f"no finished scan {where}: run gems scan")
    return found


def verdicts_before(session: Session, scan: Stored) -> dict[tuple[int, str], Verdict]:
    """The verdicts that a scan found when it ruled: those of its family's newest scan by then."""
    newest = session.scalar(
        select(func.max(Scan.id)).where(
            Scan.family_id == scan.family_id,
            Scan.status == ScanStatus.FINISHED,
            Scan.id != scan.scan_id,
            Scan.finished_at < scan.finished_at,
        )
    )
    rows = session.execute(
        select(Ruling.checkpoint_id, Ruling.category, Ruling.verdict).where(
            Ruling.scan_id == newest
        )
    )
    return {(checkpoint, category): Verdict(verdict) for checkpoint, category, verdict in rows}


def checkpoints_asked(session: Session, scan: Stored, terms: Terms) -> dict[int, Candidate]:
    """A scan's checkpoints by id, at the commits it asked them at; those still in the catalog.

    What changes from day to day is left out: downloads are 0, ancestors none. An adapter's base
    is the one that it last answered on by then.
    """
    bases = _bases(session, scan, terms)
    found = _checkpoints(session, scan.family_id, scan.arms)
    others = {row.base_id for row in found.values() if row.base_id} - set(found)
    known = found | _checkpoints(session, scan.family_id, others)
    by_sha = {row.sha: row for row in reversed(found.values())}
    made: dict[int, Candidate] = {}
    for checkpoint_id, row in found.items():
        base = None
        if row.base_id is not None:
            sha = bases.get(checkpoint_id, "")
            below = by_sha.get(sha) or known[row.base_id]
            base = _candidate(below, None, sha or below.sha)
        made[checkpoint_id] = _candidate(row, base, row.sha)
    return made


def answers_then(session: Session, asked: Asked, scan: Stored, terms: Terms) -> list[AnswerThen]:
    """Everything that a checkpoint had answered on these terms when the scan ended."""
    rows = session.execute(
        select(Answer.id, Answer.prompt_hash, Answer.text)
        .where(_by_then(scan, terms), *_of(asked))
        .order_by(Answer.id)
    ).all()
    grades: dict[int, list[GradeThen]] = {row.id: [] for row in rows}
    for start in range(0, len(rows), MOST_AT_ONCE):
        some = [row.id for row in rows[start : start + MOST_AT_ONCE]]
        for row in session.scalars(
            select(Grade).where(Grade.answer_id.in_(some)).order_by(Grade.graded_at)
        ):
            grade = GradeThen(row.grader, row.version, row.score, row.graded_at)
            grades[row.answer_id].append(grade)
    return [AnswerThen(row.id, row.prompt_hash, row.text, tuple(grades[row.id])) for row in rows]


def charged_by_answers(session: Session, scan_id: int) -> Charge:
    """What a scan's visits must have been charged for answers, counted from these."""
    row = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Answer.prompt_tokens), 0),
            func.coalesce(func.sum(Answer.answer_tokens), 0),
            func.count().filter(Answer.finish == "length"),
        )
        .join(Visit, Visit.id == Answer.visit_id)
        .where(Visit.scan_id == scan_id)
    ).one()
    return Charge(queries=row[0], prompt_tokens=row[1], answer_tokens=row[2], truncated=row[3])


def names_of(session: Session, checkpoint_ids: Iterable[int]) -> dict[int, set[str]]:
    """Every name that the repositories of checkpoints have or had, by checkpoint id."""
    wanted = sorted(set(checkpoint_ids))
    found: dict[int, set[str]] = {checkpoint_id: set() for checkpoint_id in wanted}
    for start in range(0, len(wanted), MOST_AT_ONCE):
        some = wanted[start : start + MOST_AT_ONCE]
        for query in (
            select(Checkpoint.id, Repository.name).join(
                Repository, Repository.id == Checkpoint.repository_id
            ),
            select(Checkpoint.id, Alias.name).join(
                Alias, Alias.repository_id == Checkpoint.repository_id
            ),
        ):
            for checkpoint_id, name in session.execute(query.where(Checkpoint.id.in_(some))):
                found[checkpoint_id].add(name)
    return found


def restate(session: Session, scan_id: int, report: Mapping[str, Any]) -> None:
    """Keep another report of a scan that finished when it did."""
    session.get_one(Scan, scan_id).report = dict(report)


def _by_then(scan: Stored, terms: Terms) -> ColumnElement[bool]:
    return and_(
        Answer.decoding_hash == terms.decoding_hash,
        Answer.engine == terms.engine,
        Answer.dtype == terms.dtype,
        Answer.created_at <= scan.finished_at,
    )


def _of(asked: Asked) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Answer.checkpoint_id == asked.checkpoint_id, Answer.base_sha == asked.base_sha


def _bases(session: Session, scan: Stored, terms: Terms) -> dict[int, str]:
    """The commit of the base that each adapter last answered on, by the adapter's id."""
    rows = session.execute(
        select(Answer.checkpoint_id, Answer.base_sha, func.max(Answer.id))
        .where(_by_then(scan, terms), Answer.base_sha != "")
        .group_by(Answer.checkpoint_id, Answer.base_sha)
        .order_by(func.max(Answer.id))
    )
    return {row.checkpoint_id: row.base_sha for row in rows}


@dataclass(frozen=True, slots=True)
class _Row:
    checkpoint_id: int
    name: str
    sha: str
    hub: str
    relation: str | None
    root: bool | None
    base_id: int | None
    bytes: int | None
    created_at: datetime | None
    license: str | None


def _checkpoints(session: Session, family_id: int, ids: Iterable[int]) -> dict[int, _Row]:
    wanted = sorted(set(ids))
    found: dict[int, _Row] = {}
    for start in range(0, len(wanted), MOST_AT_ONCE):
        rows = session.execute(
            select(
                Checkpoint.id,
                Repository.name,
                Checkpoint.sha,
                Repository.hub,
                func.coalesce(Checkpoint.relation, Member.relation),
                Member.root,
                Checkpoint.base_id,
                Checkpoint.bytes,
                Repository.created_at,
                Repository.license,
            )
            .join(Repository, Repository.id == Checkpoint.repository_id)
            .outerjoin(
                Member, and_(Member.repository_id == Repository.id, Member.family_id == family_id)
            )
            .where(Checkpoint.id.in_(wanted[start : start + MOST_AT_ONCE]))
            .order_by(Checkpoint.id)
        )
        found.update((row.id, _Row(*tuple(row))) for row in rows)
    return found


def _candidate(row: _Row, base: Candidate | None, sha: str) -> Candidate:
    return Candidate(
        checkpoint_id=row.checkpoint_id,
        name=row.name,
        sha=sha,
        hub=row.hub,
        relation=row.relation,
        root=bool(row.root),
        base=base,
        ancestors=(),
        downloads=0,
        downloads_all_time=0,
        bytes=row.bytes,
        created_at=row.created_at,
        license=row.license,
    )
