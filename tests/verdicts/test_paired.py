"""Paired tests are exact: they equal the enumeration of all outcomes, and keep their level."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluator.verdicts import tails
from evaluator.verdicts.paired import GRID, Paired

HERE = np.array([0])
THERE = np.array([1])


def one(scores: NDArray[np.float64], clusters: NDArray[np.int64] | None = None) -> float:
    """The p-value that the first row is better than the second."""
    return float(Paired.of(scores, clusters).p(HERE, THERE)[0, 0])


def enumerated(differences: NDArray[np.float64]) -> float:
    """The part of all sign flips whose sum is at least that of the differences."""
    signs = np.array(list(product((1, -1), repeat=len(differences))))
    return float(np.mean(signs @ differences >= differences.sum() - 1e-9))


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_equals_the_sum_over_all_outcomes(wins: int, losses: int) -> None:
    scores = np.zeros((2, 90))
    scores[0, :wins] = 1.0
    scores[1, wins : wins + losses] = 1.0
    scores[:, 85:] = 1.0
    differing = wins + losses
    wanted = sum(comb(differing, k) for k in range(wins, differing + 1)) / 2**differing
    assert one(scores) == pytest.approx(wanted, rel=1e-12)


def test_mcnemar_keeps_its_digits_in_the_far_tail() -> None:
    assert tails.coin(np.array([300]), np.array([300]))[0] == pytest.approx(0.5**300, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-7, 7), min_size=1, max_size=11))
def test_sign_flips_equal_the_enumeration(differences: list[int]) -> None:
    row = np.array([differences])
    assert tails.flips(row)[0] == pytest.approx(enumerated(row[0].astype(float)), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 3)),
        min_size=1,
        max_size=10,
    )
)
def test_parts_of_a_point_in_clusters_equal_the_enumeration(
    prompts: list[tuple[int, int, int]],
) -> None:
    ours, theirs, clusters = np.array(prompts).T
    scores = np.stack([ours, theirs]) / 12
    sums = np.bincount(clusters, weights=ours - theirs)
    assert one(scores, clusters) == pytest.approx(enumerated(sums), abs=1e-12)


@given(st.integers(0, 30), st.integers(0, 30))
def test_sign_flips_of_single_grades_are_mcnemar(wins: int, losses: int) -> None:
    row = np.array([[1] * wins + [-1] * losses + [0] * 3])
    wanted = tails.coin(np.array([wins]), np.array([wins + losses]))
    assert tails.flips(row) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("parts", [2, 3, 4, 5, 6, 10, 12, 15, 20])
def test_usual_parts_of_a_point_are_not_rounded(parts: int) -> None:
    assert GRID % parts == 0


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_two_sides_of_one_comparison_overlap_only_in_what_was_seen(
    seed: int, parts: bool, clustered: bool
) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, (2, 30)) / 3 if parts else rng.integers(0, 2, (2, 30)).astype(float)
    clusters = rng.integers(0, 9, 30) if clustered else None
    there, back = one(scores, clusters), one(scores[::-1], clusters)
    assert 0 < there <= 1
    assert there + back >= 1 - 1e-9
    if scores[0].sum() > scores[1].sum():
        assert there <= back


@pytest.mark.parametrize("kind", ["grades", "parts", "clusters"])
def test_p_values_keep_their_level_when_nothing_differs(kind: str) -> None:
    rng = np.random.default_rng(7)
    scans, prompts = 4000, 60
    ability = rng.random((1, prompts))
    if kind == "parts":
        scores = rng.binomial(4, ability, (2 * scans, prompts)) / 4
        clusters = None
    elif kind == "grades":
        scores = (rng.random((2 * scans, prompts)) < ability).astype(float)
        clusters = None
    else:
        clusters = np.arange(prompts) // 3
        luck = rng.random((2 * scans, 20))[:, clusters]  # a template's prompts share their fate
        scores = (luck < 0.6).astype(float)
    p = np.array([one(pair, clusters) for pair in scores.reshape(scans, 2, prompts)])
    for level in (0.01, 0.05, 0.2, 0.5):
        noise = 3 * np.sqrt(level * (1 - level) / scans)
        assert np.mean(p <= level) <= level + noise


def test_a_missing_score_counts_for_the_other_side() -> None:
    scores = np.array([[1.0, 1.0, np.nan, 0.0], [0.0, np.nan, 1.0, np.nan]])
    filled = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 1.0, 1.0, 1.0]])
    paired = Paired.of(scores)
    assert one(scores) == one(filled)
    assert paired.delta(HERE, THERE)[0, 0] == pytest.approx(-0.25)


def test_the_difference_is_not_rounded() -> None:
    paired = Paired.of(np.array([[0.123, 1.0], [0.1, 0.0]]))
    assert paired.delta(HERE, THERE)[0, 0] == pytest.approx(0.5115)


def test_equal_parts_in_another_order_make_no_difference() -> None:
    paired = Paired.of(np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]]))
    assert paired.delta(HERE, THERE)[0, 0] == paired.delta(THERE, HERE)[0, 0] == 0


def test_many_against_many_is_each_against_each() -> None:
    rng = np.random.default_rng(3)
    for scores in (rng.integers(0, 2, (5, 40)).astype(float), rng.integers(0, 3, (5, 40)) / 2):
        paired = Paired.of(scores)
        table = paired.p(np.array([0, 1, 2]), np.array([3, 4]))
        single = [[one(scores[[i, j]]) for j in (3, 4)] for i in range(3)]
        assert table == pytest.approx(np.array(single), abs=1e-12)


def test_nobody_to_compare_gives_no_p_values() -> None:
    paired = Paired.of(np.zeros((2, 5)))
    assert paired.p(HERE, np.array([], dtype=np.int64)).shape == (1, 0)
