"""A family read at once: its members as they are now, and who stands for whom."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from catalog.tables import Checkpoint, Edge, Member, Popularity, Repository
from catalog.words import Reason, Relation, Status


@dataclass(slots=True)
class Kin:
    """A member of a family, with the checkpoint at its repository's current commit.

    Without such a checkpoint, `checkpoint_id` and `status` are None. parents: repository ids.
    downloads, downloads_all_time: its own, latest known.
    """

    repository_id: int
    name: str
    hub: str
    sha: str | None
    created_at: datetime | None
    license: str | None
    root: bool
    depth: int
    relation: str | None
    checkpoint_id: int | None
    status: str | None
    reason: str | None
    base_id: int | None
    stand_in_id: int | None
    bytes: int | None
    parents: list[int] = field(default_factory=list)
    downloads: int = 0
    downloads_all_time: int = 0


class Household:
    """A family's members by repository id, and the chosen edges between them."""

    def __init__(self, session: Session, family_id: int) -> None:
        self.members = _members(session, family_id)
        self._repository_of = _repositories_of_checkpoints(session, family_id)

    def representative(self, member: Kin) -> Kin | None:
        """The candidate that is asked in this member's place: itself, or its stand-in."""
        seen: set[int] = set()
        here: Kin | None = member
        while here is not None and here.repository_id not in seen:
            if here.status == Status.CANDIDATE:
                return here
            seen.add(here.repository_id)
            here = self._at(here.stand_in_id)
        return None

    def base_of(self, adapter: Kin) -> Kin | None:
        """The candidate that an adapter is asked on, as it is now."""
        base = self._at(adapter.base_id)
        return None if base is None or base is adapter else self.representative(base)

    def credited(self) -> Mapping[int, tuple[int, int]]:
        """Downloads (recent, ever) by repository, excluded copies counted for their originals."""
        total: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for member in self.members.values():
            original = self._original(member)
            if original is not None:
                recent, ever = total[original.repository_id]
                total[original.repository_id] = (
                    recent + member.downloads,
                    ever + member.downloads_all_time,
                )
        return total

    def ancestors(self, member: Kin) -> list[Kin]:
        """Everything above a member, level by level, the roots moved to the end."""
        above: list[Kin] = []
        seen = {member.repository_id}
        queue = deque(member.parents)
        while queue:
            parent = self.members.get(queue.popleft())
            if parent is not None and parent.repository_id not in seen:
                seen.add(parent.repository_id)
                above.append(parent)
                queue.extend(parent.parents)
        return sorted(above, key=lambda parent: parent.root)

    def _original(self, member: Kin) -> Kin | None:
        """The candidate that a member's downloads count for."""
        seen: set[int] = set()
        here: Kin | None = member
        while here is not None and here.repository_id not in seen:
            represented = self.representative(here)
            if represented is not None:
                return represented
            seen.add(here.repository_id)
            copied = Relation.QUANTIZED in (here.relation, here.reason)
            here = self.members.get(here.parents[0]) if copied and here.parents else None
        return None

    def _at(self, checkpoint_id: int | None) -> Kin | None:
        if checkpoint_id is None:
            return None
        return self.members.get(self._repository_of.get(checkpoint_id, -1))


def current() -> ColumnElement[bool]:
    """Joins a repository to the checkpoint at its current commit."""
    return and_(Checkpoint.repository_id == Repository.id, Checkpoint.sha == Repository.sha)


def opted_out() -> Select[int]:
    """Ids of repositories whose authors asked not to be listed; their names are printed nowhere."""
    return select(Checkpoint.repository_id).where(Checkpoint.reason == Reason.OPTED_OUT)


def _members(session: Session, family_id: int) -> dict[int, Kin]:
    rows = session.execute(
        select(
            Repository.id,
            Repository.name,
            Repository.hub,
            Repository.sha,
            Repository.created_at,
            Repository.license,
            Member.root,
            Member.depth,
            func.coalesce(Checkpoint.relation, Member.relation),
            Checkpoint.id,
            Checkpoint.status,
            Checkpoint.reason,
            Checkpoint.base_id,
            Checkpoint.stand_in_id,
            Checkpoint.bytes,
        )
        .join_from(Member, Repository, Repository.id == Member.repository_id)
        .outerjoin(Checkpoint, current())
        .where(Member.family_id == family_id)
        .order_by(Repository.id)
    )
    found: list[tuple[Any, ...]] = [tuple(row) for row in rows]
    members = {row[0]: Kin(*row) for row in found}
    for child_id, parent_id in session.execute(_chosen_edges(family_id)):
        if parent_id is not None:
            members[child_id].parents.append(parent_id)
    for repository_id, recent, ever in session.execute(_latest_popularity(family_id)):
        members[repository_id].downloads = recent
        members[repository_id].downloads_all_time = max(recent, ever or 0)
    return members


def _chosen_edges(family_id: int) -> Select[int, int | None]:
    return (
        select(Edge.child_id, Edge.parent_id)
        .join(Member, Member.repository_id == Edge.child_id)
        .where(Member.family_id == family_id, Edge.chosen)
        .order_by(Edge.child_id, Edge.confidence.desc(), Edge.id)
    )


def _latest_popularity(family_id: int) -> Select[int, int, int | None]:
    latest = (
        select(Popularity.repository_id, func.max(Popularity.day).label("day"))
        .join(Member, Member.repository_id == Popularity.repository_id)
        .where(Member.family_id == family_id)
        .group_by(Popularity.repository_id)
        .subquery()
    )
    return select(
        Popularity.repository_id, Popularity.downloads, Popularity.downloads_all_time
    ).join(
        latest,
        and_(latest.c.repository_id == Popularity.repository_id, latest.c.day == Popularity.day),
    )


def _repositories_of_checkpoints(session: Session, family_id: int) -> dict[int, int]:
    """Repository by checkpoint id, earlier commits included: a base may have moved on since."""
    rows = session.execute(
        select(Checkpoint.id, Checkpoint.repository_id)
        .join(Member, Member.repository_id == Checkpoint.repository_id)
        .where(Member.family_id == family_id)
    )
    return dict(rows.all())
