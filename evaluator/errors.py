"""The root of every error this room raises."""

from __future__ import annotations


class EvaluatorError(Exception):
    """One line that says what is wrong and what to do."""
