"""Whether what is published is still there: gems, contenders, and who they are held against."""

from __future__ import annotations

from datetime import datetime

from catalog import checkpoints, repositories
from catalog.database import Catalog
from catalog.nights import to_look_after
from catalog.repositories import Absent
from catalog.words import Reason
from hubs.errors import Disabled, Malformed, NotFound, Refused
from hubs.protocol import Hub


def recheck(hub: Hub, catalog: Catalog, family: str, now: datetime) -> list[str]:
    """Mark what vanished since the last crawl; returns its names. Raises Unreachable."""
    with catalog.read() as session:
        listed = to_look_after(session, family)
    gone = []
    for each in listed:
        reason = _absence(hub, each)
        if reason is None:
            continue
        gone.append(each.name)
        with catalog.write() as session:
            if reason == Reason.MISSING:
                repositories.mark_missing(session, [each.repository_id], now)
            checkpoints.exclude(session, [each.repository_id], reason, now)
    return gone


def _absence(hub: Hub, each: Absent) -> Reason | None:
    """Why a repository cannot be had any more; None if it can, or if the hub will not say."""
    try:
        said = hub.info(each.name)
    except NotFound:
        return Reason.MISSING
    except Disabled:
        return Reason.DISABLED
    except (Refused, Malformed):
        return None
    other = said.get("_id") not in (None, each.hub_id)
    return Reason.MISSING if other else None
