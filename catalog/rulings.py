"""Rulings: what a scan says of each checkpoint, stored once the scan is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.tables import Ruling, Scan
from catalog.words import ScanStatus, Verdict


@dataclass(frozen=True, slots=True)
class Ruled:
    """One row of a scan's outcome; category "" is overall. See the table for the numbers."""

    checkpoint_id: int
    category: str
    verdict: Verdict
    position: int | None
    score: float | None
    low: float | None
    high: float | None
    n: int
    delta_vs_popular: float | None
    p: float | None
    tie_group: int | None
    behaviour_group: int | None
    rung: int | None
    optimistic: bool
    popular: bool
    downloads: int | None


def store_rulings(session: Session, scan_id: int, rows: Iterable[Ruled]) -> None:
    """Keep a scan's rulings in place of any that it had."""
    session.execute(delete(Ruling).where(Ruling.scan_id == scan_id))
    session.add_all(Ruling(scan_id=scan_id, **asdict(row)) for row in rows)


def rulings_of(session: Session, scan_id: int, category: str | None = "") -> list[Ruled]:
    """A scan's rulings in one category ("" overall, None all), the best placed first."""
    query = select(Ruling).where(Ruling.scan_id == scan_id)
    if category is not None:
        query = query.where(Ruling.category == category)
    rows = session.scalars(
        query.order_by(Ruling.position.is_(None), Ruling.position, Ruling.checkpoint_id)
    )
    names = Ruled.__dataclass_fields__
    return [Ruled(**{name: getattr(row, name) for name in names}) for row in rows]


def previous_verdicts(session: Session, family_id: int) -> dict[tuple[int, str], Verdict]:
    """The verdicts of the family's newest finished scan, by (checkpoint id, category)."""
    newest = session.scalar(
        select(Scan.id)
        .where(Scan.family_id == family_id, Scan.status == ScanStatus.FINISHED)
        .order_by(Scan.id.desc())
        .limit(1)
    )
    if newest is None:
        return {}
    rows = session.execute(
        select(Ruling.checkpoint_id, Ruling.category, Ruling.verdict).where(
            Ruling.scan_id == newest
        )
    )
    return {(checkpoint, category): Verdict(verdict) for checkpoint, category, verdict in rows}
