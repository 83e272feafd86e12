"""In which order arms come, when, and on how many workers: the pick is as good, but for chance."""

from functools import cache

import numpy as np
import pytest

from evaluator.search.one_visit import WAVE, OneVisit
from evaluator.search.protocol import Floats
from tests.search.drive import drive, problem
from tests.search.families import best_first, excess, family, regret, spread

LOAD, QUERIES, ARMS = 50.0, 40.0, 120
SEEDS = range(24)


def joined(scores: Floats, seed: int, known: int, step: int) -> float:
    """Regret of a search that the rows behind the first `known` join, `step` at a time, each time
    it is done with those before. Holds it to its budget."""
    posed = problem(scores[:known], LOAD + QUERIES, seed, LOAD)
    policy = OneVisit(posed)
    spent, loaded, here = 0.0, -1, known
    while True:
        while (batch := policy.ask()) is not None:
            spent += len(batch.items) + LOAD * (batch.arms[0] != loaded)
            loaded = batch.arms[0]
            policy.tell(batch, scores[np.ix_(batch.arms, batch.items)])
        assert policy.done
        assert spent <= (LOAD + QUERIES) * here + 1e-6
        if here == len(scores):
            return regret(scores, policy.standing().order[0])
        fresh = min(step, len(scores) - here)
        policy.arrive([LOAD] * fresh, [LOAD] * fresh)
        here += fresh


def matrix(seed: int) -> Floats:
    return (family if seed % 2 else spread)(seed + 300, ARMS, 300)


@cache
def arriving(known: int, step: int, order: str) -> list[float]:
    found = []
    for seed in SEEDS:
        ranked = best_first(matrix(seed))
        if order == "random":
            ranked = np.random.default_rng([seed, 9]).permutation(ranked)
        found.append(joined(ranked[::-1] if order == "worst" else ranked, seed, known, step))
    return found


@cache
def listed(workers: int) -> list[float]:
    """All known at once, answered late and in random order by so many workers."""
    found = []
    for seed in SEEDS:
        scores = matrix(seed)
        posed = problem(scores, LOAD + QUERIES, seed, LOAD, workers=workers)
        policy = OneVisit(posed)
        drive(policy, posed, scores, shuffle=seed)
        found.append(regret(scores, policy.standing().order[0]))
    return found


@pytest.mark.parametrize("workers", [4, 16])
def test_more_workers_do_as_well(workers: int) -> None:
    assert excess(listed(workers), listed(1)) <= 2


STEPS = [(12, 1), (12, 12), (30, 30), (60, 60)]


@pytest.mark.parametrize(("known", "step"), [(12, 1), (30, 30), (60, 60)])
def test_arriving_does_as_well_as_being_there(known: int, step: int) -> None:
    assert excess(arriving(known, step, "random"), listed(1)) <= 2


@pytest.mark.parametrize(("known", "step"), STEPS)
def test_the_best_coming_first_do_as_well(known: int, step: int) -> None:
    assert excess(arriving(known, step, "best"), arriving(known, step, "random")) <= 2


def test_a_better_half_coming_last_does_as_well() -> None:
    assert excess(arriving(60, 60, "worst"), arriving(60, 60, "random")) <= 2


@cache
def alone(few: int) -> list[float]:
    """Of a search of the best few, with what they bring."""
    return [joined(best_first(matrix(seed))[:few], seed, few, 1) for seed in SEEDS]


@pytest.mark.parametrize(("known", "step", "few"), [(12, 1, WAVE), (12, 12, WAVE), (30, 30, 30)])
def test_few_that_are_better_than_all_before_do_as_well_as_if_they_were_alone(
    known: int, step: int, few: int
) -> None:
    """What the others brought was spent on them: that better ones come cannot be known."""
    assert excess(arriving(known, step, "worst"), alone(few)) <= 2
