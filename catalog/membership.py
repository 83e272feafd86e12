"""Where a repository belongs: the families it is a member of, and what vetting made of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.household import current
from catalog.tables import Alias, Checkpoint, Family, Member, Repository


@dataclass(frozen=True, slots=True)
class Membership:
    """A repository in a family. name: as the hub has it now; status: None if not yet vetted."""

    family: str
    name: str
    status: str | None
    reason: str | None


def memberships(session: Session, name: str) -> list[Membership]:
    """The families of a repository, by its name now or before, whatever the case."""
    wanted = name.lower()
    former = select(Alias.repository_id).where(func.lower(Alias.name) == wanted)
    rows = session.execute(
        select(Family.slug, Repository.name, Checkpoint.status, Checkpoint.reason)
        .join_from(Member, Family, Family.id == Member.family_id)
        .join(Repository, Repository.id == Member.repository_id)
        .outerjoin(Checkpoint, current())
        .where((func.lower(Repository.name) == wanted) | Repository.id.in_(former))
        .order_by(func.lower(Repository.name) != wanted, Family.slug)
    )
    return [Membership(*row) for row in rows]
