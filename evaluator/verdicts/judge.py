"""The judge: from all that a scan knows to what it says of each checkpoint."""

from __future__ import annotations

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
    rows = {(row.checkpoint, row.category): row for row in court(evidence)}
    rows |= {(row.checkpoint, row.category): row for row in survey(evidence, rows.keys())}
    place = {checkpoint: index for index, checkpoint in enumerate(evidence.checkpoints)}
    return sorted(rows.values(), key=lambda row: (place[row.checkpoint], row.category))
