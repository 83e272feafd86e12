"""How good every policy's pick is, and what a pick of a given quality costs.

    python benchmarks/search.py [MATRIX.npz] [--history PAST.npz] [--seeds 192] [--seed0 5000]
                                [--policy NAME,NAME] [--table NAME,NAME] [--json]

Without a matrix, one is made: 700 models with a thick top, 1,000 items in five categories. Four
tables: `picks`, the pick at 10 and at 50 queries a model when loads are free; `costs`, the cost per
model to reach half a point of mean regret when a load costs 100, 300 and 1,000 queries; `recall`,
the queries per model to have 96% of the true top five, one load each; `orders`, `one_visit` on
1, 4 and 16 workers, and on models that arrive at random or sorted by quality, beside the best tenth
alone. The slowest policies and all but the first table take an eighth of the seeds, so that the
whole takes under ten minutes on one core. The bars hold `default` against shared halving in the
same run, from the same seeds.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from evaluator.search.ordering import balanced_order
from evaluator.search.policies import NAMES, make
from evaluator.search.protocol import Items, Problem
from gems.recorded import (
    Outcome,
    Recorded,
    Setting,
    drive,
    judge,
    learn_history,
    mean_and_error,
    read_matrix,
    replay_all,
)

REFERENCE = "halving_shared"
OURS = "default"
REGRET = 0.005
RECALL = 0.96
PRICES = (100.0, 300.0, 1000.0)
WITH_HISTORY = (OURS, "accelerated", REFERENCE)
SLOW = ("ucb", "ucb_stddev", "ucb_e", "ttts", "successive_rejects", "one_visit")
LOADED = (0.4, 0.7, 1.0)
BESIDE = 38.0
"""Budgets at which picks are measured: loads for such a share of the models, beside queries."""
IN_LOADS = (1.2, 1.5, 2.0, 2.6, 3.2)
"""Budgets of the rounds, as multiples of a load: they need more than one each."""
RECALL_QUERIES = (100.0, 125.0, 140.0)
ORDERS = ("random", "best first", "worst first")
WORKERS = (1, 4, 16)
ORDER_LOAD = 100.0
TABLES = ("picks", "costs", "recall", "orders")

TARGETS = {
    "rank at 10 queries": 18 / 22.2,
    "rank at 50 queries": 1.9 / 2.8,
    "rank at 10 queries, with history": 12 / 22.2,
    "rank at 50 queries, with history": 1.7 / 2.8,
    "cost of half a point, a load costs 100": 138 / 147,
    "cost of half a point, a load costs 300": 338 / 364,
    "cost of half a point, a load costs 1000": 1038 / 1095,
}
"""Ours over the reference, at most; a bar holds if that is within two standard errors."""

Ratios = dict[str, tuple[float, float]]
"""Of each bar, ours over the reference and its standard error; that of costs is not known."""


@dataclass
class Bench:
    """One matrix, its seeds, and what was measured on it."""

    recorded: Recorded
    all_seeds: range
    history: Items | None
    quiet: bool = False
    lines: list[str] = field(default_factory=list)

    @property
    def few_seeds(self) -> range:
        return self.all_seeds[: max(2, len(self.all_seeds) // 8)]

    def run(
        self,
        names: Sequence[str],
        budget: float,
        load: float,
        seeds: range,
        top_k: int = 1,
        past: bool = False,
        workers: int = 1,
    ) -> dict[str, list[Outcome]]:
        prices = np.full(len(self.recorded.scores), load)
        setting = Setting(budget, prices, prices, top_k, workers)
        found: dict[str, list[Outcome]] = {name: [] for name in names}
        history = self.history if past else None
        for name, _, outcome in replay_all(self.recorded, names, [setting], seeds, history):
            found[name].append(outcome)
        return found

    def say(self, line: str) -> None:
        self.lines.append(line)
        if not self.quiet:
            print(line, flush=True)


def made(models: int = 700, items: int = 1000) -> Recorded:
    """A matrix like a family's: broken models, a wide middle, and a thick top of near equals."""
    rng = np.random.default_rng(0)
    skill = np.concatenate(
        [rng.normal(-2.5, 0.4, models // 10), rng.normal(0, 0.5, models - models // 10)]
    )
    skill = np.minimum(skill, 0.7 + 0.08 * rng.standard_normal(models))
    category = np.arange(items) % 5
    ease, slope = rng.normal(0.5, 1.5, items), rng.lognormal(0, 0.3, items)
    taste = 0.3 * rng.standard_normal((models, 5))[:, category]
    chance = 1 / (1 + np.exp(-slope * (skill[:, None] + taste + ease)))
    scores = (rng.random((models, items)) < chance).astype(np.float64)
    return Recorded(scores, category.astype(np.int64), None, None)


def picks(bench: Bench, names: Sequence[str]) -> Ratios:
    """Table one; returns the ratios of ours to the reference."""
    ratios: Ratios = {}
    for past in (False, True) if bench.history else (False,):
        for budget in (10.0, 50.0):
            asked = [name for name in names if not past or name in WITH_HISTORY]
            note = ", with history" if past else ""
            bench.say(f"\n{budget:g} queries a model, loads are free{note}")
            quick = [name for name in asked if name not in SLOW]
            slow = [name for name in asked if name in SLOW]
            found = bench.run(quick, budget, 0.0, bench.all_seeds, past=past)
            found |= bench.run(slow, budget, 0.0, bench.few_seeds) if slow else {}
            if past:
                found |= bench.run([REFERENCE], budget, 0.0, bench.all_seeds)
            for name, outcomes in found.items():
                rank = mean_and_error([o.rank for o in outcomes])
                regret = mean_and_error([100 * o.regret for o in outcomes])
                bench.say(
                    f"  {name:<26} rank {rank[0]:7.2f} ± {rank[1]:5.2f}"
                    f"   regret {regret[0]:6.3f} ± {regret[1]:.3f} points"
                )
            if OURS in found and REFERENCE in found:
                ratios[f"rank at {budget:g} queries{note}"] = _ratio(found, "rank")
    return ratios


def _ratio(found: dict[str, list[Outcome]], column: str) -> tuple[float, float]:
    (ours, error), (reference, spread) = (
        mean_and_error([float(getattr(o, column)) for o in found[name]])
        for name in (OURS, REFERENCE)
    )
    return ours / reference, ours / reference * math.hypot(error / ours, spread / reference)


def costs(bench: Bench) -> Ratios:
    """Table two: the cost per model at which mean regret falls to half a point."""
    ratios: Ratios = {}
    for price in PRICES:
        bench.say(f"\ncost per model to half a point of regret, a load costs {price:g}")
        reached = {}
        for name in (OURS, REFERENCE):
            budgets = [price * share + BESIDE for share in LOADED]
            if name == REFERENCE:
                budgets = [price * loads + 20 for loads in IN_LOADS]
            for past in (False, True) if bench.history and name == OURS else (False,):
                points = []
                for budget in budgets:
                    outcomes = bench.run([name], budget, price, bench.few_seeds, past=past)[name]
                    regret, error = mean_and_error([o.regret for o in outcomes])
                    spent = np.mean([o.queries + price * o.loads for o in outcomes])
                    points.append((float(spent), regret, error))
                cost = crossing(points, REGRET)
                label = name + (" with history" if past else "")
                curve = ", ".join(f"{c:.0f}: {100 * r:.2f} ± {100 * e:.2f}" for c, r, e in points)
                bench.say(f"  {label:<26} {cost:8.1f}   (regret by cost: {curve})")
                if not past:
                    reached[name] = cost
        share = reached[OURS] / reached[REFERENCE]
        ratios[f"cost of half a point, a load costs {price:g}"] = share, 0.0
    return ratios


def recall(bench: Bench) -> None:
    """Table three."""
    bench.say("\nrecall of the true top five, one load each, by queries a model")
    for past in (False, True) if bench.history else (False,):
        points = []
        for queries in RECALL_QUERIES:
            seeds = bench.few_seeds
            found = bench.run([OURS], 1000 + queries, 1000.0, seeds, top_k=5, past=past)[OURS]
            points.append((queries, *mean_and_error([o.recall5 for o in found])))
        curve = ", ".join(f"{q:.0f}: {mean:.3f} ± {error:.3f}" for q, mean, error in points)
        cost = crossing([(q, 1 - mean, error) for q, mean, error in points], 1 - RECALL)
        bench.say(f"  {OURS + (' with history' if past else ''):<26} {cost:8.1f}   ({curve})")


def orders(bench: Bench) -> None:
    """Table four: beside each other from the same seeds, the difference to the first of its kind in
    standard errors."""
    budget, models = ORDER_LOAD + BESIDE, len(bench.recorded.scores)
    bench.say(f"\n`one_visit`, a load costs {ORDER_LOAD:g}, {budget:g} a model: regret in points")
    first: list[float] = []
    for workers in WORKERS:
        found = bench.run(["one_visit"], budget, ORDER_LOAD, bench.few_seeds, workers=workers)
        first = _order(bench, f"{workers} workers", found["one_visit"], first)
    few = max(1, models // 10)
    alone = [arriving(bench.recorded, few, 1, "alone", seed) for seed in bench.few_seeds]
    _order(bench, f"the best {few} alone, with what they bring", alone, [])
    # The last wave is a whole one.
    for known, step in ((models - 9 * few, few), (models - 5 * few, few), (models // 2, 1)):
        first = []
        for order in ORDERS:
            seeds = bench.few_seeds
            outcomes = [arriving(bench.recorded, known, step, order, seed) for seed in seeds]
            label = f"{known} known, the others {step} at a time, {order}"
            first = _order(bench, label, outcomes, first)


def _order(
    bench: Bench, label: str, outcomes: Sequence[Outcome], first: list[float]
) -> list[float]:
    """Say a row; returns what the following rows are held against."""
    found = [100 * outcome.regret for outcome in outcomes]
    (mean, error), loads = mean_and_error(found), np.mean([o.loads for o in outcomes])
    gap, spread = mean_and_error(np.subtract(found, first or found).tolist())
    beside = f"   {gap / max(spread, 1e-9):+5.1f} standard errors" if first else ""
    bench.say(f"  {label:<52} {mean:5.2f} ± {error:.2f}   {loads:.3f} loads{beside}")
    return first or found


def arriving(recorded: Recorded, known: int, step: int, order: str, seed: int) -> Outcome:
    """A replay of `one_visit` that all models behind the first `known` join, `step` at a time, each
    time it is done with those before; `alone`, those known are the best, and no other joins."""
    scores, truth = recorded.scores, recorded.truth
    rows = np.random.default_rng([seed, 17]).permutation(len(scores))
    if order != "random":
        rows = rows[np.argsort(truth[rows] * (1 if order == "worst first" else -1), kind="stable")]
    rows = rows[:known] if order == "alone" else rows
    late = len(rows) - known
    waves = (known, *[step] * (late // step), *([late % step] if late % step else []))
    prices = np.full(len(rows), ORDER_LOAD)
    problem = Problem(
        arms=len(rows),
        order=balanced_order(recorded.categories, seed),
        categories=recorded.categories,
        budget=ORDER_LOAD + BESIDE,
        load_cost=prices,
        reload_cost=prices,
        seed=seed,
        waves=waves,
    )
    policy = make("one_visit", problem)
    loads, queries = drive(policy, scores[rows])
    return judge(policy.standing().order, truth[rows], loads, queries)


def crossing(points: Sequence[tuple[float, float, float]], level: float) -> float:
    """The cost at which a falling curve of (cost, value, error) comes to `level`: interpolated
    between logarithms; infinite where it does not, the first cost where it starts below."""
    if points[0][1] <= level:
        return points[0][0]
    for (low, above, _), (high, below, _) in pairwise(points):
        if below <= level:
            part = math.log(above / level) / math.log(above / max(below, 1e-6))
            return low + part * (high - low)
    return math.inf


def bars(ratios: Ratios) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "value": value,
            "error": error,
            "target": TARGETS[name],
            "holds": value <= TARGETS[name] + 2 * error,
        }
        for name, (value, error) in ratios.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("matrix", nargs="?", type=Path)
    parser.add_argument("--history", type=Path)
    parser.add_argument("--seeds", type=int, default=192)
    parser.add_argument("--seed0", type=int, default=5000)
    parser.add_argument("--policy", default=",".join(NAMES))
    parser.add_argument("--table", default=",".join(TABLES))
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    recorded = read_matrix(asked.matrix) if asked.matrix else made()
    past = learn_history(read_matrix(asked.history), recorded) if asked.history else None
    bench = Bench(recorded, range(asked.seed0, asked.seed0 + asked.seeds), past, asked.json)
    models, items = recorded.scores.shape
    bench.say(
        f"{models} models x {items} items, {asked.seeds} seeds from {asked.seed0},"
        f" {len(bench.few_seeds)} of them where it takes long"
    )
    tables, ratios = asked.table.split(","), Ratios()
    if "picks" in tables:
        ratios |= picks(bench, asked.policy.split(","))
    if "costs" in tables:
        ratios |= costs(bench)
    if "recall" in tables:
        recall(bench)
    if "orders" in tables:
        orders(bench)
    held = bars(ratios)
    if asked.json:
        print(json.dumps({"bars": held, "tables": bench.lines}, indent=2))
        return
    if held:
        bench.say(f"\n{OURS} over {REFERENCE}")
    for name, bar in held.items():
        mark = "holds" if bar["holds"] else "MISSED"
        share = f"{bar['value']:.3f} ± {bar['error']:.3f}"
        bench.say(f"  {name:<44} {share}   at most {bar['target']:.3f}   {mark}")


if __name__ == "__main__":
    main()
