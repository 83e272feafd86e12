"""Successive Rejects, with items of one's own or shared."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.search.protocol import Ints, Problem
from evaluator.search.rounds import Rounds


class SuccessiveRejects(Rounds):
    """One arm leaves a phase; when k are left, each has been asked n(k) = scale / k items.

    Audibert, Bubeck and Munos 2010, "Best Arm Identification in Multi-Armed Bandits", fig. 3, where
    scale = (T - n) / (1/2 + 1/2 + 1/3 + ... + 1/n). Here it is the largest that the budget pays
    for, loads included; phases that ask nothing new are passed over.
    """

    def __init__(self, problem: Problem, shared: bool = True) -> None:
        self._phases: dict[int, tuple[int, int]] | None = None
        super().__init__(problem, shared)

    def _next(self, alive: Ints, depth: int) -> tuple[Ints, int]:
        if self._phases is None:
            fee = float(self._ledger.fees()[alive].mean())
            self._phases = self._plan(len(alive), fee)
        keep, until = self._phases.get(depth, (0, depth))
        return self._best(alive, keep), until

    def _plan(self, arms: int, fee: float) -> dict[int, tuple[int, int]]:
        """For each depth, how many are then kept and up to where they are asked."""
        low, high = 0.0, float(arms * self._ledger.items)
        while high - low > 0.5:
            middle = (low + high) / 2
            price = sum(k * (n - d + fee) for d, k, n in self._walk(middle, arms))
            low, high = (middle, high) if price <= self._ledger.left else (low, middle)
        return {d: (k, n) for d, k, n in self._walk(low, arms)}

    def _walk(self, scale: float, arms: int) -> Iterator[tuple[int, int, int]]:
        """Depth, arms kept there and depth they come to, phase by phase."""
        depth, items = 0, self._ledger.items
        while depth < items:
            keep = min(arms, int(scale / (depth + 1)))
            if keep < min(2, arms):
                return
            ahead = min(items, int(scale / keep))
            yield depth, keep, ahead
            depth = ahead
