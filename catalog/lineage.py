"""Lineage: evidence that checkpoints came from others, what we make of it, and who is in a family.

The rule for conflicts. All evidence is kept. Of each child, the evidence of the most confident
source that names a parent we know is chosen; if none does, that of the most confident source.
A source may name several parents (a merge): all are chosen. Evidence with confidence 0 speaks
against: a parent that it names is not chosen, whatever other sources say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Table, and_, delete, exists, func, not_, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from catalog.bulk import insert_many, run_many, select_among
from catalog.household import opted_out
from catalog.repositories import ids_of_names
from catalog.tables import Edge, Repository
from catalog.words import Relation

_EDGES: Table = Edge.__table__  # type: ignore[assignment]
_COLUMNS = (
    *("child_id", "parent_id", "parent_name", "relation", "source", "confidence"),
    "chosen",
)


TAGS, CARD, CONFIG, INFERRED = "tags", "card", "config", "inferred"
ADAPTER_CONFIG, MERGE_CONFIG = "adapter_config", "merge_config"
FILES, SHAPES, DIGESTS = "files", "shapes", "digests"

LISTED = (TAGS, CARD, CONFIG)
"""Sources that a listing row speaks for."""

LOOKED_AT = (ADAPTER_CONFIG, MERGE_CONFIG, FILES, SHAPES)
"""Sources that a look at a checkpoint's files speaks for."""

CONFIDENCE = {
    DIGESTS: 1.0,
    FILES: 0.97,
    ADAPTER_CONFIG: 0.95,
    MERGE_CONFIG: 0.9,
    CONFIG: 0.85,
    TAGS: 0.8,
    CARD: 0.6,
    INFERRED: 0.3,
    SHAPES: 0.0,
}
"""How far each source is trusted: files before the hub's tags, those before the card.

config: the part of the configuration that listings show. digests: weights equal to the parent's.
files: the repository's files show another relation than was declared. inferred: nothing usable
was declared, but architecture and size are a root's. shapes: the tensors do not fit the parent's.
"""


ROOTLIKE = 20
"""As many children as show a root, rather than somebody's fine-tune that declares nothing."""


class Evidence(NamedTuple):
    """One source's word that a checkpoint came from `parent`, by the name it gives."""

    parent: str
    relation: str
    source: str
    confidence: float


def state(
    session: Session,
    hub: str,
    claims: Mapping[int, Sequence[Evidence]],
    sources: Collection[str],
) -> set[int]:
    """Make `claims`, by child id, all that `sources` say of these children.

    Returns the children of which anything changed.
    """
    kept = _stated(session, claims, sources)
    gone: list[int] = []
    fresh: list[tuple[int, float, Evidence]] = []
    changed: set[int] = set()
    for child, evidence in claims.items():
        said = kept.get(child, {})
        if not said:
            new = evidence
        elif len(said) == len(evidence) and all(claim in said for claim in evidence):
            continue
        else:
            new = [claim for claim in evidence if claim not in said]
            gone += [edge for claim, edge in said.items() if claim not in evidence]
        if said or new:
            changed.add(child)
        if new:
            strongest = max(claim.confidence for claim in evidence) if len(evidence) > 1 else 0.0
            fresh += [(child, strongest, claim) for claim in new]
    if gone:
        session.execute(delete(Edge).where(Edge.id.in_(gone)))
    parents = ids_of_names(session, hub, {claim.parent for _, _, claim in fresh})
    rows = [
        (child, parents.get(claim.parent), *claim, 0.0 < claim.confidence >= strongest)
        for child, strongest, claim in fresh
        if parents.get(claim.parent) != child
    ]
    insert_many(session, _EDGES, _COLUMNS, rows)
    return changed


def adopt(session: Session, renamed: Mapping[str, int], fresh: range = range(0)) -> None:
    """Lead edges that waited for a parent of one of these names to it. fresh: more of them.

    So are those that lead to another that had the name: it was deleted and made anew, or its place
    was taken.
    """
    if fresh:
        session.connection().exec_driver_sql(_ADOPT_FRESH, (fresh.start, fresh.stop))
    run_many(session, _ADOPT, [(key, name, key) for name, key in renamed.items()])
    heirs = sorted(select_among(session, _HEIRS, [*fresh, *renamed.values()]))
    run_many(session, _SUCCEED, [(heir, former, name, heir) for heir, former, name in heirs])


_ADOPT_FRESH = """
UPDATE edges SET parent_id = named.id
FROM (SELECT id, name FROM repositories WHERE id >= ? AND id < ?) AS named
WHERE edges.parent_name = named.name AND edges.parent_id IS NULL AND edges.child_id != named.id
"""
_ADOPT = """
UPDATE edges SET parent_id = ? WHERE parent_name = ? AND parent_id IS NULL AND child_id != ?
"""
_HEIRS = """
SELECT heir.id, former.id, heir.name FROM repositories AS heir
JOIN repositories AS former
  ON former.name = heir.name AND former.hub = heir.hub AND former.id != heir.id
WHERE heir.id IN
"""
_SUCCEED = (
    "UPDATE edges SET parent_id = ? WHERE parent_id = ? AND parent_name = ? AND child_id != ?"
)


class Make(NamedTuple):
    """How a root is made: its children's architecture, and their parameters, both included."""

    root: str
    architecture: str
    fewest: int
    most: int


def infer(session: Session, hub: str, makes: Iterable[Make]) -> None:
    """Take for children of a root what is made like one but names no parent that we know.

    Of several roots that it is made like, the first has it. A root of any family is nobody's
    inferred child, and neither is what so many call their parent that it is a root of a family
    unknown to us: families may share an architecture and a size.
    """
    session.execute(text(_ORPHANED))
    session.execute(text("DELETE FROM orphans"))
    session.execute(text(_ORPHANS), {"hub": hub, "many": ROOTLIKE})
    for make in makes:
        session.execute(
            text(_INFER),
            {
                "hub": hub,
                **make._asdict(),
                "relation": Relation.FINETUNE.value,
                "source": INFERRED,
                "confidence": CONFIDENCE[INFERRED],
            },
        )


_ORPHANED = """
CREATE TEMPORARY TABLE IF NOT EXISTS orphans
(id INTEGER PRIMARY KEY, architecture VARCHAR, parameters BIGINT)
"""
_ORPHANS = """
INSERT INTO orphans (id, architecture, parameters)
SELECT child.id, child.architecture, child.parameters FROM repositories AS child
WHERE child.hub = :hub AND child.missing_since IS NULL
  AND child.architecture IS NOT NULL AND child.parameters IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM edges AS known
    WHERE known.child_id = child.id
      AND (known.parent_id IS NOT NULL OR known.confidence = 0))
  AND NOT EXISTS (
    SELECT 1 FROM members WHERE members.repository_id = child.id AND members.root)
  AND (SELECT count(*) FROM edges AS below WHERE below.parent_id = child.id) < :many
"""
_INFER = """
INSERT INTO edges (child_id, parent_id, parent_name, relation, source, confidence, chosen)
SELECT child.id, root.id, root.name, :relation, :source, :confidence, true
FROM orphans AS child
JOIN repositories AS root ON root.hub = :hub AND root.name = :root AND root.id != child.id
WHERE child.architecture = :architecture AND child.parameters BETWEEN :fewest AND :most
  AND NOT EXISTS (
    SELECT 1 FROM edges WHERE edges.child_id = child.id AND edges.parent_id IS NOT NULL)
ON CONFLICT DO NOTHING
"""


def settle(session: Session, children: Iterable[int] | None = None) -> None:
    """Choose among the evidence of these children, or of all, by the rule above."""
    other, against = aliased(Edge), aliased(Edge)
    refuted = exists().where(
        against.child_id == Edge.child_id,
        against.parent_name == Edge.parent_name,
        against.confidence == 0,
    )
    refuted_other = exists().where(
        against.child_id == other.child_id,
        against.parent_name == other.parent_name,
        against.confidence == 0,
    )
    best = select(
        func.coalesce(
            func.max(other.confidence).filter(other.parent_id.is_not(None)),
            func.max(other.confidence),
        )
    ).where(other.child_id == Edge.child_id, not_(refuted_other))
    disputed = (
        select(Edge.child_id)
        .group_by(Edge.child_id)
        .having(
            or_(
                func.min(Edge.confidence) < func.max(Edge.confidence),
                func.min(Edge.chosen) == 0,  # what was preferred to it may be gone
            )
        )
    )
    which = Edge.child_id.in_(disputed if children is None else list(children))
    ruling = and_(Edge.confidence == best.scalar_subquery(), Edge.confidence > 0, not_(refuted))
    session.execute(
        update(Edge)
        .where(which)
        .values(chosen=func.coalesce(ruling, False))
        .execution_options(synchronize_session=False)
    )


def enrol(session: Session, family_id: int) -> list[int]:
    """Make everything that chosen edges lead to from the roots, and nothing else, members.

    What there is evidence against a root of is no member, by whatever way it is reached. A member's
    depth is its distance from the nearest root, its relation that of the edge it was reached by.
    Returns who is new here, and a member of another family.
    """
    run = session.execute
    run(text(_REACHED))
    run(text("DELETE FROM reached"))
    run(text(_ROOTS), {"family": family_id})
    depth = 0
    while run(text(_NEXT), {"depth": depth}).rowcount:  # type: ignore[attr-defined]
        depth += 1
    run(text(_LEAVE), {"family": family_id})
    joining = list(session.scalars(text(_FROM_ELSEWHERE), {"family": family_id}))
    run(text(_JOIN), {"family": family_id})
    return joining


_REACHED = """
CREATE TEMPORARY TABLE IF NOT EXISTS reached
(id INTEGER PRIMARY KEY, depth INTEGER NOT NULL, relation VARCHAR)
"""
_ROOTS = """
INSERT INTO reached (id, depth, relation)
SELECT repository_id, 0, NULL FROM members WHERE family_id = :family AND root
"""
_NEXT = """
INSERT INTO reached (id, depth, relation)
SELECT edges.child_id, :depth + 1, edges.relation
FROM reached CROSS JOIN edges
WHERE edges.parent_id = reached.id AND reached.depth = :depth AND edges.chosen
  AND NOT EXISTS (
    SELECT 1 FROM edges AS against
    JOIN reached AS root ON root.id = against.parent_id AND root.depth = 0
    WHERE against.child_id = edges.child_id AND against.confidence = 0)
ORDER BY edges.child_id, edges.confidence DESC, edges.id
ON CONFLICT DO NOTHING
"""
_LEAVE = """
DELETE FROM members
WHERE family_id = :family AND repository_id NOT IN (SELECT id FROM reached)
"""
_FROM_ELSEWHERE = """
SELECT DISTINCT reached.id FROM reached
JOIN members ON members.repository_id = reached.id AND members.family_id != :family
WHERE NOT EXISTS (
  SELECT 1 FROM members AS here
  WHERE here.family_id = :family AND here.repository_id = reached.id)
"""
_JOIN = """
INSERT INTO members (family_id, repository_id, root, relation, depth)
SELECT :family, reached.id, false, reached.relation, reached.depth FROM reached
LEFT JOIN members ON members.family_id = :family AND members.repository_id = reached.id
WHERE members.repository_id IS NULL
   OR (NOT members.root AND members.depth != reached.depth)
   OR (NOT members.root AND members.relation IS NOT reached.relation)
ON CONFLICT (family_id, repository_id)
DO UPDATE SET relation = excluded.relation, depth = excluded.depth
"""


class Relative(NamedTuple):
    """One end of a chosen edge. Its name is as the hub has it now, if the repository is known."""

    repository_id: int | None
    name: str
    relation: str
    source: str


def parents(session: Session, repository_id: int) -> list[Relative]:
    """The parents that were chosen, the most trusted first; unknown ones without an id."""
    rows = session.execute(
        select(
            Edge.parent_id,
            func.coalesce(Repository.name, Edge.parent_name),
            Edge.relation,
            Edge.source,
        )
        .outerjoin(Repository, Repository.id == Edge.parent_id)
        .where(Edge.child_id == repository_id, Edge.chosen)
        .order_by(Edge.confidence.desc(), Edge.id)
    )
    return [Relative(*row) for row in rows]


def children(session: Session, repository_id: int) -> list[Relative]:
    """The children whose chosen parent this is, the most downloaded first."""
    rows = session.execute(
        select(Repository.id, Repository.name, Edge.relation, Edge.source)
        .join(Repository, Repository.id == Edge.child_id)
        .where(Edge.parent_id == repository_id, Edge.chosen)
        .order_by(func.coalesce(Repository.downloads, 0).desc(), Repository.name)
    )
    return [Relative(*row) for row in rows]


def chosen(session: Session, repository_id: int) -> list[Evidence]:
    """The evidence that was chosen, with parents as they are called now, most trusted first."""
    rows = session.execute(
        select(
            func.coalesce(Repository.name, Edge.parent_name),
            Edge.relation,
            Edge.source,
            Edge.confidence,
        )
        .outerjoin(Repository, Repository.id == Edge.parent_id)
        .where(Edge.child_id == repository_id, Edge.chosen)
        .order_by(Edge.confidence.desc(), Edge.id)
    )
    return [Evidence._make(row) for row in rows]


def evidence(session: Session, repository_id: int) -> list[tuple[Evidence, bool]]:
    """All evidence of where a repository came from, and whether it was chosen.

    Without what names a parent that opted out.
    """
    rows = session.execute(
        select(Edge.parent_name, Edge.relation, Edge.source, Edge.confidence, Edge.chosen)
        .where(
            Edge.child_id == repository_id,
            or_(Edge.parent_id.is_(None), Edge.parent_id.not_in(opted_out())),
        )
        .order_by(Edge.chosen.desc(), Edge.confidence.desc(), Edge.id)
    )
    return [(Evidence._make(row[:4]), row[4]) for row in rows]


def _stated(
    session: Session, children: Iterable[int], sources: Collection[str]
) -> dict[int, dict[Evidence, int]]:
    rows = select_among(
        session,
        "SELECT child_id, id, parent_name, relation, source, confidence FROM edges"
        " WHERE child_id IN",
        list(children),
    )
    said: dict[int, dict[Evidence, int]] = defaultdict(dict)
    for child, edge, parent, relation, source, confidence in rows:
        if source in sources:
            said[child][Evidence(parent, relation, source, confidence)] = edge
    return said
