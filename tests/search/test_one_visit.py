import numpy as np
import pytest

from evaluator.search.one_visit import OneVisit
from evaluator.search.protocol import Arrivals, Batch, Floats, Policy, Problem
from evaluator.search.waiting import worthwhile
from tests.search.drive import drive, problem
from tests.search.families import best_first, family, spread

SEEDS = range(12)


def regret(policy: Policy, scores: Floats) -> float:
    truth = scores.mean(axis=1)
    return float(truth.max() - truth[policy.standing().order[0]])


def clearly_worse(regrets: list[float], than: list[float]) -> bool:
    """By more than three standard errors of the paired difference."""
    gap = np.array(regrets) - np.array(than)
    return bool(gap.mean() > 3 * gap.std() / np.sqrt(len(gap)) + 1e-9)


def in_any_order(load: float = 50.0, **more: object) -> list[float]:
    found = []
    for seed in SEEDS:
        scores = family(seed)
        posed = problem(scores, load + 40, seed, load, **more)
        policy = OneVisit(posed)
        drive(policy, posed, scores, shuffle=seed)
        found.append(regret(policy, scores))
    return found


@pytest.mark.parametrize("workers", [1, 4, 16])
def test_nobody_is_loaded_twice_where_once_is_enough(workers: int) -> None:
    for seed in SEEDS:
        scores = family(seed)
        posed = problem(scores, 90.0, seed, 50.0, workers=workers, once=True)
        assert (drive(OneVisit(posed), posed, scores, shuffle=seed).loads == 1).all()


@pytest.mark.parametrize("workers", [1, 4, 16])
def test_hardly_anyone_is_loaded_again(workers: int) -> None:
    again = 0
    for seed in SEEDS:
        scores = family(seed)
        posed = problem(scores, 90.0, seed, 50.0, workers=workers)
        loads = drive(OneVisit(posed), posed, scores, shuffle=seed).loads
        assert loads.all()
        again += int(loads.sum()) - len(scores)
    assert again <= 0.05 * len(SEEDS) * 120


def test_nobody_is_loaded_again_before_all_were_visited() -> None:
    again = 0
    for seed in SEEDS:
        scores = family(seed)
        posed = problem(scores, 90.0, seed, 50.0)
        arms = [batch.arms[0] for batch in drive(OneVisit(posed), posed, scores).batches]
        visits = [arm for arm, before in zip(arms, [-1, *arms], strict=False) if arm != before]
        assert len(set(visits[: len(scores)])) == len(scores)
        again += len(visits) - len(scores)
    assert again


def test_first_arms_are_visited_first() -> None:
    scores = family(2)
    posed = problem(scores, 90.0, 2, 50.0, first=(17, 3))
    visited = [batch.arms[0] for batch in drive(OneVisit(posed), posed, scores).batches]
    assert list(dict.fromkeys(visited))[:2] == [17, 3]


def test_most_are_stopped_early_and_the_best_finish() -> None:
    scores = family(3)
    posed = problem(scores, 90.0, 3, 50.0)
    policy = OneVisit(posed)
    drive(policy, posed, scores)
    standing = policy.standing()
    assert np.median(standing.asked) < 40
    assert standing.asked[standing.order[0]] == scores.shape[1]
    finished = standing.asked == scores.shape[1]
    assert (standing.rung[finished] == -1).all()
    assert (standing.rung[~finished] >= 0).all()


def late(scores: Floats, seed: int, arrivals: int) -> OneVisit:
    """A search that the last arms join when all others are done."""
    known = len(scores) - arrivals
    posed = problem(scores[:known], 90.0, seed, 50.0)
    policy = OneVisit(posed)
    drive(policy, posed, scores[:known])
    assert policy.done
    assert policy.arrive([50.0] * arrivals, [50.0] * arrivals) == tuple(range(known, len(scores)))
    assert not policy.done
    whole = Problem(
        arms=len(scores),
        order=posed.order,
        categories=posed.categories,
        budget=posed.budget,
        load_cost=np.full(len(scores), 50.0),
        reload_cost=np.full(len(scores), 50.0),
        seed=seed,
    )
    before = policy.standing().asked
    drive(policy, whole, scores)
    assert (policy.standing().asked[:known] <= scores.shape[1]).all()
    assert before[known:].sum() == 0
    assert (policy.standing().asked[known:] > 0).all()
    assert len(policy.standing().order) == len(scores)
    return policy


def test_arriving_late_does_as_well() -> None:
    found = []
    for seed in SEEDS:
        scores = family(seed)
        policy = late(scores, seed, arrivals=40)
        assert isinstance(policy, Arrivals)
        found.append(regret(policy, scores))
    assert not clearly_worse(found, in_any_order())


def test_arms_that_arrive_while_it_runs_are_mixed_with_those_that_wait() -> None:
    found = []
    for seed in SEEDS:
        scores = best_first(family(seed))
        posed = problem(scores[60:], 90.0, seed, 50.0, first=(3,))
        policy = OneVisit(posed)
        policy.arrive([50.0] * 60, [50.0] * 60)
        moved = np.concatenate([scores[60:], scores[:60]])
        visited = []
        while (batch := policy.ask()) is not None:
            visited.append(batch.arms[0])
            policy.tell(batch, moved[np.ix_(batch.arms, batch.items)])
        visited = list(dict.fromkeys(visited))
        assert visited[0] == 3
        assert 15 < sum(arm >= 60 for arm in visited[:60]) < 45
        found.append(regret(policy, moved))
    assert not clearly_worse(found, in_any_order())


def test_arriving_in_the_midst_is_taken_in() -> None:
    scores = family(5)
    posed = problem(scores[:60], 90.0, 5, 50.0)
    policy = OneVisit(posed)
    for _ in range(30):
        batch = policy.ask()
        assert batch is not None
        policy.tell(batch, scores[np.ix_(batch.arms, batch.items)])
    policy.arrive([0.5] * 60, [0.5] * 60)
    spent = 0
    while not policy.done:
        batch = policy.ask()
        assert batch is not None
        spent += len(batch.items)
        policy.tell(batch, scores[np.ix_(batch.arms, batch.items)])
    assert (policy.standing().asked > 0).all()


def test_a_checkpoint_that_will_not_load_costs_the_others_nothing() -> None:
    scores = family(6)
    scores[:40] = np.nan
    posed = problem(scores, 90.0, 6, 50.0)
    policy = OneVisit(posed)
    drive(policy, posed, scores)
    standing = policy.standing()
    assert standing.failed[:40].all()
    assert set(standing.order) == set(range(40, 120))
    assert np.nanmax(scores[40:].mean(axis=1)) - scores[standing.order[0]].mean() < 0.02


def test_a_late_answer_of_a_failed_arm_changes_nothing() -> None:
    scores = family(7)
    posed = problem(scores, 90.0, 7, 50.0, workers=2)
    policy = OneVisit(posed)
    one, other = policy.ask(), policy.ask()
    assert one is not None
    assert other is not None
    half = len(one.items) // 2
    policy.tell(Batch(one.arms, one.items[:half] or one.items), np.full((1, half or 1), np.nan))
    if half:
        policy.tell(Batch(one.arms, one.items[half:]), np.ones((1, len(one.items) - half)))
    assert policy.standing().failed[one.arms[0]]
    assert one.arms[0] not in policy.standing().order


def test_the_dearer_a_load_the_more_a_visit_is_asked() -> None:
    asked = [worthwhile(load, 1000) for load in (0.0, 10.0, 100.0, 1000.0)]
    assert asked == sorted(asked)
    assert asked[0] == 0
    assert asked[-1] < 150
    assert worthwhile(1000.0, 60) == 30


def test_the_more_arms_are_wanted_the_fewer_are_left_out() -> None:
    assert worthwhile(1000.0, 1000, top_k=5) < worthwhile(1000.0, 1000)


def test_where_loads_are_dear_some_arms_are_left_out_and_the_pick_is_better() -> None:
    everyone, fewer = [], []
    for seed in range(24):
        scores = spread(seed, 80, 240)
        posed = problem(scores, 1020.0, seed, 1000.0)
        policy = OneVisit(posed)
        visited = drive(policy, posed, scores).loads.sum()
        assert 0.9 * len(scores) < visited < len(scores)
        fewer.append(regret(policy, scores))
        cheap = problem(scores, 21.0, seed, 1.0)
        policy = OneVisit(cheap)
        assert drive(policy, cheap, scores).loads.all()
        everyone.append(regret(policy, scores))
    assert clearly_worse(everyone, fewer)
