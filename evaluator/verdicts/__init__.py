"""Verdicts: which checkpoints are better than everything popular, and how sure that is.

Pure: numpy, no files, no clock, no database. `judge(evidence)` is all that a scan calls after the
search; `outlook(...)` tells before it what the confirmation prompts can show, and
`blockers(evidence)` which popular checkpoints stand in the way of every claim.
"""

from evaluator.verdicts.court import blockers
from evaluator.verdicts.errors import VerdictError
from evaluator.verdicts.evidence import (
    OVERALL,
    Confirmation,
    Evidence,
    Judgement,
    Regression,
    Selection,
    Verdict,
)
from evaluator.verdicts.judge import judge
from evaluator.verdicts.power import Outlook, outlook

__all__ = [
    "OVERALL",
    "Confirmation",
    "Evidence",
    "Judgement",
    "Outlook",
    "Regression",
    "Selection",
    "Verdict",
    "VerdictError",
    "blockers",
    "judge",
    "outlook",
]
