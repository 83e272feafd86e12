"""What arms asked different depths may be expected to reach."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.search.ledger import Ledger
from evaluator.search.prospects import prospects
from evaluator.search.protocol import Floats, Ints
from evaluator.search.scoring import Scorer
from tests.search.drive import problem
from tests.search.families import family

RUNGS: Ints = np.array([5, 10, 20, 40, 60])


def told(scores: Floats, depths: list[int]) -> Ledger:
    """The books after every arm was asked so far along the order."""
    books = Ledger(problem(scores, float(scores.shape[1]), order=np.arange(scores.shape[1])))
    for arm, depth in enumerate(depths):
        if depth:
            batch = books.ask(np.array([arm]), np.arange(depth))
            books.tell(batch, scores[np.ix_(batch.arms, batch.items)])
    return books


def expected(scores: Floats, depths: list[int], waves: list[int] | None = None) -> Floats:
    books = told(scores, depths)
    came = np.zeros(len(scores), dtype=np.int64) if waves is None else np.array(waves)
    return prospects(books, Scorer(books), RUNGS, came)


def test_who_was_asked_everything_has_its_mean() -> None:
    scores = family(1, 12, 60)
    assert np.allclose(expected(scores, [60] * 12), scores.mean(axis=1))


@pytest.mark.parametrize("arms", [1, 2])
def test_few_arms_and_few_answers_are_enough(arms: int) -> None:
    found = expected(np.ones((arms, 60)), [1] * arms)
    assert np.allclose(found, 1.0, atol=0.02)


def test_nothing_is_expected_of_who_was_told_nothing_or_failed() -> None:
    scores = family(2, 4, 60)
    scores[1] = np.nan
    found = expected(scores, [60, 60, 0, 10])
    assert np.isneginf(found).tolist() == [False, True, True, False]


def test_a_few_lucky_answers_do_not_beat_a_finisher() -> None:
    """The last arm of all is asked two items, hard for all others, and gets them right."""
    scores = np.full((3, 60), 0.8)
    scores[:, :2] = 0.0
    scores[2] = [1.0, 1.0] + [0.0] * 58
    assert expected(scores, [60, 60, 2]).argmax() in (0, 1)


def test_few_answers_count_for_more_where_those_that_came_together_are_good() -> None:
    """Two arms answer twenty items alike; one came with arms as good as it is, one with worse."""
    rng = np.random.default_rng(3)
    scores = np.empty((48, 60))
    scores[:24] = rng.random((24, 60)) < 0.6
    scores[24:] = rng.random((24, 60)) < 0.8
    scores[0] = scores[24]
    depths = [20] * 47 + [60]
    found = expected(scores, depths, [0] * 24 + [1] * 24)
    assert found[24] > found[0] + 0.05
    alike = expected(scores, depths)
    assert alike[24] == alike[0]


def test_harder_items_are_not_held_against_who_was_asked_them() -> None:
    rng = np.random.default_rng(4)
    ease = np.repeat([0.8, 0.3], 30)
    scores = (rng.random((40, 60)) < ease).astype(float)
    found = expected(scores, [60] * 10 + [20] * 30)
    assert abs(found[:10].mean() - found[10:].mean()) < 0.05
    assert abs(found.mean() - 0.55) < 0.05


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6))
def test_how_those_that_came_together_are_listed_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = family(seed, 20, 60)
    depths = rng.choice([0, 3, 5, 10, 40, 60], 20)
    shuffled = np.concatenate([rng.permutation(8), 8 + rng.permutation(12)])
    waves = [0] * 8 + [1] * 12
    found = expected(scores, depths.tolist(), waves)
    assert (found[shuffled] == expected(scores[shuffled], depths[shuffled].tolist(), waves)).all()
