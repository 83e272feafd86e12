"""A family's finished scans in a row: which arms came with which, and what each tested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, defer

from catalog.household import opted_out
from catalog.repositories import Absent
from catalog.scans import Charge, Parameters, costs
from catalog.tables import Checkpoint, Failure, Family, Repository, Ruling, Scan, Suite
from catalog.words import ScanStatus, Verdict

OVERALL = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """Scans of which each searched on from the one before, with more arms.

    arms: checkpoint ids, those of each scan behind those of the one before. waves: how many came
    with each scan that brought any. opening: how many at the front were popular in the first.
    scan_id: of the last.
    """

    arms: tuple[int, ...] = ()
    waves: tuple[int, ...] = ()
    opening: int = 0
    scan_id: int | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a finished scan tested.

    terms: what must be equal for two scans to have asked the same. popular: who was tested
    against. claims: checkpoints for which a p-value was computed.
    """

    terms: tuple[object, ...]
    popular: frozenset[int]
    claims: frozenset[int]


@dataclass(frozen=True, slots=True)
class Last:
    """The newest scan of a family with one version of a suite in one engine.

    stopped: whether it did not come to its end. ruled, popular: checkpoint ids.
    """

    scan_id: int
    stopped: bool
    ruled: frozenset[int]
    popular: frozenset[int]


def chain(session: Session, parameters: Parameters, before: datetime | None = None) -> Chain:
    """The chain that a scan with these parameters goes on; empty if there is none.

    before: leave out scans that finished then or later.
    """
    found = Chain()
    for scan in session.scalars(_finished(parameters.family_id, before)):
        if any(getattr(scan, name) != getattr(parameters, name) for name in _SAME):
            continue
        arms = tuple(scan.arms)
        fresh = len(arms) - len(found.arms)
        if not found.arms or arms[: len(found.arms)] != found.arms:
            found = Chain(arms, (len(arms),), _count_popular(session, scan.id), scan.id)
        else:
            waves = (*found.waves, fresh) if fresh else found.waves
            found = Chain(arms, waves, found.opening, scan.id)
    return found


def past_tests(session: Session, family_id: int, before: datetime | None = None) -> list[Trial]:
    """What the nightly scans of a family tested, the oldest first.

    before: leave out scans that finished then or later.
    """
    found = []
    nightly = Scan.report["nightly"].as_boolean()
    for scan in session.scalars(_finished(family_id, before).where(nightly)):
        rows = session.execute(
            select(Ruling.checkpoint_id, Ruling.popular, Ruling.p).where(
                Ruling.scan_id == scan.id, Ruling.category == OVERALL
            )
        ).all()
        popular = frozenset(row.checkpoint_id for row in rows if row.popular)
        claims = frozenset(row.checkpoint_id for row in rows if row.p is not None)
        found.append(Trial(terms_of(scan), popular, claims))
    return found


def terms_of(scan: Scan | Parameters) -> tuple[object, ...]:
    """The confirmation prompts, and how they are asked."""
    return (scan.confirm_id, scan.engine, scan.dtype, _flat(scan.decoding))


def last_scan(
    session: Session, family_id: int, suite: str, version: str, engine: str
) -> Last | None:
    """The newest finished scan of a family with that version of a suite; None without any."""
    scan = session.scalar(
        _finished(family_id, None)
        .join(Suite, Suite.id == Scan.suite_id)
        .where(Suite.name == suite, Suite.version == version, Scan.engine == engine)
        .order_by(None)
        .order_by(Scan.id.desc())
        .limit(1)
    )
    if scan is None:
        return None
    rows = session.execute(
        select(Ruling.checkpoint_id, Ruling.popular).where(
            Ruling.scan_id == scan.id, Ruling.category == OVERALL
        )
    ).all()
    killed = session.scalar(
        select(func.count())
        .select_from(Scan)
        .where(
            Scan.suite_id == scan.suite_id,
            Scan.family_id == family_id,
            Scan.status == ScanStatus.RUNNING,
            Scan.id > scan.id,
        )
    )
    return Last(
        scan.id,
        bool(scan.report.get("stopped") or killed),
        frozenset(row.checkpoint_id for row in rows),
        frozenset(row.checkpoint_id for row in rows if row.popular),
    )


class Newest(NamedTuple):
    family_id: int
    scan_id: int


def newest_of(session: Session, slug: str) -> Newest | None:
    """The newest finished scan of a family; None without any."""
    row = session.execute(
        select(Scan.family_id, Scan.id)
        .join(Family, Family.id == Scan.family_id)
        .where(Family.slug == slug, Scan.status == ScanStatus.FINISHED)
        .order_by(Scan.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Newest(*row)


def shown_names(session: Session, scan_id: int) -> dict[str, str]:
    """The verdict of each checkpoint that a scan ruled on, by its present name.

    Without who opted out since.
    """
    rows = session.execute(
        select(Repository.name, Ruling.verdict)
        .join(Checkpoint, Checkpoint.repository_id == Repository.id)
        .join(Ruling, Ruling.checkpoint_id == Checkpoint.id)
        .where(
            Ruling.scan_id == scan_id,
            Ruling.category == OVERALL,
            Repository.id.not_in(opted_out()),
        )
    )
    return {row.name: row.verdict for row in rows}


def failed_since(session: Session, scan_id: int, moment: datetime) -> dict[str, int]:
    """How many dropped out of a scan since then, by kind; not those it took over."""
    rows = session.execute(
        select(Failure.kind, func.count().label("times"))
        .where(Failure.scan_id == scan_id, Failure.failed_at >= moment)
        .group_by(Failure.kind)
        .order_by(Failure.kind)
    )
    return {row.kind: row.times for row in rows}


def begun(session: Session, slug: str) -> dict[int, Charge]:
    """What scans of a family that have not ended have cost by now, by scan."""
    running = select(Scan.id).join(Family, Family.id == Scan.family_id)
    running = running.where(Family.slug == slug, Scan.status == ScanStatus.RUNNING)
    return {scan_id: costs(session, scan_id) for scan_id in session.scalars(running)}


def to_look_after(session: Session, slug: str) -> list[Absent]:
    """Gems, contenders and popular checkpoints of a family's newest scan that are still there."""
    newest = newest_of(session, slug)
    if newest is None:
        return []
    proud = Ruling.verdict.in_((Verdict.GEM, Verdict.CONTENDER))
    rows = session.execute(
        select(Repository.id, Repository.hub_id, Repository.name)
        .join(Checkpoint, Checkpoint.repository_id == Repository.id)
        .join(Ruling, Ruling.checkpoint_id == Checkpoint.id)
        .where(
            Ruling.scan_id == newest.scan_id,
            Ruling.category == OVERALL,
            Ruling.popular | proud,
            Repository.missing_since.is_(None),
        )
        .order_by(Repository.id)
    )
    return [Absent(*row) for row in rows]


_SAME = tuple(name for name in Parameters.__dataclass_fields__ if name != "confirm_id")


def _finished(family_id: int, before: datetime | None) -> Select[Scan]:
    query = (
        select(Scan)
        .where(Scan.family_id == family_id, Scan.status == ScanStatus.FINISHED)
        .order_by(Scan.id)
        .options(defer(Scan.report))
    )
    return query if before is None else query.where(Scan.finished_at < before)


def _count_popular(session: Session, scan_id: int) -> int:
    query = select(func.count()).where(
        Ruling.scan_id == scan_id, Ruling.category == OVERALL, Ruling.popular
    )
    return session.scalar(query) or 0


def _flat(decoding: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, repr(value)) for name, value in decoding.items()))
