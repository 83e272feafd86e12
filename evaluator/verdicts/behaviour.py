"""Behaviour groups: checkpoints that give the same answers are one find, not many."""

from __future__ import annotations

import numpy as np

from evaluator.verdicts.evidence import Bools, Ints

ALIKE = 98
"""Percent of equal answers from which two checkpoints count as one."""

GLANCE = 64  # prompts looked at first: most pairs already differ too often there


def behaviour_groups(answers: Ints) -> Ints:
    """A group number from 1 for each row: rows linked by pairs that are alike share one.

    Two rows are alike if at least 98% of the answers are equal among the prompts that both
    answered, and those are at least half of all. Groups are numbered by their first row.
    answers: (rows, prompts), equal numbers for equal answers, -1 where missing. Returns (rows,).
    """
    rows = len(answers)
    parent = list(range(rows))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for row in range(rows - 1):
        for other in np.flatnonzero(_alike(answers, row)) + row + 1:
            first, second = sorted((root(row), root(int(other))))
            parent[second] = first  # the smaller index stands for the group
    roots = [root(row) for row in range(rows)]
    number = {first: place for place, first in enumerate(sorted(set(roots)), start=1)}
    return np.array([number[first] for first in roots], dtype=np.int64)


def _alike(answers: Ints, row: int) -> Bools:
    """Which of the rows after `row` answer as it does."""
    mine, others = answers[row], answers[row + 1 :]
    prompts = answers.shape[1]
    alike = np.zeros(len(others), dtype=np.bool_)
    glance = _differ(mine[:GLANCE], others[:, :GLANCE])
    near = np.flatnonzero(100 * glance <= (100 - ALIKE) * prompts)
    both = ((mine >= 0) & (others[near] >= 0)).sum(axis=1)
    differ = _differ(mine, others[near])
    alike[near] = (2 * both >= prompts) & (both > 0) & (100 * differ <= (100 - ALIKE) * both)
    return alike


def _differ(mine: Ints, others: Ints) -> Ints:
    """On how many prompts both answered, and not the same, (others,)."""
    count: Ints = ((mine != others) & (mine >= 0) & (others >= 0)).sum(axis=1)
    return count
