"""Which answers a page shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.reports.transcripts import Graded, Question
from leaderboard.transcripts import SHOWN, pick, tally

SCORES = st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([None, 0.0, 1.0])))


def questions_and_answers(
    scores: list[tuple[float, float | None]],
) -> tuple[list[Question], dict[str, Graded], dict[str, Graded]]:
    asked = [Question(f"q{at}", f"h{at}", "maths", {}) for at in range(len(scores))]
    own = {f"h{at}": Graded(at, score, None) for at, (score, _) in enumerate(scores)}
    base = {
        f"h{at}": Graded(1000 + at, score, None)
        for at, (_, score) in enumerate(scores)
        if score is not None
    }
    return asked, own, base


@given(SCORES)
def test_all_are_shown_until_the_page_is_full(scores: list[tuple[float, float | None]]) -> None:
    asked, own, base = questions_and_answers(scores)
    picks = pick(asked, own, base)
    assert len(picks) == min(len(scores), SHOWN)
    assert len({p.question.key for p in picks}) == len(picks)


def test_losses_are_shown_beside_wins() -> None:
    asked, own, base = questions_and_answers([(1.0, 0.0)] * 60 + [(0.0, 1.0)] * 60)
    outcomes = [p.outcome for p in pick(asked, own, base)]
    assert outcomes.count("loss") >= 8
    assert outcomes.count("win") >= 8


def test_the_first_of_each_are_taken_in_the_order_asked() -> None:
    asked, own, base = questions_and_answers([(1.0, 0.0), (0.0, 1.0)] * 50)
    wins = [p.question.key for p in pick(asked, own, base) if p.outcome == "win"]
    assert wins[:3] == ["q0", "q2", "q4"]


def test_alone_right_and_wrong_take_turns() -> None:
    asked, own, _ = questions_and_answers([(1.0, None)] * 50 + [(0.0, None)] * 50)
    outcomes = [p.outcome for p in pick(asked, own, {})]
    assert outcomes.count("right") == outcomes.count("wrong") == SHOWN // 2


@given(SCORES)
def test_the_tally_counts_what_both_were_asked(scores: list[tuple[float, float | None]]) -> None:
    counted = tally(*questions_and_answers(scores))
    shared = [(own, base) for own, base in scores if base is not None]
    assert counted.wins + counted.losses + counted.alike == len(shared)
    assert counted.wins == sum(own > base for own, base in shared)
