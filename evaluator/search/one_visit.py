"""One load a checkpoint: accelerated halving that waits for nobody."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Sequence

import numpy as np

from evaluator.search.ledger import Ledger
from evaluator.search.protocol import Batch, Floats, Ints, Problem, Standing
from evaluator.search.schedule import Shape, prefixes
from evaluator.search.scoring import Scorer

# No visit is begun that could not be asked so much, unless everyone is to be visited.
LEAST = 8
# What a visit should be asked on average where a load costs 100 queries, and how that grows with
# the price of a load: see `worthwhile`.
ASKED = 40.0
DEARER = 0.4
# How far the scale may outgrow the one that fits the whole family: what is left at the end is not
# thrown at the last.
MOST = 2.0
# How many standard errors behind the leader an arm may be that goes on from money left over.
NEAR = 1.0
# The part of an average visit that is kept for every visit to come, whoever comes first.
KEPT = 0.5


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


class OneVisit:
    """While an arm is loaded it is asked along the order, and stopped at the first rung where it is
    not among the best of all that came that far. No arm is loaded twice.

    At rung n an arm goes on if its rank there, among the arms visited so far, is at most
    p(n) x visited + `grace`, where p(n) = min(1, (n0 / n)^alpha): asynchronous halving (Li et al.
    2020, "A System for Massively Parallel Hyperparameter Tuning", alg. 2) with the survivor counts
    of `accelerated`, paired throughout and without going back. n0 is chosen anew for each visit,
    so that the visits to come are expected to spend what is left; where loads are so dear that
    more queries for fewer arms are worth more, not everyone is visited (see `worthwhile`). The
    first arms have no field to be ranked in: they are stopped where p(n) falls below 1 - grace, so
    that a cold start is cheap; whoever comes later is measured against stored answers. What the
    visits before did not use takes arms to the end that their rank would stop, if they are not
    clearly behind the leader.

    Arms are visited in random order, so that it does not matter how they are listed; those that
    arrive are mixed with those still waiting. Nothing is learned from who came when.
    """

    def __init__(self, problem: Problem, shape: Shape | None = None, grace: float = 0.75) -> None:
        self._ledger = books = Ledger(problem)
        self._scorer = Scorer(books)
        self._shape = shape or Shape(alpha=0.75, growth=1.5)
        self._grace = grace
        self._rungs = np.array(prefixes(self._shape, 0, books.items))
        self._reached: list[list[float]] = [[] for _ in self._rungs]
        self._halted: list[list[float]] = [[] for _ in self._rungs]
        self._behind: dict[int, int] = {}
        self._entered = np.zeros(problem.arms, dtype=np.int64)
        self._stopped = np.full(problem.arms, -1, dtype=np.int64)
        self._queue = books.visiting_order().tolist()
        self._named = len(problem.first)
        self._owed = float(books.load_cost.sum())
        self._open: set[int] = set()
        self._going: list[int] = []
        self._scales = np.geomspace(1.0, books.items, 240)
        self._pass = np.minimum(1.0, (self._scales[:, None] / self._rungs) ** self._shape.alpha)
        self._steps = np.diff(self._rungs)
        self._least = 1 if problem.everyone else min(LEAST, books.items)
        self._planned, self._largest = self._outline()
        self._scale = self._fit()

    def arrive(self, load_cost: Sequence[float], reload_cost: Sequence[float]) -> tuple[int, ...]:
        """New arms, at any time: they get the next indices, the budget of so many arms more, and
        the same visit as everyone."""
        fresh = self._ledger.grow(load_cost, reload_cost)
        self._entered = np.append(self._entered, np.zeros(len(fresh), dtype=np.int64))
        self._stopped = np.append(self._stopped, np.full(len(fresh), -1, dtype=np.int64))
        self._mix(fresh)
        self._owed += float(np.sum(load_cost))
        self._planned, self._largest = self._outline()
        return tuple(fresh.tolist())

    def _mix(self, fresh: Ints) -> None:
        """Put new arms among those that wait, behind `first`."""
        waiting = np.concatenate([np.array(self._queue[self._named :], dtype=np.int64), fresh])
        self._queue[self._named :] = self._ledger.rng.permutation(waiting).tolist()

    def ask(self) -> Batch | None:
        if self._going:
            return self._extend(self._going.pop(0))
        place = self._startable()
        if place is None or len(self._open) >= max(1, self._ledger.problem.workers):
            return None
        return self._visit(place)

    def tell(self, batch: Batch, scores: Floats) -> None:
        books = self._ledger
        books.tell(batch, scores)
        for arm in batch.arms:
            if arm not in self._open or (books.pending[arm] and not books.failed[arm]):
                continue
            if not books.failed[arm] and self._goes_on(arm):
                self._going.append(arm)
                continue
            self._open.discard(arm)
            self._behind.pop(arm, None)
            if books.depth[arm] < books.items:
                self._stopped[arm] = max(self._entered[arm] - 1, 0)

    @property
    def done(self) -> bool:
        return not self._open and self._startable() is None

    def standing(self) -> Standing:
        books = self._ledger
        return books.standing(self._scorer.cautious(), self._stopped, tuple(self._rungs.tolist()))

    def _startable(self) -> int | None:
        """The place in the queue of the next arm that can be paid for."""
        books = self._ledger
        if not self._to_come():
            return None
        least = self._least if books.loads.any() else 1
        if books.load_cost[self._queue[0]] + least <= books.left + 1e-9:
            return 0
        able = books.load_cost[self._queue] + least <= books.left + 1e-9
        return int(able.argmax()) if able.any() else None

    def _visit(self, place: int) -> Batch:
        """Load the next arm and ask it up to the rung that everyone reaches."""
        books = self._ledger
        self._scale = min(self._fit(), self._largest)
        arm = self._queue.pop(place)
        self._named -= place < self._named
        self._owed -= float(books.load_cost[arm])
        sure = int(self._rungs[np.searchsorted(self._rungs, self._scales[self._scale] + 1e-9) - 1])
        until = int(min(sure, books.left - books.load_cost[arm] + 1e-9))
        self._open.add(arm)
        return books.ask(np.array([arm]), np.arange(until))

    def _extend(self, arm: int) -> Batch:
        depth, until = int(self._ledger.depth[arm]), int(self._rungs[self._entered[arm]])
        return self._ledger.ask(np.array([arm]), np.arange(depth, until))

    def _enter(self, arm: int) -> float:
        """Enter an arm's score at every rung it has come to; returns its key at the last.

        On the way it counts who was stopped lower down with a better score there: early arms,
        when the field was small. They would be ahead of it higher up.
        """
        reached = int(np.searchsorted(self._rungs, self._ledger.depth[arm], side="right"))
        key = 0.0
        for level in range(int(self._entered[arm]), reached):
            if level:
                below = bisect_left(self._halted[level - 1], self._key(arm, level - 1))
                self._behind[arm] = self._behind.get(arm, 0) + below
            key = self._key(arm, level)
            insort(self._reached[level], key)
        self._entered[arm] = reached
        return key

    def _key(self, arm: int, level: int) -> float:
        """Ascending from the best: minus the score, ties broken by the arm's random key."""
        score = self._scorer.one(arm, int(self._rungs[level]))
        return -score + 1e-6 * float(self._ledger.tie[arm]) / self._ledger.arms

    def _goes_on(self, arm: int) -> bool:
        """Whether an arm that came to a rung is asked up to the next."""
        key = self._enter(arm)
        level = int(self._entered[arm]) - 1
        if level < 0 or level + 1 >= len(self._rungs):
            return False
        price = float(self._rungs[level + 1] - self._ledger.depth[arm])
        if price <= self._ledger.left - self._reserve() + 1e-9 and (
            self._ranks(arm, level, key) or self._spare(arm, level, key)
        ):
            return True
        insort(self._halted[level], key)
        return False

    def _ranks(self, arm: int, level: int, key: float) -> bool:
        """Whether an arm is among the share of the best that goes on from a rung."""
        share = self._pass[self._scale, level]
        rank = bisect_left(self._reached[level], key) + 1 + self._behind.get(arm, 0)
        # Who is still being asked lower down has not been compared here yet.
        below = sum(0 < self._entered[other] <= level for other in self._open)
        field = len(self._reached[0]) - below
        return bool(share >= 1 or rank <= share * field + self._grace)

    def _spare(self, arm: int, level: int, key: float) -> bool:
        """Whether an arm near the leader of a rung can be asked everything without touching what
        the visits to come bring with them."""
        books = self._ledger
        visits, _ = self._ahead()
        over = books.left - visits * books.mean_budget
        if over + 1e-9 < books.items - books.depth[arm]:
            return False
        error = self._scorer.error(int(self._rungs[level]))
        return bool(key - self._reached[level][0] <= NEAR * error)

    def _ahead(self) -> tuple[float, float]:
        """How many visits are still to be paid for, and what a load costs on average."""
        if not self._queue:
            return 0.0, 0.0
        fee = self._owed / len(self._queue)
        return min(float(self._to_come()), max(0.0, self._ledger.left) / (fee + self._least)), fee

    def _to_come(self) -> int:
        """How many visits are still planned; one to an arm that failed is made up for."""
        books = self._ledger
        made = int((books.loads.astype(bool) & ~books.failed).sum())
        return min(len(self._queue), max(0, self._planned - made))

    def _reserve(self) -> float:
        """What is kept for the visits to come: their loads, what everyone is asked, and a part of
        what is meant for going deep, lest arms that happen to come first use it all up."""
        visits, fee = self._ahead()
        if not visits:
            return 0.0
        each = max(0.0, self._ledger.mean_budget - fee)
        return visits * (fee + max(min(LEAST, float(self._scales[self._scale])), KEPT * each))

    def _fit(self) -> int:
        """The largest scale n0 at which the visits to come are expected to fit what is left."""
        visits, fee = self._ahead()
        return self._fitting(visits, fee, len(self._reached[0]), self._ledger.left)

    def _outline(self) -> tuple[int, int]:
        """How many of all known so far to visit, and `MOST` times the scale that would fit them,
        had nobody been visited."""
        books = self._ledger
        whole = books.mean_budget * books.arms
        fee = float(books.load_cost.mean())
        each = fee + worthwhile(fee, books.items, books.problem.top_k)
        covered = books.problem.everyone or whole >= books.arms * each
        visits = books.arms if covered else max(1, round(whole / each))
        scale = self._scales[self._fitting(visits, fee, 0, whole)]
        return visits, int(np.searchsorted(self._scales, MOST * scale))

    def _fitting(self, visits: float, fee: float, seen: int, money: float) -> int:
        """The largest scale at which so many visits, after `seen` others, cost at most `money`."""
        if visits <= 0:
            return 0
        graced = self._grace * np.log((seen + visits + 1) / (seen + 1)) / visits
        going = np.minimum(1.0, self._pass[:, :-1] + graced)
        price = visits * (fee + self._rungs[0] + going @ self._steps)
        fits = np.flatnonzero(price <= money + 1e-9)
        return int(fits[-1]) if len(fits) else 0
