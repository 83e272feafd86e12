from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluator.search.errors import SearchError
from evaluator.search.policies import NAMES, make
from evaluator.search.protocol import Batch, Floats
from tests.search.drive import drive, problem

BANDITS = ("ucb", "ucb_stddev", "ucb_e", "ttts")
ALONE = ("random", "successive_rejects", "halving", *BANDITS)
SHARED = tuple(name for name in NAMES if name not in ALONE)


def matrix(seed: int, arms: int, items: int) -> Floats:
    rng = np.random.default_rng(seed)
    skill, ease = rng.normal(0, 1, (arms, 1)), rng.normal(0, 1, items)
    return (rng.random((arms, items)) < 1 / (1 + np.exp(-skill - ease))).astype(float)


searches = st.tuples(
    st.integers(0, 10**6),
    st.integers(1, 12),
    st.integers(1, 20),
    st.sampled_from([0.0, 0.5, 3.0, 8.0, 15.0, 40.0, 1e9]),
    st.sampled_from([0.0, 1.0, 20.0]),
    st.sampled_from([0.0, 0.3, 0.95]),
    st.sampled_from([1, 3]),
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(searches)
def test_never_overspends_never_asks_twice_and_survives_failures(name: str, search) -> None:  # type: ignore[no-untyped-def]
    seed, arms, items, budget, load, missing, workers = search
    scores = matrix(seed, arms, items)
    rng = np.random.default_rng(seed)
    scores[rng.random((arms, items)) < missing] = np.nan
    scores[rng.random(arms) < missing / 2] = np.nan
    posed = problem(scores, budget, seed, load, workers=workers)
    for shuffle in (None, seed):
        policy = make(name, posed)
        seen = drive(policy, posed, scores, shuffle)
        assert seen.spent <= budget * arms + 1e-6
        standing = policy.standing()
        assert policy.stopped().tolist() == standing.rung.tolist()
        assert sorted(standing.order) == np.flatnonzero(~standing.failed).tolist()
        assert (standing.asked <= seen.asked.sum(axis=1)).all()


@pytest.mark.parametrize("name", NAMES[1:])
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 10), st.integers(1, 20))
def test_exact_when_the_budget_covers_everything(
    name: str, seed: int, arms: int, items: int
) -> None:
    scores = matrix(seed, arms, items)
    for budget in (float(items), np.inf):
        posed = problem(scores, budget, seed)
        policy = make(name, posed)
        drive(policy, posed, scores)
        truth = scores.mean(axis=1)
        assert truth[policy.standing().order[0]] == truth.max()


def test_the_last_arm_that_can_be_asked_is_asked_whoever_leads() -> None:
    scores = matrix(424407, 2, 4)
    posed = problem(scores, 4.0, 424407)
    assert drive(make("ttts", posed), posed, scores).asked.all()


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_search(name: str) -> None:
    scores = matrix(1, 20, 40)
    posed = problem(scores, 9.0, 5)
    first, second = make(name, posed), make(name, posed)
    assert drive(first, posed, scores).batches == drive(second, posed, scores).batches
    assert first.standing().order == second.standing().order


def asked_along_the_order(
    name: str,
    seed: int,
    arms: int,
    items: int,
    budget: float,
    load: float,
    _: float,
    workers: int,
) -> NDArray[np.bool_]:
    """Whether each arm was asked what stands at each place of the order, (arms, items)."""
    scores = matrix(seed, arms, items)
    posed = problem(scores, budget, seed, load, workers=workers)
    return drive(make(name, posed), posed, scores).asked[:, posed.order]


@pytest.mark.parametrize("name", SHARED)
@settings(max_examples=25, deadline=None)
@given(searches)
def test_shared_policies_ask_a_prefix_of_one_order(name: str, search) -> None:  # type: ignore[no-untyped-def]
    along = asked_along_the_order(name, *search)
    assert (along[:, 1:] <= along[:, :-1]).all()


@pytest.mark.parametrize("name", BANDITS)
@settings(max_examples=25, deadline=None)
@given(searches)
def test_bandits_go_round_the_order_each_from_where_it_begins(name: str, search) -> None:  # type: ignore[no-untyped-def]
    along = asked_along_the_order(name, *search)
    begins = (along & ~np.roll(along, 1, axis=1)).sum(axis=1)
    assert (begins <= 1).all()


# Policies that draw nothing: those that do are only alike on average when arms change places.
DRAWLESS = (
    "uniform",
    "ucb",
    "ucb_stddev",
    "ucb_e",
    "bayes_elim",
    "successive_rejects_shared",
    "halving_shared",
    "accelerated_paper",
    "accelerated",
    "one_visit",
    "exhaustive",
    "default",
)


@pytest.mark.parametrize("name", DRAWLESS)
@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(1, 14),
    st.integers(1, 24),
    st.floats(4.0, 30.0),
    st.sampled_from([0.0, 5.0]),
)
def test_arms_that_change_places_are_treated_the_same(
    name: str, seed: int, arms: int, items: int, budget: float, load: float
) -> None:
    rng = np.random.default_rng(seed)
    scores, places = rng.random((arms, items)), rng.permutation(arms)
    moved = np.empty_like(scores)
    moved[places] = scores
    # Which arm happens to be loaded last is a matter of places, and saves a load.
    load = load if name in ("one_visit", "exhaustive") else 0.0
    posed = problem(scores, budget + load, seed, load, first=tuple(range(arms)))
    turned = replace(posed, first=tuple(places.tolist()))
    one, other = make(name, posed), make(name, turned)
    asked, again = drive(one, posed, scores).asked, drive(other, turned, moved).asked
    # Where the budget is too small for all, who is left out unasked is drawn.
    assume(asked.any(axis=1).all())
    assert (again[places] == asked).all()
    ranked = [int(places[arm]) for arm in one.standing().order]
    assert list(other.standing().order) == ranked


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("arms", "items"), [(1, 1), (1, 9), (9, 1), (2, 2)])
@pytest.mark.parametrize("budget", [0.0, 0.4, 1.0, 3.0])
@pytest.mark.parametrize("load", [0.0, 1.0, 500.0])
def test_the_smallest_searches_end(
    name: str, arms: int, items: int, budget: float, load: float
) -> None:
    scores = matrix(arms, arms, items)
    posed = problem(scores, budget + load, 1, load)
    policy = make(name, posed)
    assert drive(policy, posed, scores).spent <= (budget + load) * arms + 1e-6
    assert sorted(policy.standing().order) == list(range(arms))


@pytest.mark.parametrize("name", NAMES[1:])
def test_all_arms_failed(name: str) -> None:
    scores = np.full((6, 10), np.nan)
    posed = problem(scores, 5.0)
    policy = make(name, posed)
    drive(policy, posed, scores)
    failed = policy.standing().failed
    assert failed.any()
    assert not set(policy.standing().order) & set(np.flatnonzero(failed).tolist())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_constant_scores(name: str, constant: float) -> None:
    scores = np.full((9, 30), constant)
    posed = problem(scores, 8.0)
    policy = make(name, posed)
    drive(policy, posed, scores)
    assert len(policy.standing().order) == 9


@pytest.mark.parametrize(("arms", "budget"), [(20, 3.0), (300, 10.0), (700, 10.0), (700, 1.5)])
def test_rounds_leave_nobody_unasked_who_can_be_asked(arms: int, budget: float) -> None:
    scores = matrix(2, arms, 1000)
    posed = problem(scores, budget)
    asked = drive(make("accelerated", posed), posed, scores).asked.sum(axis=1)
    assert asked.min() >= 1
    assert asked.max() > 2 * budget


def test_telling_what_was_not_asked_is_refused() -> None:
    scores = matrix(0, 3, 5)
    policy = make("accelerated", problem(scores, 3.0))
    with pytest.raises(SearchError, match="not asked"):
        policy.tell(Batch((0,), (4, 3, 2, 1, 0)), np.ones((1, 5)))
    batch = policy.ask()
    assert batch is not None
    with pytest.raises(SearchError, match="shape"):
        policy.tell(batch, np.ones((1, 1)))
    with pytest.raises(SearchError, match="outside"):
        policy.tell(batch, np.full((len(batch.arms), len(batch.items)), 1.5))


def test_a_problem_that_makes_no_sense_is_refused() -> None:
    scores = matrix(0, 3, 5)
    with pytest.raises(SearchError, match="unknown policy"):
        make("psychic", problem(scores, 3.0))
    with pytest.raises(SearchError, match="budget"):
        make("accelerated", problem(scores, float("nan")))
    with pytest.raises(SearchError, match="load costs"):
        make("accelerated", problem(scores, 3.0, load=-1.0))
    with pytest.raises(SearchError, match="does not exist"):
        make("accelerated", problem(scores, 3.0, first=(7,)))
