"""Strangers: listed models whose parents the catalog does not know, kept while a listing lasts.

A hub lists children before their parents, so whether a model is of a family shows at the end of
the listing. Most of a hub is of none: its models are kept here as they were listed, many to a
page, and forgotten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from catalog.bulk import insert_many, next_key, select_among
from catalog.tables import Hope, Stranger

_STRANGERS: Table = Stranger.__table__  # type: ignore[assignment]
_HOPES: Table = Hope.__table__  # type: ignore[assignment]


def set_aside(
    session: Session, crawl_id: int, page: bytes, parents: Sequence[Collection[str]]
) -> None:
    """Keep a page of strangers. parents: the names of each one's, in their order on the page."""
    key = next_key(session, _STRANGERS)
    hopes = [(crawl_id, name, key, place) for place, names in enumerate(parents) for name in names]
    insert_many(session, _STRANGERS, ("id", "crawl_id", "page"), [(key, crawl_id, page)])
    insert_many(session, _HOPES, ("crawl_id", "parent", "page_id", "place"), hopes)


def hoped_for(session: Session, crawl_id: int, after: str, limit: int) -> list[str]:
    """Names of parents that strangers have, in order, beginning after one."""
    query = select(Hope.parent).where(Hope.crawl_id == crawl_id, Hope.parent > after).distinct()
    return list(session.scalars(query.order_by(Hope.parent).limit(limit)))


def children(session: Session, crawl_id: int, parents: Sequence[str]) -> dict[int, set[int]]:
    """Where the strangers are that have one of these parents: places by page."""
    hopes = "SELECT page_id, place FROM hopes WHERE crawl_id = ? AND parent IN"
    found: dict[int, set[int]] = defaultdict(set)
    for page, place in select_among(session, hopes, parents, crawl_id):
        found[page].add(place)
    return dict(found)


def page(session: Session, page_id: int) -> bytes:
    """A page as it was set aside."""
    return session.scalars(select(Stranger.page).where(Stranger.id == page_id)).one()


def forget(session: Session, crawl_id: int) -> None:
    """Forget all strangers of a crawl."""
    session.execute(delete(Hope).where(Hope.crawl_id == crawl_id))
    session.execute(delete(Stranger).where(Stranger.crawl_id == crawl_id))
