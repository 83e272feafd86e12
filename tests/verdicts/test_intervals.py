"""Intervals hold what they promise, also where prompts share their errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.verdicts.intervals import of_scores, of_totals, student


def test_without_strata_and_clusters_it_is_nearly_wilsons() -> None:
    scores = np.repeat([[1.0, 0.0]], [140, 60], axis=1)
    found = of_scores(scores, np.zeros(200, dtype=np.int64))
    assert (found.low[0], found.high[0]) == pytest.approx((0.633, 0.759), abs=2e-3)
    assert found.mean[0] == 0.7


def test_sums_alone_give_the_same_interval_as_grades() -> None:
    rng = np.random.default_rng(0)
    scores = (rng.random((20, 90)) < 0.6).astype(float)
    strata = np.arange(90) % 3
    totals = np.stack([scores[:, strata == s].sum(axis=1) for s in range(3)], axis=1)
    one = of_scores(scores, strata)
    other = of_totals(totals, np.full((20, 3), 30))
    assert other.mean == pytest.approx(one.mean)
    assert other.low == pytest.approx(one.low, abs=2e-3)
    assert other.high == pytest.approx(one.high, abs=2e-3)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_it_holds_the_mean_and_stays_within_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    prompts = int(rng.integers(1, 40))
    scores = rng.integers(0, 3, (6, prompts)) / 2
    scores[rng.random(scores.shape) < 0.2] = np.nan
    found = of_scores(scores, rng.integers(0, 3, prompts), rng.integers(0, 9, prompts))
    there = found.n > 0
    assert np.all(np.isnan(found.mean) == ~there)
    assert np.all((found.low[there] >= 0) & (found.high[there] <= 1))
    assert np.all(found.low[there] <= found.mean[there])
    assert np.all(found.mean[there] <= found.high[there])
    assert found.mean[there] == pytest.approx(np.nanmean(scores[there], axis=1))


def test_all_right_is_not_certain() -> None:
    found = of_scores(np.ones((1, 50)), np.zeros(50, dtype=np.int64))
    assert found.high[0] == 1.0
    assert 0.9 < found.low[0] < 0.95


def test_clusters_that_answer_alike_widen_it() -> None:
    rng = np.random.default_rng(1)
    clusters = np.arange(200) // 10
    scores = (rng.random((1, 20)) < 0.7).astype(float)[:, clusters]
    strata = np.zeros(200, dtype=np.int64)
    alone, alike = of_scores(scores, strata), of_scores(scores, strata, clusters)
    assert alike.high[0] - alike.low[0] > 2.5 * (alone.high[0] - alone.low[0])


def test_one_cluster_says_no_more_than_one_prompt() -> None:
    scores = np.array([[1.0, 1.0, 0.0, 1.0] * 10])
    found = of_scores(scores, np.zeros(40, dtype=np.int64), np.zeros(40, dtype=np.int64))
    assert found.high[0] - found.low[0] > 0.9


def test_strata_with_unlike_scores_narrow_it() -> None:
    scores = np.repeat([[1.0, 0.0, 1.0, 0.0]], [95, 5, 5, 95], axis=1)
    halves = np.repeat([0, 1], 100)
    one, two = of_scores(scores, np.zeros(200, dtype=np.int64)), of_scores(scores, halves)
    assert two.high[0] - two.low[0] < 0.5 * (one.high[0] - one.low[0])


def test_near_perfect_scores_in_every_category_are_covered() -> None:
    rng = np.random.default_rng(4)
    scores = (rng.random((4000, 120)) < 0.95).astype(float)
    found = of_scores(scores, np.arange(120) % 4)
    assert np.mean((found.low <= 0.95) & (found.high >= 0.95)) >= 0.94


def test_one_good_checkpoint_does_not_hide_how_alike_a_clusters_answers_are() -> None:
    rng = np.random.default_rng(6)
    clusters = np.arange(200) // 10
    others = (rng.random((9, 20)) < 0.6).astype(float)[:, clusters]
    good = np.ones((1, 200))
    good[0, [3, 77, 140]] = 0.0
    strata = np.zeros(200, dtype=np.int64)
    alone = of_scores(good, strata, clusters)
    among = of_scores(np.vstack([good, others]), strata, clusters)
    assert among.low[0] < alone.low[0] - 0.02


@pytest.mark.parametrize("alike", [False, True])
def test_it_covers_the_population(alike: bool) -> None:
    rng = np.random.default_rng(2)
    truth, scans, prompts = 0.8, 3000, 240
    clusters = np.arange(prompts) // 6
    own = rng.random((scans, prompts))
    shared = np.where(rng.random((scans, 40)) < 0.5, rng.random((scans, 40)), np.nan)[:, clusters]
    luck = np.where(np.isnan(shared), own, shared) if alike else own
    found = of_scores((luck < truth).astype(float), np.arange(prompts) // 60, clusters)
    assert np.mean((found.low <= truth) & (truth <= found.high)) >= 0.94


@pytest.mark.parametrize(
    ("freedom", "point"), [(1, 12.706), (2, 4.3027), (7, 2.3646), (9, 2.2622), (49, 2.0096)]
)
def test_students_points(freedom: float, point: float) -> None:
    assert point * 0.9999 <= student(np.array([freedom]))[0] <= point * 1.005
