"""Who came how far along the order, and how good it was there: the field arms are ranked in."""

from __future__ import annotations

from bisect import bisect_left, insort

import numpy as np

from evaluator.search.protocol import Floats, Ints


class Field:
    """The keys of arms at the rungs they came to, ascending from the best.

    Whoever was stopped at a rung with a better key than an arm had there counts as ahead of it
    at every later one. keys: (arms, rungs), NaN where an arm did not come. halted: the rung at
    which an arm was stopped, -1 while it was not, (arms,).
    """

    def __init__(self, rungs: Ints, alpha: float, grace: float, arms: int) -> None:
        self._rungs, self._alpha, self._grace = rungs, alpha, grace
        self._reached: list[list[float]] = [[] for _ in rungs]
        self._stopped: list[list[float]] = [[] for _ in rungs]
        self.keys: Floats = np.full((arms, len(rungs)), np.nan)
        self.halted: Ints = np.full(arms, -1, dtype=np.int64)

    def grow(self, arms: int) -> None:
        """Make room for so many arms more."""
        self.keys = np.vstack([self.keys, np.full((arms, len(self._rungs)), np.nan)])
        self.halted = np.append(self.halted, np.full(arms, -1, dtype=np.int64))

    @property
    def size(self) -> int:
        """How many arms came to the first rung."""
        return len(self._reached[0])

    def enter(self, arm: int, level: int, key: float) -> None:
        self.keys[arm, level] = key
        insort(self._reached[level], key)

    def stop(self, arm: int, level: int) -> None:
        self.halted[arm] = level
        insort(self._stopped[level], float(self.keys[arm, level]))

    def resume(self, arm: int) -> None:
        """An arm that was stopped is asked again."""
        level = int(self.halted[arm])
        held = self._stopped[level]
        held.pop(bisect_left(held, float(self.keys[arm, level])))
        self.halted[arm] = -1

    def behind(self, arm: int, level: int) -> float:
        """How far an arm is behind the best that came to a rung."""
        return float(self.keys[arm, level]) - self._reached[level][0]

    def scale(self, arm: int, level: int, below: int = 0) -> float:
        """The least scale n0 at which an arm goes on from a rung: n x (rank / field)^(1 / alpha).

        below: how many others are still being asked lower down, and not compared here yet.
        """
        rank = bisect_left(self._reached[level], float(self.keys[arm, level])) + 1
        for lower in range(level):
            rank += bisect_left(self._stopped[lower], float(self.keys[arm, lower]))
        share = max(rank - self._grace, 0.0) / max(self.size - below, 1)
        return float(self._rungs[level] * min(1.0, share) ** (1 / self._alpha))

    def needed(self, arms: Ints) -> Floats:
        """The least scale at which each stopped arm would have gone on, had all been there by then
        who came since, (arms,)."""
        rank, levels = np.ones(len(arms)), self.halted[arms]
        for level in range(int(levels.max(initial=-1)) + 1):
            here, above = levels == level, levels > level
            for some, held in ((here, self._reached), (above, self._stopped)):
                rank[some] += np.searchsorted(held[level], self.keys[arms[some], level])
        share = np.maximum(rank - self._grace, 0.0) / max(self.size, 1)
        found: Floats = self._rungs[levels] * np.minimum(1.0, share) ** (1 / self._alpha)
        return found
