"""Claims made together hold together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.verdicts.multiplicity import ALPHA, corrected, holm, share

chances = st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=30).map(np.array)


def test_holm_on_a_worked_example() -> None:
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(chances)
def test_holm_never_lowers_nor_reorders(p: np.ndarray) -> None:
    adjusted = holm(p)
    assert np.all(adjusted >= p)
    assert np.all(adjusted <= np.minimum(1, p * len(p) * (1 + 1e-12)))
    assert np.all(np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0)


@given(chances, st.randoms())
def test_holm_does_not_depend_on_the_order(p: np.ndarray, random: object) -> None:
    order = np.random.default_rng(len(p)).permutation(len(p))
    assert holm(p[order]) == pytest.approx(holm(p)[order])


@given(chances)
def test_holm_claims_what_its_steps_claim(p: np.ndarray) -> None:
    claimed = set()
    for step, index in enumerate(np.argsort(p, kind="stable")):
        if p[index] * (len(p) - step) > ALPHA:
            break
        claimed.add(int(index))
    assert claimed == set(np.flatnonzero(holm(p) <= ALPHA))


@given(chances)
def test_one_more_test_never_helps(p: np.ndarray) -> None:
    assert np.all(holm(np.append(p, 0.5))[:-1] >= holm(p))


def test_all_nights_together_spend_no_more_than_all() -> None:
    spent = sum(share(night) for night in range(1, 20000))
    assert 0.9999 < spent < 1


@given(chances)
def test_a_night_is_corrected_by_itself_and_by_its_share(p: np.ndarray) -> None:
    nights = np.arange(len(p)) % 3 + 1
    found = corrected(p, nights)
    for night in np.unique(nights):
        here = nights == night
        assert found[here] == pytest.approx(np.minimum(1, holm(p[here]) / share(int(night))))


def test_false_claims_stay_rare_over_many_nights() -> None:
    rng = np.random.default_rng(11)
    nights = np.repeat(np.arange(1, 31), 5)
    wrong = [bool((corrected(rng.random(150), nights) <= ALPHA).any()) for _ in range(2000)]
    assert np.mean(wrong) <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / 2000)
