"""Everyone is asked everything: the truth, at its full price."""

from __future__ import annotations

import numpy as np

from evaluator.search.ledger import Ledger
from evaluator.search.protocol import Batch, Floats, Ints, Problem, Standing


class Exhaustive:
    """Asks one arm after another the whole pool, as many arms as the budget pays for.

    `first` goes first, the others in random order. The last arm gets what is left.
    """

    def __init__(self, problem: Problem) -> None:
        self._ledger = Ledger(problem)
        self._queue = self._ledger.visiting_order().tolist()[::-1]
        self._next = self._visit()

    def ask(self) -> Batch | None:
        batch = self._next
        if batch is not None:
            self._next = self._visit()
        return batch

    def _visit(self) -> Batch | None:
        """The whole pool for the next arm that can be paid for."""
        books = self._ledger
        while self._queue:
            arm = np.array([self._queue.pop()])
            fee = float(books.fees()[arm[0]])
            count = int(min(books.items, books.left - fee + 1e-9))
            if count > 0:
                return books.ask(arm, np.arange(count))
        return None

    def tell(self, batch: Batch, scores: Floats) -> None:
        self._ledger.tell(batch, scores)

    @property
    def done(self) -> bool:
        return self._next is None and not self._ledger.waiting

    def standing(self) -> Standing:
        books = self._ledger
        return books.standing(books.ranking(), self.stopped(), (books.items,))

    def stopped(self) -> Ints:
        books = self._ledger
        return np.where((books.depth < books.items) | books.failed, 0, -1)
