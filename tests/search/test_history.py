from dataclasses import replace

import numpy as np
import pytest

from evaluator.search.errors import SearchError
from evaluator.search.history import LEAD, informed_order, learn, weights
from evaluator.search.ordering import balanced_order
from evaluator.search.policies import make
from evaluator.search.protocol import Floats, Items
from tests.search.drive import drive, problem
from tests.search.families import close, excess, regret, spread


def scores_of(seed: int, arms: int, items: int = 200) -> Floats:
    """Items of which a third says something of an arm's skill, the others nothing."""
    rng = np.random.default_rng(3)
    slope = np.where(rng.random(items) < 0.33, 2.5, 0.0)
    ease = rng.normal(0.5, 1, items)
    rng = np.random.default_rng([seed, 9])
    skill = rng.normal(0, 1, (arms, 1))
    chance = 1 / (1 + np.exp(-slope * skill - ease))
    return (rng.random((arms, items)) < chance).astype(float)


def test_the_order_leads_with_items_that_say_something() -> None:
    items = learn(scores_of(1, 4000))
    order = informed_order(items, np.arange(200) % 3, 0)
    assert sorted(order) == list(range(200))
    strength = np.abs(items.loadings[:, 0])
    assert strength[order[:LEAD]].mean() > 2 * strength.mean()


def test_weights_of_the_whole_pool_are_the_mean() -> None:
    items = learn(scores_of(1, 400))
    order = informed_order(items, np.arange(200) % 3, 0)
    assert np.allclose(weights(items, order, 200), 1 / 200)


def test_among_strong_arms_the_chosen_items_say_more_of_the_mean() -> None:
    items = learn(scores_of(1, 4000))
    scores = scores_of(2, 1600)
    scores = scores[scores.mean(axis=1) >= np.quantile(scores.mean(axis=1), 0.75)]
    truth = scores.mean(axis=1)
    plain, informed = [], []
    for seed in range(8):
        order = balanced_order(np.arange(200) % 3, seed)
        plain.append(np.corrcoef(scores[:, order[:LEAD]].mean(axis=1), truth)[0, 1])
        order = informed_order(items, np.arange(200) % 3, seed)
        said = scores[:, order[:LEAD]] @ weights(items, order, LEAD)
        informed.append(np.corrcoef(said, truth)[0, 1])
    assert np.mean(informed) > np.mean(plain)


def test_unknown_items_and_short_histories_are_taken_as_they_are() -> None:
    past = scores_of(1, 5)
    past[:, :20] = np.nan
    past[0] = np.nan
    items = learn(past)
    assert np.isfinite(items.mean).all()
    assert np.isfinite(items.loadings).all()
    assert (items.noise > 0).all()
    assert len(informed_order(items, np.zeros(200), 1)) == 200


def test_an_empty_history_is_refused() -> None:
    with pytest.raises(SearchError, match="no scores"):
        learn(np.full((3, 4), np.nan))


def test_noise_is_not_learned_from() -> None:
    rng = np.random.default_rng(1)
    items = learn((rng.random((200, 150)) < 0.6).astype(float))
    categories = np.arange(150) % 3
    assert not items.loadings.any()
    assert (informed_order(items, categories, 4) == balanced_order(categories, 4)).all()


def test_a_history_that_tells_nothing_changes_nothing() -> None:
    scores, ignorant = close(1, 60, 150), Items(np.full(150, 0.5), np.zeros((150, 2)), np.ones(150))
    for name in ("accelerated", "one_visit"):
        posed = problem(scores, 70.0, 1, 50.0)
        told = replace(posed, history=ignorant)
        plain, same = make(name, posed), make(name, told)
        assert drive(plain, posed, scores).batches == drive(same, told, scores).batches
        assert plain.standing().order == same.standing().order


@pytest.mark.parametrize("load", [0.0, 300.0])
def test_an_unrelated_or_tiny_history_does_no_harm(load: float) -> None:
    """The past of a family whose items say other things, of three arms, and of mere noise."""
    pasts: dict[str, list[float]] = {"none": [], "unrelated": [], "three": [], "noise": []}
    for seed in range(40):
        scores = (spread if seed % 2 else close)(seed, 80, 200)
        past = spread(seed + 500, 80, 200)
        rng = np.random.default_rng(seed)
        histories = {
            "none": None,
            "unrelated": learn(past[:, rng.permutation(200)]),
            "three": learn(past[:3]),
            "noise": learn((rng.random((80, 200)) < rng.random(200)).astype(float)),
        }
        for name, history in histories.items():
            order = None if history is None else informed_order(history, np.arange(200) % 3, seed)
            posed = problem(scores, load + 20, seed, load, None, order, history=history)
            policy = make("default", posed)
            drive(policy, posed, scores)
            pasts[name].append(regret(scores, policy.standing().order[0]))
    for name in ("unrelated", "three", "noise"):
        assert excess(pasts[name], pasts["none"]) <= 2, name
