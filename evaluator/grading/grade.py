"""What a grader makes of an answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grade:
    """A score in [0, 1], what was taken for the answer ("" if nothing was), and why, in a line."""

    score: float
    extracted: str = ""
    note: str = ""


def wrong(note: str, extracted: str = "") -> Grade:
    """No point, with the reason."""
    return Grade(0.0, extracted[:2000], note)


def judged(right: bool, extracted: str, note: str = "") -> Grade:
    """A point or none for what was extracted."""
    return Grade(1.0 if right else 0.0, extracted[:2000], note)
