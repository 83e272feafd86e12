"""How popular repositories are, and have been."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.tables import Member, Popularity


@dataclass(frozen=True, slots=True)
class Point:
    """Downloads in the 30 days before `day`."""

    day: date
    downloads: int


def popularity_stamps(session: Session) -> dict[int, tuple[date, int]]:
    """By repository: the last day of its series, and how many points the series has."""
    return {
        repository_id: (day, points)
        for repository_id, day, points in session.connection()
        .execute(
            select(
                Popularity.repository_id, func.max(Popularity.day), func.count(Popularity.day)
            ).group_by(Popularity.repository_id)
        )
        .all()
    }


def popularity(session: Session, repository_ids: Collection[int]) -> dict[int, list[Point]]:
    """Each repository's series, oldest first."""
    found: dict[int, list[Point]] = defaultdict(list)
    for repository_id, day, downloads in session.connection().execute(
        select(Popularity.repository_id, Popularity.day, Popularity.downloads)
        .where(Popularity.repository_id.in_(repository_ids))
        .order_by(Popularity.repository_id, Popularity.day)
    ):
        found[repository_id].append(Point(day, downloads))
    return found


def family_downloads(session: Session, family_id: int) -> tuple[date | None, dict[int, int]]:
    """The newest day known, and each member's latest downloads by repository id, excluded
    ones too."""
    latest: dict[int, int] = {}
    newest: date | None = None
    marks = (
        select(Popularity.repository_id, func.max(Popularity.day).label("day"))
        .join(Member, Member.repository_id == Popularity.repository_id)
        .where(Member.family_id == family_id)
        .group_by(Popularity.repository_id)
        .subquery()
    )
    for repository_id, day, downloads in session.connection().execute(
        select(Popularity.repository_id, Popularity.day, Popularity.downloads).join(
            marks,
            (marks.c.repository_id == Popularity.repository_id) & (marks.c.day == Popularity.day),
        )
    ):
        latest[repository_id] = downloads
        newest = day if newest is None or day > newest else newest
    return newest, latest
