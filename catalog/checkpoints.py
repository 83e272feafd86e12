"""Checkpoints: what vetting has still to look at, what it found, and who stands for duplicates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, bindparam, exists, func, or_, select, text, update
from sqlalchemy.orm import Session

from catalog.bulk import GOES, stored_moment, upsert_many
from catalog.household import current, opted_out
from catalog.lineage import INFERRED
from catalog.tables import Checkpoint, Edge, Member, Repository
from catalog.words import Reason, Relation, Status

_CHECKPOINTS: Table = Checkpoint.__table__  # type: ignore[assignment]

OF_THE_REPOSITORY = (
    Reason.GATED,
    Reason.PRIVATE,
    Reason.DISABLED,
    Reason.MISSING,
    Reason.OPTED_OUT,
)
"""Reasons that lie in the repository, not in the weights."""

PASSING = (
    *OF_THE_REPOSITORY,
    Reason.BASE_UNKNOWN,
    Reason.BASE_EXCLUDED,
    Reason.BAD_HEADER,
    Reason.INCOMPLETE,
)
"""Reasons that may pass without a new commit; a full crawl looks again.

The last two also befall a sound checkpoint, if its hub mixes things up while they are looked at.
"""

OF_THE_FAMILY = (
    Reason.OTHER_ARCHITECTURE,
    Reason.MIXTURE,
    Reason.LARGER,
    Reason.SMALLER,
    Reason.OTHER_SHAPES,
    Reason.VOCABULARY,
    Reason.NO_TOKENIZER,
    Reason.NOT_TEXT,
    Reason.DUPLICATE,
)
"""Reasons that lie in how its family is made: another one may be its own."""


class Listed(NamedTuple):
    """What the catalog knows of a member from listings, for vetting."""

    repository_id: int
    name: str
    sha: str
    gated: str | None
    disabled: bool
    private: bool
    missing: bool
    architecture: str | None
    parameters: int | None
    config: dict[str, Any]
    relation: str | None
    root: bool
    inferred: bool


class Finding(NamedTuple):
    """What vetting made of a repository at a commit.

    base_id: the checkpoint that an adapter is asked on. digest: over the weights alone.
    """

    repository_id: int
    sha: str
    status: Status
    reason: Reason | None = None
    detail: str | None = None
    relation: str | None = None
    base_id: int | None = None
    digest: str | None = None
    bytes: int | None = None
    parameters: int | None = None


def unvetted(
    session: Session, family_id: int, after: int, limit: int, *, adapters: bool
) -> list[Listed]:
    """Members that passed screening and whose files are still to be looked at.

    Without `adapters`, only those that are not known to be some.
    """
    waiting = Checkpoint.status == Status.UNVETTED
    if not adapters:
        waiting &= func.coalesce(Member.relation, "") != Relation.ADAPTER
    return _listed(session, family_id, waiting, after, limit)


def waiting(session: Session, family_id: int) -> int:
    """How many members are still to be looked at."""
    return statuses(session, family_id).get(Status.UNVETTED, 0)


def note(session: Session, findings: Sequence[Finding], now: datetime) -> None:
    """Record what vetting found, in place of what it found before of the same commit."""
    note_stored(session, [stored(finding, now) for finding in findings])


def stored(finding: Finding, now: datetime) -> tuple[Any, ...]:
    """A finding in the form that the catalog keeps; after repository and commit, what was found."""
    at = None if finding.status == Status.UNVETTED else stored_moment(now)
    plain = (str(value) if isinstance(value, str) else value for value in finding)
    return (*plain, at, None)


def note_stored(session: Session, rows: Sequence[tuple[Any, ...]]) -> None:
    """As `note`, of findings that are `stored`."""
    columns = (*Finding._fields, "vetted_at", "stand_in_id")
    upsert_many(session, _CHECKPOINTS, columns, rows, key=("repository_id", "sha"))


def look_again(session: Session, family_id: int) -> None:
    """Vet anew what was excluded for a reason that may have passed meanwhile."""
    session.execute(
        update(Checkpoint)
        .where(_of(family_id), Checkpoint.reason.in_(PASSING))
        .values(status=Status.UNVETTED, reason=None, detail=None, vetted_at=None)
    )


def vet_anew(session: Session, repository_ids: Sequence[int]) -> None:
    """Take back what was judged by how a family is made. An adapter is judged with its base."""
    for at in range(0, len(repository_ids), GOES):
        session.execute(
            update(Checkpoint)
            .where(
                Checkpoint.repository_id.in_(repository_ids[at : at + GOES]),
                or_(Checkpoint.status == Status.CANDIDATE, Checkpoint.reason.in_(OF_THE_FAMILY)),
                Checkpoint.relation.is_distinct_from(Relation.ADAPTER),
            )
            .values(status=Status.UNVETTED, reason=None, detail=None, vetted_at=None)
        )


def exclude(session: Session, repository_ids: Sequence[int], reason: Reason, now: datetime) -> None:
    """Exclude all checkpoints of these repositories, whatever vetting found before."""
    for at in range(0, len(repository_ids), GOES):  # an author may have tens of thousands
        session.execute(
            update(Checkpoint)
            .where(Checkpoint.repository_id.in_(repository_ids[at : at + GOES]))
            .values(status=Status.EXCLUDED, reason=reason, detail=None, vetted_at=now)
        )


def now_opted_out(session: Session) -> set[int]:
    """Ids of all checkpoints of theirs."""
    return set(
        session.scalars(select(Checkpoint.id).where(Checkpoint.repository_id.in_(opted_out())))
    )


def withdrawn(session: Session, family_id: int) -> list[tuple[int, Reason]]:
    """Repositories whose current checkpoint is not excluded although the hub withdrew them."""
    rows = session.execute(
        select(Repository.id, Repository.missing_since, Repository.disabled)
        .join_from(Member, Repository, Repository.id == Member.repository_id)
        .join(Checkpoint, current())
        .where(
            Member.family_id == family_id,
            Checkpoint.status != Status.EXCLUDED,
            or_(Repository.missing_since.is_not(None), Repository.disabled, Repository.private),
        )
    )
    return [
        (
            repository_id,
            Reason.MISSING if missing else Reason.DISABLED if disabled else Reason.PRIVATE,
        )
        for repository_id, missing, disabled in rows
    ]


def group_duplicates(session: Session, family_id: int, now: datetime) -> int:
    """One of each group with equal weights is a candidate; the others have it as stand-in.

    A root stands first, then the oldest. What cannot be fetched (gated, missing, ...) keeps its
    reason, but is represented all the same. Returns how many duplicates there are.
    """
    groups: dict[str, list[Any]] = defaultdict(list)
    twins_of_all = text(_TWINS).bindparams(bindparam("standing", expanding=True))
    values = {
        "family": family_id,
        "candidate": Status.CANDIDATE.value,
        "duplicate": Reason.DUPLICATE.value,
        "standing": [reason.value for reason in (Reason.DUPLICATE, *OF_THE_REPOSITORY)],
    }
    for row in session.execute(twins_of_all, values):
        groups[row.digest].append(row)
    duplicates = 0
    for twins in groups.values():
        askable = [t for t in twins if t.reason is None or t.reason == Reason.DUPLICATE]
        if not askable:
            continue
        stand_in = askable[0]
        _set(session, stand_in.id, Status.CANDIDATE, None, None, now)
        for twin in twins:
            if twin.id == stand_in.id:
                continue
            duplicates += 1
            reason = twin.reason or Reason.DUPLICATE
            _set(session, twin.id, Status.EXCLUDED, reason, stand_in.id, now)
    return duplicates


def leave_with_bases(session: Session, family_id: int, now: datetime) -> int:
    """Exclude adapters whose base is excluded by now and that no other stands for.

    To be called after `group_duplicates`. Returns how many.
    """
    found = session.execute(text(_WITHOUT_BASE), {"family": family_id}).all()
    for checkpoint_id, reason in found:
        session.execute(
            update(Checkpoint)
            .where(Checkpoint.id == checkpoint_id)
            .values(
                status=Status.EXCLUDED,
                reason=Reason.BASE_EXCLUDED,
                detail=f"its base is excluded: {reason}",
                vetted_at=now,
            )
        )
    return len(found)


_WITHOUT_BASE = """
SELECT adapter.id, head.reason
FROM members
CROSS JOIN repositories ON repositories.id = members.repository_id
JOIN checkpoints AS adapter
  ON adapter.repository_id = repositories.id AND adapter.sha = repositories.sha
JOIN checkpoints AS base ON base.id = adapter.base_id
JOIN repositories AS below ON below.id = base.repository_id
JOIN checkpoints AS head ON head.repository_id = below.id AND head.sha = below.sha
LEFT JOIN checkpoints AS stand_in ON stand_in.id = head.stand_in_id
WHERE members.family_id = :family AND adapter.status = 'candidate' AND head.status = 'excluded'
  AND coalesce(stand_in.status, '') != 'candidate'
"""


def at_head(session: Session, repository_id: int) -> Checkpoint | None:
    """The checkpoint at a repository's current commit, if it was looked at."""
    return session.scalar(
        select(Checkpoint)
        .join(Repository, Repository.id == Checkpoint.repository_id)
        .where(Repository.id == repository_id, Checkpoint.sha == Repository.sha)
    )


class Represented(NamedTuple):
    """The checkpoint that is asked in a repository's place: its own, or its stand-in."""

    id: int
    name: str
    status: str
    reason: str | None
    base_id: int | None


def represented(session: Session, repository_id: int) -> Represented | None:
    """None if the repository was not vetted at its current commit."""
    head = at_head(session, repository_id)
    if head is None:
        return None
    standing = session.get(Checkpoint, head.stand_in_id) if head.stand_in_id else None
    here = standing or head
    name = session.get_one(Repository, here.repository_id).name
    return Represented(here.id, name, here.status, here.reason, here.base_id)


def statuses(session: Session, family_id: int) -> dict[str, int]:
    """How many of the family's current checkpoints have each status."""
    rows = session.execute(
        select(Checkpoint.status, func.count())
        .join_from(Member, Repository, Repository.id == Member.repository_id)
        .join(Checkpoint, current())
        .where(Member.family_id == family_id)
        .group_by(Checkpoint.status)
    )
    return dict(rows.all())


def _of(family_id: int) -> ColumnElement[bool]:
    members = select(Member.repository_id).where(Member.family_id == family_id)
    return Checkpoint.repository_id.in_(members)


def _listed(
    session: Session, family_id: int, which: ColumnElement[bool], after: int, limit: int
) -> list[Listed]:
    inferred = exists().where(Edge.child_id == Repository.id, Edge.chosen, Edge.source == INFERRED)
    rows = session.execute(
        select(
            Repository.id,
            Repository.name,
            Repository.sha,
            Repository.gated,
            Repository.disabled,
            Repository.private,
            Repository.missing_since.is_not(None),
            Repository.architecture,
            Repository.parameters,
            Repository.config,
            Member.relation,
            Member.root,
            inferred,
        )
        .join_from(Member, Repository, Repository.id == Member.repository_id)
        .outerjoin(Checkpoint, current())
        .where(
            Member.family_id == family_id,
            Member.repository_id > after,
            Repository.sha.is_not(None),
            which,
        )
        .order_by(Member.repository_id)
        .limit(limit)
    )
    return [Listed._make(row) for row in rows]


_TWINS = """
SELECT checkpoints.id, checkpoints.digest, checkpoints.reason
FROM (
  SELECT digest FROM checkpoints WHERE digest IS NOT NULL
  GROUP BY digest HAVING count(*) > 1 OR max(reason) = :duplicate
) AS several
CROSS JOIN checkpoints
  ON checkpoints.digest = several.digest AND checkpoints.digest IS NOT NULL
CROSS JOIN repositories
  ON repositories.id = checkpoints.repository_id AND repositories.sha = checkpoints.sha
CROSS JOIN members ON members.repository_id = repositories.id
WHERE members.family_id = :family
  AND (checkpoints.status = :candidate OR checkpoints.reason IN :standing)
ORDER BY checkpoints.digest, members.root DESC, repositories.created_at IS NULL,
  repositories.created_at, repositories.id
"""
"""Current checkpoints whose weights equal another's in the family, who stands first first."""


def _set(
    session: Session,
    checkpoint_id: int,
    status: Status,
    reason: str | None,
    stand_in_id: int | None,
    now: datetime,
) -> None:
    session.execute(
        update(Checkpoint)
        .where(
            Checkpoint.id == checkpoint_id,
            or_(
                Checkpoint.status != status,
                Checkpoint.reason.is_distinct_from(reason),
                Checkpoint.stand_in_id.is_distinct_from(stand_in_id),
            ),
        )
        .values(status=status, reason=reason, stand_in_id=stand_in_id, vetted_at=now)
    )
