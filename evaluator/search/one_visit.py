"""One load a checkpoint: accelerated halving that waits for nobody."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluator.search.field import Field
from evaluator.search.ledger import Ledger
from evaluator.search.outlay import Outlay
from evaluator.search.prospects import prospects
from evaluator.search.protocol import Batch, Floats, Ints, Problem, Standing
from evaluator.search.schedule import Shape
from evaluator.search.scoring import Scorer
from evaluator.search.waiting import LEAST, Waiting

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

    Whose place is best in the end is a matter of what each may be expected to reach, given those
    that it came with: see prospects.py.
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
        # Which arms came together: at least `WAVE` of them, but for the last.
        self._waves = np.zeros(problem.arms, dtype=np.int64)
        self._waiting = Waiting(books, self._outlay)
        self._open: set[int] = set()
        self._held: list[int] = []
        self._going: list[int] = []
        # Arms that are loaded again, by the scale they are held to, and the next of them if known.
        self._again: dict[int, float] = {}
        self._next: tuple[int, float] | None = None
        self._sought = False
        self._scale = self._fit()

    def arrive(self, load_cost: Sequence[float], reload_cost: Sequence[float]) -> tuple[int, ...]:
        """New arms, at any time: they get the next indices, the budget of so many arms more, and
        the same visit as everyone."""
        over = not self._open and self._waiting.first() is None
        fresh = self._ledger.grow(load_cost, reload_cost)
        self._field.grow(len(fresh))
        if over and self._wave.size >= WAVE:
            self._wave = self._new_field()
        elif self._wave is not self._field:
            self._wave.grow(len(fresh))
        self._entered = np.append(self._entered, np.zeros(len(fresh), dtype=np.int64))
        self._stopped = np.append(self._stopped, np.full(len(fresh), -1, dtype=np.int64))
        latest = int(self._waves[-1])
        latest += int((self._waves == latest).sum()) >= WAVE
        self._waves = np.append(self._waves, np.full(len(fresh), latest))
        self._waiting.join(fresh, over)
        self._sought = False
        return tuple(fresh.tolist())

    def _new_field(self) -> Field:
        return Field(self._rungs, self._shape.alpha, self._grace, self._ledger.arms)

    def ask(self) -> Batch | None:
        if self._going:
            return self._extend(self._going.pop(0))
        # While an arm is held, its engine is: nobody else may be loaded there.
        if self._held or len(self._open) >= max(1, self._ledger.problem.workers):
            return None
        arm = self._waiting.first()
        if arm is not None:
            return self._visit(arm)
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
        return not self._open and self._waiting.first() is None and self._worth_loading() is None

    def standing(self) -> Standing:
        books = self._ledger
        reach = prospects(books, self._scorer, self._rungs, self._waves)
        ranking = np.lexsort((books.tie, -reach))
        return books.standing(ranking, self._stopped, tuple(self._rungs.tolist()))

    def stopped(self) -> Ints:
        return self._stopped.copy()

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

    def _visit(self, arm: int) -> Batch:
        """Load the next arm and ask it up to the rung that everyone reaches."""
        books = self._ledger
        self._scale = min(self._fit(), MOST * self._waiting.usual)
        self._waiting.take(arm)
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
        if self._wave is not self._field and self._wave.size < WAVE:
            # What a wave that may yet grow brought is kept for it.
            latest = self._waves == self._waves[-1]
            left -= max(0.0, float((self._each - books.depth[latest]).sum()))
        if not len(arms) or left <= 0:
            return None
        needed, levels, fees = field.needed(arms), field.halted[arms], books.fees()[arms]
        scale = min(self._outlay.returning(needed, levels, fees, left), AGAIN * self._waiting.usual)
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
        return -score + 1e-6 * float(self._ledger.tie[arm])

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
        visits, fee = self._waiting.ahead(self._left)
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
        visits, _ = self._waiting.ahead(self._left)
        over = self._left - visits * books.mean_budget
        if over + 1e-9 < books.items - books.depth[arm]:
            return False
        error = self._scorer.error(int(self._rungs[level]))
        return self._field.behind(arm, level) <= NEAR * error

    def _reserve(self, arm: int) -> float:
        """What is kept for others: for the visits to come their loads, what everyone is asked, and
        a part of what is meant for going deep, lest arms that happen to come first use it all up;
        and for those under way."""
        visits, fee = self._waiting.ahead(self._left)
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
        visits, fee = self._waiting.ahead(self._left)
        money = self._left - self._under_way(OPEN)
        return self._outlay.fitting(visits, fee, self._field.size, money)
