"""What was asked, what was told, and what it cost: the books every policy keeps."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluator.search.errors import SearchError
from evaluator.search.protocol import Batch, Floats, Ints, Problem, Standing

Bools = NDArray[np.bool_]


class Ledger:
    """The books of one search. Columns are places in the order, not items.

    scores: what was told, (arms, items); NaN where nothing was, or was not to be had.
    depth: items asked of each arm, (arms,). count, total: how many scores were told, their sum.
    failed: arms that can be asked no more. tie: a random key in [0, 1) for each arm, to break ties
    by, whenever it came. loads: how often each arm was loaded. Each of the `workers` engines holds
    one arm; asking any other arm is a load, and puts out the arm asked longest ago that no batch is
    out for. A batch takes its arms in the order it names them.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        arms, items = problem.arms, len(problem.order)
        self.items = items
        self.place = np.empty(items, dtype=np.int64)
        self.place[problem.order] = np.arange(items)
        self.rng = np.random.default_rng([problem.seed, 4])
        self.scores = np.full((arms, items), np.nan)
        self.out = np.zeros((arms, items), dtype=np.bool_)
        self.depth = np.zeros(arms, dtype=np.int64)
        self.pending = np.zeros(arms, dtype=np.int64)
        self.count = np.zeros(arms, dtype=np.int64)
        self.total = np.zeros(arms)
        self.failed = np.zeros(arms, dtype=np.bool_)
        self.loads = np.zeros(arms, dtype=np.int64)
        self.tie = self.rng.random(arms)
        self.load_cost = np.asarray(problem.load_cost, dtype=np.float64)
        self.reload_cost = np.asarray(problem.reload_cost, dtype=np.float64)
        self.spent = 0.0
        # More than a load for every single query cannot be spent: keeps the arithmetic finite.
        dearest = float(max(self.load_cost.max(initial=0.0), self.reload_cost.max(initial=0.0)))
        self.mean_budget = min(float(problem.budget), items * (1.0 + dearest))
        self._resident: OrderedDict[int, None] = OrderedDict()

    @property
    def arms(self) -> int:
        return len(self.depth)

    @property
    def left(self) -> float:
        """What may still be spent, in queries."""
        return self.mean_budget * self.arms - self.spent

    @property
    def waiting(self) -> bool:
        """Whether an answer is still awaited of an arm that has not failed."""
        return bool((self.pending.astype(bool) & ~self.failed).any())

    def fees(self) -> Floats:
        """What loading each arm would cost now, in queries, (arms,)."""
        fees = np.where(self.loads > 0, self.reload_cost, self.load_cost)
        if self._resident:
            fees[list(self._resident)] = 0.0
        return fees

    def loaded_first(self, arms: Ints) -> Ints:
        """The same arms, those that need no load in front."""
        here = np.isin(arms, list(self._resident))
        return np.concatenate([arms[here], arms[~here]])

    def ask(self, arms: Ints, places: Ints) -> Batch:
        """Book a batch: every arm of `arms` is asked the items at `places`."""
        self.spent += float(len(arms) * len(places)) + self._load(arms)
        self.out[arms[:, None], places] = True
        self.depth[arms] += len(places)
        self.pending[arms] += len(places)
        return Batch(tuple(arms.tolist()), tuple(self.problem.order[places].tolist()))

    def _load(self, arms: Ints) -> float:
        """Load what is not resident, one arm after the other; returns the price."""
        slots = max(1, self.problem.workers)
        price = 0.0
        for arm in arms.tolist():
            if arm in self._resident:
                self._resident.move_to_end(arm)
                continue
            price += float((self.reload_cost if self.loads[arm] else self.load_cost)[arm])
            self.loads[arm] += 1
            if len(self._resident) >= slots:
                idle = (held for held in self._resident if not self.pending[held])
                del self._resident[next(idle, next(iter(self._resident)))]
            self._resident[arm] = None
        return price

    def tell(self, batch: Batch, scores: Floats) -> Ints:
        """Book the scores of a batch, or of any part of one; returns the arms that failed by it.

        Raises SearchError for scores of a wrong shape or range, and for pairs not asked.
        """
        arms = np.asarray(batch.arms, dtype=np.int64)
        places = self.place[np.asarray(batch.items, dtype=np.int64)]
        told = np.asarray(scores, dtype=np.float64)
        if told.shape != (len(arms), len(places)):
            raise SearchError(
                f"scores have shape {told.shape}, the batch {(len(arms), len(places))}: "
                "tell one row an arm, one column an item"
            )
        block = arms[:, None], places
        if not self.out[block].all():
            raise SearchError("told a score that was not asked for, or told it twice")
        missing = np.isnan(told)
        value = np.where(missing, 0.0, told)
        if value.min(initial=0.0) < 0 or value.max(initial=0.0) > 1:
            raise SearchError("a score is outside [0, 1]: rescale the grades")
        self.out[block] = False
        self.scores[block] = told
        self.pending[arms] -= len(places)
        found = len(places) - missing.sum(axis=1)
        self.count[arms] += found
        self.total[arms] += value.sum(axis=1)
        lost: Ints = arms[(found == 0) & ~self.failed[arms]]
        self.failed[lost] = True
        return lost

    def mean(self) -> Floats:
        """Mean of what each arm was told, (arms,); NaN where that is nothing."""
        mean = np.full(self.arms, np.nan)
        np.divide(self.total, self.count, out=mean, where=self.count > 0)
        return mean

    def grow(self, load_cost: Sequence[float], reload_cost: Sequence[float]) -> Ints:
        """Make room for arms that arrive later; returns their indices."""
        fresh = len(load_cost)
        known = self.arms
        self.scores = np.vstack([self.scores, np.full((fresh, self.items), np.nan)])
        self.out = np.vstack([self.out, np.zeros((fresh, self.items), dtype=np.bool_)])
        for name in ("depth", "pending", "count", "loads"):
            setattr(self, name, np.append(getattr(self, name), np.zeros(fresh, dtype=np.int64)))
        self.total = np.append(self.total, np.zeros(fresh))
        self.failed = np.append(self.failed, np.zeros(fresh, dtype=np.bool_))
        self.tie = np.append(self.tie, self.rng.random(fresh))
        self.load_cost = np.append(self.load_cost, load_cost)
        self.reload_cost = np.append(self.reload_cost, reload_cost)
        return np.arange(known, known + fresh)

    def visiting_order(self) -> Ints:
        """All arms: `first` as it is given, then the others in random order."""
        named = np.asarray(self.problem.first, dtype=np.int64)
        others = np.setdiff1d(np.arange(self.arms), named)
        return np.concatenate([named, self.rng.permutation(others)])

    def affordable(self, arms: Ints, queries: int) -> Ints:
        """The longest head of `arms` that can all be loaded and asked `queries` more."""
        price = np.cumsum(self.fees()[arms] + queries)
        return arms[: int(np.searchsorted(price, self.left + 1e-9, side="right"))]

    def ranking(self) -> Ints:
        """All arms, the deepest first, equally deep ones by their mean, those untold last."""
        return np.lexsort((self.tie, -np.nan_to_num(self.mean(), nan=-1.0), -self.depth))

    def standing(self, ranking: Ints, rung: Ints, rungs: tuple[int, ...]) -> Standing:
        """What a policy that ranks the arms so would say; failed arms are left out."""
        return Standing(
            order=tuple(ranking[~self.failed[ranking]].tolist()),
            estimate=self.mean(),
            asked=self.count.copy(),
            rung=rung.copy(),
            failed=self.failed.copy(),
            rungs=rungs,
        )
