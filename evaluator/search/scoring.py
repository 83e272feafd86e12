"""What an arm's answers to a prefix of the order say of its mean over all of it."""

from __future__ import annotations

import math

import numpy as np

from evaluator.search.history import weights
from evaluator.search.ledger import Ledger
from evaluator.search.protocol import Floats, Ints, Items

NOISE = 0.2
"""Variance of one answer, at a mean of about 0.7."""


class Scorer:
    """The mean of a prefix; with a history, the best linear prediction of the mean of all.

    A history that tells nothing is none. Scores of equal prefixes compare; those of different ones
    do not. At the end of the pool both are the mean. What is missing counts as the arm's mean, or
    as the item's in the past.
    """

    def __init__(self, books: Ledger) -> None:
        self._books = books
        past = books.problem.history
        self._items = past if past is not None and past.loadings.any() else None
        self._weights: dict[int, Floats] = {}

    def at(self, arms: Ints, prefix: int) -> Floats:
        """Score of each arm at a prefix that all of them were asked, (arms,); 0 for no answer."""
        return self._score(self._books.scores[arms, :prefix], prefix)

    def one(self, arm: int, prefix: int) -> float:
        """Score of one arm at a prefix."""
        return float(self._score(self._books.scores[arm, None, :prefix], prefix)[0])

    def ranking(self) -> Ints:
        """All arms, the deepest first, equally deep ones by their score, those untold last."""
        books = self._books
        score = np.full(books.arms, -1.0)
        for depth in np.unique(books.depth[books.count > 0]):
            alike = np.flatnonzero((books.depth == depth) & (books.count > 0))
            score[alike] = self.at(alike, int(depth))
        return np.lexsort((books.tie, -score, -books.depth))

    def _score(self, block: Floats, prefix: int) -> Floats:
        missing = np.isnan(block)
        items = self._items
        if items is None:
            count = np.maximum(prefix - missing.sum(axis=1), 1)
            mean: Floats = np.where(missing, 0.0, block).sum(axis=1) / count
            return mean
        order = self._books.problem.order
        known = np.where(missing, items.mean[order[:prefix]], block)
        score: Floats = known @ self._weighing(items, prefix)
        return score

    def error(self, prefix: int) -> float:
        """Standard error of what an arm's score at a prefix says of its mean, on the score's scale:
        with a history, what is not yet known counts as expected, and scores lie closer."""
        return self.scale(prefix) * math.sqrt(NOISE * (1 / prefix - 1 / self._books.items))

    def scale(self, prefix: int) -> float:
        """How much further apart arms are than their scores at a prefix: those by so much."""
        return 1.0 if self._items is None else float(self._weighing(self._items, prefix).sum())

    def _weighing(self, items: Items, prefix: int) -> Floats:
        if prefix not in self._weights:
            self._weights[prefix] = weights(items, self._books.problem.order, prefix)
        return self._weights[prefix]
