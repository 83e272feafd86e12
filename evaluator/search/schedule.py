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
    """k(n) = c / n^alpha arms are kept at prefix n, and prefixes grow by `growth` a round.

    alpha: at 1 every round costs the same (Karnin et al. 2013, Audibert et al. 2010), and less
    spends more at the end. A family with a crowd at its top wants less, one whose leaders stand
    alone wants 1: a few answers cannot tell them from the others.
    """

    alpha: float = 0.8
    growth: float = 1.1

    def kept(self, scale: float, prefix: Floats) -> Floats:
        """The number kept at each prefix, at scale c."""
        found: Floats = np.floor(scale / np.maximum(prefix, 1.0) ** self.alpha + 1e-9)
        return found

    def start(self, scale: float, arms: int) -> int:
        """The prefix up to which so many arms are all kept."""
        return int((scale / arms) ** (1 / self.alpha))


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
    low, high = 0.0, alive * float(items) ** shape.alpha
    for _ in range(STEPS):
        scale = (low + high) / 2
        start = max(depth, least, shape.start(scale, alive))
        cost = alive * (start - depth + fee) if start > depth else 0.0
        cost += _price(shape, scale, start, alive, items, fee)
        low, high = (scale, high) if cost <= left + 1e-9 else (low, scale)
    start = max(depth, least, shape.start(low, alive))
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
