from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from evaluator.search.accelerated import Accelerated, shape_for
from evaluator.search.exhaustive import Exhaustive
from evaluator.search.one_visit import OneVisit
from evaluator.search.planner import choose
from evaluator.search.policies import NAMES, make
from evaluator.search.protocol import Floats, Policy, Problem
from evaluator.search.schedule import Shape
from tests.search.drive import drive, problem
from tests.search.families import close, excess, narrow, regret, skewed, spread, wide

ASYNCHRONOUS = ("default", "one_visit", "exhaustive", "random")
SEEDS = range(24)


@cache
def regrets(load: float) -> dict[str, list[float]]:
    """Of every policy, from the same seeds, with 20 queries an arm beside one load of each."""
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    for seed in SEEDS:
        scores = (spread if seed % 2 else close)(seed, 80, 240)
        for name in NAMES:
            posed = problem(scores, load + 20, seed, load)
            policy = make(name, posed)
            drive(policy, posed, scores)
            found[name].append(regret(scores, policy.standing().order[0]))
    return found


@pytest.mark.parametrize("load", [0.0, 100.0, 1000.0])
def test_the_default_is_not_worse_than_any_other_policy(load: float) -> None:
    found = regrets(load)
    for name in NAMES:
        assert excess(found["default"], found[name]) <= 2, name


@pytest.mark.parametrize("made", [wide, narrow, skewed])
@pytest.mark.parametrize("load", [0.0, 100.0, 1000.0])
def test_the_default_is_not_worse_however_far_arms_spread(
    made: Callable[[int, int, int], Floats], load: float
) -> None:
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    for seed in SEEDS:
        scores = made(seed, 240, 240)
        for name, values in found.items():
            posed = problem(scores, load + 10, seed, load)
            policy = make(name, posed)
            drive(policy, posed, scores)
            values.append(regret(scores, policy.standing().order[0]))
    for name in NAMES:
        assert excess(found["default"], found[name]) <= 2, name


def test_where_loads_are_dear_the_default_beats_every_synchronous_policy() -> None:
    found = regrets(1000.0)
    for name in set(NAMES) - set(ASYNCHRONOUS):
        assert excess(found[name], found["default"]) > 2, name


@pytest.mark.parametrize("arms", [5, 20, 100, 700, 3000])
@pytest.mark.parametrize("queries", [4.0, 10.0, 50.0])
def test_more_is_reloaded_only_while_that_is_cheap(arms: int, queries: int) -> None:
    chosen = [
        choose(_posed(arms, load + queries, load)) is Accelerated
        for load in (0.0, 1.0, 10.0, 100.0, 300.0, 1000.0, 2000.0)
    ]
    assert chosen[0]
    assert not chosen[-1]
    assert chosen == sorted(chosen, reverse=True)


def test_a_reload_from_disk_is_what_counts_for_rounds() -> None:
    assert choose(_posed(100, 350.0, 300.0)) is OneVisit
    assert choose(_posed(100, 350.0, 300.0, again=2.0)) is Accelerated


def test_adapters_are_planned_for_as_adapters() -> None:
    prices = np.full(400, 3.0)
    prices[:4] = 300.0
    posed = _posed(400, 60.0, 0.0)
    adapters = Problem(
        arms=400,
        order=posed.order,
        categories=posed.categories,
        budget=56.0 + float(prices.mean()),
        load_cost=prices,
        reload_cost=prices / 4,
        seed=0,
    )
    assert choose(adapters) is Accelerated


@pytest.mark.parametrize("arms", [5, 20, 100, 700, 3000])
@pytest.mark.parametrize("load", [0.0, 100.0, 2000.0])
def test_everything_is_asked_where_the_budget_covers_it(arms: int, load: float) -> None:
    assert choose(_posed(arms, load + 400, load)) is Exhaustive


@pytest.mark.parametrize("arms", [5, 12, 25])
@pytest.mark.parametrize("load", [300.0, 1000.0, 2000.0])
def test_of_few_arms_behind_dear_loads_the_pick_is_no_worse_than_asking_some_everything(
    arms: int, load: float
) -> None:
    found: dict[str, list[float]] = {"default": [], "exhaustive": []}
    for seed in range(40):
        scores = (spread if seed % 2 else close)(seed, arms, 240)
        for name, regrets in found.items():
            posed = problem(scores, load + 30, seed, load)
            policy = make(name, posed)
            drive(policy, posed, scores)
            regrets.append(regret(scores, policy.standing().order[0]))
    assert excess(found["default"], found["exhaustive"]) <= 2


@pytest.mark.parametrize("arms", [1, 2, 5, 40])
@pytest.mark.parametrize("load", [0.0, 1.0, 30.0, 2000.0])
@pytest.mark.parametrize("queries", [1.0, 12.0, 150.0])
def test_the_default_holds_its_budget_at_any_price(arms: int, load: float, queries: float) -> None:
    scores = close(3, arms, 120)
    posed = problem(scores, load + queries, 3, load)
    policy = make("default", posed)
    assert drive(policy, posed, scores).spent <= (load + queries) * arms + 1e-6
    assert sorted(policy.standing().order) == list(range(arms))


def _posed(arms: int, budget: float, load: float, again: float | None = None) -> Problem:
    return Problem(
        arms=arms,
        order=np.arange(400),
        categories=np.zeros(400, dtype=np.int64),
        budget=budget,
        load_cost=np.full(arms, load),
        reload_cost=np.full(arms, load if again is None else again),
        seed=0,
    )


def test_a_plan_is_a_policy_that_was_begun() -> None:
    posed = _posed(6, 20.0, 0.0)
    policy: Policy = make("default", posed)
    assert policy.ask() is not None


@pytest.mark.parametrize(("arms", "load"), [(5, 300.0), (12, 1000.0), (60, 2000.0)])
def test_everyone_is_visited_where_a_place_is_wanted_for_each(arms: int, load: float) -> None:
    scores = close(1, arms, 200)
    visited = {}
    for everyone in (False, True):
        posed = replace(problem(scores, load + 40, 1, load), everyone=everyone)
        policy = choose(posed)(posed)
        drive(policy, posed, scores)
        visited[everyone] = int((policy.standing().asked > 0).sum())
    assert visited[False] < visited[True] == arms


@pytest.mark.parametrize("queries", [3.0, 10.0, 50.0, 300.0])
def test_the_more_arms_come_to_the_end_the_more_even_are_rounds(queries: float) -> None:
    alphas = [shape_for(_posed(arms, queries, 0.0)).alpha for arms in (1, 5, 20, 100, 700, 10**5)]
    assert alphas == sorted(alphas)
    assert alphas[0] == Shape().alpha
    assert alphas[-1] == 1.0
