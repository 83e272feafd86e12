"""What nights cost a family that grows, beside scanning it anew each night.

    python benchmarks/nightly.py [--matrix FILE.npz] [--nights 30] [--families 8] [--json]

A family of 1,000 checkpoints to which 1% is added a night, for 30 nights. The scores are recorded,
or made: no hub and no engine. The policy objects are those of a scan. `nights` is what `gems
nightly` does: each night the policy is driven again over what is known and the new ones join at
the end. `anew` forgets the night before. Finalists are confirmed on prompts of their own, which
takes a load of those that are not loaded; what was confirmed before is not asked again.

The standing best is the best of those confirmed, by their confirmation scores. It is held against
the truly best of all that are there that night, by their mean over every prompt. Bars: loads per
checkpoint ever seen, and how much more regret than scanning anew, in standard errors of the paired
difference over families, each a mean over its nights.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.plan import QUERIES_EACH, WORKERS
from evaluator.scan import FINALISTS
from evaluator.search.ordering import balanced_order
from evaluator.search.policies import make
from evaluator.search.protocol import Batch, Floats, Ints, Problem
from gems.nightly import POLICY
from gems.recorded import read_matrix

MODELS, CONFIRMATION, ARRIVING, POPULAR_SHARE = 1000, 0.5, 0.01, 0.01
LOADS_MOST, ERRORS_MOST = 1.05, 2.0


@dataclass(frozen=True, slots=True)
class Family:
    """Scores (models, prompts), prompts' categories, and which prompts confirm."""

    scores: Floats
    categories: Ints
    confirms: NDArray[np.bool_]

    @property
    def truth(self) -> Floats:
        return np.asarray(np.nanmean(self.scores, axis=1))


@dataclass(slots=True)
class Books:
    """What was asked so far, by anyone, and what it took. loads, queries: of each night."""

    family: Family
    known: NDArray[np.bool_]
    loads: list[int] = field(default_factory=list)
    queries: list[int] = field(default_factory=list)
    regret: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)


def made(models: int, seed: int, prompts: int = 1000) -> Family:
    """Broken models, a wide middle, and a thick top of near equals, in five categories."""
    rng = np.random.default_rng([seed, 8])
    broken = rng.random(models) < 0.1
    skill = np.where(broken, rng.normal(-2.5, 0.4, models), rng.normal(0, 0.5, models))
    skill = np.minimum(skill, 0.7 + 0.08 * rng.standard_normal(models))
    category = np.arange(prompts) % 5
    ease, slope = rng.normal(0.5, 1.5, prompts), rng.lognormal(0, 0.3, prompts)
    taste = 0.3 * rng.standard_normal((models, 5))[:, category]
    chance = 1 / (1 + np.exp(-slope * (skill[:, None] + taste + ease)))
    scores = (rng.random((models, prompts)) < chance).astype(np.float64)
    return Family(scores, category, _at_random(rng, prompts))


def recorded(path: Path, seed: int, models: int) -> Family:
    """A recorded matrix, its models in random order; drawn again where it has too few."""
    found = read_matrix(path)
    rng = np.random.default_rng([seed, 9])
    rows = rng.permutation(len(found.scores))
    rows = np.concatenate([rows, rng.integers(0, len(rows), max(0, models - len(rows)))])[:models]
    confirms = _at_random(rng, found.scores.shape[1])
    return Family(found.scores[rows], found.categories, confirms)


def _at_random(rng: np.random.Generator, prompts: int) -> NDArray[np.bool_]:
    """The prompts that confirm, (prompts,)."""
    confirms: NDArray[np.bool_] = rng.random(prompts) < CONFIRMATION
    return confirms


def night(books: Books, waves: Sequence[int], seed: int, *, fresh: bool) -> None:
    """One night over the first `sum(waves)` models. fresh: without what was known before."""
    family, here = books.family, sum(waves)
    chosen = np.flatnonzero(~family.confirms)
    opening = max(1, math.ceil(waves[0] * POPULAR_SHARE))
    problem = Problem(
        arms=here,
        order=balanced_order(family.categories[chosen], seed),
        categories=family.categories[chosen],
        budget=QUERIES_EACH,
        load_cost=np.zeros(here),
        reload_cost=np.zeros(here),
        seed=seed,
        first=tuple(range(opening)),
        workers=WORKERS,
        waves=tuple(waves),
        opening=opening,
        everyone=True,
        once=True,
    )
    if fresh:
        books.known[:] = False
    policy = make(POLICY, problem)
    out: list[Batch] = []
    loads = queries = 0
    loaded = -1
    while True:
        while len(out) < WORKERS and (asked := policy.ask()) is not None:
            out.append(asked)
        if not out:
            break
        batch = next((b for b in out if loaded in b.arms), out[0])
        out.remove(batch)
        block = np.ix_(np.array(batch.arms), chosen[list(batch.items)])
        missing = int((~books.known[block]).sum())
        loads += missing > 0 and loaded != batch.arms[0]
        queries += missing
        books.known[block] = True
        loaded = batch.arms[0]
        if loaded < opening:  # confirmed while they are loaded
            queries += _confirm(books, loaded)
        policy.tell(batch, family.scores[block])
    standing = policy.standing()
    others = [arm for arm in standing.order if arm >= opening and standing.asked[arm]]
    finalists = [*range(opening), *others[: max(FINALISTS, math.ceil(here / 100))]]
    for arm in finalists:
        asked_now = _confirm(books, arm)
        loads += asked_now > 0 and arm != loaded
        loaded = arm if asked_now else loaded
        queries += asked_now
    proof = family.scores[np.ix_(finalists, np.flatnonzero(family.confirms))].mean(axis=1)
    best, truth = finalists[int(proof.argmax())], family.truth[:here]
    books.loads.append(loads)
    books.queries.append(queries)
    books.regret.append(float(truth.max() - truth[best]))
    books.right.append(bool(truth[best] >= truth.max() - 1e-12))


def _confirm(books: Books, arm: int) -> int:
    """Ask all confirmation prompts that were not asked; returns how many those were."""
    missing = books.family.confirms & ~books.known[arm]
    books.known[arm, missing] = True
    return int(missing.sum())


def lived(matrix: Path | None, models: int, nights: int, seed: int) -> dict[str, Books]:
    """The nights of one family, both ways."""
    family = made(models, seed) if matrix is None else recorded(matrix, seed, models)
    found = {
        name: Books(family, np.zeros(family.scores.shape, bool)) for name in ("nights", "anew")
    }
    waves = [MODELS]
    for count in range(nights):
        if count:
            waves.append(round(MODELS * ARRIVING))
        night(found["nights"], waves, seed, fresh=False)
        night(found["anew"], [sum(waves)], seed + 1000 * count, fresh=True)
    for books in found.values():
        books.known = books.known[:0]
    return found


def measure(matrix: Path | None, nights: int, families: int) -> dict[str, Any]:
    models = MODELS + (nights - 1) * round(MODELS * ARRIVING)
    cores = min(len(os.sched_getaffinity(0)), families)
    with ProcessPoolExecutor(cores, mp_context=get_context("forkserver")) as pool:
        found = list(pool.map(partial(lived, matrix, models, nights), range(families)))
    rows = {name: [both[name] for both in found] for name in found[0]}
    regret = {name: np.array([np.mean(b.regret) for b in each]) for name, each in rows.items()}
    worse = regret["nights"] - regret["anew"]
    error = float(worse.std(ddof=1) / math.sqrt(families)) if families > 1 else float("nan")
    loads = float(np.mean([sum(b.loads) / models for b in rows["nights"]]))
    bars = {
        "loads per checkpoint ever seen": {
            "value": loads,
            "target": LOADS_MOST,
            "holds": loads <= LOADS_MOST,
        },
        "regret above scanning anew, in standard errors": {
            "value": float(worse.mean()) / error,
            "target": ERRORS_MOST,
            "holds": bool(worse.mean() <= ERRORS_MOST * error),
        },
    }
    told = {
        name: {
            "loads_per_checkpoint": float(np.mean([sum(b.loads) / models for b in each])),
            "queries_per_checkpoint": float(np.mean([sum(b.queries) / models for b in each])),
            "loads_after_the_first_night": float(np.mean([sum(b.loads[1:]) for b in each])),
            "regret": float(regret[name].mean()),
            "right": float(np.mean([np.mean(b.right) for b in each])),
        }
        for name, each in rows.items()
    }
    return {"nights": nights, "families": families, "models": models, "ways": told, "bars": bars}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--matrix", type=Path)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--families", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    told = measure(asked.matrix, asked.nights, asked.families)
    if asked.json:
        print(json.dumps(told))
        return
    print(f"{told['models']} checkpoints by the last of {told['nights']} nights,", end=" ")
    print(f"{told['families']} families")
    for name, row in told["ways"].items():
        print(
            f"  {name:<7} {row['loads_per_checkpoint']:7.3f} loads and"
            f" {row['queries_per_checkpoint']:8.1f} queries a checkpoint;"
            f" {row['loads_after_the_first_night']:8.1f} loads after the first night;"
            f" the best stood {row['right']:.1%} of nights, regret {100 * row['regret']:.3f} points"
        )
    for name, bar in told["bars"].items():
        print(f"  {name}: {bar['value']:.3f}, at most {bar['target']:g}:", end=" ")
        print("holds" if bar["holds"] else "MISSED")


if __name__ == "__main__":
    main()
