"""Tie groups are runs of ranks; behaviour groups are checkpoints that answer alike."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.verdicts.behaviour import behaviour_groups
from evaluator.verdicts.multiplicity import ALPHA
from evaluator.verdicts.paired import Paired
from evaluator.verdicts.ties import tie_groups


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_tie_groups_are_the_longest_runs_that_no_test_tells_apart(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 40))
    scores = (rng.random((count, 60)) < rng.random((count, 1))).astype(float)
    ranked = np.argsort(-scores.mean(axis=1), kind="stable")
    paired = Paired.of(scores)
    groups = tie_groups(paired, ranked)
    assert groups[0] == 1
    assert set(np.diff(groups)) <= {0, 1}
    apart = paired.p(ranked, ranked) <= ALPHA
    for rank in range(count):
        above = groups[:rank] == groups[rank]
        assert not apart[:rank, rank][above].any()
    for rank in np.flatnonzero(np.diff(groups)) + 1:
        assert apart[:rank, rank][groups[:rank] == groups[rank - 1]].any()


def test_equals_tie_and_a_clear_gap_does_not() -> None:
    scores = np.zeros((3, 100))
    scores[:2, :80] = 1.0
    scores[2, :40] = 1.0
    assert list(tie_groups(Paired.of(scores), np.arange(3))) == [1, 1, 2]


def test_nobody_is_ranked_in_no_group() -> None:
    assert tie_groups(Paired.of(np.zeros((0, 4))), np.array([], dtype=np.int64)).size == 0


def brute(answers: np.ndarray) -> list[int]:
    """Connected components by repeated relabelling."""
    rows, prompts = answers.shape
    label = list(range(rows))
    for _ in range(rows):
        for i in range(rows):
            for j in range(rows):
                both = (answers[i] >= 0) & (answers[j] >= 0)
                equal = int((both & (answers[i] == answers[j])).sum())
                if 2 * both.sum() >= prompts and both.any() and 100 * equal >= 98 * both.sum():
                    label[i] = label[j] = min(label[i], label[j])
    order = sorted(set(label))
    return [order.index(one) + 1 for one in label]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_behaviour_groups_are_what_chains_of_alike_pairs_link(seed: int) -> None:
    rng = np.random.default_rng(seed)
    prompts = 150
    kinds = rng.integers(0, 50, (3, prompts))
    answers = kinds[rng.integers(0, 3, 8)]
    changed = rng.random(answers.shape) < rng.random((8, 1)) * 0.03
    answers = np.where(changed, answers + 100, answers)
    answers[rng.random(answers.shape) < rng.choice([0.0, 0.3])] = -1
    assert list(behaviour_groups(answers)) == brute(answers)


def test_98_of_100_equal_answers_are_alike_and_97_are_not() -> None:
    answers = np.tile(np.arange(100), (3, 1))
    answers[1, :2] += 500
    answers[2, -3:] += 500
    assert list(behaviour_groups(answers)) == [1, 1, 2]


def test_what_nobody_answered_links_nobody() -> None:
    assert list(behaviour_groups(np.full((2, 10), -1))) == [1, 2]
