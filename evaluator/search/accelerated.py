"""Accelerated halving: shared rounds, early and hard elimination, all of the budget spent."""

from __future__ import annotations

import numpy as np

from evaluator.search.ledger import Ledger
from evaluator.search.protocol import Batch, Floats, Ints, Problem, Standing
from evaluator.search.schedule import Shape, next_round


class Accelerated:
    """Survivors are asked the same next items of the order; the worst leave after every round.

    The rounds follow `shape` (see schedule.py): after each, the number kept and the length of the
    next are chosen anew for what is left of the budget, so that what failed arms and rounding did
    not use goes to the others. What remains after the last cut goes to the best of the stopped
    arms, to the end of the pool. A round is handed out as one batch.

    After "Discovering Hidden Gems in Model Repositories" (arXiv 2601.22157): correlated Sequential
    Halving (Baharav and Tse 2019, alg. 1) with an aggressive elimination schedule.
    """

    def __init__(self, problem: Problem, shape: Shape | None = None) -> None:
        self._ledger = Ledger(problem)
        self._shape = shape or Shape()
        self._alive = self._entrants()
        self._rung = np.full(problem.arms, -1, dtype=np.int64)
        self._rungs: list[int] = []
        self._next = self._plan()

    def _entrants(self) -> Ints:
        """Everyone, or as many as can be loaded and asked a few items."""
        books = self._ledger
        queue = books.visiting_order()
        for queries in (8, 4, 2, 1):
            entrants = books.affordable(queue, min(queries, books.items))
            if len(entrants) == len(queue):
                break
        return np.sort(entrants)

    def ask(self) -> Batch | None:
        batch, self._next = self._next, None
        return batch

    def tell(self, batch: Batch, scores: Floats) -> None:
        self._ledger.tell(batch, scores)
        if self._next is None and not self._ledger.waiting:
            self._next = self._plan()

    @property
    def done(self) -> bool:
        return self._next is None and not self._ledger.waiting

    def standing(self) -> Standing:
        return self._ledger.standing(self._ledger.ranking(), self._rung, tuple(self._rungs))

    def _plan(self) -> Batch | None:
        return self._round() or self._refill()

    def _round(self) -> Batch | None:
        """The next batch of the tournament; None when fewer than two would be held."""
        books = self._ledger
        alive = self._alive[~books.failed[self._alive]]
        if not len(alive):
            return None
        depth = int(books.depth[alive[0]])
        fee = float(books.fees()[alive].mean())
        keep, until = next_round(self._shape, len(alive), depth, books.items, books.left, fee)
        if keep < min(2, len(alive)) or until <= depth:
            return None
        kept = self._best(alive, keep)
        kept = books.loaded_first(kept)
        if len(books.affordable(kept, until - depth)) < len(kept):
            return None
        self._rung[np.setdiff1d(alive, kept)] = len(self._rungs) - 1
        self._rungs.append(until)
        self._alive = kept
        return books.ask(kept, np.arange(depth, until))

    def _best(self, arms: Ints, keep: int) -> Ints:
        books = self._ledger
        score = np.nan_to_num(books.mean()[arms], nan=-1.0)
        return np.sort(arms[np.lexsort((books.tie[arms], -score))[:keep]])

    def _refill(self) -> Batch | None:
        """What is left goes to the best placed arm not yet asked everything."""
        books = self._ledger
        ranked = books.ranking()
        fees = books.fees()[ranked]
        open_to = ~books.failed[ranked] & (books.depth[ranked] < books.items)
        open_to &= fees + 1 <= books.left + 1e-9
        if not open_to.any():
            return None
        place = int(open_to.argmax())
        arm, depth = ranked[place : place + 1], int(books.depth[ranked[place]])
        until = int(min(books.items, depth + books.left - fees[place] + 1e-9))
        return books.ask(arm, np.arange(depth, until))
