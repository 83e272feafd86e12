"""The two simplest rules, to hold the others against."""

from __future__ import annotations

import numpy as np

from evaluator.search.ledger import Ledger
from evaluator.search.protocol import Batch, Floats, Ints, Problem, Standing
from evaluator.search.rounds import Rounds


class Uniform(Rounds):
    """The budget is split evenly over all arms, on the same items; what the division leaves goes
    to the best."""

    def _next(self, alive: Ints, depth: int) -> tuple[Ints, int]:
        books = self._ledger
        if depth:
            return alive[:0], depth
        fee = float(books.fees()[alive].mean())
        return alive, int(min(books.items, books.left / len(alive) - fee + 1e-9))


class Random:
    """Asks nothing and picks at random: what choosing without looking is worth."""

    def __init__(self, problem: Problem) -> None:
        self._ledger = Ledger(problem)

    def ask(self) -> Batch | None:
        return None

    def tell(self, batch: Batch, scores: Floats) -> None:
        self._ledger.tell(batch, scores)

    @property
    def done(self) -> bool:
        return True

    def standing(self) -> Standing:
        books = self._ledger
        return books.standing(books.ranking(), self.stopped(), ())

    def stopped(self) -> Ints:
        return np.full(self._ledger.arms, -1, dtype=np.int64)
