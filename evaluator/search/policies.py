"""Policies by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evaluator.search.accelerated import Accelerated
from evaluator.search.errors import SearchError
from evaluator.search.exhaustive import Exhaustive
from evaluator.search.one_visit import OneVisit
from evaluator.search.protocol import Policy, Problem

_MAKERS: dict[str, Callable[[Problem], Policy]] = {
    "exhaustive": Exhaustive,
    "accelerated": Accelerated,
    "one_visit": OneVisit,
}

NAMES = tuple(_MAKERS)


def make(name: str, problem: Problem) -> Policy:
    """The policy called `name` for this problem.

    Raises SearchError for an unknown name or a problem whose parts do not fit together.
    """
    if name not in _MAKERS:
        raise SearchError(f"unknown policy {name!r}: choose one of {', '.join(NAMES)}")
    _check(problem)
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
    if not set(problem.first) <= set(range(problem.arms)):
        raise SearchError("`first` names an arm that does not exist")
