"""Policies by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from evaluator.search.accelerated import Accelerated, Published
from evaluator.search.bayes import BayesElimination
from evaluator.search.errors import SearchError
from evaluator.search.exhaustive import Exhaustive
from evaluator.search.halving import Halving
from evaluator.search.one_visit import OneVisit
from evaluator.search.plain import Random, Uniform
from evaluator.search.planner import plan
from evaluator.search.protocol import Arrivals, Policy, Problem
from evaluator.search.rejects import SuccessiveRejects
from evaluator.search.thompson import TopTwoThompson
from evaluator.search.ucb import Ucb, UcbE, UcbStdDev
from evaluator.search.waves import Waves, opening

_MAKERS: dict[str, Callable[[Problem], Policy]] = {
    "random": Random,
    "uniform": Uniform,
    "ucb": Ucb,
    "ucb_stddev": UcbStdDev,
    "ucb_e": UcbE,
    "ttts": TopTwoThompson,
    "successive_rejects": partial(SuccessiveRejects, shared=False),
    "successive_rejects_shared": SuccessiveRejects,
    "bayes_elim": BayesElimination,
    "halving": partial(Halving, shared=False),
    "halving_shared": Halving,
    "exhaustive": Exhaustive,
    "accelerated_paper": Published,
    "accelerated": Accelerated,
    "one_visit": OneVisit,
    "default": plan,
}

NAMES = tuple(_MAKERS)


def make(name: str, problem: Problem) -> Policy:
    """The policy called `name` for this problem; waves join it if it is one that arms may join.

    Raises SearchError for an unknown name or a problem whose parts do not fit together.
    """
    if name not in _MAKERS:
        raise SearchError(f"unknown policy {name!r}: choose one of {', '.join(NAMES)}")
    _check(problem)
    if problem.waves:
        policy = _MAKERS[name](opening(problem))
        if isinstance(policy, Arrivals):
            return Waves(policy, problem)
    return _MAKERS[name](problem)


def _check(problem: Problem) -> None:
    items = len(problem.order)
    if problem.arms < 1 or items < 1:
        raise SearchError("a search needs at least one arm and one item")
    if not np.array_equal(np.sort(problem.order), np.arange(items)):
        raise SearchError("the order must name every item exactly once")
    if len(problem.categories) != items:
        raise SearchError("the categories must name one category an item")
    for cost in (problem.load_cost, problem.reload_cost):
        if np.shape(cost) != (problem.arms,) or not (np.asarray(cost) >= 0).all():
            raise SearchError("load costs must be one number of queries an arm, none below zero")
    if not problem.budget >= 0:
        raise SearchError("the budget must be a number of queries an arm, not below zero")
    if problem.waves and sum(problem.waves) != problem.arms:
        raise SearchError("the waves must hold every arm once")
    if not set(problem.first) <= set(range(problem.arms)):
        raise SearchError("`first` names an arm that does not exist")
