"""Prompts that share their errors are summed, for they tell less than they number."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from evaluator.verdicts.evidence import Ints

Number = TypeVar("Number", np.float32, np.float64)


def cluster_sums(values: NDArray[Number], clusters: Ints) -> NDArray[Number]:
    """Sums over the prompts of each cluster, in the order of their numbers, (rows, clusters).

    values: (rows, prompts). clusters: (prompts,).
    """
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.diff(clusters[order], prepend=clusters[order[:1]] - 1))
    summed: NDArray[Number] = np.add.reduceat(values[:, order], starts, axis=1)
    return summed
