"""The one order in which every arm is asked the items."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluator.search.protocol import Ints


def balanced_order(categories: NDArray[np.generic], seed: int) -> Ints:
    """A random order of all items in which every prefix is balanced over the categories.

    categories: the category of each item, (items,), of any sortable type.
    Returns item indices, (items,). A prefix of n items holds n times each category's share of the
    pool, give or take one: a category at its quota waits, one that falls behind goes first, and
    between these the turn is drawn (the i-th item of s at a random point of the i-th of s slots),
    so that small categories are as likely early as late.
    """
    rng = np.random.default_rng(seed)
    _, label, size = np.unique(np.asarray(categories), return_inverse=True, return_counts=True)
    total = len(label)
    share = size / max(total, 1)
    members = [list(rng.permutation(np.flatnonzero(label == c))) for c in range(len(size))]
    jitter = rng.random((len(size), int(size.max(initial=0)) + 1))
    taken = np.zeros(len(size), dtype=np.int64)
    turn = jitter[:, 0] / size
    order = np.empty(total, dtype=np.int64)
    for place in range(total):
        behind = share * (place + 1) - taken
        chosen = int(behind.argmax())
        if behind[chosen] < 1:
            chosen = int(np.where(behind > 1e-9, turn, np.inf).argmin())
        order[place] = members[chosen][taken[chosen]]
        taken[chosen] += 1
        turn[chosen] = (taken[chosen] + jitter[chosen, taken[chosen]]) / size[chosen]
    return order
