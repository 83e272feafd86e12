"""What can be wrong with a suite."""

from __future__ import annotations

from evaluator.errors import EvaluatorError


class SuiteError(EvaluatorError):
    """A suite that cannot be used: one line naming the file, the line in it and the mend."""
