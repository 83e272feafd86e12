"""Kinship: of what is listed, what may be of a family is stored, and the rest waits.

A hub lists children before their parents, and most of it is of no family. So a model whose parents
are all unknown is set aside, and stored only if one of them turns out to be known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from zlib import compress, decompress

import msgspec

from catalog import crawls, lineage, repositories, strangers
from catalog.database import Session
from catalog.lineage import LISTED
from catalog.repositories import Met
from catalog.strangers import PAGE
from crawler.one_pass import Pass
from crawler.roots import Household
from crawler.rows import Glance, Wanted, read

PARENTS = 1000  # looked for at once
PAGES = 200  # of strangers, in memory at once
Odd = tuple[str | None, str]
_packed = msgspec.json.Encoder().encode
_places = msgspec.json.Decoder(list[msgspec.Raw]).decode
_unpacked = msgspec.json.Decoder(Glance).decode


def like_a_root(households: Sequence[Household]) -> Wanted:
    """The roots themselves, and what is made like one."""
    names = frozenset(name for household in households for name in household.names)
    makes: dict[str | None, list[tuple[int, int]]] = defaultdict(list)
    for household in households:
        if household.architecture is not None and household.parameters:
            makes[household.architecture].append(household.span)
    return Wanted(names, dict(makes))


def store(session: Session, crawl: Pass, seen: Sequence[Glance]) -> list[Odd]:
    """Store what may be of a family; set aside what names unknown parents, and is like no root.

    Returns what is odd in what was stored.
    """
    met = repositories.met(session, crawl.hub_name, [one.hub_id for one in seen])
    named = {claim.parent for one in seen if one.hub_id not in met for claim in one.evidence}
    known = repositories.ids_of_names(session, crawl.hub_name, named)
    wanted = like_a_root(crawl.households)
    kin: list[Glance] = []
    others: list[Glance] = []
    for one in seen:
        if (
            one.hub_id in met
            or not one.evidence
            or any(claim.parent in known for claim in one.evidence)
            or wanted.has(one.name, one.config.architecture, one.parameters)
        ):
            kin.append(one)
        else:
            others.append(one)
    pages = [compress(_packed(others[at : at + PAGE]), 1) for at in range(0, len(others), PAGE)]
    parents = [{claim.parent for claim in one.evidence} for one in others]
    strangers.set_aside(session, crawl.crawl_id, pages, parents)
    return _keep(session, crawl, kin, met)


def join(crawl: Pass) -> None:
    """Store the strangers that a chain of parents leads to what is known."""
    after = ""
    while hoped_for := _hoped_for(crawl, after):
        after = hoped_for[-1]
        with crawl.catalog.read() as session:
            names = list(repositories.ids_of_names(session, crawl.hub_name, hoped_for))
        while names:
            names = names[PARENTS:] + _children(crawl, names[:PARENTS])


def _hoped_for(crawl: Pass, after: str) -> list[str]:
    with crawl.catalog.read() as session:
        return strangers.hoped_for(session, crawl.crawl_id, after, PARENTS)


def _children(crawl: Pass, parents: Sequence[str]) -> list[str]:
    """Store the strangers that name these parents. Returns the names of those that are new."""
    with crawl.catalog.read() as session:
        places = strangers.children(session, crawl.crawl_id, parents)
    ids = sorted(places)
    names: list[str] = []
    for at in range(0, len(ids), PAGES):
        with crawl.catalog.write() as session:
            pages = strangers.pages(session, ids[at : at + PAGES])
            seen = [
                _unpacked(packed)
                for key, page in pages
                for place, packed in enumerate(_places(decompress(page)))
                if place in places[key]
            ]
            met = repositories.met(session, crawl.hub_name, [one.hub_id for one in seen])
            new = [one for one in seen if one.hub_id not in met]
            odd = _keep(session, crawl, new, met)
            crawls.note_oddities(session, crawl.crawl_id, odd, crawl.began)
        names += [one.name for one in new]
        crawl.told(0, "listed children find their parents")
    return names


def _keep(session: Session, crawl: Pass, seen: Sequence[Glance], met: Met) -> list[Odd]:
    """Store rows, later ones over earlier ones of the same repository. Returns what is odd."""
    rows = [read(one) for one in seen]
    listings = [row.listing for row in rows]
    stored = repositories.store(session, crawl.hub_name, listings, crawl.began, met)
    claims = {stored.ids[row.listing.hub_id]: row.evidence for row in rows}
    changed = lineage.state(session, crawl.hub_name, claims, LISTED)
    lineage.adopt(session, stored.renamed, stored.fresh)
    if changed or stored.named:
        crawls.step(session, crawl.crawl_id, 0, 0, moved=True)
    return [(row.listing.name, reason) for row in rows for reason in row.odd]
