"""In which order arms come, when, and on how many workers: the pick is as good, but for chance."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from evaluator.search.one_visit import WAVE, OneVisit
from evaluator.search.protocol import Batch, Floats
from tests.search.drive import drive, problem
from tests.search.families import best_first, excess, family, regret, spread

LOAD, QUERIES, ARMS = 50.0, 40.0, 120
SEEDS = range(24)


def answer(policy: OneVisit, scores: Floats) -> Iterator[Batch]:
    """Every batch, once it was told, until the policy has no more."""
    while (batch := policy.ask()) is not None:
        policy.tell(batch, scores[np.ix_(batch.arms, batch.items)])
        yield batch


def joined(scores: Floats, seed: int, known: int, step: int, once: bool = False) -> float:
    """Regret of a search that the rows behind the first `known` join, `step` at a time, each time
    it is done with those before. Holds it to its budget; `once`, to one load an arm."""
    posed = problem(scores[:known], LOAD + QUERIES, seed, LOAD, once=once)
    policy = OneVisit(posed)
    spent, loads, loaded, here = 0.0, 0, -1, known
    while True:
        for batch in answer(policy, scores):
            loads += batch.arms[0] != loaded
            spent += len(batch.items) + LOAD * (batch.arms[0] != loaded)
            loaded = batch.arms[0]
        assert policy.done
        assert spent <= (LOAD + QUERIES) * here + 1e-6
        assert loads == here or not once
        if here == len(scores):
            return regret(scores, policy.standing().order[0])
        fresh = min(step, len(scores) - here)
        policy.arrive([LOAD] * fresh, [LOAD] * fresh)
        here += fresh


def matrix(seed: int) -> Floats:
    return (family if seed % 2 else spread)(seed + 300, ARMS, 300)


@cache
def arriving(known: int, step: int, order: str, once: bool = False) -> list[float]:
    found = []
    for seed in SEEDS:
        ranked = best_first(matrix(seed))
        if order == "random":
            ranked = np.random.default_rng([seed, 9]).permutation(ranked)
        ranked = ranked[::-1] if order == "worst" else ranked
        found.append(joined(ranked, seed, known, step, once))
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


STEPS = [(12, 1), (60, 1), (12, 12), (30, 30), (60, 60)]


@pytest.mark.parametrize(("known", "step"), STEPS)
def test_arriving_does_as_well_as_being_there(known: int, step: int) -> None:
    assert excess(arriving(known, step, "random"), listed(1)) <= 2


@pytest.mark.parametrize(("known", "step"), STEPS)
def test_the_best_coming_first_do_as_well(known: int, step: int) -> None:
    assert excess(arriving(known, step, "best"), arriving(known, step, "random")) <= 2


def test_a_better_half_coming_last_does_as_well() -> None:
    assert excess(arriving(60, 60, "worst"), arriving(60, 60, "random")) <= 2


@cache
def alone(few: int, once: bool = False) -> list[float]:
    """Of a search of the best few, with what they bring."""
    return [joined(best_first(matrix(seed))[:few], seed, few, 1, once) for seed in SEEDS]


FEW = [(12, 1, WAVE), (60, 1, WAVE), (12, 12, WAVE), (30, 30, 30)]


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize(("known", "step", "few"), FEW)
def test_few_that_are_better_than_all_before_do_as_well_as_if_they_were_alone(
    known: int, step: int, few: int, once: bool
) -> None:
    """What the others brought was spent on them: that better ones come cannot be known."""
    assert excess(arriving(known, step, "worst", once), alone(few, once)) <= 2


@pytest.mark.parametrize(("known", "step"), STEPS)
def test_the_best_coming_first_do_as_well_as_if_they_were_alone_where_none_is_loaded_again(
    known: int, step: int
) -> None:
    """What worse ones bring later cannot be spent on them."""
    assert excess(arriving(known, step, "best", once=True), alone(known, once=True)) <= 2


def test_halves_do_as_well_in_any_order_where_none_is_loaded_again() -> None:
    for order in ("best", "worst"):
        assert excess(arriving(60, 60, order, once=True), arriving(60, 60, "random", True)) <= 2


def test_equals_are_as_likely_to_be_picked_whenever_they_come() -> None:
    late = 0
    for seed in range(60):
        scores = np.ones((24, 3))
        policy = OneVisit(problem(scores[:12], LOAD + 20, seed, LOAD))
        for _ in answer(policy, scores):
            pass
        for _ in range(12):
            policy.arrive([LOAD], [LOAD])
            for _ in answer(policy, scores):
                pass
        late += policy.standing().order[0] >= 12
    assert 15 <= late <= 45
