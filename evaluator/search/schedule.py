"""How many survive at which prefix: the shape of accelerated halving."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from evaluator.search.protocol import Floats

STEPS = 24
"""How often the search for the scale halves what is left to search."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Of many arms c / n are kept at prefix n; of the last `few`, as many as 1 / n^alpha falls.
    Prefixes grow by `growth` a round.

    While 1 / n falls, every round costs the same (Karnin et al. 2013, Audibert et al. 2010): a few
    answers cannot tell a leader from the crowd, and harder first cuts lose one that is alone far
    ahead. An alpha below 1 spends more at the end: the last few are alike.
    """

    alpha: float = 0.75
    growth: float = 1.1
    few: float = 24.0

    def kept(self, scale: float, prefix: Floats) -> Floats:
        """The number kept at each prefix, at scale c."""
        many = scale / np.maximum(prefix, 1.0)
        found: Floats = np.floor(many * np.minimum(many / self.few, 1.0) ** (self.alpha - 1) + 1e-9)
        return found

    def scale(self, arms: int, prefix: float) -> float:
        """The scale at which so many arms are just kept at a prefix; linear in the prefix."""
        late = min(arms / self.few, 1.0) ** (1 / self.alpha - 1)
        return float(prefix * arms * late)


def prefixes(shape: Shape, start: float, items: int) -> list[int]:
    """The prefixes of the rounds after `start` up to the whole pool, ascending."""
    found = []
    place = max(int(start), 0)
    while place < items:
        place = min(items, max(place + 1, round(place * shape.growth)))
        found.append(place)
    return found


def next_round(
    shape: Shape, alive: int, depth: int, items: int, left: float, fee: float
) -> tuple[int, int]:
    """How many of `alive` arms to keep now, at prefix `depth`, and up to which prefix to ask them.

    left: what may be spent, fee: what a load costs an arm and round, in queries.
    The scale c is the largest for which all rounds to come are paid for (those of fewer than two
    arms are not held). Nobody leaves unasked who can be asked: the best may be alone far ahead.
    Returns (0, depth) when nothing more can be asked.
    """
    if alive == 0 or depth >= items:
        return 0, depth
    least = 1 if alive * (1 + fee) <= left + 1e-9 else 0
    low, high = 0.0, shape.scale(alive, items)
    for _ in range(STEPS):
        scale = (low + high) / 2
        start = max(depth, least, int(scale / shape.scale(alive, 1)))
        cost = alive * (start - depth + fee) if start > depth else 0.0
        cost += _price(shape, scale, start, alive, items, fee)
        low, high = (scale, high) if cost <= left + 1e-9 else (low, scale)
    start = max(depth, least, int(low / shape.scale(alive, 1)))
    if start > depth:
        return alive, min(start, items)
    return int(shape.kept(low, np.array(float(depth)))), prefixes(shape, depth, items)[0]


def _price(shape: Shape, scale: float, start: int, alive: int, items: int, fee: float) -> float:
    """What the rounds beyond `start` cost, where no more than `alive` arms are left."""
    ends = _ends(shape, start, items)
    kept = np.minimum(alive, shape.kept(scale, ends[:-1]))
    return float((kept * (np.diff(ends) + fee))[kept >= 2].sum())


@lru_cache(maxsize=4096)
def _ends(shape: Shape, start: int, items: int) -> Floats:
    """Where the rounds from `start` on begin and end."""
    return np.array([start, *prefixes(shape, start, items)], dtype=np.float64)
