"""What keeps an answer from being graded."""

from __future__ import annotations

from evaluator.errors import EvaluatorError


class SandboxMissing(EvaluatorError):
    """Code answers cannot be graded here: bubblewrap is absent or may not make a sandbox."""
