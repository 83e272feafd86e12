"""A family that grows: arms that came later join a search that is driven again."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from evaluator.search.protocol import Arrivals, Batch, Floats, Ints, Policy, Problem, Standing


class Joinable(Policy, Arrivals, Protocol):
    """A policy that new arms may join."""


class Waves:
    """Lets each wave of arms join when the policy is done with those before.

    Told the same scores, the policy then asks the earlier waves exactly what it asked them when
    there was no later one: driven again from stored answers, it asks nobody anything twice, and
    new arms get the visit that everyone had, measured against all who came before.
    """

    def __init__(self, policy: Joinable, problem: Problem) -> None:
        self._policy = policy
        bounds = np.cumsum(problem.waves).tolist()
        self._coming = [slice(*pair) for pair in pairwise(bounds)]
        self._problem = problem

    def ask(self) -> Batch | None:
        batch = self._policy.ask()
        while batch is None and self._coming and self._policy.done:
            wave = self._coming.pop(0)
            costs = self._problem.load_cost[wave], self._problem.reload_cost[wave]
            self._policy.arrive(*(cost.tolist() for cost in costs))
            batch = self._policy.ask()
        return batch

    def tell(self, batch: Batch, scores: Floats) -> None:
        self._policy.tell(batch, scores)

    @property
    def done(self) -> bool:
        return self._policy.done and not self._coming

    def standing(self) -> Standing:
        """Where all stand; who has not joined yet was asked nothing."""
        here, missing = self._policy.standing(), self._missing
        if not missing:
            return here
        arms = len(here.asked)
        return replace(
            here,
            order=(*here.order, *range(arms, arms + missing)),
            estimate=np.append(here.estimate, np.full(missing, np.nan)),
            asked=np.append(here.asked, np.zeros(missing, dtype=np.int64)),
            rung=self.stopped(),
            failed=np.append(here.failed, np.zeros(missing, dtype=np.bool_)),
        )

    def stopped(self) -> Ints:
        return np.append(self._policy.stopped(), np.full(self._missing, -1))

    @property
    def _missing(self) -> int:
        """How many have not joined yet."""
        return sum(wave.stop - wave.start for wave in self._coming)


def opening(problem: Problem) -> Problem:
    """The problem of the first wave alone."""
    arms = problem.waves[0]
    return replace(
        problem,
        arms=arms,
        load_cost=problem.load_cost[:arms],
        reload_cost=problem.reload_cost[:arms],
        first=tuple(range(problem.opening)),
        waves=(),
    )
