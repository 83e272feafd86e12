"""What the judge says of each checkpoint, and when it refuses to say more."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import words
from evaluator.verdicts import Judgement, Selection, Verdict, VerdictError, blockers, judge
from tests.verdicts.made_evidence import ahead_by, made_evidence

LANGUAGES = ("math",) * 300 + ("tongue",) * 300


def overall(judgements: list[Judgement]) -> list[Judgement]:
    return [row for row in judgements if row.category == ""]


def test_every_verdict_is_a_word_of_the_catalog() -> None:
    assert set(get_args(Verdict)) <= set(words.Verdict)


def test_an_elite_checkpoint_that_beats_the_popular_one_is_a_gem() -> None:
    root, found = judge(made_evidence(ahead_by(60, 20)))
    assert (root.verdict, root.position, root.p, root.delta_vs_popular) == ("ranked", 2, None, None)
    assert (found.verdict, found.position, found.elite, found.optimistic) == ("gem", 1, True, False)
    assert found.delta_vs_popular == pytest.approx(0.1)
    assert found.p is not None
    assert found.p < 1e-5
    assert found.low is not None
    assert found.high is not None
    assert found.score is not None
    assert found.low < found.score < found.high
    assert found.tie_group != root.tie_group


def test_ahead_but_not_proven_is_a_contender() -> None:
    _, found = judge(made_evidence(ahead_by(12, 10)))
    assert found.verdict == "contender"
    assert found.p is not None
    assert found.p > 0.05


def test_level_or_behind_is_ranked() -> None:
    assert judge(made_evidence(ahead_by(10, 10)))[1].verdict == "ranked"
    assert judge(made_evidence(ahead_by(5, 10)))[1].verdict == "ranked"


def test_a_gem_must_beat_every_popular_checkpoint() -> None:
    scores = ahead_by(60, 20)
    level = np.vstack([scores[0], scores[1], scores[1]])
    _, _, found = judge(made_evidence(level, popular=2))
    assert (found.verdict, found.delta_vs_popular, found.p) == ("ranked", 0.0, 1.0)


def test_proven_but_not_elite_is_a_contender() -> None:
    scores = ahead_by(60, 20)
    better = scores[1].copy()
    better[scores[1] == 0] = 1.0
    _, second, first = judge(made_evidence(np.vstack([scores, better])))
    assert (first.verdict, second.verdict, second.elite) == ("gem", "contender", False)


def test_elite_is_one_in_a_hundred_of_the_whole_family() -> None:
    scores = ahead_by(60, 20)
    better = scores[1].copy()
    better[scores[1] == 0] = 1.0
    verdicts = [
        row.verdict for row in judge(made_evidence(np.vstack([scores, better]), family=101))
    ]
    assert verdicts[:3] == ["ranked", "gem", "gem"]


@pytest.mark.parametrize("missing", [1.0, 0.5])
def test_a_popular_checkpoint_without_a_complete_row_blocks_the_claim(missing: float) -> None:
    scores = np.vstack([ahead_by(60, 20)[:1], ahead_by(60, 20)])
    scores[0, : int(400 * missing)] = np.nan
    evidence = made_evidence(scores, popular=2)
    blocked, _, found = judge(evidence)
    assert blockers(evidence) == (100,)
    assert (found.verdict, found.p) == ("contender", None)
    assert blocked.optimistic


def test_a_popular_checkpoint_that_failed_blocks_the_claim() -> None:
    scores = np.vstack([np.zeros(400), ahead_by(60, 20)])
    failed = np.array([True, False, False])
    root, _, found = judge(made_evidence(scores, popular=2, failed=failed))
    assert (root.verdict, root.score, found.verdict) == ("failed", None, "contender")


def test_missing_scores_are_held_against_whoever_would_gain() -> None:
    whole = judge(made_evidence(ahead_by(60, 20)))[1]
    for row in (0, 1):
        scores = ahead_by(60, 20)
        scores[row, -15:] = np.nan
        found = judge(made_evidence(scores))[1]
        assert found.p is not None
        assert whole.p is not None
        assert found.p >= whole.p
        assert found.n == (385 if row else 400)


def test_prompts_that_nobody_answered_are_left_out() -> None:
    scores = np.hstack([ahead_by(60, 20), np.full((2, 200), np.nan)])
    assert judge(made_evidence(scores)) == judge(made_evidence(ahead_by(60, 20)))


def test_prompts_that_share_their_errors_prove_less() -> None:
    alone = judge(made_evidence(ahead_by(30, 10)))[1]
    alike = judge(made_evidence(ahead_by(30, 10), clusters=np.arange(400) // 10))[1]
    assert (alone.verdict, alike.verdict) == ("gem", "contender")
    assert alike.delta_vs_popular == alone.delta_vs_popular


def test_parts_of_a_point_can_prove_a_gem() -> None:
    half = ahead_by(60, 20) / 2 + 0.25
    found = judge(made_evidence(half))[1]
    assert found.verdict == "gem"
    assert found.p == pytest.approx(judge(made_evidence(ahead_by(60, 20)))[1].p, abs=1e-12)


def test_a_popular_checkpoint_nobody_asked_blocks_everything() -> None:
    evidence = replace(made_evidence(ahead_by(5, 5)), confirmation=None)
    assert blockers(evidence) == (100,)
    assert blockers(made_evidence(ahead_by(5, 5))) == ()


def test_more_tests_ask_for_more_proof() -> None:
    pair = ahead_by(30, 14)
    alone = judge(made_evidence(pair))[1]
    many = judge(made_evidence(np.vstack([pair, np.repeat(pair[:1], 50, axis=0)])))[1]
    assert (alone.verdict, many.verdict) == ("gem", "contender")


def test_a_later_night_has_less_to_spend_and_takes_nothing_back() -> None:
    pair = ahead_by(30, 14)
    late = judge(made_evidence(pair, nights=np.array([1, 9])))[1]
    assert late.verdict == "contender"
    strong = ahead_by(60, 20)
    first = judge(made_evidence(strong, nights=np.array([1, 1])))[1]
    crowd = np.vstack([strong, np.repeat(strong[:1], 50, axis=0)])
    later = judge(made_evidence(crowd, nights=np.array([1, 1] + [2] * 50)))[1]
    assert first.p == later.p


def test_a_gem_that_became_popular_has_graduated() -> None:
    for before in ("gem", "graduated"):
        root, _ = judge(made_evidence(ahead_by(9, 9), previous={(100, ""): before}))
        assert root.verdict == "graduated"
    assert judge(made_evidence(ahead_by(9, 9), previous={(101, ""): "gem"}))[1].verdict == "ranked"


def test_a_category_needs_250_prompts_for_a_gem_of_its_own() -> None:
    half = np.hstack([ahead_by(60, 20, 300), ahead_by(60, 20, 240)])
    found = {
        row.category: row
        for row in judge(made_evidence(half, categories=("math",) * 300 + ("tongue",) * 240))
        if row.checkpoint == 101
    }
    assert {name: row.verdict for name, row in found.items()} == {
        "": "gem",
        "math": "gem",
        "tongue": "contender",
    }
    assert found["tongue"].p is None


def test_a_gem_in_one_category_says_what_it_lost_in_another() -> None:
    scores = np.hstack([ahead_by(80, 10, 300), ahead_by(10, 60, 300)])
    rows = [
        row for row in judge(made_evidence(scores, categories=LANGUAGES)) if row.checkpoint > 100
    ]
    math = rows[1]
    assert (math.category, math.verdict) == ("math", "gem")
    assert all(row.regressions == rows[0].regressions for row in rows)
    (lost,) = math.regressions
    assert (lost.category, lost.delta) == ("tongue", pytest.approx(-50 / 300))
    assert lost.p < 1e-6


def test_one_gem_a_behaviour_group() -> None:
    scores = np.vstack([ahead_by(60, 20), ahead_by(60, 20)[1]])
    answers = np.arange(400)[None, :] + np.array([[0], [1000], [1000]])
    evidence = made_evidence(scores, family=150, answers=answers)
    _, first, second = judge(evidence)[:3]
    assert first.behaviour_group == second.behaviour_group
    assert (first.verdict, second.verdict) == ("gem", "contender")
    apart = answers.copy()
    apart[2, :9] = -2 - np.arange(9) + 5000  # 9 of 400: more than 2%
    _, first, second = judge(made_evidence(scores, family=150, answers=apart))[:3]
    assert (first.verdict, second.verdict) == ("gem", "gem")


def test_what_the_search_saw_is_marked_optimistic() -> None:
    selection = Selection(
        total=np.array([[5.0, 4.0], [7.0, 5.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]),
        asked=np.array([[10, 10], [10, 10], [2, 1], [0, 0], [0, 0]]),
        names=("math", "tongue"),
        rung=np.array([-1, -1, 0, -1, -1]),
    )
    failed = np.array([False, False, False, False, True])
    evidence = replace(
        made_evidence(np.zeros((0, 4)), family=5, selection=selection, failed=failed),
        confirmation=None,
    )
    rows = judge(evidence)
    assert [row.verdict for row in overall(rows)] == [
        "ranked",
        "contender",
        "eliminated",
        "not yet evaluated",
        "failed",
    ]
    assert all(row.optimistic for row in rows)
    assert [row.position for row in overall(rows)] == [2, 1, None, None, None]
    assert overall(rows)[1].delta_vs_popular == pytest.approx(0.15)
    assert [row.rung for row in overall(rows)] == [None, None, 0, None, None]
    assert [row.category for row in rows if row.checkpoint == 101] == ["", "math", "tongue"]


def test_those_confirmed_come_before_those_that_only_survived() -> None:
    selection = Selection(
        total=np.full((4, 1), 8.0), asked=np.full((4, 1), 8), names=("math",), rung=np.full(4, -1)
    )
    rows = judge(made_evidence(ahead_by(5, 9), family=4, selection=selection))
    assert [row.position for row in rows] == [1, 2, 3, 3]
    assert [row.optimistic for row in rows] == [False, False, True, True]


def test_equal_scores_share_a_position() -> None:
    scores = np.vstack([ahead_by(9, 9), np.zeros(400)])
    assert [row.position for row in judge(made_evidence(scores))] == [1, 1, 3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": np.full((2, 400), 1.5)}, r"\[0, 1\]"),
        ({"scores": np.zeros((2, 399))}, "shape"),
        ({"rows": np.array([0, 0])}, "once"),
        ({"rows": np.array([0, 7])}, "once"),
        ({"categories": ("",) * 400}, "category"),
        ({"nights": np.array([0, 1])}, "from 1"),
        ({"clusters": np.zeros(3, dtype=np.int64)}, "shape"),
    ],
)
def test_evidence_that_contradicts_itself_is_refused(
    change: dict[str, object], message: str
) -> None:
    evidence = made_evidence(ahead_by(5, 5))
    assert evidence.confirmation is not None
    wrong = replace(evidence.confirmation, **change)  # type: ignore[arg-type]
    with pytest.raises(VerdictError, match=message):
        judge(replace(evidence, confirmation=wrong))


def test_selection_scores_outside_their_range_are_refused() -> None:
    evidence = made_evidence(ahead_by(5, 5))
    wrong = replace(evidence.selection, total=np.full((2, 1), 9.0))
    with pytest.raises(VerdictError, match="asked"):
        judge(replace(evidence, selection=wrong))


def test_a_checkpoint_named_twice_is_refused() -> None:
    with pytest.raises(VerdictError, match="twice"):
        judge(replace(made_evidence(ahead_by(5, 5)), checkpoints=(1, 1)))


def test_an_empty_family_has_no_judgements() -> None:
    assert judge(made_evidence(np.zeros((0, 3)), popular=0)) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_rows_and_prompts_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = (rng.random((9, 80)) < rng.random((9, 1))).astype(np.float64)
    scores[rng.random((9, 80)) < 0.01] = np.nan
    categories = np.array(["math", "tongue"])[rng.integers(0, 2, 80)]
    answers = rng.integers(0, 3, (9, 80))
    clusters = np.arange(80) // 2 * 2 + (categories == "math")
    rows, prompts = rng.permutation(9), rng.permutation(80)
    straight = made_evidence(
        scores, popular=2, categories=tuple(categories), answers=answers, clusters=clusters
    )
    shuffled = made_evidence(
        scores[np.ix_(rows, prompts)],
        popular=2,
        rows=rows,
        family=9,
        categories=tuple(categories[prompts]),
        answers=answers[np.ix_(rows, prompts)],
        clusters=clusters[prompts],
    )
    for one, other in zip(judge(straight), judge(shuffled), strict=True):
        assert (one.checkpoint, one.category, one.verdict) == (
            other.checkpoint,
            other.category,
            other.verdict,
        )
        assert one.tie_group == other.tie_group
        assert one.behaviour_group == other.behaviour_group
        assert one.p == pytest.approx(other.p)
        assert one.low == pytest.approx(other.low)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_gem_never_ties_with_a_popular_checkpoint(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = (rng.random((7, 120)) < rng.uniform(0.3, 0.9, (7, 1))).astype(np.float64)
    scores[rng.random(scores.shape) < 0.02] = np.nan
    rows = judge(made_evidence(scores, popular=2))
    popular = {row.tie_group for row in rows if row.popular and not row.optimistic}
    for row in rows:
        if row.verdict == "gem":
            assert row.tie_group not in popular
            assert row.position == 1
