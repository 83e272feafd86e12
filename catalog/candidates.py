"""The candidates of a family: what a scan may ask, how popular it is, and what was excluded.

A candidate is looked at as it is now: the checkpoint at its repository's current commit. Exact
duplicates are represented by their stand-in, and the downloads of excluded copies (quantized
ones and duplicates) count for the checkpoint that they were made from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.errors import CatalogError
from catalog.household import Household, Kin, current
from catalog.tables import Checkpoint, Family, Member, Repository
from catalog.words import Status

POPULAR_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Candidate:
    """A checkpoint that passed vetting.

    base: what an adapter is asked on. ancestors: (name, sha), nearest first, roots last.
    downloads, downloads_all_time: with those of its excluded copies. bytes: of its weights.
    root: an official release, or the checkpoint with equal weights that stands for one.
    """

    checkpoint_id: int
    name: str
    sha: str
    hub: str
    relation: str | None
    root: bool
    base: Candidate | None
    ancestors: tuple[tuple[str, str], ...]
    downloads: int
    downloads_all_time: int
    bytes: int | None
    created_at: datetime | None
    license: str | None


def candidates(session: Session, family_id: int) -> list[Candidate]:
    """Every candidate of the family, by checkpoint id."""
    household = Household(session, family_id)
    credited = household.credited()
    represented = (household.representative(kin) for kin in household.members.values() if kin.root)
    roots = {kin.repository_id for kin in represented if kin is not None}
    made: dict[int, Candidate] = {}

    def make(kin: Kin) -> Candidate:
        if kin.repository_id in made:
            return made[kin.repository_id]
        assert kin.checkpoint_id is not None, "only candidates are made"
        assert kin.sha is not None, "a checkpoint is a repository at a commit"
        base = household.base_of(kin)
        downloads, downloads_all_time = credited[kin.repository_id]
        made[kin.repository_id] = Candidate(
            checkpoint_id=kin.checkpoint_id,
            name=kin.name,
            sha=kin.sha,
            hub=kin.hub,
            relation=kin.relation,
            root=kin.repository_id in roots,
            base=None if base is None else make(base),
            ancestors=tuple((a.name, a.sha) for a in household.ancestors(kin) if a.sha),
            downloads=downloads,
            downloads_all_time=downloads_all_time,
            bytes=kin.bytes,
            created_at=kin.created_at,
            license=kin.license,
        )
        return made[kin.repository_id]

    passed = (kin for kin in household.members.values() if kin.status == Status.CANDIDATE)
    # An adapter waits while its base's newest commit is not vetted.
    asked = [make(kin) for kin in passed if kin.base_id is None or household.base_of(kin)]
    return sorted(asked, key=lambda candidate: candidate.checkpoint_id)


def popular(found: Iterable[Candidate]) -> frozenset[int]:
    """Checkpoint ids of the top max(1, ceil(1%)) by either count of downloads, and of the roots."""
    listed = list(found)
    if not listed:
        return frozenset()
    most = max(1, math.ceil(len(listed) * POPULAR_SHARE))
    recent = sorted(listed, key=lambda c: (-c.downloads, c.checkpoint_id))[:most]
    ever = sorted(listed, key=lambda c: (-c.downloads_all_time, c.checkpoint_id))[:most]
    roots = [candidate for candidate in listed if candidate.root]
    return frozenset(candidate.checkpoint_id for candidate in [*recent, *ever, *roots])


def unrankable_roots(session: Session, family_id: int) -> dict[str, str]:
    """Roots that are no candidate and that none stands for, with the reason: they block a claim."""
    household = Household(session, family_id)
    return {
        kin.name: kin.reason or Status.UNVETTED
        for kin in household.members.values()
        if kin.root and household.representative(kin) is None
    }


def exclusions(session: Session, family_id: int) -> dict[str, int]:
    """How many of the family's checkpoints are excluded, by reason."""
    rows = session.execute(
        select(Checkpoint.reason, func.count())
        .join_from(Member, Repository, Repository.id == Member.repository_id)
        .join(Checkpoint, current())
        .where(Member.family_id == family_id, Checkpoint.status == Status.EXCLUDED)
        .group_by(Checkpoint.reason)
        .order_by(Checkpoint.reason)
    )
    return {str(reason): count for reason, count in rows}


def family_named(session: Session, slug: str) -> Family:
    """The family of that slug. Raises CatalogError with the slugs that are known."""
    family = session.scalar(select(Family).where(Family.slug == slug))
    if family is None:
        known = ", ".join(session.scalars(select(Family.slug).order_by(Family.slug))) or "none yet"
        raise CatalogError(
            f"no family {slug!r} in the catalog (known: {known}): run gems crawl --family {slug}"
        )
    return family
