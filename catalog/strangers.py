"""Strangers: listed models whose parents the catalog does not know, kept while a listing lasts.

A hub lists children before their parents, so whether a model is of a family shows at the end of
the listing. Most of a hub is of none: its models are kept here as they were listed, many to a
page, and forgotten.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from catalog.bulk import insert_many, next_key, select_among, stored_json
from catalog.tables import Hope, Stranger

_STRANGERS: Table = Stranger.__table__  # type: ignore[assignment]
_HOPES: Table = Hope.__table__  # type: ignore[assignment]
PAGE = 32


def set_aside(
    session: Session, crawl_id: int, pages: Sequence[bytes], parents: Sequence[Collection[str]]
) -> None:
    """Keep strangers, PAGE to a page. parents: the names of each one's."""
    first = next_key(session, _STRANGERS)
    waiting: dict[str, list[int]] = defaultdict(list)
    for place, names in enumerate(parents, first * PAGE):
        for name in names:
            waiting[name].append(place)
    kept = [(key, crawl_id, page) for key, page in enumerate(pages, first)]
    hopes = [(crawl_id, name, places[0], stored_json(places)) for name, places in waiting.items()]
    insert_many(session, _STRANGERS, ("id", "crawl_id", "page"), kept)
    insert_many(session, _HOPES, ("crawl_id", "parent", "first", "places"), hopes)


def hoped_for(session: Session, crawl_id: int, after: str, limit: int) -> list[str]:
    """Names of parents that strangers have, in order, beginning after one."""
    query = select(Hope.parent).where(Hope.crawl_id == crawl_id, Hope.parent > after).distinct()
    return list(session.scalars(query.order_by(Hope.parent).limit(limit)))


def children(session: Session, crawl_id: int, parents: Sequence[str]) -> dict[int, set[int]]:
    """Where the strangers are that have one of these parents: places from 0, by page."""
    hopes = "SELECT places FROM hopes WHERE crawl_id = ? AND parent IN"
    found: dict[int, set[int]] = defaultdict(set)
    for (places,) in select_among(session, hopes, parents, crawl_id):
        for place in json.loads(places):
            found[place // PAGE].add(place % PAGE)
    return dict(found)


def pages(session: Session, ids: Sequence[int]) -> list[tuple[int, bytes]]:
    """Pages as they were set aside, and their ids."""
    return select_among(session, "SELECT id, page FROM strangers WHERE id IN", ids)


def forget(session: Session, crawl_id: int) -> None:
    """Forget all strangers of a crawl."""
    session.execute(delete(Hope).where(Hope.crawl_id == crawl_id))
    session.execute(delete(Stranger).where(Stranger.crawl_id == crawl_id))
