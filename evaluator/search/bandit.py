"""What the policies that pull one arm at a time share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque

import numpy as np

from evaluator.search.ledger import Ledger
from evaluator.search.protocol import Batch, Floats, Ints, Problem, Standing

# A pull asks one item, and one more for every so many that the arm was asked before.
PULL = 4


class Bandit(ABC):
    """After an opening of all arms, the arm with the highest index is asked next.

    Each arm begins somewhere else in the order and goes round it, so that its prefixes are balanced
    over the categories. Along the same order from its start, arms asked more would be compared with
    arms asked less on other items: what stands where in the order would count for more than the
    arms do. The pick is the arm asked most, which is what the index thought best, and is safer than
    the highest mean.
    """

    OPENING = 2
    """Items each arm is asked first. Where loads cost, half of what a load each leaves, and a pull
    asks for no less than its load costs."""

    def __init__(self, problem: Problem) -> None:
        self._ledger = books = Ledger(problem)
        self._loads_cost = bool(books.load_cost.any() or books.reload_cost.any())
        queue = books.visiting_order()
        self._begin = np.empty(books.arms, dtype=np.int64)
        self._begin[queue] = books.rng.integers(0, books.items, books.arms)
        opening = int(max(1, min(self.OPENING, books.items, problem.budget / 2)))
        if self._loads_cost:
            beside = books.mean_budget - float(books.load_cost.mean())
            opening = int(min(max(opening, beside / 2), books.items))
        entrants = books.affordable(queue, opening)
        self._ready = deque((arm, opening) for arm in entrants.tolist())
        if not self._ready:
            self._advance()

    @abstractmethod
    def _index(self) -> Floats:
        """How much each arm deserves to be asked next, (arms,)."""

    def ask(self) -> Batch | None:
        if not self._ready:
            return None
        arm, step = self._ready.popleft()
        books = self._ledger
        begin = int(self._begin[arm] + books.depth[arm])
        return books.ask(np.array([arm]), np.arange(begin, begin + step) % books.items)

    def tell(self, batch: Batch, scores: Floats) -> None:
        self._ledger.tell(batch, scores)
        if not self._ready and not self._ledger.waiting:
            self._advance()

    @property
    def done(self) -> bool:
        return not self._ready and not self._ledger.waiting

    def standing(self) -> Standing:
        books = self._ledger
        return books.standing(books.ranking(), self.stopped(), (books.items,))

    def stopped(self) -> Ints:
        return np.where(self._ledger.depth < self._ledger.items, 0, -1)

    def _advance(self) -> None:
        """Put out the next pull, if there is one."""
        books = self._ledger
        left = books.left + 1e-9
        closed = books.failed | (books.depth >= books.items)
        closed |= (books.fees() if self._loads_cost else 0.0) + 1 > left
        index = np.where(closed, -np.inf, self._index() + 1e-6 * books.tie)
        arm = int(index.argmax())
        if closed[arm]:
            return
        depth = int(books.depth[arm])
        fee = float(books.fees()[arm]) if self._loads_cost else 0.0
        step = max(1 + depth // PULL, fee)
        self._ready.append((arm, int(min(step, books.items - depth, left - fee))))


def count(books: Ledger) -> Ints:
    """Scores told of each arm, at least one, (arms,): safe to divide by."""
    return np.maximum(books.count, 1)
