"""What can go wrong with a judgement."""

from __future__ import annotations

from evaluator.errors import EvaluatorError


class VerdictError(EvaluatorError):
    """The evidence contradicts itself: the message says which part of it to mend."""
