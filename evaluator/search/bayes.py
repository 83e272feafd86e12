"""Bayesian elimination."""

from __future__ import annotations

import numpy as np

from evaluator.search.protocol import Ints, Problem
from evaluator.search.rounds import Rounds

DRAWS = 400


class BayesElimination(Rounds):
    """Rounds of shared items; after each, the arms that are unlikely to be the best leave: those
    with the least posterior probability of it, together at most `risk`.

    Means have beta posteriors with a uniform prior; the probability of being the best is taken
    from draws, as in Russo 2016, "Simple Bayesian Algorithms for Best-Arm Identification",
    section 2.2. The prefix grows by `growth` a round, and the risk is tuned.
    """

    def __init__(self, problem: Problem, risk: float = 0.03, growth: float = 1.3) -> None:
        self._risk, self._growth = risk, growth
        super().__init__(problem)

    def _next(self, alive: Ints, depth: int) -> tuple[Ints, int]:
        books = self._ledger
        kept = self._likely(alive) if depth else alive
        if len(kept) < 2 <= len(alive):
            return alive[:0], depth
        fee = float(books.fees()[kept].mean())
        room = int(books.left / len(kept) - fee + 1e-9)
        step = max(1, int(depth * (self._growth - 1)), int(fee > 0) * 8)
        return kept, min(books.items, depth + max(0, min(step, room)))

    def _likely(self, arms: Ints) -> Ints:
        """The fewest arms that hold all but `risk` of the probability of being the best."""
        books = self._ledger
        wins = books.total[arms] + 1
        losses = books.count[arms] - books.total[arms] + 1
        best = books.rng.beta(wins, losses, (DRAWS, len(arms))).argmax(axis=1)
        chance = np.bincount(best, minlength=len(arms)) / DRAWS
        ranked = np.lexsort((books.tie[arms], -books.mean()[arms], -chance))
        held = np.cumsum(chance[ranked])
        keep = int(np.searchsorted(held, 1 - self._risk)) + 1
        return np.sort(arms[ranked[:keep]])
