"""What a scan lays before the judge, and what the judge says of each checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluator.verdicts.errors import VerdictError

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Verdict = Literal[
    "gem", "contender", "graduated", "ranked", "eliminated", "failed", "not yet evaluated"
]

OVERALL = ""
"""The category of a judgement over all prompts."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What the search itself saw: scores on the prompts that chose, by category.

    total, asked: sum of scores, and prompts with a score, (checkpoints, names).
    names: the categories of the columns.
    rung: the rung at which the search stopped each checkpoint, -1 where it did not, (checkpoints,).
    """

    total: Floats
    asked: Ints
    names: tuple[str, ...]
    rung: Ints


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Answers to prompts that played no part in the search.

    rows: who was asked, as indices into `Evidence.checkpoints`, (rows,).
    scores: grades in [0, 1], NaN where there is none, (rows, prompts).
    categories: the category of each prompt.
    answers: equal numbers for equal answers to a prompt, -1 where there is none, (rows, prompts).
        A 63-bit hash of the text does. None: no behaviour groups.
    clusters: prompts with one number share their errors (made from one template, asked of one
        passage), (prompts,). A cluster lies within one category. None: each stands alone.
    nights: for a standing family, the night (1, 2, ...) on which each row's claim was first
        tested; it keeps that number, and rows of earlier nights are handed in again, (rows,).
        A row gets tonight's number again when a popular checkpoint it was tested against is
        popular no more, or the prompts are others. None: one scan, which spends its 5% at once.
    """

    rows: Ints
    scores: Floats
    categories: tuple[str, ...]
    answers: Ints | None = None
    clusters: Ints | None = None
    nights: Ints | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that one scan knows.

    checkpoints: catalog ids of all the family's candidates and roots, evaluated or not. Their
        order breaks ties, so give the one to be preferred (the older) first.
    popular: the popular checkpoints, roots among them, (checkpoints,). One that has no complete
        row in `confirmation` blocks every claim.
    roots: the family's official releases, (checkpoints,).
    failed: those whose evaluation failed, (checkpoints,).
    previous: the last verdicts on this family, by (checkpoint id, category).
    """

    checkpoints: tuple[int, ...]
    popular: Bools
    roots: Bools
    failed: Bools
    selection: Selection
    confirmation: Confirmation | None = None
    previous: Mapping[tuple[int, str], str] = field(default_factory=dict)

    def check(self) -> None:
        """Raise VerdictError if the parts do not fit together."""
        count = len(self.checkpoints)
        if len(set(self.checkpoints)) != count:
            raise VerdictError("a checkpoint is named twice: name each once")
        selection = self.selection
        grid = (count, len(selection.names))
        shapes = {
            "popular": (self.popular.shape, (count,)),
            "roots": (self.roots.shape, (count,)),
            "failed": (self.failed.shape, (count,)),
            "selection.rung": (selection.rung.shape, (count,)),
            "selection.total": (selection.total.shape, grid),
            "selection.asked": (selection.asked.shape, grid),
        }
        if (confirmation := self.confirmation) is not None:
            rows, prompts = len(confirmation.rows), len(confirmation.categories)
            shapes["confirmation.scores"] = (confirmation.scores.shape, (rows, prompts))
            if confirmation.answers is not None:
                shapes["confirmation.answers"] = (confirmation.answers.shape, (rows, prompts))
            if confirmation.clusters is not None:
                shapes["confirmation.clusters"] = (confirmation.clusters.shape, (prompts,))
            if confirmation.nights is not None:
                shapes["confirmation.nights"] = (confirmation.nights.shape, (rows,))
        for name, (got, want) in shapes.items():
            if got != want:
                raise VerdictError(f"{name} has shape {got}: give it {want}")
        if np.any(selection.total < 0) or np.any(selection.total > selection.asked):
            raise VerdictError("selection.total leaves [0, asked]: scores lie in [0, 1]")
        if confirmation is not None:
            self._check_confirmation(confirmation)

    def _check_confirmation(self, confirmation: Confirmation) -> None:
        rows, scores = confirmation.rows, confirmation.scores
        if len(np.unique(rows)) != len(rows) or np.any((rows < 0) | (rows >= self.popular.size)):
            raise VerdictError("confirmation.rows must name each checkpoint once, by its index")
        if np.any((scores < 0) | (scores > 1)):
            raise VerdictError("confirmation.scores must lie in [0, 1]")
        if OVERALL in confirmation.categories or OVERALL in self.selection.names:
            raise VerdictError("a prompt without a category: give it one")
        if confirmation.nights is not None and np.any(confirmation.nights < 1):
            raise VerdictError("confirmation.nights count from 1")


@dataclass(frozen=True, slots=True)
class Regression:
    """A category in which a paired test tells a checkpoint behind its family's best root.

    delta: paired difference to that root, below zero. p: one-sided, Holm over the categories.
    """

    category: str
    delta: float
    p: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of one checkpoint, overall (category "") or in one category.

    position: rank by score, from 1; those confirmed come before those that only survived the
        search; None for all others.
    score, low, high, n: mean, its 95% interval, and the scores behind it.
    optimistic: from the prompts that selected it, so not from fresh ones.
    delta_vs_popular: the smallest paired difference to a popular checkpoint that was evaluated.
    p: the largest one-sided p-value against a popular checkpoint, corrected so that a claim holds
        at 5%; None where nothing was tested.
    elite: among the best 1% by confirmation score.
    tie_group: equal for consecutive ranks that no paired test tells apart, from 1.
    behaviour_group: equal for those whose answers are at least 98% equal, from 1.
    regressions: the same on each row of a checkpoint, so that a gain is never shown without them.
    """

    checkpoint: int
    category: str
    verdict: Verdict
    popular: bool
    position: int | None = None
    score: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    delta_vs_popular: float | None = None
    p: float | None = None
    elite: bool = False
    tie_group: int | None = None
    behaviour_group: int | None = None
    rung: int | None = None
    optimistic: bool = True
    regressions: tuple[Regression, ...] = ()
