"""Where a family's repositories came from, what came of them, and who equals whom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import opting_out
from catalog.household import opted_out
from catalog.tables import Checkpoint, Edge, Member, Repository


@dataclass(frozen=True, slots=True)
class Link:
    """A chosen edge, seen from one end: the repository at the other, None where unknown to us."""

    repository_id: int | None
    name: str
    relation: str


@dataclass(frozen=True, slots=True)
class Kinship:
    """parents, children: chosen links by repository id.

    duplicates: names of the exact copies that a checkpoint stands for, by checkpoint id.
    """

    parents: dict[int, tuple[Link, ...]]
    children: dict[int, tuple[Link, ...]]
    duplicates: dict[int, tuple[str, ...]]


def kinship(session: Session, family_id: int) -> Kinship:
    silent = set(session.scalars(opted_out()))
    unlisted = opting_out.opted_out(session)
    names: dict[int, str] = dict(
        session.connection()
        .execute(
            select(Repository.id, Repository.name)
            .join(Member, Member.repository_id == Repository.id)
            .where(Member.family_id == family_id)
        )
        .all()
    )
    parents: dict[int, list[Link]] = defaultdict(list)
    children: dict[int, list[Link]] = defaultdict(list)
    for child_id, parent_id, parent_name, relation in session.connection().execute(
        select(Edge.child_id, Edge.parent_id, Edge.parent_name, Edge.relation)
        .join(Member, Member.repository_id == Edge.child_id)
        .where(Member.family_id == family_id, Edge.chosen)
        .order_by(Edge.child_id, Edge.confidence.desc(), Edge.id)
    ):
        if child_id in silent or parent_id in silent:
            continue
        known = names.get(parent_id) if parent_id is not None else None
        if (name := known or parent_name) in unlisted or names[child_id] in unlisted:
            continue
        parents[child_id].append(Link(parent_id, name, relation))
        if parent_id is not None:
            children[parent_id].append(Link(child_id, names[child_id], relation))
    duplicates: dict[int, list[str]] = defaultdict(list)
    for stand_in_id, name in session.connection().execute(
        select(Checkpoint.stand_in_id, Repository.name)
        .join(Repository, Repository.id == Checkpoint.repository_id)
        .join(Member, Member.repository_id == Repository.id)
        .where(Member.family_id == family_id, Repository.id.not_in(opted_out()))
        .order_by(Repository.name)
    ):
        if stand_in_id is not None:
            duplicates[stand_in_id].append(name)
    return Kinship(
        {key: tuple(links) for key, links in parents.items()},
        {key: tuple(links) for key, links in children.items()},
        {key: tuple(found) for key, found in duplicates.items()},
    )
