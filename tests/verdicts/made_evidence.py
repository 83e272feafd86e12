"""Made evidence for the tests of verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.verdicts import Confirmation, Evidence, Selection


def made_evidence(
    scores: NDArray[np.float64],
    *,
    popular: int = 1,
    categories: tuple[str, ...] | None = None,
    rows: NDArray[np.int64] | None = None,
    family: int | None = None,
    rung: NDArray[np.int64] | None = None,
    selection: Selection | None = None,
    previous: Mapping[tuple[int, str], str] | None = None,
    failed: NDArray[np.bool_] | None = None,
    **confirmation: Any,
) -> Evidence:
    """The first `popular` checkpoints are popular, and roots; ids are 100, 101, ..."""
    rows = np.arange(len(scores)) if rows is None else rows
    count = len(scores) if family is None else family
    leading = np.arange(count) < popular
    return Evidence(
        checkpoints=tuple(range(100, 100 + count)),
        popular=leading,
        roots=leading,
        failed=np.zeros(count, dtype=np.bool_) if failed is None else failed,
        selection=selection
        or Selection(
            total=np.full((count, 1), 4.0),
            asked=np.full((count, 1), 8),
            names=("math",),
            rung=np.full(count, -1) if rung is None else rung,
        ),
        confirmation=Confirmation(
            rows=rows,
            scores=scores,
            categories=categories or ("math",) * scores.shape[1],
            **confirmation,
        ),
        previous=previous or {},
    )


def ahead_by(wins: int, losses: int, prompts: int = 400) -> NDArray[np.float64]:
    """One popular checkpoint and one that wins and loses on so many prompts, (2, prompts)."""
    scores = np.zeros((2, prompts))
    scores[0, wins : wins + losses] = 1.0
    scores[1, :wins] = 1.0
    scores[:, wins + losses : (wins + losses + prompts) // 2] = 1.0
    return scores
