"""Crawls: where each one is, what it could not read, and how far down the hub was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.orm import Session

from catalog import strangers
from catalog.bulk import insert_many
from catalog.tables import Crawl, Frontier, Oddity

_FRONTIER: Table = Frontier.__table__  # type: ignore[assignment]
WHOLE, RECURSIVE, INCREMENT = "whole", "recursive", "increment"
RECENT = 1000
MAX_ODDITIES = 10_000  # a hub gone mad must not fill the disk


@dataclass(frozen=True, slots=True)
class Coverage:
    """Up to when a family is known. enumerated: when a full crawl of it last began."""

    watermark: datetime | None
    enumerated: datetime | None
    requests: int = 0


def begin(
    session: Session,
    hub: str,
    strategy: str,
    families: Sequence[str],
    watermark: datetime | None,
    now: datetime,
    **state: Any,
) -> int:
    """A new crawl's id. `watermark`: of the newest change on the hub before it.

    One of the same families that was not finished will not be gone on with.
    """
    stopped = unfinished(session, hub, families)
    if stopped is not None:
        _clear(session, stopped.id)
    crawl = Crawl(
        hub=hub,
        strategy=strategy,
        started_at=now,
        watermark=watermark,
        state={"families": sorted(families), **state},
    )
    session.add(crawl)
    session.flush()
    return crawl.id


def crawl(session: Session, crawl_id: int) -> Crawl:
    found = session.get(Crawl, crawl_id)
    assert found is not None, f"crawl {crawl_id} is not in the catalog"
    return found


def unfinished(session: Session, hub: str, families: Sequence[str]) -> Crawl | None:
    """The newest crawl of exactly these families, if it has not finished."""
    for found in _recent(session, hub):
        if found.state.get("families") == sorted(families):
            return found if found.finished_at is None else None
    return None


def step(session: Session, crawl_id: int, requests: int, rows: int, **state: Any) -> None:
    """Note progress: what was asked and read since the last step, and where to go on."""
    here = crawl(session, crawl_id)
    here.requests += requests
    here.rows += rows
    here.state = {**here.state, **state}


def raise_watermark(session: Session, crawl_id: int, moment: datetime) -> None:
    """The hub was seen up to this moment, or a later one noted before."""
    here = crawl(session, crawl_id)
    here.watermark = max(here.watermark or moment, moment)


def finish(session: Session, crawl_id: int, now: datetime) -> None:
    _clear(session, crawl_id)
    crawl(session, crawl_id).finished_at = now


def _clear(session: Session, crawl_id: int) -> None:
    """Forget what is of use only while a crawl is under way."""
    session.execute(delete(Frontier).where(Frontier.crawl_id == crawl_id))
    strangers.forget(session, crawl_id)


def coverage(session: Session, hub: str, family: str) -> Coverage:
    """What finished crawls have seen of a family."""
    watermark = enumerated = None
    requests = 0
    for found in _recent(session, hub):
        if found.finished_at is None or family not in found.state.get("families", []):
            continue
        watermark = watermark or found.watermark
        if found.strategy in (WHOLE, RECURSIVE):
            enumerated, requests = found.started_at, found.requests
            break
    return Coverage(watermark if enumerated else None, enumerated, requests)


def pages_of_hub(session: Session, hub: str) -> int | None:
    """How many requests the last pass over the whole hub took; None if there was none."""
    return session.scalar(
        select(Crawl.requests)
        .where(Crawl.hub == hub, Crawl.strategy == WHOLE, Crawl.finished_at.is_not(None))
        .order_by(Crawl.id.desc())
        .limit(1)
    )


def meet(session: Session, crawl_id: int, names: Iterable[str]) -> None:
    """Put nodes that were not met before on the frontier."""
    rows = [(crawl_id, name, False) for name in names]
    insert_many(session, _FRONTIER, ("crawl_id", "name", "done"), rows)


def next_nodes(session: Session, crawl_id: int, limit: int) -> list[str]:
    """Nodes whose children are still to be listed."""
    query = select(Frontier.name).where(Frontier.crawl_id == crawl_id, Frontier.done.is_(False))
    return list(session.scalars(query.order_by(Frontier.name).limit(limit)))


def nodes(session: Session, crawl_id: int) -> tuple[int, int]:
    """(done, met) nodes of a recursive crawl."""
    done, met = session.execute(
        select(func.count().filter(Frontier.done), func.count()).where(
            Frontier.crawl_id == crawl_id
        )
    ).one()
    return done, met


def leave(session: Session, crawl_id: int, name: str) -> None:
    """A node's children are stored."""
    session.execute(
        update(Frontier)
        .where(Frontier.crawl_id == crawl_id, Frontier.name == name)
        .values(done=True)
    )


def note_oddities(
    session: Session, crawl_id: int, oddities: Sequence[tuple[str | None, str]], now: datetime
) -> None:
    """Keep (name, reason) of rows that could not be read, up to a bound."""
    if not oddities:
        return
    count = select(func.count()).select_from(Oddity).where(Oddity.crawl_id == crawl_id)
    room = MAX_ODDITIES - (session.scalar(count) or 0)
    session.add_all(
        Oddity(crawl_id=crawl_id, name=name, reason=reason, seen_at=now)
        for name, reason in oddities[: max(0, room)]
    )


def oddities(session: Session, crawl_id: int) -> dict[str, int]:
    """How many rows of a crawl were odd, by reason."""
    rows = session.execute(
        select(Oddity.reason, func.count())
        .where(Oddity.crawl_id == crawl_id)
        .group_by(Oddity.reason)
        .order_by(func.count().desc(), Oddity.reason)
    )
    return dict(rows.all())


def _recent(session: Session, hub: str) -> list[Crawl]:
    query = select(Crawl).where(Crawl.hub == hub).order_by(Crawl.id.desc()).limit(RECENT)
    return list(session.scalars(query))
