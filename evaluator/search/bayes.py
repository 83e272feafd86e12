"""Bayesian elimination."""

from __future__ import annotations

import numpy as np

from evaluator.search.halving import Halving
from evaluator.search.protocol import Ints

PRIOR = 4.0
"""As how many queries the prior counts."""


class BayesElimination(Halving):
    """Halving, on shared items, by posterior means: beta posteriors whose prior is fitted to the
    mean of all.

    After Atsidakou, Katariya, Sanghavi and Kveton 2022, "Bayesian Fixed-Budget Best-Arm
    Identification", whose prior is known and whose items are not shared. Of arms that were all told
    as much, the same leave as in `Halving`. To drop more than half where the posterior is sure of
    it was no better at any risk tried.
    """

    def _best(self, arms: Ints, keep: int) -> Ints:
        books = self._ledger
        centre = (books.total.sum() + 1) / (books.count.sum() + 2)
        mean = (books.total[arms] + PRIOR * centre) / (books.count[arms] + PRIOR)
        return np.sort(arms[np.lexsort((books.tie[arms], -mean))[:keep]])
