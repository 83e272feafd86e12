"""Upper confidence bounds: three widths of the same idea."""

from __future__ import annotations

import math

import numpy as np

from evaluator.search.bandit import Bandit, count
from evaluator.search.protocol import Floats


class Ucb(Bandit):
    """mean + WIDTH sqrt(2 ln t / n). Auer, Cesa-Bianchi and Fischer 2002, "Finite-time Analysis of
    the Multiarmed Bandit Problem", fig. 1 (UCB1, WIDTH = 1; tuned here for picking the best)."""

    WIDTH = 0.04

    def _index(self) -> Floats:
        books = self._ledger
        total = max(math.e, float(books.count.sum()))
        return books.total / count(books) + self.WIDTH * np.sqrt(2 * math.log(total) / count(books))


class UcbStdDev(Bandit):
    """mean + WIDTH s / sqrt(n), s the arm's own standard deviation, smoothed by one success and one
    failure. Auer et al. 2002, fig. 4 (UCB1-NORMAL), its width tuned."""

    WIDTH = 0.3

    def _index(self) -> Floats:
        books = self._ledger
        smooth = (books.total + 1) / (count(books) + 2)
        return books.total / count(books) + self.WIDTH * np.sqrt(
            smooth * (1 - smooth) / count(books)
        )


class UcbE(Bandit):
    """mean + sqrt(a / n). Audibert, Bubeck and Munos 2010, "Best Arm Identification in Multi-Armed
    Bandits", fig. 1; a is known to depend on the unknown gaps, and is tuned here."""

    EXPLORATION = 0.02

    def _index(self) -> Floats:
        books = self._ledger
        return books.total / count(books) + np.sqrt(self.EXPLORATION / count(books))
