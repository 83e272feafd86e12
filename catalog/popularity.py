"""Popularity: a dated series of downloads and likes, and how concentrated it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Date, bindparam, select, text
from sqlalchemy.orm import Session

from catalog.columns import Moment
from catalog.tables import Member, Popularity


@dataclass(frozen=True, slots=True)
class Concentration:
    """How unevenly downloads fall on checkpoints. Shares are in [0, 1].

    top1_share: of downloads that go to the top max(1, ceil(1%)) of the checkpoints.
    smallest_share_95: of checkpoints, the fewest that take 95% of the downloads together.
    gini: 0 if all are equal, near 1 if one takes all.
    """

    top1_share: float
    smallest_share_95: float
    gini: float


def concentration(downloads: Iterable[int]) -> Concentration | None:
    """None if nothing was downloaded."""
    counts = sorted(downloads, reverse=True)
    total = sum(counts)
    if total == 0:
        return None
    n = len(counts)
    reached = needed = 0
    while reached * 100 < total * 95:
        reached += counts[needed]
        needed += 1
    # Gini by ranks: sum of (2i - n - 1) x_i over ascending x, divided by n times the total.
    spread = sum((n - 2 * i - 1) * count for i, count in enumerate(counts))
    return Concentration(
        top1_share=sum(counts[: math.ceil(n / 100)]) / total,
        smallest_share_95=needed / n,
        gini=spread / (n * total),
    )


def record(session: Session, families: Sequence[int], day: date, since: datetime) -> None:
    """One point, dated `day`, for each member that was listed `since` then."""
    statement = text(_RECORD).bindparams(
        bindparam("families", expanding=True),
        bindparam("day", type_=Date()),
        bindparam("since", type_=Moment()),
    )
    session.execute(statement, {"families": list(families), "day": day, "since": since})


# `+id` keeps SQLite from going through all members: few of them were listed on most nights.
_RECORD = """
INSERT INTO popularity (repository_id, day, downloads, downloads_all_time, likes)
SELECT id, :day, downloads, downloads_all_time, likes FROM repositories
WHERE downloads IS NOT NULL AND last_seen >= :since
  AND +id IN (SELECT repository_id FROM members WHERE family_id IN :families)
ON CONFLICT (repository_id, day) DO UPDATE SET
  downloads = excluded.downloads,
  downloads_all_time = excluded.downloads_all_time,
  likes = excluded.likes
"""


def series(session: Session, repository_id: int) -> list[Popularity]:
    """All points of a repository, oldest first."""
    query = select(Popularity).where(Popularity.repository_id == repository_id)
    return list(session.scalars(query.order_by(Popularity.day)))


def refreshed(session: Session, family_id: int) -> date | None:
    """The day of the newest point of any root of the family."""
    return session.scalar(
        select(Popularity.day)
        .join(Member, Member.repository_id == Popularity.repository_id)
        .where(Member.family_id == family_id, Member.root)
        .order_by(Popularity.day.desc())
        .limit(1)
    )
