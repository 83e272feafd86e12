"""Ancestry and children of one repository, as trees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from catalog import checkpoints, lineage
from catalog.lineage import Relative
from catalog.opting_out import UNNAMED, OptedOut, opted_out
from catalog.tables import Checkpoint, Repository
from catalog.words import Reason

DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Node:
    """One repository in a tree; who opted out is there without its name.

    relation, source: of the edge that leads to it, and whose word that is. status: or the reason
    why it is excluded. more: how many nodes below it were left out. again: it stands elsewhere in
    the tree, and what is below it stands there.
    """

    name: str
    relation: str | None
    source: str | None
    status: str
    downloads: int | None
    next: list[Node]
    more: int
    again: bool = False


def ancestry(session: Session, repository_id: int) -> Node:
    """Parents, their parents, and so on up to the roots."""
    return _Growth(session, lineage.parents, None).grow(repository_id, None, frozenset())


def descent(session: Session, repository_id: int, limit: int | None) -> Node:
    """Children, most downloaded first, and theirs; at most `limit` of each."""
    return _Growth(session, lineage.children, limit).grow(repository_id, None, frozenset())


class _Growth:
    """One tree. Merges of merges share their parents: each repository is grown once."""

    def __init__(
        self,
        session: Session,
        follow: Callable[[Session, int], list[Relative]],
        limit: int | None,
    ) -> None:
        self._session, self._follow, self._limit = session, follow, limit
        self._silent: OptedOut = opted_out(session)
        self._grown: set[int] = set()

    def grow(self, repository_id: int, by: Relative | None, path: frozenset[int]) -> Node:
        """A cycle ends where it closes."""
        repository = self._session.get_one(Repository, repository_id)
        head = checkpoints.at_head(self._session, repository_id)
        again = repository_id in self._grown
        self._grown.add(repository_id)
        relatives = [] if again else self._follow(self._session, repository_id)
        here = path | {repository_id}
        nodes = []
        for other in relatives[: self._limit]:
            if other.repository_id is None:
                name = UNNAMED if other.name in self._silent else other.name
                nodes.append(Node(name, other.relation, other.source, "unknown", None, [], 0))
            elif other.repository_id not in here and len(here) < DEEPEST:
                nodes.append(self.grow(other.repository_id, other, here))
        opted = repository.name in self._silent or (head and head.reason == Reason.OPTED_OUT)
        return Node(
            name=UNNAMED if opted else repository.name,
            relation=by.relation if by else None,
            source=by.source if by else None,
            status=_status(repository, head),
            downloads=repository.downloads,
            next=nodes,
            more=0 if self._limit is None else max(0, len(relatives) - self._limit),
            again=again,
        )


def _status(repository: Repository, head: Checkpoint | None) -> str:
    if repository.missing_since is not None:
        return "missing"
    return "not vetted" if head is None else head.reason or head.status
