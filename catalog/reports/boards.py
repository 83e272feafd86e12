"""Families, and the scan that speaks for each of them on each suite."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from catalog.household import current
from catalog.tables import Checkpoint, Crawl, Family, Member, Prompt, Repository, Scan, Suite
from catalog.words import Part, ScanStatus, Status


@dataclass(frozen=True, slots=True)
class FamilyFacts:
    """A family, and what vetting made of its repositories at their current commits."""

    id: int
    slug: str
    title: str
    architecture: str | None
    parameters: int | None
    repositories: int
    candidates: int
    excluded: int
    crawled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Board:
    """The newest finished scan of a family with a suite, and how it asked.

    prompts: how many of the suite's prompts select, and how many confirm, by category.
    report: the scan's report as `gems scan --json` prints it.
    """

    scan_id: int
    family_id: int
    suite_id: int
    suite: str
    version: str
    confirm: str | None
    policy: str
    budget: float
    engine: str
    dtype: str
    decoding: dict[str, Any]
    arms: int
    plan_id: int
    started_at: datetime
    finished_at: datetime
    report: dict[str, Any]
    prompts: dict[str, tuple[int, int]]


def families(session: Session) -> list[FamilyFacts]:
    """Every family, by slug."""
    counts = {
        family_id: tuple(counted)
        for family_id, *counted in session.execute(
            select(
                Member.family_id,
                func.count(),
                func.sum(case((Checkpoint.status == Status.CANDIDATE, 1), else_=0)),
                func.sum(case((Checkpoint.status == Status.EXCLUDED, 1), else_=0)),
            )
            .join_from(Member, Repository, Repository.id == Member.repository_id)
            .outerjoin(Checkpoint, current())
            .group_by(Member.family_id)
        )
    }
    crawled = dict(
        session.execute(
            select(Crawl.family_id, func.max(Crawl.finished_at)).group_by(Crawl.family_id)
        ).all()
    )
    found = []
    for family in session.scalars(select(Family).order_by(Family.slug)):
        repositories, candidates, excluded = counts.get(family.id, (0, 0, 0))
        found.append(
            FamilyFacts(
                id=family.id,
                slug=family.slug,
                title=family.title,
                architecture=family.architecture,
                parameters=family.parameters,
                repositories=repositories,
                candidates=candidates or 0,
                excluded=excluded or 0,
                crawled_at=crawled.get(family.id),
            )
        )
    return found


def boards(session: Session, family_id: int) -> list[Board]:
    """A family's boards, one a suite: the one with most candidates first, then the newest."""
    confirm = aliased(Suite)
    newest: dict[str, Board] = {}
    for scan, suite, confirming in session.execute(
        select(Scan, Suite, confirm)
        .join(Suite, Suite.id == Scan.suite_id)
        .outerjoin(confirm, confirm.id == Scan.confirm_id)
        .where(Scan.family_id == family_id, Scan.status == ScanStatus.FINISHED)
        .order_by(Scan.finished_at, Scan.id)
    ):
        newest[suite.name] = Board(
            scan_id=scan.id,
            family_id=scan.family_id,
            suite_id=suite.id,
            suite=suite.name,
            version=suite.version,
            confirm=None if confirming is None else confirming.name,
            policy=scan.policy,
            budget=scan.budget,
            engine=scan.engine,
            dtype=scan.dtype,
            decoding=scan.decoding,
            arms=len(scan.arms),
            plan_id=scan.plan_id,
            started_at=scan.started_at,
            finished_at=scan.finished_at or scan.started_at,
            report=scan.report or {},
            prompts=_prompt_counts(session, suite.id, scan.confirm_id),
        )
    return sorted(newest.values(), key=lambda b: (b.arms, b.finished_at), reverse=True)


def _prompt_counts(
    session: Session, suite_id: int, confirm_id: int | None
) -> dict[str, tuple[int, int]]:
    """(selecting, confirming) prompts by category."""
    counts: dict[str, tuple[int, int]] = {}
    for suite, category, part, number in session.execute(
        select(Prompt.suite_id, Prompt.category, Prompt.part, func.count())
        .where(Prompt.suite_id.in_({suite_id, confirm_id or suite_id}))
        .group_by(Prompt.suite_id, Prompt.category, Prompt.part)
        .order_by(Prompt.category)
    ):
        selecting, confirming = counts.get(category, (0, 0))
        if confirm_id in (None, suite_id):
            confirms = part == Part.CONFIRMATION
        else:  # a suite of its own confirms, so the first one's held-back part is not used
            confirms = suite == confirm_id
            if not confirms and part == Part.CONFIRMATION:
                continue
        counts[category] = (selecting + (not confirms) * number, confirming + confirms * number)
    return counts
