"""What a scan would cost, told before it spends anything. Nothing is stored, fetched or loaded."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from catalog import scans
from catalog.answers import Terms
from catalog.candidates import exclusions
from catalog.database import Catalog
from catalog.scans import Charge
from evaluator.decoding import decoding_hash
from evaluator.joining import joined, parameters_of
from evaluator.plan import Paper, Plan, lay_out, read_paper
from evaluator.record import Record
from evaluator.scan import FINALISTS, chosen, finalists
from evaluator.search.policies import make
from evaluator.search.protocol import Policy
from evaluator.settings import Settings
from evaluator.verdicts import outlook
from evaluator.visits import base_of


class _Rehearsal(Exception):
    """Ends a transaction whose writes were only needed to see what they would be."""


def forecast(catalog: Catalog, settings: Settings, engine: str, dtype: str) -> dict[str, Any]:
    """Candidates, bytes to fetch, expected loads and queries, and the time they would take.

    Loads and queries are those of the same policy on what is stored and, where nothing is, on
    tosses of coins: a family of checkpoints that differ as much as usual. Times are from earlier
    scans in this catalog, None without any. Raises what a scan would before its first query.
    """
    paper = read_paper(settings.suite, settings.confirm, boxed=settings.boxed)
    policy, budget = chosen(settings, len(paper.selection))
    told: dict[str, Any] = {}
    try:
        with catalog.write() as session:
            plan = lay_out(session, settings, paper, engine, dtype)
            parameters = parameters_of(plan, settings, engine, dtype, policy, budget)
            plan = joined(session, plan, settings, parameters)
            excluded = exclusions(session, plan.family_id)
            failed = scans.dropped_before(
                session, [arm.checkpoint_id for arm in plan.arms], engine, dtype
            )
            past = scans.prices(session, engine, dtype, plan.family_id) or scans.prices(
                session, engine, dtype
            )
            raise _Rehearsal
    except _Rehearsal:
        pass
    record = Record(catalog, Terms(decoding_hash(), engine, dtype), paper.prompts)
    rehearsed = _Coins(plan, record, set(failed), settings.seed)
    rehearsed.play(make(policy, plan.problem(budget, settings, policy)), settings.top_k)
    challengers = min(max(FINALISTS, settings.top_k), len(plan.arms) - len(plan.popular))
    categories = [prompt.category for prompt in paper.confirmation]
    told |= {
        "family": settings.family,
        "suite": paper.suite,
        "policy": policy,
        "budget": budget,
        "candidates": len(plan.arms) - len(plan.gone),
        "excluded": excluded,
        "to_fetch": {
            "checkpoints": len(rehearsed.fetched),
            "bytes": sum(plan.arms[arm].bytes or 0 for arm in rehearsed.fetched),
        },
        "expected": {
            "loads": rehearsed.loads,
            "queries": rehearsed.queries,
            "seconds": _seconds(past, rehearsed.loads, rehearsed.queries),
        },
        "confirmation": {
            "prompts": len(categories),
            "outlook": [asdict(row) for row in outlook(categories, challengers)]
            if categories
            else [],
        },
        "left_out": {"prompts": paper.left_out[0], "reason": paper.left_out[1]},
    }
    return told


class _Coins:
    """Answers a policy from what is stored, else by tossing each checkpoint's own coin."""

    def __init__(self, plan: Plan, record: Record, failed: set[int], seed: int) -> None:
        self._plan = plan
        self._failed = failed
        rng = np.random.default_rng([seed, 11])
        skill = np.clip(rng.normal(0.5, 0.1, len(plan.arms)), 0.02, 0.98)
        prompts = plan.paper.selection
        tossed = (rng.random((len(plan.arms), len(prompts))) < skill[:, None]).astype(np.float64)
        stored = np.stack([record.scores(arm, prompts) for arm in plan.arms])
        self._unknown = np.isnan(stored)
        self._unknown[[arm.checkpoint_id in plan.gone for arm in plan.arms]] = False
        self._scores = np.where(self._unknown, tossed, stored)
        self._unconfirmed = np.array(
            [len(record.missing(arm, plan.paper.confirmation)) for arm in plan.arms]
        )
        self.loads = 0
        self.queries = 0
        self.fetched: set[int] = set()
        self._here: int | None = None

    def play(self, policy: Policy, top_k: int) -> None:
        while (batch := policy.ask()) is not None:
            arms, items = np.asarray(batch.arms), np.asarray(batch.items)
            scores = self._scores[np.ix_(arms, items)]
            for row, arm in enumerate(batch.arms):
                if self._plan.arms[arm].checkpoint_id in self._failed:
                    scores[row] = np.nan
                else:
                    self._load(arm, int(self._unknown[arm, items].sum()))
            policy.tell(batch, scores)
        for arm in finalists(self._plan, policy.standing(), top_k):
            if self._plan.arms[arm].checkpoint_id not in self._failed:
                self._load(arm, int(self._unconfirmed[arm]))

    def _load(self, arm: int, queries: int) -> None:
        if not queries:
            return
        base = base_of(self._plan.arms[arm])
        self.loads += base != self._here
        self._here = base
        self.queries += queries
        self.fetched.add(arm)


def _seconds(past: Charge | None, loads: int, queries: int) -> float | None:
    """At the prices of the past, grading and storing included."""
    if past is None:
        return None
    load = (past.download_seconds + past.load_seconds) / past.loads
    query = (past.generate_seconds + past.grade_seconds + past.store_seconds) / past.queries
    return loads * load + queries * query


def doubts(paper: Paper, top_k: int) -> list[str]:
    """What a person should know before anything is spent, a line each."""
    lines = []
    count, reason = paper.left_out
    if count:
        lines.append(f"{count} prompts are left out: {reason}")
    if not paper.confirmation:
        lines.append(f"{paper.suite} has no confirmation prompts: no gem can be proven")
    else:
        categories = [prompt.category for prompt in paper.confirmation]
        if not any(row.possible for row in outlook(categories, max(FINALISTS, top_k))):
            lines.append(
                f"{len(categories)} confirmation prompts are too few to prove a gem, whatever"
                " they show: name a larger suite with --confirm"
            )
    return lines
