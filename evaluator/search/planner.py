"""Which policy a scan should take, from what loads and queries cost and how many arms there are.

The bounds are from replays of every policy on made families of several spreads, sizes, prices and
budgets; `benchmarks/planner.py` holds them against such families anew. Nothing of a single recorded
matrix is in them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from evaluator.search.accelerated import Accelerated
from evaluator.search.exhaustive import Exhaustive
from evaluator.search.one_visit import OneVisit
from evaluator.search.protocol import Policy, Problem

RELOAD = 0.9
THINNER = 0.45
"""Rounds load survivors again, one visit asks its first arms before there is a field to rank them
in. The rounds' picks are better while a reload costs less than RELOAD / arms^THINNER of what an arm
is asked on average: 44% of it with 5 arms, 11% with 100, 5% with 700."""


def choose(problem: Problem) -> Callable[[Problem], Policy]:
    """The policy with the best expected pick for the problem's prices, size and budget.

    Everything for everyone where the budget covers it; else accelerated rounds where reloads are
    cheap, and one visit each where they are not. Loads are priced by their means, so that a family
    of adapters, whose loads cost a hundredth, is planned for as what it is. How long the rounds
    are, and how many arms are visited where loads are dear, the policies take from the same prices;
    where a place is wanted for each, all are visited. Fetching overlaps with answering where the
    price says so: it is what a load holds up the engine, however it comes about.
    """
    items = len(problem.order)
    load, again = float(np.mean(problem.load_cost)), float(np.mean(problem.reload_cost))
    if problem.budget >= items + load:
        return Exhaustive
    if again <= RELOAD / math.pow(problem.arms, THINNER) * (problem.budget - load):
        return Accelerated
    return OneVisit


def plan(problem: Problem) -> Policy:
    """The chosen policy, begun."""
    return choose(problem)(problem)
