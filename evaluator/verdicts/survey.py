"""What can be said from the search alone: optimistic, for these prompts did the selecting."""

from __future__ import annotations

from collections.abc import Set

import numpy as np

from evaluator.verdicts import intervals
from evaluator.verdicts.evidence import OVERALL, Evidence, Floats, Ints, Judgement, Verdict


def survey(evidence: Evidence, confirmed: Set[tuple[int, str]]) -> list[Judgement]:
    """A judgement of each checkpoint from its selection scores, overall and by category, but for
    the (checkpoint id, category) that are `confirmed`: those stand before all others.

    Failed and not yet evaluated ones have an overall row without a score. A survivor that is ahead
    of every popular survivor is a contender, never a gem.
    """
    selection = evidence.selection
    scopes = {OVERALL: np.arange(len(selection.names))}
    if len(selection.names) > 1:
        scopes |= {name: np.array([column]) for column, name in enumerate(selection.names)}
    evaluated = ~evidence.failed & (selection.asked.sum(axis=1) > 0)
    rows = [
        Judgement(checkpoint, OVERALL, _absence(bool(failed)), bool(popular))
        for checkpoint, failed, popular, there in zip(
            evidence.checkpoints, evidence.failed, evidence.popular, evaluated, strict=True
        )
        if not there and (checkpoint, OVERALL) not in confirmed
    ]
    for name, columns in scopes.items():
        total, asked = selection.total[:, columns], selection.asked[:, columns]
        found = intervals.of_totals(total, asked)
        deltas = _deltas(evidence, found.mean, found.n)
        spoken = np.array(
            [(id_, name) in confirmed for id_ in evidence.checkpoints], dtype=np.bool_
        )
        unsaid = evaluated & (found.n > 0) & ~spoken
        ranks = unsaid & (selection.rung < 0)
        before = sum(category == name for _, category in confirmed)
        position = before + places(np.where(ranks, found.mean, np.nan))
        for index in np.flatnonzero(unsaid):
            delta, rung = float(deltas[index]), int(selection.rung[index])
            rows.append(
                Judgement(
                    checkpoint=evidence.checkpoints[index],
                    category=name,
                    verdict=_verdict(evidence, int(index), name, delta),
                    popular=bool(evidence.popular[index]),
                    position=int(position[index]) if ranks[index] else None,
                    score=float(found.mean[index]),
                    low=float(found.low[index]),
                    high=float(found.high[index]),
                    n=int(found.n[index]),
                    delta_vs_popular=None if np.isnan(delta) else delta,
                    rung=rung if rung >= 0 else None,
                )
            )
    return rows


def places(score: Floats) -> Ints:
    """How many scores are strictly better, plus one; NaN counts for nobody, and gets any."""
    ordered = np.sort(score[~np.isnan(score)])
    found: Ints = len(ordered) - np.searchsorted(ordered, score, side="right") + 1
    return found


def graduated(evidence: Evidence, index: int, category: str) -> bool:
    """Whether a popular checkpoint was a gem before it became popular."""
    before = evidence.previous.get((evidence.checkpoints[index], category))
    return bool(evidence.popular[index]) and before in ("gem", "graduated")


def _absence(failed: bool) -> Verdict:
    return "failed" if failed else "not yet evaluated"


def _verdict(evidence: Evidence, index: int, category: str, delta: float) -> Verdict:
    if graduated(evidence, index, category):
        return "graduated"
    if evidence.selection.rung[index] >= 0:
        return "eliminated"
    return "contender" if delta > 0 else "ranked"


def _deltas(evidence: Evidence, score: Floats, n: Ints) -> Floats:
    """Each survivor's smallest difference to a popular survivor, (checkpoints,).

    Everyone is asked the same prompts in the same order, so equal counts make a paired difference;
    NaN where counts differ, and for popular and eliminated checkpoints.
    """
    survivors = ~evidence.failed & (evidence.selection.rung < 0) & (n > 0)
    rivals = np.flatnonzero(survivors & evidence.popular)
    deltas = np.full(len(score), np.nan)
    if rivals.size and np.unique(n[rivals]).size == 1:
        able = survivors & ~evidence.popular & (n == n[rivals[0]])
        deltas[able] = score[able] - score[rivals].max()
    return deltas
