"""Paired one-sided tests of many checkpoints against many, on the same prompts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.verdicts import tails
from evaluator.verdicts.clusters import cluster_sums
from evaluator.verdicts.evidence import Floats, Ints

GRID = 60
"""Scores between 0 and 1 are rounded to sixtieths: halves, thirds, quarters, fifths, sixths,
tenths, twelfths, fifteenths and twentieths stay what they are. The test stays exact: it is the
test of the rounded differences."""


@dataclass(frozen=True, slots=True)
class Paired:
    """Scores made ready for paired tests: in whole numbers, summed over clusters.

    A missing score is held against whoever would gain by its absence: `ahead` counts it as 0,
    `behind` as 1.

    ahead, behind: (rows, units). grades: whether units are single prompts, graded 0 or 1.
    most, least: mean score, with what is missing as 1 and as 0, not rounded, (rows,).
    """

    ahead: NDArray[np.float32]
    behind: NDArray[np.float32]
    grades: bool
    most: Floats
    least: Floats

    @classmethod
    def of(cls, scores: Floats, clusters: Ints | None = None) -> Paired:
        """scores: (rows, prompts) in [0, 1], NaN where missing. clusters: (prompts,)."""
        missing = np.isnan(scores)
        graded = bool(np.all(missing | (scores == 0) | (scores == 1)))
        scale = 1 if graded else GRID
        whole = np.rint(np.where(missing, 0.0, scores) * scale)
        ahead = whole.astype(np.float32)
        behind = np.where(missing, scale, whole).astype(np.float32)
        alone = clusters is None or len(np.unique(clusters)) == len(clusters)
        if clusters is not None and not alone:
            ahead, behind = cluster_sums(ahead, clusters), cluster_sums(behind, clusters)
        known, prompts = np.where(missing, 0.0, scores).sum(axis=1), max(1, scores.shape[1])
        most = (known + missing.sum(axis=1)) / prompts
        return cls(ahead, behind, graded and alone, most, known / prompts)

    def delta(self, ahead: Ints, behind: Ints) -> Floats:
        """Mean paired difference of each of `ahead` to each of `behind`, (ahead, behind)."""
        difference = self.least[ahead][:, None] - self.most[behind]
        return np.round(difference, 12)  # equal sums of parts in another order are equal

    def p(self, ahead: Ints, behind: Ints) -> Floats:
        """One-sided p-values that each of `ahead` is better than each of `behind`, in rows.

        0/1 grades: McNemar's exact test (Psychometrika 12, 1947): of the prompts on which two
        checkpoints differ, how many did the one win? Otherwise the exact sign-flip permutation
        test of the differences, summed over clusters. Returns (ahead, behind).
        """
        if self.grades:
            ours, theirs = self.ahead[ahead], self.behind[behind]
            both = ours @ theirs.T
            wins = (ours.sum(axis=1)[:, None] - both).astype(np.int64)
            losses = (theirs.sum(axis=1) - both).astype(np.int64)
            return tails.coin(wins, wins + losses)
        result = np.ones((len(ahead), len(behind)))
        step = max(1, tails.CHUNK // max(1, len(ahead) * self.ahead.shape[1]))
        for start in range(0, len(behind), step):
            rivals = behind[start : start + step]
            differences = self.ahead[ahead][:, None] - self.behind[rivals]
            p = tails.flips(differences.reshape(-1, self.ahead.shape[1]).astype(np.int64))
            result[:, start : start + step] = p.reshape(len(ahead), len(rivals))
        return result
