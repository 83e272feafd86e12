"""Which answers a page shows: wins and losses beside the root's answer to the same prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.reports.transcripts import Graded, Question

SHOWN = 20
SHARES = (("win", 8), ("loss", 8), ("both-wrong", 2), ("both-right", 2))


@dataclass(frozen=True, slots=True)
class Pick:
    """outcome: win, loss, both-wrong, both-right; right or wrong where there is no root beside."""

    question: Question
    own: Graded
    base: Graded | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Tally:
    wins: int
    losses: int
    alike: int


def tally(
    questions: Sequence[Question], own: Mapping[str, Graded], base: Mapping[str, Graded]
) -> Tally:
    """Over all prompts that both were asked and that may be shown."""
    wins = losses = alike = 0
    for question in questions:
        mine, theirs = own.get(question.hash), base.get(question.hash)
        if mine is None or theirs is None:
            continue
        wins += mine.score > theirs.score
        losses += mine.score < theirs.score
        alike += mine.score == theirs.score
    return Tally(wins, losses, alike)


def pick(
    questions: Sequence[Question], own: Mapping[str, Graded], base: Mapping[str, Graded]
) -> list[Pick]:
    """At most SHOWN, in the order the questions were asked: the first of each outcome."""
    by_outcome: dict[str, list[Pick]] = {outcome: [] for outcome, _ in SHARES}
    alone: list[Pick] = []
    for question in questions:
        mine = own.get(question.hash)
        if mine is None:
            continue
        theirs = base.get(question.hash)
        if theirs is None:
            outcome = "right" if mine.score >= 1 else "wrong"
            alone.append(Pick(question, mine, None, outcome))
        else:
            outcome = _outcome(mine.score, theirs.score)
            by_outcome[outcome].append(Pick(question, mine, theirs, outcome))
    chosen = [p for outcome, most in SHARES for p in by_outcome[outcome][:most]]
    spare = [p for outcome, most in SHARES for p in by_outcome[outcome][most:]]
    chosen += [*spare, *_both_sides(alone)][: SHOWN - len(chosen)]
    order = {outcome: at for at, outcome in enumerate((*dict(SHARES), "right", "wrong"))}
    return sorted(chosen, key=lambda p: order[p.outcome])


def _outcome(own: float, base: float) -> str:
    if own != base:
        return "win" if own > base else "loss"
    return "both-right" if own >= 1 else "both-wrong"


def _both_sides(alone: list[Pick]) -> list[Pick]:
    """Right and wrong answers in turn, so that neither crowds out the other."""
    right = [p for p in alone if p.outcome == "right"]
    wrong = [p for p in alone if p.outcome == "wrong"]
    even = min(len(right), len(wrong))
    turns = [p for pair in zip(right, wrong, strict=False) for p in pair]
    return turns + right[even:] + wrong[even:]
