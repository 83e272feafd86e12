"""Enumerating a hub: which models there are, what each says of its parents, and how popular it is.

Three ways, which store pages alike. `whole` reads every model by creation, `increment` those
changed since a watermark, `recursive` the children of each node of a family in turn. Where to go
on is stored with each page, in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from catalog import crawls, lineage, repositories
from catalog.database import Catalog, Session
from catalog.lineage import LISTED
from crawler.roots import Household
from crawler.rows import EXPAND, OddRow, Row, Wanted, read
from hubs.errors import Malformed, Refused
from hubs.protocol import Hub, Page

NODES = 100
CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pass:
    """One crawl under way. told: called with how many more rows were read, and a note."""

    hub: Hub
    hub_name: str
    catalog: Catalog
    crawl_id: int
    households: Sequence[Household]
    began: datetime
    told: Callable[[int, str], None] = field(default=lambda *_: None)


def whole(crawl: Pass, cursor: str | None) -> None:
    """Read every model of the hub, newest first, from a stored place on."""
    for page in _resumed(crawl, cursor, "createdAt"):
        with crawl.catalog.write() as session:
            _store(session, crawl, page)
            crawls.step(session, crawl.crawl_id, 1, len(page.rows), next=page.next)
        crawl.told(len(page.rows), "rows read")


def increment(crawl: Pass, cursor: str | None, watermark: datetime) -> None:
    """Read what changed since the watermark, latest change first; note the newest change."""
    for page in _resumed(crawl, cursor, "lastModified"):
        with crawl.catalog.write() as session:
            _store(session, crawl, page)
            changed = moments(page, crawl.began)
            crawls.raise_watermark(session, crawl.crawl_id, max(changed, default=watermark))
            done = any(moment < watermark for moment in changed)
            following = None if done else page.next
            crawls.step(session, crawl.crawl_id, 1, len(page.rows), next=following)
        crawl.told(len(page.rows), "changes read")
        if done:
            return


def recursive(crawl: Pass) -> None:
    """List the children of the roots, of those, and so on; each node once."""
    with crawl.catalog.write() as session:
        names = [name for household in crawl.households for name in household.names]
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
    for household in crawl.households:
        for name in household.names:
            page = next(
                crawl.hub.pages(filter=[f"base_model:{name}"], sort="downloads", expand=EXPAND),
                None,
            )
            if page is not None:
                with crawl.catalog.write() as session:
                    _store(session, crawl, page)
                    crawls.step(session, crawl.crawl_id, 1, len(page.rows))
                crawl.told(len(page.rows), "downloads refreshed")


def _children(crawl: Pass, name: str, cursor: str | None) -> None:
    for page in _resumed(crawl, cursor, "createdAt", [f"base_model:{name}"]):
        with crawl.catalog.write() as session:
            _store(session, crawl, page, met=True)
            if page.next is None:
                crawls.leave(session, crawl.crawl_id, name)
            crawls.step(session, crawl.crawl_id, 1, len(page.rows), node=name, next=page.next)
        crawl.told(len(page.rows), name)


def _resumed(
    crawl: Pass, cursor: str | None, sort: str, filter: Sequence[str] = ()
) -> Iterable[Page]:
    """Pages from a stored place, or from the start if the hub no longer knows the place."""
    if cursor is not None:
        try:
            pages = crawl.hub.pages(cursor=cursor)
            first = next(pages, None)
        except (Refused, Malformed):
            first = None
        if first is not None:
            yield first
            yield from pages
            return
    yield from crawl.hub.pages(filter=filter, sort=sort, expand=EXPAND)


def _store(session: Session, crawl: Pass, page: Page, *, met: bool = False) -> None:
    """Store what a page says of models that may belong to a family.

    met: also put them on the frontier.
    """
    rows: list[Row] = []
    odd: list[tuple[str | None, str]] = []
    wanted = _like_a_root(crawl.households)
    for raw in page.rows:
        try:
            row = read(raw, wanted)
        except OddRow as error:
            odd.append((error.name, error.reason))
            continue
        if row is not None:
            rows.append(row)
            if row.odd:
                odd += [(row.listing.name, reason) for reason in row.odd]
    stored = repositories.store(session, crawl.hub_name, [row.listing for row in rows], crawl.began)
    claims = {stored.ids[row.listing.hub_id]: row.evidence for row in rows}
    changed = lineage.state(session, crawl.hub_name, claims, LISTED)
    lineage.adopt(session, stored.named)
    if changed or stored.named:
        crawls.step(session, crawl.crawl_id, 0, 0, moved=True)
    crawls.note_oddities(session, crawl.crawl_id, odd, crawl.began)
    if met:
        crawls.meet(session, crawl.crawl_id, [row.listing.name for row in rows])


def _like_a_root(households: Sequence[Household]) -> Wanted:
    """Whether a model that names no parents is a root, or made like one."""
    names = frozenset(name for household in households for name in household.names)
    spans: dict[str | None, list[tuple[int, int]]] = defaultdict(list)
    for household in households:
        if household.architecture is not None and household.parameters:
            spans[household.architecture].append(household.span)

    def wanted(name: str, architecture: str | None, parameters: int | None) -> bool:
        if name in names:
            return True
        if parameters is None or architecture not in spans:
            return False
        return any(low <= parameters <= high for low, high in spans[architecture])

    return wanted


def moments(page: Page, now: datetime) -> list[datetime]:
    """When the models of a page changed last, as far as it says and that is not to come."""
    found = []
    for raw in page.rows:
        if isinstance(raw, dict) and isinstance(said := raw.get("lastModified"), str):
            try:
                moment = datetime.fromisoformat(said)
            except ValueError:
                continue
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            if aware < now + CLOCKS_DIFFER:
                found.append(aware)
    return found
