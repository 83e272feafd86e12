"""The judge: from all that a scan knows to what it says of each checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evaluator.verdicts.court import court
from evaluator.verdicts.evidence import Evidence, Judgement
from evaluator.verdicts.survey import survey


def judge(evidence: Evidence) -> list[Judgement]:
    """A judgement of each checkpoint overall, and in each category in which it has a score.

    In the order of `evidence.checkpoints`, each one's overall row first. What the confirmation
    prompts say stands before what the search saw; see `court` and `survey` for the rules. A suite
    of one category has overall rows only. Raises VerdictError if the evidence contradicts itself.
    """
    evidence.check()
    rows = {(row.checkpoint, row.category): row for row in survey(evidence)}
    rows |= {(row.checkpoint, row.category): row for row in court(evidence)}
    place = {checkpoint: index for index, checkpoint in enumerate(evidence.checkpoints)}
    return _placed(sorted(rows.values(), key=lambda row: (place[row.checkpoint], row.category)))


def _placed(rows: Sequence[Judgement]) -> list[Judgement]:
    """The rows with their positions: by score, those confirmed before those that only survived
    the search; equal scores share one."""
    standing: dict[str, list[tuple[bool, float]]] = {}
    for row in rows:
        if _ranks(row):
            standing.setdefault(row.category, []).append(_merit(row))
    positions: dict[tuple[str, tuple[bool, float]], int] = {}
    for category, merits in standing.items():
        for place, merit in enumerate(sorted(merits), start=1):
            positions.setdefault((category, merit), place)
    return [
        replace(row, position=positions[row.category, _merit(row)]) if _ranks(row) else row
        for row in rows
    ]


def _ranks(row: Judgement) -> bool:
    return row.score is not None and not (row.optimistic and row.rung is not None)


def _merit(row: Judgement) -> tuple[bool, float]:
    """Smaller is better."""
    return row.optimistic, -(row.score or 0.0)
