"""Scans: their plans, their visits and what these cost, and who dropped out on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from catalog.tables import Checkpoint, Failure, Plan, Scan, Visit
from catalog.words import Outcome, ScanStatus, Stage

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Order:
    """A stored plan: prompt keys in the order everyone is asked them, and the settings with it."""

    plan_id: int
    generation: int
    keys: tuple[str, ...]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a scan is asked to do. Two scans that agree in all of it are the same work."""

    family_id: int
    suite_id: int
    confirm_id: int | None
    plan_id: int
    policy: str
    budget: float
    top_k: int
    seed: int
    engine: str
    dtype: str
    decoding: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Begun:
    """A scan that is under way; `resumed` if an earlier process began it."""

    scan_id: int
    parameters: Parameters
    arms: tuple[int, ...]
    started_at: datetime
    resumed: bool


@dataclass(frozen=True, slots=True)
class Charge:
    """What a visit has cost since it was last charged.

    loads: weights brought into the engine, shared by those that were brought in together.
    swaps: of these, those that replaced others in place, in the process that held them.
    """

    loads: float = 0.0
    swaps: float = 0.0
    queries: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    truncated: int = 0
    download_seconds: float = 0.0
    load_seconds: float = 0.0
    generate_seconds: float = 0.0
    grade_seconds: float = 0.0
    store_seconds: float = 0.0


CHARGES = tuple(Charge.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A candidate that dropped out: at which stage, why, and when. base_sha: an adapter's base."""

    checkpoint_id: int
    stage: Stage
    kind: str
    detail: str
    failed_at: datetime
    base_sha: str = ""


def latest_plan(session: Session, family_id: int, suite_id: int, seed: int) -> Order | None:
    """The newest plan of the family for this suite and seed."""
    plan = session.scalar(
        select(Plan)
        .where(Plan.family_id == family_id, Plan.suite_id == suite_id, Plan.seed == seed)
        .order_by(Plan.generation.desc())
        .limit(1)
    )
    if plan is None:
        return None
    return Order(plan.id, plan.generation, tuple(plan.order), plan.settings)


def store_plan(
    session: Session,
    family_id: int,
    suite_id: int,
    seed: int,
    *,
    generation: int,
    keys: Sequence[str],
    settings: Mapping[str, Any],
) -> Order:
    """Store what is fixed before the first query."""
    plan = Plan(
        family_id=family_id,
        suite_id=suite_id,
        seed=seed,
        generation=generation,
        order=list(keys),
        settings=dict(settings),
        created_at=datetime.now(UTC),
    )
    session.add(plan)
    session.flush()
    return Order(plan.id, generation, tuple(keys), dict(settings))


def unfinished(session: Session, parameters: Parameters) -> Begun | None:
    """The newest scan with these parameters that never finished."""
    rows = session.scalars(
        select(Scan)
        .where(
            Scan.family_id == parameters.family_id,
            Scan.suite_id == parameters.suite_id,
            Scan.plan_id == parameters.plan_id,
            Scan.status == ScanStatus.RUNNING,
        )
        .order_by(Scan.id.desc())
    )
    for scan in rows:
        if _parameters(scan) == parameters:
            return Begun(scan.id, parameters, tuple(scan.arms), scan.started_at, resumed=True)
    return None


def begin(
    session: Session,
    parameters: Parameters,
    arms: Sequence[int],
    status: ScanStatus = ScanStatus.RUNNING,
) -> Begun:
    """Store a new scan over `arms`, checkpoint ids in the order the policy knows them by."""
    scan = Scan(
        family_id=parameters.family_id,
        suite_id=parameters.suite_id,
        confirm_id=parameters.confirm_id,
        plan_id=parameters.plan_id,
        policy=parameters.policy,
        budget=parameters.budget,
        top_k=parameters.top_k,
        seed=parameters.seed,
        engine=parameters.engine,
        dtype=parameters.dtype,
        decoding=dict(parameters.decoding),
        arms=list(arms),
        status=status,
        started_at=datetime.now(UTC),
        report={},
    )
    session.add(scan)
    session.flush()
    return Begun(scan.id, parameters, tuple(arms), scan.started_at, resumed=False)


def abandon_visits(session: Session, scan_id: int) -> None:
    """Close what a killed process left open: its costs up to its last commit stand."""
    session.execute(
        update(Visit)
        .where(Visit.scan_id == scan_id, Visit.outcome == Outcome.OPEN)
        .values(outcome=Outcome.CLOSED)
    )


def finish(session: Session, scan_id: int, report: Mapping[str, Any]) -> None:
    """Keep a scan's report: it is done. A check stays one."""
    scan = session.get_one(Scan, scan_id)
    if scan.status == ScanStatus.RUNNING:
        scan.status = ScanStatus.FINISHED
    scan.finished_at = datetime.now(UTC)
    scan.report = dict(report)


def last_finished(
    session: Session, family_id: int, suite_id: int | None = None
) -> tuple[int, Mapping[str, Any]] | None:
    """Id and report of the family's newest finished scan, with that suite if one is named."""
    query = select(Scan).where(Scan.family_id == family_id, Scan.status == ScanStatus.FINISHED)
    if suite_id is not None:
        query = query.where(Scan.suite_id == suite_id)
    scan = session.scalar(query.order_by(Scan.id.desc()).limit(1))
    return None if scan is None else (scan.id, scan.report)


def open_visit(
    session: Session, scan_id: int, checkpoint_id: int, context_length: int | None
) -> int:
    """A new visit; what its files told of the checkpoint is noted with it."""
    session.get_one(Checkpoint, checkpoint_id).context_length = context_length
    visit = Visit(scan_id=scan_id, checkpoint_id=checkpoint_id, started_at=datetime.now(UTC))
    session.add(visit)
    session.flush()
    return visit.id


def charge(session: Session, visit_id: int, costs: Charge) -> None:
    """Add to what a visit has cost."""
    visit = session.get_one(Visit, visit_id)
    for name in CHARGES:
        setattr(visit, name, getattr(visit, name) + getattr(costs, name))


def close_visit(session: Session, visit_id: int, outcome: Outcome) -> None:
    visit = session.get_one(Visit, visit_id)
    visit.outcome = outcome
    visit.finished_at = datetime.now(UTC)


def costs(session: Session, scan_id: int) -> Charge:
    """What all visits of a scan have cost together."""
    sums = [func.coalesce(func.sum(getattr(Visit, name)), 0) for name in CHARGES]
    row = session.execute(select(*sums).where(Visit.scan_id == scan_id)).one()
    return Charge(**dict(zip(CHARGES, row, strict=True)))


def prices(
    session: Session, engine: str, dtype: str, family_id: int | None = None
) -> Charge | None:
    """The costs of all earlier visits in this engine, of one family or of all; None without any."""
    sums = [func.coalesce(func.sum(getattr(Visit, name)), 0) for name in CHARGES]
    query = (
        select(*sums)
        .join(Scan, Scan.id == Visit.scan_id)
        .where(Scan.engine == engine, Scan.dtype == dtype)
    )
    if family_id is not None:
        query = query.where(Scan.family_id == family_id)
    found = Charge(**dict(zip(CHARGES, session.execute(query).one(), strict=True)))
    return found if found.loads and found.queries else None


def drop(session: Session, scan_id: int, dropped: Dropped) -> None:
    """Record that a candidate dropped out of a scan; the first reason stands."""
    known = session.scalar(
        select(Failure.id).where(
            Failure.scan_id == scan_id, Failure.checkpoint_id == dropped.checkpoint_id
        )
    )
    if known is None:
        session.add(
            Failure(
                scan_id=scan_id,
                checkpoint_id=dropped.checkpoint_id,
                base_sha=dropped.base_sha,
                stage=dropped.stage,
                kind=dropped.kind,
                detail=dropped.detail,
                failed_at=dropped.failed_at,
            )
        )


def dropped(session: Session, scan_id: int) -> dict[int, Dropped]:
    """Who dropped out of a scan, by checkpoint id."""
    rows = session.scalars(select(Failure).where(Failure.scan_id == scan_id))
    return {row.checkpoint_id: _dropped(row) for row in rows}


def dropped_before(
    session: Session, checkpoint_ids: Iterable[int], engine: str, dtype: str
) -> dict[int, Dropped]:
    """The newest failure of each checkpoint in this engine, whatever the scan."""
    wanted = sorted(set(checkpoint_ids))
    found: dict[int, Dropped] = {}
    for start in range(0, len(wanted), MOST_AT_ONCE):
        rows = session.scalars(
            select(Failure)
            .join(Scan, Scan.id == Failure.scan_id)
            .where(
                Failure.checkpoint_id.in_(wanted[start : start + MOST_AT_ONCE]),
                Scan.engine == engine,
                Scan.dtype == dtype,
            )
            .order_by(Failure.id)
        )
        found.update((row.checkpoint_id, _dropped(row)) for row in rows)
    return found


def _dropped(row: Failure) -> Dropped:
    return Dropped(
        row.checkpoint_id, Stage(row.stage), row.kind, row.detail, row.failed_at, row.base_sha
    )


def _parameters(scan: Scan) -> Parameters:
    return Parameters(**{name: getattr(scan, name) for name in Parameters.__dataclass_fields__})
