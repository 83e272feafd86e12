"""Ancestry and children of one repository, as trees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from catalog import checkpoints, lineage
from catalog.lineage import Relative
from catalog.tables import Checkpoint, Repository
from catalog.words import Reason

DEEPEST = 50
UNNAMED = "(not listed)"


@dataclass(frozen=True, slots=True)
class Node:
    """One repository in a tree; who opted out is there without its name.

    relation, source: of the edge that leads to it, and whose word that is. status: or the reason
    why it is excluded. more: how many nodes below it were left out.
    """

    name: str
    relation: str | None
    source: str | None
    status: str
    downloads: int | None
    next: list[Node]
    more: int


def ancestry(session: Session, repository_id: int) -> Node:
    """Parents, their parents, and so on up to the roots."""
    return _grow(session, repository_id, None, lineage.parents, None, frozenset())


def descent(session: Session, repository_id: int, limit: int | None) -> Node:
    """Children, most downloaded first, and theirs; at most `limit` of each."""
    return _grow(session, repository_id, None, lineage.children, limit, frozenset())


def _grow(
    session: Session,
    repository_id: int,
    by: Relative | None,
    follow: Callable[[Session, int], list[Relative]],
    limit: int | None,
    path: frozenset[int],
) -> Node:
    """A cycle ends where it closes."""
    repository = session.get_one(Repository, repository_id)
    head = checkpoints.at_head(session, repository_id)
    silent = head is not None and head.reason == Reason.OPTED_OUT
    relatives = follow(session, repository_id)
    here = path | {repository_id}
    nodes = []
    for other in relatives[:limit]:
        if other.repository_id is None:
            leaf = Node(other.name, other.relation, other.source, "unknown", None, [], 0)
            nodes.append(leaf)
        elif other.repository_id not in here and len(here) < DEEPEST:
            nodes.append(_grow(session, other.repository_id, other, follow, limit, here))
    return Node(
        name=UNNAMED if silent else repository.name,
        relation=by.relation if by else None,
        source=by.source if by else None,
        status=_status(repository, head),
        downloads=repository.downloads,
        next=nodes,
        more=max(0, len(relatives) - limit) if limit is not None else 0,
    )


def _status(repository: Repository, head: Checkpoint | None) -> str:
    if repository.missing_since is not None:
        return "missing"
    return "not vetted" if head is None else head.reason or head.status
