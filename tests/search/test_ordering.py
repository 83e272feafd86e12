import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluator.search.ordering import balanced_order


@given(st.lists(st.integers(0, 8), min_size=1, max_size=120), st.integers(0, 2**32))
def test_every_prefix_holds_each_category_by_its_share(labels: list[int], seed: int) -> None:
    categories = np.array(labels)
    order = balanced_order(categories, seed)
    assert sorted(order) == list(range(len(labels)))
    lengths = np.arange(1, len(labels) + 1)
    for category in np.unique(categories):
        held = np.cumsum(categories[order] == category)
        assert (np.abs(held - lengths * np.mean(categories == category)) < 2).all()


@given(st.integers(1, 9), st.integers(1, 12), st.integers(0, 2**32))
def test_equal_categories_take_turns(kinds: int, each: int, seed: int) -> None:
    categories = np.repeat(np.arange(kinds), each)
    held = categories[balanced_order(categories, seed)].reshape(each, kinds)
    assert all(len(set(turn)) == kinds for turn in held.tolist())


def test_order_depends_on_the_seed_alone() -> None:
    categories = np.array(["a", "b", "b", "c"] * 10)
    assert (balanced_order(categories, 3) == balanced_order(categories, 3)).all()
    assert (balanced_order(categories, 3) != balanced_order(categories, 4)).any()


def test_small_categories_are_not_always_last() -> None:
    categories = np.array([0] * 50 + [1])
    places = [int(np.flatnonzero(balanced_order(categories, seed) == 50)[0]) for seed in range(60)]
    assert min(places) < 15
    assert max(places) > 35
