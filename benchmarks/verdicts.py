"""Do verdicts hold? False claims, power and coverage, over many scans of populations we know.

    python benchmarks/verdicts.py [--scans 1000] [--seed 0] [--matrix FILE.npz] [--json]

Made populations follow a probit model: a checkpoint is right where its ability + the prompt's
difficulty (shared by all) + its own luck exceeds 0. `independent`: luck is drawn for each prompt.
`clustered`: ten prompts come from one template, which has a difficulty, and on which each
checkpoint has a luck, of its own. `clones`: candidates repeat the best popular checkpoint's
answers, but for 5% drawn afresh. A recorded matrix is a population too: prompts are drawn from
its items with replacement, checkpoints are its rows, and the truth is their mean.

Worst null: 100 candidates exactly as good as the best popular checkpoint (in a recorded matrix, the
hundred behind its best row). Power: one gem among ten finalists, nine of them no better than the
best popular one.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evaluator.verdicts import OVERALL, Confirmation, Evidence, Selection, judge

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FAMILY = 200
PROMPTS = (200, 500, 1000, 2000)
POINTS = (2, 5, 10)
NULL_PROMPTS = 1000
CATEGORIES = ("code", "knowledge", "language", "math")
BASE = np.array([0.55, 0.85, 0.75, 0.65])  # the best popular checkpoint, by category
NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Draw:
    """One scan's confirmation: the first two rows are popular. truth: (rows, categories)."""

    scores: Floats
    categories: tuple[str, ...]
    clusters: Ints | None
    truth: Floats
    weights: Floats


class Population(Protocol):
    @property
    def name(self) -> str: ...

    def null(self, rng: np.random.Generator, prompts: int) -> Draw: ...

    def gem(self, rng: np.random.Generator, prompts: int, points: int) -> Draw: ...


@dataclass(frozen=True, slots=True)
class Made:
    """The probit model: standard deviations of difficulty and luck; a checkpoint's own is 1."""

    name: str
    template: int = 1
    template_difficulty: float = 0.0
    template_luck: float = 0.0
    fresh: float = 1.0
    difficulty: float = 2.0

    def null(self, rng: np.random.Generator, prompts: int) -> Draw:
        shifts = np.zeros(102)
        shifts[0] = -0.05
        drawn = self._draw(rng, prompts, shifts)
        units = drawn.clusters if drawn.clusters is not None else np.arange(prompts)
        kept = rng.random((100, int(units.max()) + 1))[:, units] >= self.fresh
        drawn.scores[2:] = np.where(kept, drawn.scores[1], drawn.scores[2:])
        return drawn

    def gem(self, rng: np.random.Generator, prompts: int, points: int) -> Draw:
        behind = -rng.uniform(0.0, 0.1, 9)
        return self._draw(rng, prompts, np.concatenate(([-0.05, 0.0, points / 100], behind)))

    def _draw(self, rng: np.random.Generator, prompts: int, shifts: Floats) -> Draw:
        """Checkpoints better by `shifts` than BASE in each category."""
        rows, each = len(shifts), prompts // len(CATEGORIES)
        truth = np.clip(BASE + shifts[:, None], 0.01, 0.99)
        parts = (1.0, self.difficulty, self.template_difficulty, self.template_luck)
        total = math.sqrt(sum(part**2 for part in parts))
        ability = total * np.vectorize(NORMAL.inv_cdf)(truth)
        category = np.repeat(np.arange(len(CATEGORIES)), each)
        templates = -(-each // self.template)
        cluster = category * templates + np.tile(np.arange(each) // self.template, len(CATEGORIES))
        count = len(CATEGORIES) * templates
        shared = self.difficulty * rng.standard_normal(prompts)
        shared += self.template_difficulty * rng.standard_normal(count)[cluster]
        luck = rng.standard_normal((rows, prompts), dtype=np.float32)
        if self.template_luck:
            own = rng.standard_normal((rows, count), dtype=np.float32)
            luck += np.float32(self.template_luck) * own[:, cluster]
        scores = (ability[:, category] + shared + luck > 0).astype(np.float64)
        return Draw(
            scores=scores,
            categories=tuple(np.array(CATEGORIES)[category]),
            clusters=cluster if self.template > 1 else None,
            truth=truth,
            weights=np.full(len(CATEGORIES), 1 / len(CATEGORIES)),
        )


class Recorded:
    """A recorded matrix as a population."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as file:
            self.matrix = file["X"].astype(np.float64)
            subset = file["subset"] if "subset" in file else np.full(self.matrix.shape[1], "all")
        self.name = path.stem
        self.names, self.subset = np.unique(subset, return_inverse=True)
        self.matrix = self.matrix[np.argsort(-self.matrix.mean(axis=1), kind="stable")]
        self.mean = self.matrix.mean(axis=1)

    def null(self, rng: np.random.Generator, prompts: int) -> Draw:
        return self._draw(rng, prompts, np.concatenate(([len(self.mean) // 2], np.arange(101))))

    def gem(self, rng: np.random.Generator, prompts: int, points: int) -> Draw:
        gem = int(rng.integers(0, 20))
        popular = int(np.argmin(np.abs(self.mean - self.mean[gem] + points / 100)))
        behind = popular + 1 + rng.choice(60, 10, replace=False)
        return self._draw(rng, prompts, np.array([behind[0], popular, gem, *behind[1:]]))

    def _draw(self, rng: np.random.Generator, prompts: int, rows: Ints) -> Draw:
        shares = np.bincount(self.subset) / len(self.subset)
        counts = np.floor(shares * prompts).astype(np.int64)
        counts[np.argsort(-(shares * prompts - counts))[: prompts - counts.sum()]] += 1
        members = [np.flatnonzero(self.subset == place) for place in range(len(self.names))]
        items = np.concatenate(
            [rng.choice(member, count) for member, count in zip(members, counts, strict=True)]
        )
        return Draw(
            scores=self.matrix[np.ix_(rows, items)],
            categories=tuple(str(name) for name in self.names[self.subset[items]]),
            clusters=None,
            truth=np.stack([self.matrix[rows][:, m].mean(axis=1) for m in members], axis=1),
            weights=counts / prompts,
        )


def evidence(drawn: Draw) -> Evidence:
    """What a scan of a family of 200 would lay before the judge; the others were not asked."""
    leading = np.arange(FAMILY)
    names = tuple(sorted(set(drawn.categories)))
    nothing = np.zeros((FAMILY, len(names)))
    return Evidence(
        checkpoints=tuple(range(FAMILY)),
        popular=leading < 2,
        roots=leading < 2,
        failed=np.zeros(FAMILY, dtype=np.bool_),
        selection=Selection(nothing, nothing.astype(np.int64), names, np.full(FAMILY, -1)),
        confirmation=Confirmation(
            np.arange(len(drawn.scores)), drawn.scores, drawn.categories, clusters=drawn.clusters
        ),
    )


@dataclass(slots=True)
class Tally:
    """Counts over the scans of one setting."""

    scans: int = 0
    false: int = 0
    confirmed: int = 0
    inside: dict[str, int] = field(default_factory=lambda: {"overall": 0, "category": 0})
    asked: dict[str, int] = field(default_factory=lambda: {"overall": 0, "category": 0})
    differing: float = 0.0

    def add(self, drawn: Draw) -> None:
        names = sorted(set(drawn.categories))
        truth = {OVERALL: drawn.truth @ drawn.weights}
        truth |= {name: drawn.truth[:, place] for place, name in enumerate(names)}
        false = False
        for row in judge(evidence(drawn)):
            if row.score is None or row.low is None or row.high is None:
                continue
            means = truth[row.category]
            kind = "overall" if row.category == OVERALL else "category"
            self.asked[kind] += 1
            self.inside[kind] += bool(row.low <= means[row.checkpoint] <= row.high)
            if row.verdict == "gem":
                false |= bool(means[row.checkpoint] <= means[:2].max() + 1e-12)
                self.confirmed += row.checkpoint == 2 and row.category == OVERALL
        self.scans += 1
        self.false += false
        self.differing += float(np.mean(drawn.scores[1] != drawn.scores[2]))

    def coverage(self, kind: str) -> float:
        return self.inside[kind] / max(1, self.asked[kind])


def measure(population: Population, scans: int, seed: int) -> Iterator[tuple[str, int, int, Tally]]:
    """(setting, prompts, points, counts): first the null, then each number of prompts × points."""
    settings = [("null", NULL_PROMPTS, 0)]
    if not population.name.startswith("clones"):
        settings += [("gem", prompts, points) for prompts in PROMPTS for points in POINTS]
    for setting, prompts, points in settings:
        rng = np.random.default_rng([seed, prompts, points])
        tally = Tally()
        for _ in range(scans):
            null = setting == "null"
            tally.add(
                population.null(rng, prompts) if null else population.gem(rng, prompts, points)
            )
        yield setting, prompts, points, tally


def judging_seconds() -> float:
    """What it takes to judge 3,000 confirmed candidates on 1,000 prompts."""
    rng = np.random.default_rng(0)
    accuracy = np.clip(rng.normal(0.6, 0.1, (3000, 1)), 0, 1)
    scores = (rng.random((3000, 1000)) < accuracy).astype(np.float64)
    names = tuple(CATEGORIES[prompt % 4] for prompt in range(1000))
    nothing = np.zeros((3000, 4))
    popular = np.arange(3000) < 30
    selection = Selection(nothing, nothing.astype(np.int64), CATEGORIES, np.full(3000, -1))
    confirmation = Confirmation(np.arange(3000), scores, names, rng.integers(0, 9, (3000, 1000)))
    everything = Evidence(
        tuple(range(3000)), popular, popular, np.zeros(3000, np.bool_), selection, confirmation
    )
    start = time.perf_counter()
    judge(everything)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scans", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--matrix", type=Path, action="append", default=[])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    populations: list[Population] = [
        Made("independent"),
        Made("clustered", template=10, template_difficulty=1.0, template_luck=0.7),
        Made("clones", fresh=0.05),
        Made(
            "clones clustered",
            template=10,
            template_difficulty=1.0,
            template_luck=0.7,
            fresh=0.05,
        ),
        *[Recorded(path) for path in options.matrix],
    ]
    start = time.process_time()
    report: dict[str, Any] = {"scans": options.scans, "power": {}, "bars": {}}
    bars = report["bars"]
    for population in populations:
        pooled = Tally()
        curve: dict[int, dict[int, float]] = {}
        for setting, prompts, points, tally in measure(population, options.scans, options.seed):
            if setting == "null":
                _bar(bars, f"false claims, {population.name}", tally.false / tally.scans, 0.05)
            else:
                curve.setdefault(prompts, {})[points] = tally.confirmed / tally.scans
                pooled.differing += tally.differing / tally.scans
            for kind in pooled.asked:
                pooled.asked[kind] += tally.asked[kind]
                pooled.inside[kind] += tally.inside[kind]
            if not options.json:
                _print(population.name, setting, prompts, points, tally)
        for kind in pooled.asked:
            _bar(bars, f"coverage {kind}, {population.name}", pooled.coverage(kind), 0.94)
        if curve:
            report["power"][population.name] = {
                "discordance": pooled.differing / (len(PROMPTS) * len(POINTS)),
                "confirmed": curve,
            }
    report["judging_3000x1000_seconds"] = judging_seconds()
    report["cpu_seconds"] = time.process_time() - start
    if options.json:
        print(json.dumps(report))
    else:
        _print_end(report)


def _bar(bars: dict[str, Any], name: str, value: float, target: float) -> None:
    holds = value <= target if name.startswith("false") else value >= target
    bars[name] = {"value": value, "target": target, "holds": holds}


def _print(name: str, setting: str, prompts: int, points: int, tally: Tally) -> None:
    print(
        f"{name:17} {setting:4} {prompts:5} prompts +{points:<2}  "
        f"differ {tally.differing / tally.scans:.3f}  false {tally.false / tally.scans:.3f}  "
        f"confirmed {tally.confirmed / tally.scans:.3f}  coverage overall "
        f"{tally.coverage('overall'):.3f} category {tally.coverage('category'):.3f}",
        flush=True,
    )


def _print_end(report: dict[str, Any]) -> None:
    for name, found in report["power"].items():
        print(f"\nPower, {name} (checkpoints differ on {found['discordance']:.0%} of the prompts)")
        print("prompts " + "".join(f"{f'+{points}':>8}" for points in POINTS))
        for prompts, row in found["confirmed"].items():
            print(f"{prompts:7} " + "".join(f"{row[points]:8.1%}" for points in POINTS))
    print()
    for name, bar in report["bars"].items():
        print(f"{name:35} {bar['value']:.4f}  target {bar['target']}  holds {bar['holds']}")
    print(f"judging 3,000 candidates x 1,000 prompts: {report['judging_3000x1000_seconds']:.1f} s")
    print(f"all of this: {report['cpu_seconds']:.0f} s of one core")


if __name__ == "__main__":
    main()
