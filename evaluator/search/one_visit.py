"""One load a checkpoint: accelerated halving that waits for nobody."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from evaluator.search.field import Field
from evaluator.search.ledger import Ledger
from evaluator.search.outlay import Outlay
from evaluator.search.protocol import Batch, Floats, Ints, Problem, Standing
from evaluator.search.schedule import Shape
from evaluator.search.scoring import Scorer

# No visit is begun that could not be asked so much, unless everyone is to be visited.
LEAST = 8
# What a visit should be asked on average where a load costs 100 queries, and how that grows with
# the price of a load: see `worthwhile`.
ASKED = 40.0
DEARER = 0.4
# How far the scale may outgrow the one that fits the whole family: what is left at the end is not
# thrown at the last. Nobody is loaded again who would need more than so much of it: whether
# borderline arms went on is chance, and not worth a load.
MOST = 2.0
AGAIN = 0.5
# How many standard errors behind the leader an arm may be that goes on from money left over.
NEAR = 1.0
# The part of an average visit that is kept for every visit to come, whoever comes first, and for
# every other one under way. What those under way are expected to take: side by side, the first
# have few to be compared with.
KEPT = 0.5
KEPT_OPEN = 0.25
OPEN = 1.5
# Nobody goes on while more than such a part of the field is still being asked lower down.
EARLY = 0.25
# Arms that arrive when the others are done make a wave of their own if the last one has so many.
WAVE = 24


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
    not among the best of all that came that far.

    At rung n an arm goes on if its rank there, among the arms visited so far, is at most
    p(n) x visited + `grace`, where p(n) = min(1, (n0 / n)^alpha): asynchronous halving (Li et al.
    2020, "A System for Massively Parallel Hyperparameter Tuning", alg. 2) with the survivor counts
    of `accelerated`, paired throughout. n0 is chosen anew for each visit, so that the visits to
    come are expected to spend what is left; where loads are so dear that more queries for fewer
    arms are worth more, not everyone is visited (see `worthwhile`). The first arms have no field to
    be ranked in: they are stopped where p(n) falls below 1 - grace, so that a cold start is cheap;
    on several engines, they wait until most of those beside them came as far. Whoever comes later
    is measured against stored answers. What the visits before did not use takes arms to the end
    that their rank would stop, if they are not clearly behind the leader.

    Arms are visited in random order, so that it does not matter how they are listed; those that
    arrive are mixed with those still waiting. Those that arrive when all others are done may be
    better or worse than all before: they are a wave of their own, where an arm has to be among the
    best too, so that the first of a good wave do not use up what all of it brought. When nobody is
    left to visit, arms that were stopped only because better ones came before worse ones are loaded
    again, from what is left over: those that the schedule would have kept at the least scale first
    (the promotions of Li et al.). In random order that is hardly ever anyone.
    """

    def __init__(self, problem: Problem, shape: Shape | None = None, grace: float = 0.75) -> None:
        self._ledger = books = Ledger(problem)
        self._scorer = Scorer(books)
        self._shape, self._grace = shape or Shape(alpha=0.75, growth=1.5), grace
        self._outlay = Outlay(self._shape, books.items, grace)
        self._rungs = self._outlay.rungs
        self._field = self._wave = self._new_field()
        self._entered = np.zeros(problem.arms, dtype=np.int64)
        self._stopped = np.full(problem.arms, -1, dtype=np.int64)
        self._queue = books.visiting_order().tolist()
        self._named = len(problem.first)
        self._owed = float(books.load_cost.sum())
        self._open: set[int] = set()
        self._held: list[int] = []
        self._going: list[int] = []
        # Arms that are loaded again, by the scale they are held to, and the next of them if known.
        self._again: dict[int, float] = {}
        self._next: tuple[int, float] | None = None
        self._sought = False
        self._least = 1 if problem.everyone else min(LEAST, books.items)
        self._planned, self._usual = self._outline()
        self._scale = self._fit()

    def arrive(self, load_cost: Sequence[float], reload_cost: Sequence[float]) -> tuple[int, ...]:
        """New arms, at any time: they get the next indices, the budget of so many arms more, and
        the same visit as everyone."""
        over = not self._open and self._startable() is None
        fresh = self._ledger.grow(load_cost, reload_cost)
        self._field.grow(len(fresh))
        if over and self._wave.size >= WAVE:
            self._wave = self._new_field()
        elif self._wave is not self._field:
            self._wave.grow(len(fresh))
        self._entered = np.append(self._entered, np.zeros(len(fresh), dtype=np.int64))
        self._stopped = np.append(self._stopped, np.full(len(fresh), -1, dtype=np.int64))
        self._line_up(fresh, over)
        self._owed += float(np.sum(load_cost))
        self._planned, self._usual = self._outline()
        self._sought = False
        return tuple(fresh.tolist())

    def _new_field(self) -> Field:
        return Field(self._rungs, self._shape.alpha, self._grace, self._ledger.arms)

    def _line_up(self, fresh: Ints, over: bool) -> None:
        """Put new arms among those that wait, behind `first`; or before those that were left out
        when the others were visited."""
        waiting = np.array([] if over else self._queue[self._named :], dtype=np.int64)
        mixed = self._ledger.rng.permutation(np.concatenate([waiting, fresh])).tolist()
        behind = self._queue[self._named :] if over else []
        self._queue[self._named :] = [*mixed, *behind]

    def ask(self) -> Batch | None:
        if self._going:
            return self._extend(self._going.pop(0))
        # While an arm is held, its engine is: nobody else may be loaded there.
        if self._held or len(self._open) >= max(1, self._ledger.problem.workers):
            return None
        place = self._startable()
        if place is not None:
            return self._visit(place)
        found = self._worth_loading()
        return None if found is None else self._return(*found)

    def tell(self, batch: Batch, scores: Floats) -> None:
        books = self._ledger
        books.tell(batch, scores)
        self._sought = False
        for arm in batch.arms:
            if arm not in self._open or (books.pending[arm] and not books.failed[arm]):
                continue
            if books.failed[arm]:
                self._leave(arm)
            else:
                self._enter(arm)
                self._held.append(arm)
        # Who came least far waits for nobody.
        for arm in sorted(self._held, key=lambda arm: int(self._entered[arm])):
            if arm in self._again or self._below(arm) <= EARLY * self._field.size:
                self._held.remove(arm)
                if self._goes_on(arm):
                    self._going.append(arm)
                else:
                    self._leave(arm)

    @property
    def done(self) -> bool:
        return not self._open and self._startable() is None and self._worth_loading() is None

    def standing(self) -> Standing:
        books = self._ledger
        return books.standing(self._scorer.cautious(), self._stopped, tuple(self._rungs.tolist()))

    @property
    def _left(self) -> float:
        """What may still be spent, less what was promised to arms that go on."""
        going = self._going
        promised = self._rungs[self._entered[going]] - self._ledger.depth[going] if going else 0.0
        return self._ledger.left - float(np.sum(promised))

    @property
    def _each(self) -> float:
        """What an average visit may be asked."""
        return self._ledger.mean_budget - float(self._ledger.load_cost.mean())

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
        self._scale = min(self._fit(), MOST * self._usual)
        arm = self._queue.pop(place)
        self._named -= place < self._named
        self._owed -= float(books.load_cost[arm])
        sure = int(self._rungs[np.searchsorted(self._rungs, self._scale + 1e-9) - 1])
        until = int(min(sure, books.left - books.load_cost[arm] + 1e-9))
        self._open.add(arm)
        return books.ask(np.array([arm]), np.arange(until))

    def _extend(self, arm: int) -> Batch:
        depth, until = int(self._ledger.depth[arm]), int(self._rungs[self._entered[arm]])
        return self._ledger.ask(np.array([arm]), np.arange(depth, until))

    def _leave(self, arm: int) -> None:
        """A visit is over."""
        self._open.discard(arm)
        self._again.pop(arm, None)
        if self._ledger.depth[arm] < self._ledger.items:
            self._stopped[arm] = max(self._entered[arm] - 1, 0)

    def _worth_loading(self) -> tuple[int, float] | None:
        """The stopped arm to load again next, and the scale it is held to.

        Nobody while a first visit is open: what those need is theirs. Nor where once is enough.
        """
        if not self._sought:
            nobody = len(self._again) < len(self._open) or self._ledger.problem.once
            self._next, self._sought = None if nobody else self._seek(), True
        return self._next

    def _seek(self) -> tuple[int, float] | None:
        books, field = self._ledger, self._field
        arms = np.flatnonzero((field.halted >= 0) & ~books.failed)
        under_way = list(self._again)
        left = books.left - float((books.items - books.depth[under_way]).sum())
        if not len(arms) or left <= 0:
            return None
        needed, levels, fees = field.needed(arms), field.halted[arms], books.fees()[arms]
        scale = min(self._outlay.returning(needed, levels, fees, left), AGAIN * self._usual)
        step = self._rungs[levels + 1] - books.depth[arms]
        able = (needed <= scale + 1e-9) & (fees + step <= left + 1e-9)
        if not able.any():
            return None
        return int(arms[np.where(able, needed, np.inf).argmin()]), scale

    def _return(self, arm: int, scale: float) -> Batch:
        """Load a stopped arm again, and ask it up to the next rung."""
        self._field.resume(arm)
        self._open.add(arm)
        self._again[arm] = scale
        self._stopped[arm] = -1
        self._sought = False
        return self._extend(arm)

    def _fields(self, arm: int) -> list[Field]:
        """Those an arm is ranked in: an arm that is loaded again, in the whole one alone."""
        alone = self._wave is self._field or arm in self._again
        return [self._field] if alone else [self._field, self._wave]

    def _enter(self, arm: int) -> None:
        """Enter an arm's score at every rung it has come to."""
        reached = int(np.searchsorted(self._rungs, self._ledger.depth[arm], side="right"))
        for level in range(int(self._entered[arm]), reached):
            for field in self._fields(arm):
                field.enter(arm, level, self._key(arm, level))
        self._entered[arm] = reached

    def _key(self, arm: int, level: int) -> float:
        """Ascending from the best: minus the score, ties broken by the arm's random key."""
        score = self._scorer.one(arm, int(self._rungs[level]))
        return -score + 1e-6 * float(self._ledger.tie[arm]) / self._ledger.arms

    def _goes_on(self, arm: int) -> bool:
        """Whether an arm that came to a rung is asked up to the next."""
        level = int(self._entered[arm]) - 1
        if level < 0 or level + 1 >= len(self._rungs):
            return False
        price = float(self._rungs[level + 1] - self._ledger.depth[arm])
        if arm in self._again:
            goes = price <= self._left + 1e-9 and self._ranks(arm, level, self._again[arm])
        else:
            goes = price <= self._left - self._reserve(arm) + 1e-9 and (
                self._ranks(arm, level, self._scale) or self._spare(arm, level)
            )
        if not goes:
            for field in self._fields(arm):
                field.stop(arm, level)
        return goes

    def _below(self, arm: int) -> int:
        """How many others are still being asked below the rung that an arm came to."""
        level = int(self._entered[arm]) - 1
        return sum(0 < self._entered[other] <= level for other in self._open)

    def _ranks(self, arm: int, level: int, scale: float) -> bool:
        """Whether an arm is among the share of the best that goes on from a rung: of everyone, and
        of its wave, at the scale that fits what is left for that."""
        # Who is still being asked lower down has not been compared here yet.
        below = self._below(arm)
        visits, fee = self._ahead()
        for field in self._fields(arm):
            if field is not self._field:
                # Of a wave that may yet grow, nobody takes what those to come will need.
                more = max(0.0, WAVE - field.size - visits)
                money = self._left - visits * fee + more * self._each
                scale = self._outlay.fitting(visits + 1 + more, 0.0, field.size - 1, money)
            if field.scale(arm, level, below) > scale + 1e-9:
                return False
            if not self._outlay.peers(scale, level, field.size + visits):
                return False
        return True

    def _spare(self, arm: int, level: int) -> bool:
        """Whether an arm near the leader of a rung can be asked everything without touching what
        the visits to come bring with them."""
        books = self._ledger
        visits, _ = self._ahead()
        over = self._left - visits * books.mean_budget
        if over + 1e-9 < books.items - books.depth[arm]:
            return False
        error = self._scorer.error(int(self._rungs[level]))
        return self._field.behind(arm, level) <= NEAR * error

    def _ahead(self) -> tuple[float, float]:
        """How many visits are still to be paid for, and what a load costs on average."""
        if not self._queue:
            return 0.0, 0.0
        fee = self._owed / len(self._queue)
        return min(float(self._to_come()), max(0.0, self._left) / (fee + self._least)), fee

    def _to_come(self) -> int:
        """How many visits are still planned; one to an arm that failed is made up for."""
        books = self._ledger
        made = int((books.loads.astype(bool) & ~books.failed).sum())
        return min(len(self._queue), max(0, self._planned - made))

    def _reserve(self, arm: int) -> float:
        """What is kept for others: for the visits to come their loads, what everyone is asked, and
        a part of what is meant for going deep, lest arms that happen to come first use it all up;
        and for those under way."""
        visits, fee = self._ahead()
        each = max(0.0, self._ledger.mean_budget - fee)
        kept = visits * (fee + max(min(LEAST, self._scale), KEPT * each)) if visits else 0.0
        return kept + self._under_way(KEPT_OPEN, arm)

    def _under_way(self, part: float, but: int = -1) -> float:
        """What visits under way would yet be asked if each came to such a part of an average."""
        books = self._ledger
        asked = books.depth[[arm for arm in self._open if arm != but]]
        return float(np.maximum(part * self._each - asked, 0.0).sum())

    def _fit(self) -> float:
        """The largest scale n0 at which the visits to come are expected to fit what is left."""
        visits, fee = self._ahead()
        money = self._left - self._under_way(OPEN)
        return self._outlay.fitting(visits, fee, self._field.size, money)

    def _outline(self) -> tuple[int, float]:
        """How many of all known so far to visit, and the scale that would fit them, had nobody
        been visited."""
        books = self._ledger
        whole = books.mean_budget * books.arms
        fee = float(books.load_cost.mean())
        each = fee + worthwhile(fee, books.items, books.problem.top_k)
        covered = books.problem.everyone or whole >= books.arms * each
        visits = books.arms if covered else max(1, int(whole / each))
        return visits, self._outlay.fitting(visits, fee, 0, whole)
