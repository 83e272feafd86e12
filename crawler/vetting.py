"""Vetting a family: screening by listing, then a look at the files of what is left.

Looks run in parallel, because they wait for the hub; the catalog is written by one thread, as they
come, so that a crawl stopped anywhere goes on with what is left.
"""

from __future__ import annotations

from collections.abc import Container, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from catalog import checkpoints, crawls, families, lineage
from catalog.checkpoints import Finding, Listed
from catalog.database import Catalog, Session
from catalog.lineage import INFERRED, LOOKED_AT, SHAPES, Evidence
from catalog.screening import Kind, unscreened
from catalog.words import Reason, Relation, Status
from crawler import judging
from crawler.bases import Base, find_base
from crawler.bench import Bench, Waiting
from crawler.evidence import claim
from crawler.layout import Misfit, from_stored
from crawler.looking import Look, look
from crawler.screening import Standard, screen
from hubs.errors import Disabled, Gated, HubError, NotFound

SCREENED = 2_000
KINDS = 4_096
LOOKED = 256
LOOKERS = 8
AHEAD = 64
TOGETHER = 0.25  # seconds; what comes within is noted together


def screen_all(
    catalog: Catalog, family_id: int, standard: Standard, now: datetime, *, again: bool
) -> int:
    """Give every member a checkpoint at its current commit, excluded or still unvetted.

    again: also screen those that were left unvetted before.
    """
    after = screened = 0

    @lru_cache(KINDS)
    def found(kind: tuple[Any, ...]) -> tuple[Any, ...]:
        return checkpoints.stored(Finding(0, "", *_screened(Kind(*kind), standard)), now)[2:]

    while True:
        with catalog.write() as session:
            batch = unscreened(session, family_id, after, SCREENED, again=again)
            rows = [(*row[:2], *found(row[2:])) for row in batch]
            checkpoints.note_stored(session, rows)
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
    if it gives none about the roots either.
    """
    silent: set[int] = set()
    for adapters in (False, True):
        aside: list[Look] = []
        with closing(_looked(bench, silent, adapters=adapters)) as found:
            for looks in found:
                aside += [seen for seen in looks if seen.adapter is not None and not adapters]
                aside += _note(bench, [seen for seen in looks if seen.adapter is None or adapters])
        _note_in_turn(bench, aside)


def _looked(bench: Bench, silent: set[int], *, adapters: bool) -> Generator[list[Look], None, None]:
    """What was seen of all that are to be looked at, as it comes. silent: whom nobody heard of."""
    members = _members(bench, silent, adapters=adapters)
    waiting: dict[Future[Look], Listed] = {}
    failures: list[HubError] = []
    pool = ThreadPoolExecutor(LOOKERS)
    try:
        while True:
            for listed in islice(members, AHEAD - len(waiting)):
                waiting[pool.submit(look, bench.hub, listed)] = listed
            if not waiting:
                break
            looks: list[Look] = []
            for future in wait(waiting, timeout=TOGETHER).done:
                listed = waiting.pop(future)
                try:
                    looks.append(future.result())
                except HubError as error:
                    silent.add(listed.repository_id)
                    failures.append(error)
                bench.told(1, listed.name)
            if looks:
                yield sorted(looks, key=lambda seen: seen.listed.repository_id)
                failures = []
            if len(failures) >= LOOKERS:
                _knock(bench, failures)
                failures = []
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # who is interrupted waits for no hub
    if failures:
        _knock(bench, failures)


def _members(bench: Bench, silent: Container[int], *, adapters: bool) -> Iterator[Listed]:
    after = 0
    while True:
        with bench.catalog.read() as session:
            batch = checkpoints.unvetted(session, bench.family_id, after, LOOKED, adapters=adapters)
        if not batch:
            return
        yield from (listed for listed in batch if listed.repository_id not in silent)
        after = batch[-1].repository_id


def _knock(bench: Bench, failures: Sequence[HubError]) -> None:
    """Raise the first failure if the hub gives no answer about a root either."""
    root = bench.layouts[0]
    try:
        bench.hub.headers(root.root, root.sha)
    except (NotFound, Gated, Disabled):
        return
    except HubError:
        raise failures[0] from None


def _note_in_turn(bench: Bench, looks: Sequence[Look]) -> None:
    """Note adapters after their bases. Those whose base gave no answer stay unvetted."""
    while len(left := _note(bench, looks)) < len(looks):
        looks = left
    ids = {seen.listed.repository_id for seen in looks}
    based: dict[int, Base | Misfit] = {}
    for seen in looks:
        base = find_base(bench, seen)
        if isinstance(base, Waiting) and base.repository_id in ids:  # also of each other, in a ring
            misfit = Misfit(Reason.BAD_ADAPTER, f"its base {base.name} is an adapter itself")
            based[seen.listed.repository_id] = misfit
    _record(bench, [seen for seen in looks if seen.listed.repository_id in based], based)


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
        # What an earlier look made of it is made anew, of what is declared.
        before = lineage.state(session, bench.hub_name, dict.fromkeys(ids, ()), LOOKED_AT)
        lineage.settle(session, before)
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
                finding, against = _judge(session, bench, seen, chosen[key])
            findings.append(finding)
            shown = judging.corrections(finding, chosen[key])
            claims[key] = [*seen.evidence, *shown, *against]
        checkpoints.note(session, findings, bench.now)
        changed = lineage.state(session, bench.hub_name, claims, LOOKED_AT)
        lineage.settle(session, changed)
        if before or changed:
            crawls.step(session, bench.crawl_id, 0, 0, moved=True)


def _judge_adapter(bench: Bench, seen: Look, base: Base | Misfit) -> Finding:
    if isinstance(base, Misfit):
        return judging.excluded(seen, base)
    misfit = judging.adapter(seen, bench.layouts)
    if misfit is not None:
        return judging.excluded(seen, misfit)
    return judging.candidate(seen, base.checkpoint_id)


def _judge(
    session: Session, bench: Bench, seen: Look, chosen: Sequence[Evidence]
) -> tuple[Finding, list[Evidence]]:
    """A full checkpoint, and evidence against the roots of families that it does not fit.

    It is a candidate if it fits any of its families; with those it does not fit it then has
    nothing to do. Neither has one with its family that was only inferred to be in it.
    """
    homes = families.homes(session, [said.parent for said in chosen])
    misfits = {bench.family_id: judging.full(seen, bench.layouts)}
    for home in sorted(homes - {bench.family_id}):
        if kept := families.layouts(session, home):
            layouts = [from_stored(root, stored) for root, stored in kept.items()]
            misfits[home] = judging.full(seen, layouts)
    foreign = {home for home, misfit in misfits.items() if misfit is not None}
    misfit = misfits[bench.family_id]
    if len(foreign) < len(misfits):
        against = [
            claim(root, Relation.FINETUNE.value, SHAPES)
            for home in sorted(foreign)
            for root in families.root_names(session, home)
        ]
        return judging.candidate(seen), against
    assert misfit is not None, "it fits no family"
    against = [
        claim(said.parent, said.relation, SHAPES) for said in chosen if said.source == INFERRED
    ]
    return judging.excluded(seen, misfit), against
