"""The night on which a claim was first tested: what its share of the 5% goes by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.nights import Trial


def nights(
    past: Sequence[Trial], terms: tuple[object, ...], popular: frozenset[int], rows: Sequence[int]
) -> NDArray[np.int64]:
    """The night of each claim that is tested now, (rows,), from 1.

    A claim keeps the night of its first test. It is a new one, and gets tonight's number, when
    the prompts or the way they are asked are others, or when a popular checkpoint that it was
    tested against is popular no more. Nights that tested nothing new are not counted.

    past: earlier scans of the family, the oldest first. rows: checkpoint ids.
    """
    known: dict[int, tuple[int, Trial]] = {}
    count = 0
    for scan in past:
        fresh = [
            claim
            for claim in scan.claims
            if claim not in known or not _stands(known[claim][1], scan.terms, scan.popular)
        ]
        count += bool(fresh)
        known.update((claim, (count, scan)) for claim in fresh)
    tonight = count + 1
    return np.array(
        [
            known[row][0] if row in known and _stands(known[row][1], terms, popular) else tonight
            for row in rows
        ],
        dtype=np.int64,
    )


def _stands(first: Trial, terms: tuple[object, ...], popular: frozenset[int]) -> bool:
    return first.terms == terms and first.popular <= popular
