"""Elimination in rounds: what every synchronous policy shares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque

import numpy as np

from evaluator.search.ledger import Ledger
from evaluator.search.protocol import Batch, Floats, Ints, Problem, Standing
from evaluator.search.scoring import Scorer

# Where the budget cannot load everyone, as many enter as can be asked so much each.
ENTRY = (8, 4, 2, 1)


class Rounds(ABC):
    """Survivors are asked more in every round; then the worst of them leave.

    With `shared`, everyone is asked the same items of the order, and a round is one batch; without,
    each arm is asked in a random order of its own, a batch an arm. A round is planned when all of
    the last one was told, for what is left of the budget, so that what failed arms and rounding
    did not use goes to the others; what the last round leaves goes to the best placed arms, to the
    end of the pool.
    """

    def __init__(self, problem: Problem, shared: bool = True) -> None:
        self._ledger = books = Ledger(problem)
        shape = (problem.arms, books.items)
        self._own: Ints | None = None
        if not shared:
            self._own = books.rng.permuted(np.broadcast_to(np.arange(books.items), shape), axis=1)
        self._scorer = Scorer(books)
        self._alive = self._entrants()
        self._stopped = np.full(problem.arms, -1, dtype=np.int64)
        self._rungs: list[int] = []
        self._ready: deque[tuple[Ints, Ints]] = deque()
        self._advance()

    @abstractmethod
    def _next(self, alive: Ints, depth: int) -> tuple[Ints, int]:
        """The arms to keep of `alive`, all at prefix `depth`, and the prefix to ask them up to.

        No arms, or no more to ask: the rounds are over.
        """

    def _entrants(self) -> Ints:
        """Everyone, or as many as can be loaded and asked a few items."""
        queue = self._ledger.visiting_order()
        entrants = queue[:0]
        for queries in ENTRY:
            entrants = self._ledger.affordable(queue, min(queries, self._ledger.items))
            if len(entrants) == len(queue):
                break
        return np.sort(entrants)

    def ask(self) -> Batch | None:
        return self._ledger.ask(*self._ready.popleft()) if self._ready else None

    def tell(self, batch: Batch, scores: Floats) -> None:
        self._ledger.tell(batch, scores)
        if not self._ready and not self._ledger.waiting:
            self._advance()

    @property
    def done(self) -> bool:
        return not self._ready and not self._ledger.waiting

    def standing(self) -> Standing:
        return self._ledger.standing(self._ranking(), self._stopped, tuple(self._rungs))

    def stopped(self) -> Ints:
        return self._stopped.copy()

    def _advance(self) -> None:
        if not self._round():
            self._refill()

    def _round(self) -> bool:
        """Put out the next round; whether there is one."""
        books = self._ledger
        alive = self._alive[~books.failed[self._alive]]
        depth = int(books.depth[alive].min()) if len(alive) else 0
        kept, until = self._next(alive, depth) if len(alive) else (alive, 0)
        kept = books.loaded_first(kept)
        if until <= depth or len(books.affordable(kept, until - depth)) < max(1, len(kept)):
            self._alive = alive[:0]
            return False
        self._stopped[np.setdiff1d(alive, kept)] = len(self._rungs) - 1
        self._rungs.append(until)
        self._alive = kept
        self._put(kept, depth, until)
        return True

    def _put(self, arms: Ints, depth: int, until: int) -> None:
        if self._own is None:
            self._ready.append((arms, np.arange(depth, until)))
            return
        for arm in arms:
            self._ready.append((np.array([arm]), self._own[arm, depth:until]))

    def _best(self, arms: Ints, keep: int) -> Ints:
        """The `keep` arms with the highest scores."""
        books = self._ledger
        if self._own is None:
            score = self._scorer.at(arms, int(books.depth[arms].min()))
        else:
            score = np.nan_to_num(books.mean()[arms], nan=-1.0)
        return np.sort(arms[np.lexsort((books.tie[arms], -score))[:keep]])

    def _ranking(self) -> Ints:
        return self._scorer.ranking() if self._own is None else self._ledger.ranking()

    def _refill(self) -> None:
        """What is left goes to the best placed arm not yet asked everything."""
        books = self._ledger
        ranked = self._ranking()
        fees = books.fees()[ranked]
        able = ~books.failed[ranked] & (books.depth[ranked] < books.items)
        able &= fees + 1 <= books.left + 1e-9
        if not able.any():
            return
        place = int(able.argmax())
        depth = int(books.depth[ranked[place]])
        until = int(min(books.items, depth + books.left - fees[place] + 1e-9))
        self._put(ranked[place : place + 1], depth, until)
