"""Who is still to be visited, and what those visits will need."""

from __future__ import annotations

import math

import numpy as np

from evaluator.search.ledger import Ledger
from evaluator.search.outlay import Outlay
from evaluator.search.protocol import Ints

# No visit is begun that could not be asked so much, unless everyone is to be visited.
LEAST = 8
# What a visit should be asked on average where a load costs 100 queries, and how that grows with
# the price of a load: see `worthwhile`.
ASKED = 40.0
DEARER = 0.4


def worthwhile(load: float, items: int, top_k: int = 1) -> float:
    """How many queries a visit should be worth on average before more arms are loaded.

    Leaving out a share of the arms costs the chance that the best is among them, times `top_k`
    where several are wanted; what their loads would have cost lets the others be asked more, and
    the chance to pick a wrong one falls with about the 3/2th power of that. The costs balance at a
    power of the price of a load of 1/2.5; the level is from made and recorded matrices. At a price
    of 1,000, leaving out one arm in twenty more than halves the regret of asking all 40 queries.
    """
    asked = ASKED * math.pow(load / 100 / top_k, DEARER)
    return min(items / 2, asked)


class Waiting:
    """The arms that wait for a visit, in random order, behind those the problem names first.

    Not all of them need get one: where loads are dear, some are left out (see `worthwhile`).
    usual: the scale at which visits to all who get one would have fit the whole budget.
    """

    def __init__(self, books: Ledger, outlay: Outlay) -> None:
        self._books, self._outlay = books, outlay
        self._queue: list[int] = books.visiting_order().tolist()
        self._named = len(books.problem.first)
        self._owed = float(books.load_cost.sum())
        self._least = 1 if books.problem.everyone else min(LEAST, books.items)
        self._planned, self.usual = self._outline()

    def join(self, fresh: Ints, over: bool) -> None:
        """Mix arms that arrive with those that wait; or put them before those that were left out,
        when the visits were over."""
        waiting = np.array([] if over else self._queue[self._named :], dtype=np.int64)
        mixed = self._books.rng.permutation(np.concatenate([waiting, fresh])).tolist()
        behind = self._queue[self._named :] if over else []
        self._queue[self._named :] = [*mixed, *behind]
        self._owed += float(self._books.load_cost[fresh].sum())
        self._planned, self.usual = self._outline()

    def first(self) -> int | None:
        """The next arm whose visit is planned and can be paid for."""
        books = self._books
        if not self._to_come():
            return None
        least = self._least if books.loads.any() else 1
        if books.load_cost[self._queue[0]] + least <= books.left + 1e-9:
            return self._queue[0]
        able = books.load_cost[self._queue] + least <= books.left + 1e-9
        return self._queue[int(able.argmax())] if able.any() else None

    def take(self, arm: int) -> None:
        """An arm waits no longer."""
        place = self._queue.index(arm)
        del self._queue[place]
        self._named -= place < self._named
        self._owed -= float(self._books.load_cost[arm])

    def ahead(self, left: float) -> tuple[float, float]:
        """How many visits are still to be made and can be paid for from what is left, and what a
        load costs on average."""
        if not self._queue:
            return 0.0, 0.0
        fee = self._owed / len(self._queue)
        return min(float(self._to_come()), max(0.0, left) / (fee + self._least)), fee

    def _to_come(self) -> int:
        """How many visits are still planned; one to an arm that failed is made up for."""
        books = self._books
        made = int((books.loads.astype(bool) & ~books.failed).sum())
        return min(len(self._queue), max(0, self._planned - made))

    def _outline(self) -> tuple[int, float]:
        """How many of all known so far to visit, and the scale that would fit them, had nobody
        been visited."""
        books = self._books
        whole = books.mean_budget * books.arms
        fee = float(books.load_cost.mean())
        each = fee + worthwhile(fee, books.items, books.problem.top_k)
        covered = books.problem.everyone or whole >= books.arms * each
        visits = books.arms if covered else max(1, int(whole / each))
        return visits, self._outlay.fitting(visits, fee, 0, whole)
