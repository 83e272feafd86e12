"""A crawl of one or more families, from the hub's listing to vetted candidates.

A crawl that was stopped anywhere is gone on with by the same call: its place in the listing is
stored, and everything after the listing finds out by itself what is left to do.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from catalog import checkpoints, crawls, families, lineage, opting_out, popularity
from catalog.crawls import INCREMENT, RECURSIVE, WHOLE
from catalog.database import Catalog, Session
from catalog.families import Census
from catalog.lineage import Make
from catalog.words import Reason
from crawler import absence, enumeration, kinship, roots, vetting
from crawler.bench import Bench
from crawler.errors import RootUnavailable
from crawler.layout import Layout
from crawler.one_pass import Pass
from crawler.presets import OptOut, Preset, Presets
from crawler.roots import Household
from crawler.shape import Shape
from hubs.protocol import Hub

HUGGING_FACE = "huggingface"
STRATEGIES = (WHOLE, RECURSIVE)
FULL_EVERY = timedelta(days=7)
SELDOM = 100_000  # objects, a few pages
HUB_PAGES = 3_100
"""Pages of the whole Hugging Face Hub in 2026; a hub not yet passed over may be as large."""
GRANDCHILDREN = 1.5
"""Nodes of a family for each direct child of its roots: a guess, until it was crawled once."""

Told = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a crawl did.

    requests: for listings. odd: rows that could not be read, by reason. notes: what an operator
    should know of the families' roots.
    """

    strategy: str
    resumed: bool
    requests: int
    rows: int
    odd: dict[str, int]
    missing: int
    families: list[Census]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Source:
    """A hub, and the name by which the catalog knows it, wherever it is reached."""

    hub: Hub
    name: str = HUGGING_FACE


def crawl(
    source: Source,
    catalog: Catalog,
    presets: Presets,
    slugs: Sequence[str],
    *,
    now: datetime,
    strategy: str | None = None,
    full: bool = False,
    told: Told = lambda *_: None,
) -> Report:
    """Crawl families together: all of them, or what changed since they were last crawled.

    strategy: `whole` or `recursive` instead of the one that costs less; implies `full`.
    Raises FamiliesError, RootUnavailable, HubError, CatalogError.
    """
    survey = enumerate_and_screen(
        source, catalog, presets, slugs, now=now, strategy=strategy, full=full, told=told
    )
    look(survey)
    return finish(survey, now)


@dataclass(frozen=True, slots=True)
class Survey:
    """A crawl whose listing is stored and screened. missing: members found to be gone."""

    run: Pass
    how: str
    resumed: bool
    missing: int
    layouts: Mapping[int, list[Layout]]
    notes: list[str]


def enumerate_and_screen(
    source: Source,
    catalog: Catalog,
    presets: Presets,
    slugs: Sequence[str],
    *,
    now: datetime,
    strategy: str | None = None,
    full: bool = False,
    told: Told = lambda *_: None,
) -> Survey:
    """The part of a crawl that listings suffice for: members, lineage, popularity, screening."""
    chosen = [presets.family(slug) for slug in slugs]
    with _little_garbage():
        run, resumed, how, notes = _begin(source, catalog, chosen, now, strategy, full, told)
        notes += _list(run, how)
        resolve(run)
        missing = absence.confirm(run) if how in STRATEGIES else 0
        layouts = {home.family_id: _screen(run, home, how, notes) for home in run.households}
        _withdraw(run, presets.opt_out)
    return Survey(run, how, resumed, missing, layouts, notes)


@contextmanager
def _little_garbage() -> Iterator[None]:
    """Garbage is looked for seldom, and not in what was there before.

    A page is so many small objects that Python would else look through them, and through all that
    was ever imported, many times a page, and find nothing: JSON has no cycles.
    """
    before = gc.get_threshold()
    gc.set_threshold(SELDOM, *before[1:])
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def _screen(run: Pass, household: Household, how: str, notes: list[str]) -> list[Layout]:
    """Vet by listing all members that have not been; the layouts of the family's roots."""
    layouts, refusals = roots.layouts(run.hub, run.hub_name, run.catalog, household, run.began)
    notes += refusals
    again = how in STRATEGIES
    if again:
        with run.catalog.write() as session:
            checkpoints.look_again(session, household.family_id)
    standard = roots.standard(household, layouts)
    vetting.screen_all(run.catalog, household.family_id, standard, run.began, again=again)
    return layouts


def look(survey: Survey) -> None:
    """Look at the files of all that passed screening, and settle what they say of lineage."""
    run = survey.run
    for household in run.households:
        layouts = survey.layouts[household.family_id]
        vetting.look_all(
            Bench(
                run.hub,
                run.hub_name,
                run.catalog,
                run.crawl_id,
                household.family_id,
                layouts,
                run.began,
                run.told,
            )
        )
    resolve(run)


def finish(survey: Survey, now: datetime) -> Report:
    """Choose who stands for duplicates, see who lost a base, and close the crawl."""
    run = survey.run
    with run.catalog.write() as session:
        for household in run.households:
            checkpoints.group_duplicates(session, household.family_id, now)
            checkpoints.leave_with_bases(session, household.family_id, now)
        crawls.finish(session, run.crawl_id, now)
    return _report(survey)


def resolve(run: Pass) -> None:
    """Settle lineage that moved, say who is a member, and date the popularity of those seen."""
    ids = [household.family_id for household in run.households]
    with run.catalog.write() as session:
        if crawls.crawl(session, run.crawl_id).state.get("moved"):
            _settle(session, run)
            crawls.step(session, run.crawl_id, 0, 0, moved=False)
        popularity.record(session, ids, run.began.date(), run.began)


def _settle(session: Session, run: Pass) -> None:
    makes = [
        Make(household.names[0], household.architecture, *household.span)
        for household in run.households
        if household.architecture is not None
    ]
    lineage.infer(session, run.hub_name, makes)
    lineage.settle(session)
    for family in families.found(session):  # a model may leave one when it is vetted in another
        checkpoints.vet_anew(session, lineage.enrol(session, family.id))


def _withdraw(run: Pass, opt_out: OptOut) -> None:
    """Exclude what the hub or its author withdrew, whatever it is."""
    with run.catalog.write() as session:
        for household in run.households:
            for repository_id, reason in checkpoints.withdrawn(session, household.family_id):
                checkpoints.exclude(session, [repository_id], reason, run.began)
        left = opting_out.keep(session, opt_out.authors, opt_out.repositories)
        checkpoints.exclude(session, left, Reason.OPTED_OUT, run.began)


def _begin(
    source: Source,
    catalog: Catalog,
    presets: Sequence[Preset],
    now: datetime,
    strategy: str | None,
    full: bool,
    told: Told,
) -> tuple[Pass, bool, str, list[str]]:
    """The pass to go on with, whether it was begun before, how it lists the hub, and notes."""
    slugs = [preset.slug for preset in presets]
    with catalog.read() as session:
        stopped = crawls.unfinished(session, source.name, slugs)
        seen = [crawls.coverage(session, source.name, slug) for slug in slugs]
    enough = STRATEGIES if full else (*STRATEGIES, INCREMENT)
    if stopped is not None and stopped.strategy in ([strategy] if strategy else enough):
        households = [_household(source, catalog, preset, now) for preset in presets]
        run = _pass(source, catalog, stopped.id, households, stopped.started_at, told)
        return run, True, stopped.strategy, []
    marks = [known.watermark for known in seen]
    recent = all(known.enumerated and now - known.enumerated < FULL_EVERY for known in seen)
    watermark: datetime | None = min((mark for mark in marks if mark), default=None)
    since: datetime | None = None
    notes: list[str] = []
    if not full and strategy is None and recent and None not in marks and watermark:
        households = [_household(source, catalog, preset, now) for preset in presets]
        how, state, since = INCREMENT, {"since": watermark.isoformat()}, watermark
    else:
        households = [_met(source, catalog, preset, now, notes) for preset in presets]
        since, single = _newest(source.hub, now)
        how, state = strategy or _cheaper(source, catalog, households, single), {}
    with catalog.write() as session:
        crawl_id = crawls.begin(
            session, source.name, how, slugs, since, now, moved=how != INCREMENT, **state
        )
    return _pass(source, catalog, crawl_id, households, now, told), False, how, notes


def _pass(
    source: Source,
    catalog: Catalog,
    crawl_id: int,
    households: Sequence[Household],
    began: datetime,
    told: Told,
) -> Pass:
    return Pass(source.hub, source.name, catalog, crawl_id, households, began, told)


def _household(source: Source, catalog: Catalog, preset: Preset, now: datetime) -> Household:
    known = roots.known(catalog, preset)
    return known or roots.meet(source.hub, source.name, catalog, preset, now)


def _met(
    source: Source, catalog: Catalog, preset: Preset, now: datetime, notes: list[str]
) -> Household:
    """The family as the hub has its roots; as it was, which is noted, if one of them is gone."""
    try:
        return roots.meet(source.hub, source.name, catalog, preset, now)
    except RootUnavailable as error:
        known = roots.known(catalog, preset)
        if known is None:
            raise
        notes.append(str(error))
        return known


def _newest(hub: Hub, now: datetime) -> tuple[datetime | None, bool]:
    """When anything on the hub changed last, and whether the hub fits on one page."""
    page = next(hub.pages(sort="lastModified", expand=["lastModified"], shape=Shape), None)
    changed = enumeration.moments(page, now) if page is not None else []
    return max(changed, default=None), page is None or page.next is None


def _cheaper(
    source: Source, catalog: Catalog, households: Sequence[Household], single: bool
) -> str:
    """The strategy that takes fewer requests, from what is known before the first."""
    if single:
        return WHOLE
    with catalog.read() as session:
        pages = crawls.pages_of_hub(session, source.name) or HUB_PAGES
        nodes = 0.0
        for household in households:
            members = families.size(session, household.family_id)
            children = pages if household.children is None else household.children
            nodes += max(members, GRANDCHILDREN * children)
    return RECURSIVE if nodes < pages else WHOLE


def _list(run: Pass, how: str) -> list[str]:
    """The listing, unless a crawl that was stopped had finished it. Returns notes on the roots."""
    with run.catalog.read() as session:
        state = crawls.crawl(session, run.crawl_id).state
    if not state.get("listed"):
        if how == WHOLE:
            enumeration.whole(run, state.get("next"))
        elif how == RECURSIVE:
            enumeration.recursive(run)
        else:
            enumeration.increment(run, state.get("next"), datetime.fromisoformat(state["since"]))
        with run.catalog.write() as session:
            crawls.step(session, run.crawl_id, 0, 0, listed=True)
    kinship.join(run)
    if how == INCREMENT:
        enumeration.late(run, datetime.fromisoformat(state["since"]))
        kinship.join(run)
    return _refresh(run) if how == INCREMENT else []


def _refresh(run: Pass) -> list[str]:
    """Popularity once a day. Returns notes on the roots."""
    with run.catalog.read() as session:
        days = [popularity.refreshed(session, home.family_id) for home in run.households]
    stale = [
        household
        for household, day in zip(run.households, days, strict=True)
        if day != run.began.date()
    ]
    enumeration.popular(replace(run, households=stale))
    return [
        note
        for household in stale
        for note in roots.refresh(run.hub, run.hub_name, run.catalog, household, run.began)
    ]


def _report(survey: Survey) -> Report:
    run = survey.run
    with run.catalog.read() as session:
        here = crawls.crawl(session, run.crawl_id)
        found = [
            families.census(session, family)
            for family in families.found(session)
            if family.id in {household.family_id for household in run.households}
        ]
        odd = crawls.oddities(session, run.crawl_id)
        return Report(
            survey.how,
            survey.resumed,
            here.requests,
            here.rows,
            odd,
            survey.missing,
            found,
            survey.notes,
        )
