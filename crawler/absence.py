"""Members that a complete pass did not meet: renamed, no longer declared, or gone.

Each is confirmed with the hub before it is called missing.
"""

from __future__ import annotations

from contextlib import suppress

from catalog import crawls, lineage, repositories
from catalog.lineage import LISTED
from catalog.repositories import Absent
from crawler.one_pass import Pass
from crawler.rows import Row, read_one
from crawler.shape import EXPAND, OddRow
from hubs.errors import HubError, NotFound

BATCH = 100
DEAF = 3


def confirm(crawl: Pass) -> int:
    """Ask about every member that this crawl has not met; returns how many are missing now.

    Of one that the hub gives no answer about, nothing new is known. Raises HubError if it gives
    none about `DEAF` in a row, nor about a root.
    """
    missing = after = deaf = 0
    families = [household.family_id for household in crawl.households]
    while True:
        with crawl.catalog.read() as session:
            batch = repositories.unseen(
                session, crawl.hub_name, families, crawl.began, after, BATCH
            )
        if not batch:
            return missing
        for absent in batch:
            try:
                missing += _confirm(crawl, absent)
                deaf = 0
            except HubError:
                deaf += 1
                if deaf % DEAF == 0:
                    _knock(crawl)
            crawl.told(0, f"looking for {absent.name}")
        after = batch[-1].repository_id


def _knock(crawl: Pass) -> None:
    with suppress(NotFound):
        crawl.hub.info(crawl.households[0].names[0])


def _confirm(crawl: Pass, absent: Absent) -> bool:
    try:
        row = read_one(crawl.hub.info(absent.name, expand=EXPAND))
    except NotFound:
        row = None
    except OddRow:
        return False  # it is there, but makes no sense: nothing new is known of it
    with crawl.catalog.write() as session:
        if row is not None:
            stored = repositories.store(session, crawl.hub_name, [row.listing], crawl.began)
            claims = {stored.ids[row.listing.hub_id]: row.evidence}
            lineage.settle(session, lineage.state(session, crawl.hub_name, claims, LISTED))
            lineage.adopt(session, stored.renamed, stored.fresh)
            crawls.step(session, crawl.crawl_id, 0, 0, moved=True)
        if not _same(row, absent):
            repositories.mark_missing(session, [absent.repository_id], crawl.began)
            return True
    return False


def _same(row: Row | None, absent: Absent) -> bool:
    return row is not None and row.listing.hub_id == absent.hub_id
