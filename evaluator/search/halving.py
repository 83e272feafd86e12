"""Sequential Halving, with items of one's own or shared."""

from __future__ import annotations

import math

from evaluator.search.protocol import Ints
from evaluator.search.rounds import Rounds


class Halving(Rounds):
    """The budget is split evenly over ceil(log2 n) rounds; after each the worse half leaves.

    Karnin, Koren and Somekh 2013, "Almost Optimal Exploration in Multi-Armed Bandits", alg. 3.
    With shared items: Baharav and Tse 2019, "Ultra Fast Medoid Identification via Correlated
    Sequential Halving", alg. 1. Unlike there, samples of earlier rounds are kept, and every round
    is sized for what is then left, so that rounding loses nothing.
    """

    def _next(self, alive: Ints, depth: int) -> tuple[Ints, int]:
        books = self._ledger
        kept = alive if depth == 0 else self._best(alive, math.ceil(len(alive) / 2))
        if len(kept) < 2 <= len(alive):
            return alive[:0], depth
        rounds = max(1, math.ceil(math.log2(len(kept)))) if len(kept) > 1 else 1
        fee = float(books.fees()[kept].mean())
        step = int(books.left / rounds / len(kept) - fee + 1e-9)
        return kept, min(books.items, depth + max(1, step))
