"""What changed from scan to scan: gems found, lost and graduated, newly evaluated, vanished."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.household import opted_out
from catalog.tables import Checkpoint, Member, Repository, Ruling, Scan, Suite, Visit
from catalog.words import ScanStatus, Verdict

SCANS_BACK = 60
SHOWN = (Verdict.GEM, Verdict.CONTENDER, Verdict.GRADUATED)


@dataclass(frozen=True, slots=True)
class Change:
    """kind: new gem, lost gem, graduated, evaluated or vanished. names: (hub, hub_id, name).

    count: how many there are; `names` may hold only the first of them.
    """

    kind: str
    family_id: int
    suite: str
    at: datetime
    names: tuple[tuple[str, str, str], ...]
    count: int


def changes(session: Session, family_id: int, most_names: int = 40) -> list[Change]:
    """A family's changes, newest first, over its last SCANS_BACK scans."""
    found: list[Change] = []
    scans = session.execute(
        select(Scan.id, Suite.name, func.coalesce(Scan.finished_at, Scan.started_at))
        .join(Suite, Suite.id == Scan.suite_id)
        .where(Scan.family_id == family_id, Scan.status == ScanStatus.FINISHED)
        .order_by(Scan.finished_at.desc(), Scan.id.desc())
        .limit(SCANS_BACK)
    ).all()
    firsts = _first_visits(session, [scan_id for scan_id, _, _ in scans])
    by_suite = sorted(scans, key=lambda scan: (scan[1], scan[2], scan[0]))
    for suite, run in groupby(by_suite, key=lambda scan: scan[1]):
        before: dict[tuple[str, str, str], str] = {}
        for scan_id, _, at in run:
            now = _shown(session, scan_id)
            gems = {who for who, verdict in now.items() if verdict == Verdict.GEM}
            past = {who for who, verdict in before.items() if verdict == Verdict.GEM}
            graduated = {who for who, verdict in now.items() if verdict == Verdict.GRADUATED}
            groups = {
                "new gem": gems - past,
                "graduated": graduated & past,
                "lost gem": past - gems - graduated,
                "evaluated": set(firsts.get(scan_id, ())),
            }
            for kind, who in groups.items():
                if who:
                    names = tuple(sorted(who, key=lambda repository: repository[2]))
                    found.append(Change(kind, family_id, suite, at, names[:most_names], len(names)))
            before = now
    found.extend(_vanished(session, family_id))
    return sorted(found, key=lambda change: (change.at, change.kind), reverse=True)


def _shown(session: Session, scan_id: int) -> dict[tuple[str, str, str], str]:
    return {
        (hub, hub_id, name): verdict
        for hub, hub_id, name, verdict in session.execute(
            select(Repository.hub, Repository.hub_id, Repository.name, Ruling.verdict)
            .join_from(Ruling, Checkpoint, Checkpoint.id == Ruling.checkpoint_id)
            .join(Repository, Repository.id == Checkpoint.repository_id)
            .where(
                Ruling.scan_id == scan_id,
                Ruling.category == "",
                Ruling.verdict.in_(SHOWN),
                Repository.id.not_in(opted_out()),
            )
        )
    }


def _first_visits(session: Session, scan_ids: list[int]) -> dict[int, list[tuple[str, str, str]]]:
    """Who was visited for the first time, by the scan that did."""
    first = (
        select(Visit.checkpoint_id, func.min(Visit.scan_id).label("scan_id"))
        .group_by(Visit.checkpoint_id)
        .subquery()
    )
    found: dict[int, list[tuple[str, str, str]]] = {}
    for scan_id, hub, hub_id, name in session.execute(
        select(first.c.scan_id, Repository.hub, Repository.hub_id, Repository.name)
        .join_from(first, Checkpoint, Checkpoint.id == first.c.checkpoint_id)
        .join(Repository, Repository.id == Checkpoint.repository_id)
        .where(first.c.scan_id.in_(scan_ids), Repository.id.not_in(opted_out()))
    ):
        found.setdefault(scan_id, []).append((hub, hub_id, name))
    return found


def _vanished(session: Session, family_id: int) -> list[Change]:
    return [
        Change("vanished", family_id, "", missing_since, ((hub, hub_id, name),), 1)
        for hub, hub_id, name, missing_since in session.execute(
            select(Repository.hub, Repository.hub_id, Repository.name, Repository.missing_since)
            .join(Member, Member.repository_id == Repository.id)
            .where(
                Member.family_id == family_id,
                Repository.missing_since.is_not(None),
                Repository.id.not_in(opted_out()),
            )
        )
        if missing_since is not None
    ]
