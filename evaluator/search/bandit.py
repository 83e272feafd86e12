"""What the policies that pull one arm at a time share."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from evaluator.search.ledger import Ledger
from evaluator.search.protocol import Batch, Floats, Ints, Problem, Standing

# A pull asks one item, and one more for every so many that the arm was asked before.
PULL = 4


class Bandit(ABC):
    """After an opening of all arms, the arm with the highest index is asked next.

    Arms are asked along the shared order, which only helps: its prefixes are balanced over the
    categories, and arms equally deep are compared on the same items. The pick is the arm asked
    most, which is what the index thought best, and is safer than the highest mean.
    """

    OPENING = 2

    def __init__(self, problem: Problem) -> None:
        self._ledger = books = Ledger(problem)
        self._loads_cost = bool(books.load_cost.any() or books.reload_cost.any())
        queue = books.visiting_order()
        opening = int(max(1, min(self.OPENING, books.items, problem.budget / 2)))
        entrants = books.affordable(queue, opening)
        self._next = books.ask(entrants, np.arange(opening)) if len(entrants) else self._pull()

    @abstractmethod
    def _index(self) -> Floats:
        """How much each arm deserves to be asked next, (arms,)."""

    def ask(self) -> Batch | None:
        batch, self._next = self._next, None
        return batch

    def tell(self, batch: Batch, scores: Floats) -> None:
        self._ledger.tell(batch, scores)
        if self._next is None and not self._ledger.waiting:
            self._next = self._pull()

    @property
    def done(self) -> bool:
        return self._next is None and not self._ledger.waiting

    def standing(self) -> Standing:
        books = self._ledger
        return books.standing(books.ranking(), self.stopped(), (books.items,))

    def stopped(self) -> Ints:
        return np.where(self._ledger.depth < self._ledger.items, 0, -1)

    def _pull(self) -> Batch | None:
        books = self._ledger
        left = books.left + 1e-9
        if left < 1:
            return None
        closed = books.failed | (books.depth >= books.items)
        if self._loads_cost:
            closed |= books.fees() + 1 > left
        index = np.where(closed, -np.inf, self._index() + 1e-6 * books.tie)
        arm = int(index.argmax())
        if closed[arm]:
            return None
        depth = int(books.depth[arm])
        room = left - (float(books.fees()[arm]) if self._loads_cost else 0.0)
        step = int(min(1 + depth // PULL, books.items - depth, room))
        return books.ask(np.array([arm]), np.arange(depth, depth + step))


def count(books: Ledger) -> Ints:
    """Scores told of each arm, at least one, (arms,): safe to divide by."""
    return np.maximum(books.count, 1)
