"""The scan: one search over one family with one suite, driven from ask to tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol

import numpy as np

from catalog import answers, nights, rulings, scans
from catalog.answers import Terms
from catalog.candidates import Candidate, candidates, exclusions, family_named, unrankable_roots
from catalog.database import Catalog, Session
from catalog.scans import Begun, Parameters
from catalog.words import Stage
from evaluator import report
from evaluator.decoding import decoding_hash
from evaluator.engines.hosted import HostedEngine
from evaluator.errors import ScanError
from evaluator.fetching import Fetcher
from evaluator.joining import joined, parameters_of
from evaluator.lock import only_scan
from evaluator.plan import PLANNER, WORKERS, Paper, Plan, default_budget, lay_out, read_paper
from evaluator.record import Record, asked, key_of
from evaluator.search.policies import NAMES, make
from evaluator.search.protocol import Batch, Policy, Standing
from evaluator.settings import Settings
from evaluator.suites import Prompt
from evaluator.visits import MOST_TOGETHER, Turn, Visitor, base_of

FINALISTS = 5
"""At least so many checkpoints that are not popular are asked the confirmation prompts."""

PASSING = ("out_of_memory", "crashed", "timed_out", "killed")
"""Ends of those kinds of failure that another scan may not meet again."""

SEARCHING = 0.8
"""The part of a limited time that the search may use: the rest is kept to confirm what it found."""

Enough = Callable[[float], bool]
"""Told a part of the time, whether it is used up."""


class _OutOfTime(Exception):
    """There was more to ask, and no time for it."""


class Watch(Protocol):
    """Who is told how far a scan is."""

    def expect(self, total: int) -> None: ...

    def advance(self, steps: int = 1, note: str = "") -> None: ...


def never(_part: float) -> bool:
    """There is no end of time."""
    return False


def run_scan(
    catalog: Catalog,
    engine: HostedEngine,
    fetcher: Fetcher,
    settings: Settings,
    watch: Watch,
    enough: Enough = never,
) -> dict[str, Any]:
    """Search a family; returns the report that is stored with the scan.

    An unfinished scan with the same parameters goes on where it was. With a policy that arms may
    join, a finished one is gone on from: who came since gets the same visit, behind the others.
    enough: before anything is asked, whether to conclude with what is known. Raises ScanLocked,
    CatalogError, SuiteError, ScanError, and Unreachable if the hub is away: what was
    answered by then is kept.
    """
    with only_scan(settings.home, catalog.url, settings.family):
        paper = read_paper(settings.suite, settings.confirm, boxed=settings.boxed)
        policy, budget = chosen(settings, len(paper.selection))
        terms = Terms(decoding_hash(), engine.name, engine.dtype)
        _reach(catalog, fetcher, settings, paper, terms)
        with catalog.write() as session:
            plan = lay_out(session, settings, paper, engine.name, engine.dtype)
            parameters = parameters_of(plan, settings, engine.name, engine.dtype, policy, budget)
            plan = joined(session, plan, settings, parameters)
            searching = make(policy, plan.problem(budget, settings, policy))
            begun = _begin(session, plan, parameters)
        record = Record(catalog, terms, paper.prompts, boxed=settings.boxed)
        visitor = Visitor(catalog, begun.scan_id, engine, fetcher, record, paper.prompts)
        scan = Scan(catalog, fetcher, plan, begun, record, visitor, watch, enough)
        return scan.run(searching, settings)


def chosen(settings: Settings, items: int) -> tuple[str, float]:
    """The policy and the budget: those asked for, else the house's. Raises ScanError."""
    policy = settings.policy or PLANNER
    if policy not in NAMES:
        raise ScanError(f"no policy {policy!r}: take one of {', '.join(NAMES)}")
    budget = default_budget(policy, items) if settings.budget is None else settings.budget
    return policy, budget


def finalists(plan: Plan, standing: Standing, top_k: int) -> list[int]:
    """The arms that are asked the confirmation prompts: the best, and everyone popular."""
    count = max(FINALISTS, top_k, math.ceil((len(plan.arms) - len(plan.gone)) / 100))
    named = [i for i, arm in enumerate(plan.arms) if arm.checkpoint_id in plan.popular]
    here = [i for i in standing.order if plan.arms[i].checkpoint_id not in plan.gone]
    others = [arm for arm in here if standing.asked[arm] and arm not in named]
    return [*named, *others[:count]]


@dataclass(slots=True)
class Scan:
    """A scan under way. Everything it does can be done again from the catalog."""

    catalog: Catalog
    fetcher: Fetcher
    plan: Plan
    begun: Begun
    record: Record
    visitor: Visitor
    watch: Watch
    enough: Enough
    _out: set[int] = field(init=False, default_factory=set)
    _sharing: dict[int, list[int]] = field(init=False, default_factory=dict)  # arms by their base

    def __post_init__(self) -> None:
        for arm, candidate in enumerate(self.plan.arms):
            self._sharing.setdefault(base_of(candidate), []).append(arm)

    def run(self, policy: Policy, settings: Settings) -> dict[str, Any]:
        """Search, confirm, rule, and store the report."""
        began = perf_counter()
        asked_for = self.begun.parameters
        with self.catalog.read() as session:
            before = scans.costs(session, self.begun.scan_id)
        extra = len(self.plan.popular) + max(FINALISTS, asked_for.top_k)
        confirming = min(extra, len(self.plan.arms)) * len(self.plan.paper.confirmation)
        self.watch.expect(round(asked_for.budget * len(self.plan.arms)) + confirming)
        stopped = False
        try:
            self._search(policy)
        except _OutOfTime:
            stopped = True
        standing = policy.standing()
        confirmed = finalists(self.plan, standing, asked_for.top_k)
        try:
            if self.plan.paper.confirmation:
                self._confirm(confirmed)
        except _OutOfTime:
            stopped = True
        self.visitor.leave()
        spent = sum(getattr(before, f"{stage}_seconds") for stage in report.SECONDS)
        return self._conclude(standing, confirmed, settings, began - spent, stopped=stopped)

    def _search(self, policy: Policy) -> None:
        """Ask and tell until the policy is done.

        Batches are answered in an order that depends on what the policy asks alone, never on what
        was stored before: so a scan that was killed takes the same turns again.
        """
        out: list[Batch] = []
        here: int | None = None
        while True:
            while len(out) < WORKERS and (batch := policy.ask()) is not None:
                out.append(batch)
            if not out:
                return
            batch = next((b for b in out if here in self._bases(b)), out[0])
            out.remove(batch)
            here = self._answer(batch, out, here)
            policy.tell(batch, np.stack([self._scores(arm, batch) for arm in batch.arms]))
            rung = policy.stopped()
            self._let_go([a for a in batch.arms if rung[a] >= 0 or self._dropped(a)])

    def _dropped(self, arm: int) -> bool:
        return self.plan.arms[arm].checkpoint_id in self.visitor.dropped

    def _let_go(self, arms: Iterable[int]) -> None:
        """These will not be asked again: their weights go first; a base's, with the last on it."""
        self._out.update(arms)
        for arm in arms:
            candidate = self.plan.arms[arm]
            if candidate.base is not None:
                self.fetcher.done_with(candidate)
            if self._out.issuperset(self._sharing[base_of(candidate)]):
                self.fetcher.done_with(candidate.base or candidate)

    def _answer(self, batch: Batch, out: Sequence[Batch], here: int | None) -> int | None:
        """Have a batch answered, load by load; returns the base that was loaded last."""
        turns = self._turns(batch.arms, self._prompts(batch), here)
        later = [t for other in out for t in self._turns(other.arms, self._prompts(other), None)]
        for place, (group, prompts) in enumerate(turns):
            self._ask(group, prompts, SEARCHING, [*turns[place + 1 :], *later])
            if named := [c for c in group if c.checkpoint_id in self.plan.popular]:
                # Popular checkpoints are confirmed whatever comes: now, while they are loaded.
                self.visitor.ask(named, self.plan.paper.confirmation)
            self.watch.advance(len(group) * len(prompts), group[0].name)
            here = base_of(group[0])
        return here

    def _confirm(self, arms: Sequence[int]) -> None:
        self._let_go(set(range(len(self.plan.arms))).difference(arms))
        turns = self._turns(arms, self.plan.paper.confirmation, None)
        for place, (group, prompts) in enumerate(turns):
            self._ask(group, prompts, 1.0, turns[place + 1 :])
            self.watch.advance(len(group) * len(prompts), f"confirming {group[0].name}")

    def _ask(
        self,
        group: Sequence[Candidate],
        prompts: Sequence[Prompt],
        part: float,
        behind: Sequence[Turn],
    ) -> None:
        """Have a group answer while the next behind it is made ready.

        Unless that part of the time is used up: what is known is told.
        """
        able = self._able(group)
        if any(self.visitor.wants(c, prompts) for c in able) and self.enough(part):
            raise _OutOfTime
        self.visitor.receive(able, prompts, ((self._able(g), p) for g, p in behind))
        self.visitor.ask(able, prompts)

    def _able(self, group: Sequence[Candidate]) -> list[Candidate]:
        return [c for c in group if c.checkpoint_id not in self.plan.gone]

    def _bases(self, batch: Batch) -> set[int]:
        return {base_of(self.plan.arms[arm]) for arm in batch.arms}

    def _prompts(self, batch: Batch) -> list[Prompt]:
        return [self.plan.paper.selection[item] for item in batch.items]

    def _turns(
        self, arms: Sequence[int], prompts: Sequence[Prompt], here: int | None
    ) -> list[Turn]:
        """The arms by what is loaded for them, those on `here` first."""
        by_base: dict[int, list[Candidate]] = {}
        for arm in arms:
            candidate = self.plan.arms[arm]
            by_base.setdefault(base_of(candidate), []).append(candidate)
        return [
            (by_base[base][start : start + MOST_TOGETHER], prompts)
            for base in sorted(by_base, key=lambda base: base != here)
            for start in range(0, len(by_base[base]), MOST_TOGETHER)
        ]

    def _scores(self, arm: int, batch: Batch) -> report.Floats:
        """What the policy is told of one arm; nothing but NaN of one that failed."""
        candidate = self.plan.arms[arm]
        if self._dropped(arm):
            return np.full(len(batch.items), np.nan)
        return self.record.scores(candidate, self._prompts(batch))

    def _conclude(
        self,
        standing: Standing,
        confirmed: Sequence[int],
        settings: Settings,
        began: float,
        *,
        stopped: bool,
    ) -> dict[str, Any]:
        """Rule, and store rulings and report in one transaction."""
        plan, scan_id, asked_for = self.plan, self.begun.scan_id, self.begun.parameters
        with self.catalog.read() as session:
            blocking = unrankable_roots(session, plan.family_id)
            previous = rulings.previous_verdicts(session, plan.family_id)
            tested = nights.past_tests(session, plan.family_id) if settings.nightly else None
        outcome = report.Outcome(
            plan,
            standing,
            confirmed,
            self.visitor.dropped,
            len(blocking),
            previous,
            tested,
            nights.terms_of(asked_for),
        )
        rows = report.rule(outcome, self.record)
        with self.catalog.write() as session:
            spent = scans.costs(session, scan_id)
            priced = spent
            if not spent.loads:
                past = scans.prices(session, asked_for.engine, asked_for.dtype, plan.family_id)
                priced = past or spent
            paid = answers.asked_in(session, scan_id)
            selecting = {key_of(prompt) for prompt in plan.paper.selection}
            searched = sum(count for key, count in paid.items() if key in selecting)
            told = {
                "scan": scan_id,
                "family": settings.family,
                "suite": plan.paper.suite,
                "policy": asked_for.policy,
                "stopped": stopped,
                "nightly": settings.nightly,
                "candidates": len(plan.arms) - len(plan.gone),
                "excluded": exclusions(session, plan.family_id),
                "failed": report.failures(self.visitor.dropped),
                "blocking": blocking,
                "rungs": report.rungs(standing, plan),
                "leaderboard": report.leaderboard(rows, plan.arms),
                "confirmation": {
                    "prompts": len(plan.paper.confirmation),
                    "checkpoints": len(confirmed) if plan.paper.confirmation else 0,
                },
                "left_out": {"prompts": plan.paper.left_out[0], "reason": plan.paper.left_out[1]},
                "price": report.price(priced),
                "cost": report.cost(spent, searched, perf_counter() - began),
            }
            rulings.store_rulings(session, scan_id, rows)
            scans.finish(session, scan_id, told)
        return told


def _reach(
    catalog: Catalog, fetcher: Fetcher, settings: Settings, paper: Paper, terms: Terms
) -> None:
    """Raise Unreachable before anything is stored, if the hub is away and will be needed."""
    with catalog.read() as session:
        found = candidates(session, family_named(session, settings.family).id)
        for candidate in found[:1]:
            known = answers.answered(session, asked(candidate), terms)
            if not any(key_of(prompt) in known for prompt in paper.selection):
                fetcher.reach(candidate)


def _begin(session: Session, plan: Plan, parameters: Parameters) -> Begun:
    """The unfinished scan with these parameters over these candidates, else a new one.

    A new one takes over the failures that would only come again.
    """
    arms = [arm.checkpoint_id for arm in plan.arms]
    begun = scans.unfinished(session, parameters)
    if begun is not None and list(begun.arms) == arms:
        scans.abandon_visits(session, begun.scan_id)
        return begun
    begun = scans.begin(session, parameters, arms)
    known = scans.dropped_before(session, arms, parameters.engine, parameters.dtype)
    for who in map(asked, plan.arms):
        dropped = known.get(who.checkpoint_id)
        if dropped is None or who.checkpoint_id in plan.gone:
            continue
        if dropped.stage == Stage.FETCH or dropped.kind.endswith(PASSING):
            continue
        if dropped.base_sha == who.base_sha:
            scans.drop(session, begun.scan_id, dropped)
    return begun
