"""Tie groups: consecutive ranks that no paired test tells apart."""

from __future__ import annotations

import numpy as np

from evaluator.verdicts.evidence import Ints
from evaluator.verdicts.multiplicity import ALPHA
from evaluator.verdicts.paired import Paired

BLOCK = 8  # ranks tested at once


def tie_groups(paired: Paired, ranked: Ints) -> Ints:
    """A group number from 1 for each of `ranked`, never falling, (ranks,).

    A rank joins the group above it unless the one-sided paired test at 5%, which a gem faces too,
    puts it behind any of that group's members: so a gem never shares a group with a popular
    checkpoint. The tests are not corrected for how many ranks there are: a group says what
    cannot be told apart, its border proves nothing.
    ranked: rows of `paired`, best first.
    """
    groups = np.ones(len(ranked), dtype=np.int64)
    start = 0
    for begin in range(0, len(ranked), BLOCK):
        first, block = start, ranked[begin : begin + BLOCK]
        apart = paired.p(ranked[first : begin + BLOCK], block) <= ALPHA
        for rank in range(max(begin, 1), begin + len(block)):
            fresh = bool(apart[start - first : rank - first, rank - begin].any())
            groups[rank] = groups[rank - 1] + fresh
            start = rank if fresh else start
    return groups
