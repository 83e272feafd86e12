"""What a scan ruled on each checkpoint, and what the hub says of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from catalog.household import opted_out
from catalog.reports.popularity import family_downloads
from catalog.tables import Checkpoint, Failure, Member, Repository, Ruling, Visit
from catalog.words import Verdict

UNRANKED = (Verdict.FAILED, Verdict.EXCLUDED, Verdict.NOT_YET_EVALUATED)


class Mark(NamedTuple):
    """A ruling in one category, or overall. score, low, high, delta are in [0, 1].

    A tuple, because a large family has fifty thousand of them.
    """

    verdict: str
    position: int | None
    score: float | None
    low: float | None
    high: float | None
    n: int
    delta: float | None
    p: float | None
    tie_group: int | None
    rung: int | None
    optimistic: bool


@dataclass(frozen=True, slots=True)
class Effort:
    """All visits to a checkpoint together: what it was asked, and what that took."""

    visited_at: datetime | None
    queries: int
    answer_tokens: int
    truncated: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A checkpoint that a scan scored.

    head: the repository's commit now. downloads: in the 30 days before the scan ended.
    """

    checkpoint_id: int
    repository_id: int
    hub: str
    hub_id: str
    name: str
    author: str
    sha: str
    head: str | None
    root: bool
    relation: str | None
    base_id: int | None
    license: str | None
    parameters: int | None
    bytes: int | None
    created_at: datetime | None
    modified_at: datetime | None
    missing_since: datetime | None
    context_length: int | None
    popular: bool
    downloads: int | None
    behaviour_group: int | None
    overall: Mark
    categories: dict[str, Mark]
    effort: Effort


def standings(session: Session, scan_id: int, family_id: int) -> list[Standing]:
    """Finalists by position, then those that were eliminated, the latest out first."""
    marks: dict[int, dict[str, Mark]] = defaultdict(dict)
    common: dict[int, tuple[bool, int | None, int | None]] = {}
    for checkpoint_id, category, popular, downloads, group, *mark in (
        session.connection()
        .execute(
            select(
                Ruling.checkpoint_id,
                Ruling.category,
                Ruling.popular,
                Ruling.downloads,
                Ruling.behaviour_group,
                Ruling.verdict,
                Ruling.position,
                Ruling.score,
                Ruling.low,
                Ruling.high,
                Ruling.n,
                Ruling.delta_vs_popular,
                Ruling.p,
                Ruling.tie_group,
                Ruling.rung,
                Ruling.optimistic,
            ).where(Ruling.scan_id == scan_id, Ruling.verdict.not_in(UNRANKED))
        )
        .all()
    ):
        marks[checkpoint_id][category] = Mark(*mark)
        if category == "":
            common[checkpoint_id] = (popular, downloads, group)
    efforts = _efforts(session)
    _, known = family_downloads(session, family_id)
    found = []
    for row in session.connection().execute(_facts(scan_id, family_id)).all():
        if row.id not in common:
            continue
        popular, downloads, group = common[row.id]
        overall = marks[row.id].pop("")
        found.append(
            Standing(
                checkpoint_id=row.id,
                repository_id=row.repository_id,
                hub=row.hub,
                hub_id=row.hub_id,
                name=row.name,
                author=row.author,
                sha=row.sha,
                head=row.head,
                root=bool(row.root),
                relation=row.relation,
                base_id=row.base_id,
                license=row.license,
                parameters=row.parameters,
                bytes=row.bytes,
                created_at=row.created_at,
                modified_at=row.modified_at,
                missing_since=row.missing_since,
                context_length=row.context_length,
                popular=popular,
                downloads=known.get(row.repository_id) if downloads is None else downloads,
                behaviour_group=group,
                overall=overall,
                categories=dict(sorted(marks[row.id].items())),
                effort=efforts.get(row.id, Effort(None, 0, 0, 0)),
            )
        )
    return sorted(found, key=_place)


def popular_unevaluated(session: Session, scan_id: int) -> list[tuple[str, str]]:
    """Popular checkpoints that a scan has no score of, by name, and why; the most used first."""
    failure = and_(Failure.scan_id == Ruling.scan_id, Failure.checkpoint_id == Ruling.checkpoint_id)
    found = session.connection().execute(
        select(Repository.name, func.coalesce(Failure.kind, Ruling.verdict))
        .join_from(Ruling, Checkpoint, Checkpoint.id == Ruling.checkpoint_id)
        .join(Repository, Repository.id == Checkpoint.repository_id)
        .outerjoin(Failure, failure)
        .where(
            Ruling.scan_id == scan_id,
            Ruling.category == "",
            Ruling.popular,
            Ruling.verdict.in_(UNRANKED),
            Repository.id.not_in(opted_out()),
        )
        .order_by(Ruling.downloads.desc(), Repository.name)
    )
    return [(name, why) for name, why in found]


def _place(standing: Standing) -> tuple[bool, int, int, float, int]:
    mark = standing.overall
    out = mark.verdict == Verdict.ELIMINATED
    return (
        out,
        mark.position if mark.position is not None and not out else 1 << 30,
        -mark.n if out else 0,
        -(mark.score or 0.0),
        standing.checkpoint_id,
    )


def _facts(scan_id: int, family_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Checkpoint.id,
            Checkpoint.repository_id,
            Repository.hub,
            Repository.hub_id,
            Repository.name,
            Repository.author,
            Checkpoint.sha,
            Repository.sha.label("head"),
            Member.root,
            func.coalesce(Checkpoint.relation, Member.relation).label("relation"),
            Checkpoint.base_id,
            Repository.license,
            func.coalesce(Checkpoint.parameters, Repository.parameters).label("parameters"),
            Checkpoint.bytes,
            Repository.created_at,
            Repository.modified_at,
            Repository.missing_since,
            Checkpoint.context_length,
        )
        .join_from(Ruling, Checkpoint, Checkpoint.id == Ruling.checkpoint_id)
        .join(Repository, Repository.id == Checkpoint.repository_id)
        .outerjoin(
            Member, and_(Member.repository_id == Repository.id, Member.family_id == family_id)
        )
        .where(
            Ruling.scan_id == scan_id,
            Ruling.category == "",
            Ruling.verdict.not_in(UNRANKED),
            Repository.id.not_in(opted_out()),
        )
    )


def _efforts(session: Session) -> dict[int, Effort]:
    return {
        checkpoint_id: Effort(visited_at, queries, tokens, truncated)
        for checkpoint_id, visited_at, queries, tokens, truncated in session.connection()
        .execute(
            select(
                Visit.checkpoint_id,
                func.max(Visit.finished_at),
                func.sum(Visit.queries),
                func.sum(Visit.answer_tokens),
                func.sum(Visit.truncated),
            ).group_by(Visit.checkpoint_id)
        )
        .all()
    }
