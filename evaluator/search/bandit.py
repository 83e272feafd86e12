"""What the policies that pull one arm at a time share."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from evaluator.search.ledger import Ledger
from evaluator.search.protocol import Batch, Floats, Ints, Problem, Standing

# A pull asks one item and this share of what the arm was asked before: as good as one by one.
PULL = 0.15


class Bandit(ABC):
    """After an opening of all arms, the arm with the highest index is asked next.

    Arms are asked along the shared order, which only helps: its prefixes are balanced over the
    categories, and arms equally deep are compared on the same items. The pick has the highest
    mean, drawn towards the mean of all by `PRIOR` pseudo-queries, lest an arm asked little wins.
    """

    OPENING = 2
    PRIOR = 4.0

    def __init__(self, problem: Problem) -> None:
        self._ledger = books = Ledger(problem)
        queue = books.visiting_order()
        opening = int(max(1, min(self.OPENING, books.items, problem.budget / 2)))
        entrants = books.affordable(queue, opening)
        self._entered = np.zeros(problem.arms, dtype=np.bool_)
        self._entered[entrants] = True
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
        ranking = np.lexsort((books.tie, -np.where(books.count > 0, self._shrunk(), -1.0)))
        stopped = np.where(books.depth < books.items, 0, -1)
        return books.standing(ranking, stopped, (books.items,))

    def _shrunk(self) -> Floats:
        """Mean of each arm with `PRIOR` pseudo-queries at the mean of all; exact at the end."""
        books = self._ledger
        centre = books.total.sum() / max(int(books.count.sum()), 1)
        prior = self.PRIOR * (1 - books.depth / books.items)
        mean: Floats = (books.total + prior * centre) / np.maximum(books.count + prior, 1e-9)
        return mean

    def _pull(self) -> Batch | None:
        books = self._ledger
        closed = books.failed | (books.depth >= books.items)
        if books.load_cost.any():
            closed |= books.fees() + 1 > books.left + 1e-9
        elif books.left < 1:
            return None
        index = np.where(closed, -np.inf, self._index() + 1e-9 * books.tie)
        arm = int(index.argmax())
        if closed[arm]:
            return None
        depth = int(books.depth[arm])
        room = books.left - float(books.fees()[arm]) + 1e-9
        step = int(min(1 + PULL * depth, books.items - depth, room))
        return books.ask(np.array([arm]), np.arange(depth, depth + step))


def count(books: Ledger) -> Ints:
    """Scores told of each arm, at least one, (arms,): safe to divide by."""
    return np.maximum(books.count, 1)
