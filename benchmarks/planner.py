"""Whether the planner chooses well: `default` beside every policy it could have chosen.

    python benchmarks/planner.py [--seeds 12] [--seed0 0] [--arms 5,20,100,700,3000] [--json]

Families are made: most checkpoints near their root, two wide spreads, a tight one, a thick top
behind broken ones, and three leaders far ahead. For each size, price of a load and budget, every
policy is replayed on the same families, those of more than 1,000 arms from a sixth of the seeds; a
setting is missed where `default` is worse than one of them by more than 2 standard errors. The
bounds in `evaluator/search/planner.py` were chosen on other seeds than the first ones here.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable

import numpy as np

from evaluator.search.protocol import Floats
from gems.recorded import Recorded, Setting, replay

ITEMS = 400
LOADS = (0.0, 1.0, 10.0, 100.0, 300.0, 1000.0, 2000.0)
QUERIES = (10.0, 50.0)
POLICIES = ("accelerated", "one_visit", "halving_shared", "successive_rejects_shared", "exhaustive")
OURS = "default"
MANY = 1000
MISSED = 0.05
"""The share of comparisons that may be missed: by chance alone, it is about 2%."""


def wide(rng: np.random.Generator, arms: int) -> Floats:
    return rng.normal(0, 0.8, arms)


def widest(rng: np.random.Generator, arms: int) -> Floats:
    return rng.normal(0, 1.5, arms)


def tight(rng: np.random.Generator, arms: int) -> Floats:
    return rng.normal(0, 0.12, arms)


def thick(rng: np.random.Generator, arms: int) -> Floats:
    skill = np.where(rng.random(arms) < 0.1, rng.normal(-2.5, 0.4, arms), rng.normal(0, 0.5, arms))
    return np.minimum(skill, 0.7 + 0.08 * rng.standard_normal(arms))


def rooted(rng: np.random.Generator, arms: int) -> Floats:
    kind = rng.random(arms)
    other = np.where(kind < 0.85, -rng.exponential(0.6, arms), rng.exponential(0.25, arms))
    return np.where(kind < 0.6, rng.normal(0, 0.06, arms), other)


def led(rng: np.random.Generator, arms: int) -> Floats:
    skill = rng.normal(0, 0.15, arms)
    skill[rng.permutation(arms)[:3]] = rng.normal(1, 0.1, min(arms, 3))
    return skill


SPREADS: tuple[Callable[[np.random.Generator, int], Floats], ...] = (
    wide,
    tight,
    thick,
    rooted,
    widest,
    led,
)


def made(spread: int, seed: int, arms: int) -> Recorded:
    """A family whose skills are spread so, asked items of five categories."""
    rng = np.random.default_rng([seed, spread, arms])
    skill = SPREADS[spread](rng, arms)
    category = np.arange(ITEMS) % 5
    ease, slope = rng.normal(0.5, 1.5, ITEMS), rng.lognormal(0, 0.3, ITEMS)
    taste = 0.3 * skill.std() * rng.standard_normal((arms, 5))[:, category]
    chance = 1 / (1 + np.exp(-slope * (skill[:, None] + taste + ease)))
    scores = (rng.random((arms, ITEMS)) < chance).astype(np.float64)
    return Recorded(scores, category.astype(np.int64), None, None)


def regrets(arms: int, load: float, queries: float, seeds: range) -> dict[str, Floats]:
    """Of every policy, over all spreads and seeds, in points."""
    found: dict[str, list[float]] = {name: [] for name in (OURS, *POLICIES)}
    prices = np.full(arms, load)
    setting = Setting(load + queries, prices, prices)
    for spread in range(len(SPREADS)):
        for seed in seeds:
            family = made(spread, seed, arms)
            for name, values in found.items():
                values.append(100 * replay(family, name, setting, seed).regret)
    return {name: np.array(values) for name, values in found.items()}


def better(found: dict[str, Floats]) -> list[str]:
    """The policies that `default` is worse than by more than 2 standard errors."""
    names = []
    for name in POLICIES:
        gap = found[OURS] - found[name]
        if gap.mean() > 2 * gap.std(ddof=1) / np.sqrt(len(gap)) + 1e-9:
            names.append(name)
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--seed0", type=int, default=0)
    parser.add_argument("--arms", default="5,20,100,700,3000")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    lines, missed, settings = [], 0, 0
    for arms in map(int, asked.arms.split(",")):
        for queries in QUERIES:
            for load in LOADS:
                count = asked.seeds if arms <= MANY else max(2, asked.seeds // 6)
                seeds = range(asked.seed0, asked.seed0 + count)
                found = regrets(arms, load, queries, seeds)
                worse = better(found)
                missed, settings = missed + len(worse), settings + 1
                cells = "  ".join(f"{name} {value.mean():5.2f}" for name, value in found.items())
                note = f"   worse than {', '.join(worse)}" if worse else ""
                lines.append(f"{arms:5} arms, {queries:3g} queries, L {load:5g}: {cells}{note}")
                if not asked.json:
                    print(lines[-1], flush=True)
    share = missed / (settings * len(POLICIES))
    bar = {"value": share, "target": MISSED, "holds": share <= MISSED}
    if asked.json:
        print(json.dumps({"bars": {"settings missed": bar}, "tables": lines}, indent=2))
        return
    bound = f"at most {100 * MISSED:.0f}%"
    print(f"\nworse by 2 standard errors: {100 * share:.1f}% of comparisons, {bound}")


if __name__ == "__main__":
    main()
