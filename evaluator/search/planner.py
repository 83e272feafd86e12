"""Which policy a scan should take, from what a load and a query cost."""

from __future__ import annotations

import numpy as np

from evaluator.search.accelerated import Accelerated
from evaluator.search.exhaustive import Exhaustive
from evaluator.search.one_visit import OneVisit
from evaluator.search.protocol import Policy, Problem

WORTH = 0.05
"""Rounds load a survivor again each time, and for that waste no query on arms that came before the
field was known. Over made and recorded matrices this was worth about a fifth of the queries, and
the rounds took three to seven loads an arm: they pay off where a reload costs less than this share
of what an arm is asked on average."""


def plan(problem: Problem) -> Policy:
    """The policy with the best expected pick for the problem's prices, size and budget.

    Everything for everyone where the budget covers it; else accelerated rounds where loads are all
    but free, and one visit each where they are not. Loads are priced by their means, so that a
    family of adapters, whose loads cost a hundredth, is planned for as what it is.
    """
    items = len(problem.order)
    load, again = float(np.mean(problem.load_cost)), float(np.mean(problem.reload_cost))
    if problem.budget >= items + load:
        return Exhaustive(problem)
    if again <= WORTH * (problem.budget - load):
        return Accelerated(problem)
    return OneVisit(problem)
