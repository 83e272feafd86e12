"""Which families have something new to be asked or ruled on."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.candidates import candidates, family_named, popular
from catalog.database import Catalog
from catalog.nights import last_scan
from evaluator.plan import Paper


@dataclass(frozen=True, slots=True)
class Due:
    """A family to be scanned. why: in words. fresh: candidates that no scan has ruled on yet."""

    family: str
    family_id: int
    why: str
    fresh: int


def due(catalog: Catalog, family: str, paper: Paper, engine: str) -> Due | None:
    """Why a family wants a scan; None if the last one says all there is to say.

    Raises CatalogError for a family that was never crawled.
    """
    with catalog.read() as session:
        family_id = family_named(session, family).id
        found = candidates(session, family_id)
        last = last_scan(session, family_id, paper.suite, paper.version, engine)
    here = {candidate.checkpoint_id for candidate in found}
    known = last.ruled if last is not None else frozenset()
    fresh = len(here - known)
    if not here:
        return None
    if last is None:
        why = "never scanned with this suite"
    elif fresh:
        why = f"{fresh} new"
    elif last.stopped:
        why = "the last scan ran out of time, or was killed"
    elif popular(found) != last.popular:
        why = "others are popular now"
    else:
        return None
    return Due(family, family_id, why, fresh)
