"""Families: their roots, their roots' layouts, and how much of each is known and evaluated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from catalog.bulk import read_many
from catalog.popularity import Concentration, concentration
from catalog.tables import Family, Member, Repository
from catalog.words import Status


@dataclass(frozen=True, slots=True)
class Census:
    """What is known of a family. excluded: by reason. relations: of all members, by kind."""

    slug: str
    title: str
    roots: list[str]
    checkpoints: int
    relations: dict[str, int]
    candidates: int
    unvetted: int
    excluded: dict[str, int]
    missing: int
    not_yet_evaluated: int
    concentration: Concentration | None


def ensure(session: Session, slug: str, title: str) -> Family:
    """The family of that slug, made if there is none."""
    family = session.scalar(select(Family).where(Family.slug == slug))
    if family is None:
        family = Family(slug=slug, title=title, layouts={})
        session.add(family)
        session.flush()
    family.title = title
    return family


def found(session: Session) -> list[Family]:
    """All families, by slug."""
    return list(session.scalars(select(Family).order_by(Family.slug)))


def set_roots(session: Session, family_id: int, repository_ids: Iterable[int]) -> None:
    """Make these the family's roots, and no others."""
    roots = list(repository_ids)
    session.execute(
        update(Member)
        .where(Member.family_id == family_id, Member.root, Member.repository_id.not_in(roots))
        .values(root=False, depth=1)
    )
    for repository_id in roots:
        session.merge(
            Member(
                family_id=family_id,
                repository_id=repository_id,
                root=True,
                relation=None,
                depth=0,
            )
        )
    session.flush()


def keep_layout(
    session: Session, family_id: int, root: str, layout: dict[str, Any], architecture: str | None
) -> None:
    """Remember a root's tensors, so that no crawl need ask for them again."""
    family = session.get_one(Family, family_id)
    family.layouts = {**family.layouts, root: layout}
    family.architecture = architecture or family.architecture
    family.parameters = layout["parameters"]


def layout(session: Session, family_id: int, root: str) -> dict[str, Any] | None:
    """A root's tensors as they were kept, with the commit that has them; None if never read."""
    kept: dict[str, Any] = session.get_one(Family, family_id).layouts
    return kept.get(root)


def layouts(session: Session, family_id: int) -> dict[str, dict[str, Any]]:
    """The kept layouts of a family's roots, by name."""
    return dict(session.get_one(Family, family_id).layouts)


def homes(session: Session, names: Iterable[str]) -> set[int]:
    """The ids of the families that any of these names is a member of."""
    query = (
        select(Member.family_id)
        .join(Repository, Repository.id == Member.repository_id)
        .where(Repository.name.in_(list(names)))
    )
    return set(session.scalars(query))


def are_members(session: Session, family_id: int, names: Iterable[str]) -> set[str]:
    """Which of these names are members of a family."""
    query = (
        select(Repository.name)
        .join(Member, Member.repository_id == Repository.id)
        .where(Member.family_id == family_id, Repository.name.in_(list(names)))
    )
    return set(session.scalars(query))


def census(session: Session, family: Family) -> Census:
    """Counts over the family's present members."""
    relations: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    excluded: Counter[str] = Counter()
    checkpoints = missing = unasked = 0
    downloads: list[int] = []
    for row in read_many(session, _STANDING, (family.id,)):
        relation, status, reason, gone, count, not_asked, theirs = row
        checkpoints += count
        downloads += [] if gone else json.loads(theirs)
        unasked += not_asked or 0
        missing += gone * count
        if relation is not None:
            relations[relation] += count
        if status is not None:
            statuses[status] += count
        if status == Status.EXCLUDED:
            excluded[reason] += count
    return Census(
        slug=family.slug,
        title=family.title,
        roots=root_names(session, family.id),
        checkpoints=checkpoints,
        relations=dict(sorted(relations.items())),
        candidates=statuses[Status.CANDIDATE],
        unvetted=statuses[Status.UNVETTED],
        excluded=dict(sorted(excluded.items())),
        missing=missing,
        not_yet_evaluated=unasked,
        concentration=concentration(downloads),
    )


_STANDING = """
SELECT members.relation, status, reason, missing_since IS NOT NULL AS gone, count(*),
  sum(status = 'candidate'
    AND NOT EXISTS (SELECT 1 FROM answers WHERE answers.checkpoint_id = checkpoints.id)),
  json_group_array(downloads) FILTER (WHERE downloads IS NOT NULL)
FROM members
CROSS JOIN repositories ON repositories.id = members.repository_id
LEFT JOIN checkpoints
  ON checkpoints.repository_id = repositories.id AND checkpoints.sha = repositories.sha
WHERE family_id = ?
GROUP BY members.relation, status, reason, gone
"""


def size(session: Session, family_id: int) -> int:
    """How many members it has."""
    query = select(func.count()).select_from(Member).where(Member.family_id == family_id)
    return session.scalar(query) or 0


def root_names(session: Session, family_id: int) -> list[str]:
    query = (
        select(Repository.name)
        .join(Member, Member.repository_id == Repository.id)
        .where(Member.family_id == family_id, Member.root)
        .order_by(Repository.name)
    )
    return list(session.scalars(query))


def families_of(session: Session, repository_id: int) -> list[Family]:
    """The families that a repository is a member of, by slug."""
    query = (
        select(Family)
        .join(Member, Member.family_id == Family.id)
        .where(Member.repository_id == repository_id)
        .order_by(Family.slug)
    )
    return list(session.scalars(query))
