"""How many survive at which prefix: the shape of accelerated halving."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluator.search.protocol import Floats


@dataclass(frozen=True, slots=True)
class Shape:
    """k(n) = c / n^alpha arms are kept at prefix n, and prefixes grow by `growth` a round.

    alpha: 1 spends the same on every round (Sequential Halving); less spends more at the end.
    """

    alpha: float = 0.8
    growth: float = 1.3


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
    arms are not held). Returns (0, depth) when nothing more can be asked.
    """
    if alive == 0 or depth >= items:
        return 0, depth
    scales = alive * float(items) ** shape.alpha * np.geomspace(1e-5, 1, 400)
    starts = np.minimum((scales / alive) ** (1 / shape.alpha), items)
    fits = _prices(shape, scales, alive, depth, items, fee) <= left + 1e-9
    if not fits.any():
        return 0, depth
    best = int(np.flatnonzero(fits)[-1])
    start = int(starts[best])
    if start > depth:
        return alive, start
    ahead = prefixes(shape, depth, items)[0]
    return int(scales[best] / max(depth, 1) ** shape.alpha), ahead


def _prices(shape: Shape, scales: Floats, alive: int, depth: int, items: int, fee: float) -> Floats:
    """What the rounds from `depth` on cost at each scale, (scales,)."""
    starts = np.maximum(np.minimum((scales / alive) ** (1 / shape.alpha), items).astype(int), depth)
    price = np.where(starts > depth, alive * (starts - depth + fee), 0.0)
    place = starts.astype(float)
    while (place < items).any():
        ahead = np.minimum(items, np.maximum(place + 1, np.round(place * shape.growth)))
        kept = np.floor(scales / np.maximum(place, 1) ** shape.alpha)
        price += np.where((kept >= 2) & (ahead > place), kept * (ahead - place + fee), 0.0)
        place = ahead
    return price
