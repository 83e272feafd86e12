"""Vetting a family: screening by listing, then a look at the files of what is left.

Looks run in parallel, because they wait for the hub; the catalog is written by one thread, batch
by batch, so that a crawl stopped anywhere goes on with what is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from typing import Any

from catalog import checkpoints, crawls, families, lineage
from catalog.checkpoints import Finding, Kind, Listed
from catalog.database import Catalog, Session
from catalog.lineage import INFERRED, LOOKED_AT, SHAPES, Evidence
from catalog.words import Reason, Relation, Status
from crawler import judging
from crawler.bases import Base, Waiting, find_base
from crawler.bench import Bench
from crawler.evidence import claim
from crawler.layout import Misfit, from_stored
from crawler.looking import Look, look
from crawler.screening import Standard, screen
from hubs.errors import HubError
from hubs.protocol import Hub

SCREENED = 2_000
KINDS = 4_096
LOOKED = 64
LOOKERS = 8


def screen_all(
    catalog: Catalog, family_id: int, standard: Standard, now: datetime, *, again: bool
) -> int:
    """Give every member a checkpoint at its current commit, excluded or still unvetted.

    again: also screen those that were left unvetted before.
    """
    after = screened = 0

    @lru_cache(KINDS)
    def found(kind: tuple[Any, ...]) -> tuple[Any, ...]:
        return _screened(Kind(*kind), standard)

    while True:
        with catalog.write() as session:
            batch = checkpoints.unscreened(session, family_id, after, SCREENED, again=again)
            findings = [Finding(row[0], row[1], *found(row[2:])) for row in batch]
            checkpoints.note(session, findings, now)
        screened += len(batch)
        if len(batch) < SCREENED:
            return screened
        after = batch[-1][0]


def _screened(kind: Kind, standard: Standard) -> tuple[Any, ...]:
    """A finding without its repository and commit."""
    misfit = screen(kind, standard)
    if misfit is None:
        return Status.UNVETTED, None, None, kind.relation
    copy = misfit.reason == Reason.QUANTIZED and kind.relation is not None
    relation = Relation.QUANTIZED if copy else kind.relation
    return Status.EXCLUDED, misfit.reason, misfit.detail or None, relation


def look_all(bench: Bench) -> None:
    """Look at the files of every unvetted member; adapters last, when their bases are known.

    A member that the hub gives no answer about stays unvetted, for the next crawl. Raises HubError
    if there is no answer about several in a row of `LOOKED`, or about the first.
    """
    silent: set[int] = set()
    answered = False
    for adapters in (False, True):
        aside: list[Look] = []
        with ThreadPoolExecutor(LOOKERS) as pool:
            for met in _batches(bench, adapters):
                batch = [listed for listed in met if listed.repository_id not in silent]
                looks = list(pool.map(lambda listed: _look(bench.hub, listed), batch))
                seen = [look for look in looks if isinstance(look, Look)]
                failures = [failure for failure in looks if isinstance(failure, HubError)]
                if not seen and failures and (len(failures) > 1 or not answered):
                    raise failures[0]
                answered = answered or bool(seen)
                heard = {look.listed.repository_id for look in seen}
                silent |= {listed.repository_id for listed in batch} - heard
                aside += [look for look in seen if look.adapter is not None and not adapters]
                aside += _note(bench, [look for look in seen if look.adapter is None or adapters])
                bench.told(len(met), met[-1].name)
        _note_in_turn(bench, aside)


def _batches(bench: Bench, adapters: bool) -> Iterator[list[Listed]]:
    after = 0
    while True:
        with bench.catalog.read() as session:
            batch = checkpoints.unvetted(session, bench.family_id, after, LOOKED, adapters=adapters)
        if not batch:
            return
        yield batch
        after = batch[-1].repository_id


def _look(hub: Hub, listed: Listed) -> Look | HubError:
    try:
        return look(hub, listed)
    except HubError as error:
        return error


def _note_in_turn(bench: Bench, looks: Sequence[Look]) -> None:
    """Note adapters after their bases; those whose base cannot be vetted now stay unvetted."""
    while len(left := _note(bench, looks)) < len(looks):
        looks = left


def _note(bench: Bench, looks: Sequence[Look]) -> list[Look]:
    """Judge a batch and record what was found; returns adapters whose base must be vetted first."""
    based: dict[int, Base | Misfit] = {}
    ready: list[Look] = []
    waiting: list[Look] = []
    for seen in looks:
        base = find_base(bench, seen) if seen.adapter else None
        if isinstance(base, Waiting):
            waiting.append(seen)
            continue
        ready.append(seen)
        if base is not None:
            based[seen.listed.repository_id] = base
    _record(bench, ready, based)
    return waiting


def _record(bench: Bench, looks: Sequence[Look], based: Mapping[int, Base | Misfit]) -> None:
    """Keep what was found, and what files say of lineage. based: what adapters are asked on."""
    with bench.catalog.write() as session:
        ids = [seen.listed.repository_id for seen in looks]
        shared = families.shared(session, ids)
        chosen = {key: lineage.chosen(session, key) for key in ids}
        findings: list[Finding] = []
        claims: dict[int, list[Evidence]] = {}
        for seen in looks:
            key = seen.listed.repository_id
            against: list[Evidence] = []
            if seen.misfit is not None:
                finding = judging.excluded(seen, seen.misfit)
            elif seen.adapter is not None:
                finding = _judge_adapter(bench, seen, based[key])
            else:
                finding, against = _judge(session, bench, seen, shared.get(key, []), chosen[key])
            findings.append(finding)
            shown = judging.corrections(finding, chosen[key])
            claims[key] = [*seen.evidence, *shown, *against]
        checkpoints.note(session, findings, bench.now)
        changed = lineage.state(session, bench.hub_name, claims, LOOKED_AT)
        lineage.settle(session, changed)
        if changed:
            crawls.step(session, bench.crawl_id, 0, 0, moved=True)


def _judge_adapter(bench: Bench, seen: Look, base: Base | Misfit) -> Finding:
    if isinstance(base, Misfit):
        return judging.excluded(seen, base)
    misfit = judging.adapter(seen, bench.layouts)
    if misfit is not None:
        return judging.excluded(seen, misfit)
    return judging.candidate(seen, base.checkpoint_id)


def _judge(
    session: Session, bench: Bench, seen: Look, homes: Sequence[int], chosen: Sequence[Evidence]
) -> tuple[Finding, list[Evidence]]:
    """A full checkpoint, and evidence against parents whose family it does not fit.

    It is a candidate if it fits any of its families; with those it does not fit it then has
    nothing to do. Neither has one with its family that was only inferred to be in it.
    """
    misfits = {bench.family_id: judging.full(seen, bench.layouts)}
    for home in homes:
        if home not in misfits and (kept := families.layouts(session, home)):
            layouts = [from_stored(root, stored) for root, stored in kept.items()]
            misfits[home] = judging.full(seen, layouts)
    foreign = [home for home, misfit in misfits.items() if misfit is not None]
    misfit = misfits[bench.family_id]
    if len(foreign) < len(misfits):
        against = [
            claim(parent, Relation.FINETUNE.value, SHAPES)
            for home in foreign
            for parent in families.are_members(session, home, [said.parent for said in chosen])
        ]
        return judging.candidate(seen), against
    assert misfit is not None, "it fits no family"
    against = [
        claim(said.parent, said.relation, SHAPES) for said in chosen if said.source == INFERRED
    ]
    return judging.excluded(seen, misfit), against
