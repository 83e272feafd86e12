"""Accelerated halving: shared rounds, early and hard elimination, all of the budget spent."""

from __future__ import annotations

import math

import numpy as np

from evaluator.search.protocol import Ints, Problem
from evaluator.search.rounds import Rounds
from evaluator.search.schedule import Shape, next_round

# A round loads every survivor again: prefixes grow by up to so much more where that is dear.
FEWER = 2.7
STEEP = 9.0
# The fewer arms can come to the end of the pool, the more is spent on the last of them; where it is
# so many, as much on every stretch.
FINISHERS = 20.0


def shape_for(problem: Problem) -> Shape:
    """Many short rounds where loads are free, few long ones where a reload costs more than a few
    percent of what an arm is asked on average; and the more even over the rounds, the more arms
    could come to the end if they were quite even."""
    load, again = float(np.mean(problem.load_cost)), float(np.mean(problem.reload_cost))
    queries, items = max(1.0, min(problem.budget, 1e9) - load), len(problem.order)
    finishers = problem.arms * queries / (items * math.log(items + 1))
    even = math.log(max(1.0, min(finishers, FINISHERS))) / math.log(FINISHERS)
    plain = Shape()
    return Shape(
        alpha=plain.alpha + even * (1 - plain.alpha),
        growth=plain.growth + min(FEWER, STEEP * again / queries),
    )


class Accelerated(Rounds):
    """Survivors are asked the same next items of the order; the worst leave after every round.

    The rounds follow `shape`, by default `shape_for` the prices (see schedule.py): after each, the
    number kept and the length of the next are chosen anew for what is left of the budget.

    After "Discovering Hidden Gems in Model Repositories" (arXiv 2601.22157): correlated Sequential
    Halving (Baharav and Tse 2019, alg. 1) with an aggressive elimination schedule.
    """

    def __init__(self, problem: Problem, shape: Shape | None = None) -> None:
        self._shape = shape or shape_for(problem)
        super().__init__(problem)

    def _next(self, alive: Ints, depth: int) -> tuple[Ints, int]:
        books = self._ledger
        fee = float(books.fees()[alive].mean())
        keep, until = next_round(self._shape, len(alive), depth, books.items, books.left, fee)
        if keep < min(2, len(alive)):
            return alive[:0], depth
        return self._best(alive, keep), until


class Published(Rounds):
    """The schedule as the paper describes it: about 10 queries for everyone, the best 30% go on,
    about 100 for the few, fewer of them from round to round; scaled to the budget.

    After arXiv 2601.22157, whose schedule is described and not published: this is our reading of
    it. With a mean budget of 10 queries, everyone gets a third of it, and the rest is spent evenly
    over rounds that keep 30%.
    """

    KEEP = 0.3
    OPENING = 0.35

    def _next(self, alive: Ints, depth: int) -> tuple[Ints, int]:
        books = self._ledger
        fee = float(books.fees()[alive].mean())
        kept = alive if depth == 0 else self._best(alive, max(1, round(self.KEEP * len(alive))))
        if len(kept) < 2 <= len(alive):
            return alive[:0], depth
        rounds, size = 1, len(kept)
        while size * self.KEEP >= 1.5:
            rounds, size = rounds + 1, round(size * self.KEEP)
        share = self.OPENING if depth == 0 and rounds > 1 else 1 / rounds
        step = int(share * books.left / len(kept) - fee + 1e-9)
        return kept, min(books.items, depth + max(1, step))
