"""Enumerating a hub: which models there are, what each says of its parents, and how popular it is.

Three ways, which store pages alike. `whole` reads every model by creation, `increment` those
changed since a watermark, `recursive` the children of each node of a family in turn. Where to go
on is stored with what was read, in one transaction: of a page, or of several that come fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from catalog import crawls, repositories
from catalog.database import Session
from crawler import kinship
from crawler.batches import together
from crawler.kinship import Odd
from crawler.one_pass import Pass
from crawler.rows import Glance, Wanted, glance
from crawler.shape import EXPAND, OddRow, Shape
from hubs.errors import Astray, Refused
from hubs.protocol import Page

NODES = 100
TOGETHER = 0.1  # seconds; a hub takes longer for a page
CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as read. rows: how many it had. kept: those that may belong to a family.

    odd: (name, reason) of what could not be read. newest: when any of its models changed last.
    """

    rows: int
    kept: list[Glance]
    odd: list[Odd]
    newest: datetime | None
    next: str | None


def whole(crawl: Pass, cursor: str | None) -> None:
    """Read every model of the hub, newest first, from a stored place on."""
    wanted = kinship.like_a_root(crawl.households)
    pages = _resumed(crawl, cursor, "createdAt")
    _keep(crawl, _sheets(pages, wanted), "rows read")


def _sheets(pages: Iterator[Page], wanted: Wanted) -> Iterator[Sheet]:
    for page in pages:
        sheet = _sheet(page, wanted)
        del page  # or it would be held while the next is read, which is a page's weight and slower
        yield sheet


def increment(crawl: Pass, cursor: str | None, watermark: datetime) -> None:
    """Read what changed since the watermark, latest change first; note the newest change."""
    _keep(crawl, _changes(crawl, cursor, watermark), "changes read")


def _changes(crawl: Pass, cursor: str | None, watermark: datetime) -> Iterator[Sheet]:
    wanted = kinship.like_a_root(crawl.households)
    for page in _resumed(crawl, cursor, "lastModified"):
        changed = moments(page, crawl.began)
        done = any(moment < watermark for moment in changed)
        newest = max(changed, default=watermark)
        yield _sheet(page if not done else Page(page.rows, None), wanted, newest)
        if done:
            return


def _keep(crawl: Pass, sheets: Iterator[Sheet], note: str) -> None:
    """Store what is read, pages that come fast in one transaction."""
    for batch in together(sheets, TOGETHER):
        rows = sum(sheet.rows for sheet in batch)
        newest = max((sheet.newest for sheet in batch if sheet.newest), default=None)
        with crawl.catalog.write() as session:
            _store(session, crawl, batch)
            if newest is not None:
                crawls.raise_watermark(session, crawl.crawl_id, newest)
            crawls.step(session, crawl.crawl_id, len(batch), rows, next=batch[-1].next)
        crawl.told(rows, note)
        del batch  # or it would be held while the next is read


def recursive(crawl: Pass) -> None:
    """List the children of the roots, of those, and so on; each node once."""
    _descend(crawl, [name for household in crawl.households for name in household.names])


def late(crawl: Pass, since: datetime) -> None:
    """List what is below models that are new to us, and were on the hub before: while they were of
    no family, their children were not either."""
    with crawl.catalog.read() as session:
        names = repositories.newly_met(session, crawl.hub_name, crawl.began, since)
    _descend(crawl, names)


def _descend(crawl: Pass, names: Sequence[str]) -> None:
    with crawl.catalog.write() as session:
        crawls.meet(session, crawl.crawl_id, names)
    while True:
        with crawl.catalog.read() as session:
            nodes = crawls.next_nodes(session, crawl.crawl_id, NODES)
            state = crawls.crawl(session, crawl.crawl_id).state
        if not nodes:
            return
        for name in nodes:
            _children(crawl, name, state["next"] if state.get("node") == name else None)


def popular(crawl: Pass) -> None:
    """Refresh the most downloaded children of each root: downloads move without a change."""
    wanted = kinship.like_a_root(crawl.households)
    for household in crawl.households:
        for name in household.names:
            page = next(
                crawl.hub.pages(
                    filter=[f"base_model:{name}"], sort="downloads", expand=EXPAND, shape=Shape
                ),
                None,
            )
            if page is not None:
                sheet = _sheet(page, wanted)
                with crawl.catalog.write() as session:
                    _store(session, crawl, [sheet])
                    crawls.step(session, crawl.crawl_id, 1, sheet.rows)
                crawl.told(sheet.rows, "downloads refreshed")


def _children(crawl: Pass, name: str, cursor: str | None) -> None:
    wanted = kinship.like_a_root(crawl.households)
    for page in _resumed(crawl, cursor, "createdAt", [f"base_model:{name}"]):
        sheet = _sheet(page, wanted)
        with crawl.catalog.write() as session:
            _store(session, crawl, [sheet])
            crawls.meet(session, crawl.crawl_id, [seen.name for seen in sheet.kept])
            if page.next is None:
                crawls.leave(session, crawl.crawl_id, name)
            crawls.step(session, crawl.crawl_id, 1, sheet.rows, node=name, next=page.next)
        crawl.told(sheet.rows, name)


def _resumed(
    crawl: Pass, cursor: str | None, sort: str, filter: Sequence[str] = ()
) -> Iterator[Page]:
    """Pages from a stored place, or from the start if the hub no longer knows the place."""
    if cursor is not None:
        try:
            pages = crawl.hub.pages(cursor=cursor, shape=Shape)
            first = next(pages, None)
        except (Refused, Astray):
            first = None
        if first is not None:
            yield first
            yield from pages
            return
    yield from crawl.hub.pages(filter=filter, sort=sort, expand=EXPAND, shape=Shape)


def _sheet(page: Page, wanted: Wanted, newest: datetime | None = None) -> Sheet:
    """What a page says of models that may belong to a family."""
    kept: list[Glance] = []
    odd: list[Odd] = []
    for row in page.rows:
        try:
            seen = glance(row, wanted)
        except OddRow as error:
            odd.append((error.name, error.reason))
            continue
        if seen is not None:
            kept.append(seen)
    return Sheet(len(page.rows), kept, odd, newest, page.next)


def _store(session: Session, crawl: Pass, sheets: Sequence[Sheet]) -> None:
    """Store pages in their order."""
    odd = [one for sheet in sheets for one in sheet.odd]
    odd += kinship.store(session, crawl, [seen for sheet in sheets for seen in sheet.kept])
    crawls.note_oddities(session, crawl.crawl_id, odd, crawl.began)


def moments(page: Page, now: datetime) -> list[datetime]:
    """When the models of a page changed last, as far as it says and that is not to come."""
    found = []
    for row in page.rows:
        said = row.last_modified if isinstance(row, Shape) else _said(row)
        if isinstance(said, str):
            try:
                moment = datetime.fromisoformat(said)
            except ValueError:
                continue
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            if aware < now + CLOCKS_DIFFER:
                found.append(aware)
    return found


def _said(row: object) -> object:
    return row.get("lastModified") if isinstance(row, dict) else None
