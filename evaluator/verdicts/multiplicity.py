"""Claims that hold together: Holm's correction, and 5% spent over the nights of a family."""

from __future__ import annotations

import math

import numpy as np

from evaluator.verdicts.evidence import Floats, Ints

ALPHA = 0.05
"""The chance that a family's scans ever claim a gem that is none."""


def holm(p: Floats) -> Floats:
    """Holm-adjusted p-values: claiming those <= a makes a false claim with chance <= a at most,
    however the tests depend on each other. Holm, Scand. J. Statist. 6 (1979)."""
    order = np.argsort(p, kind="stable")
    weighted = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(weighted), 1.0)
    return adjusted


def share(night: int) -> float:
    """The part of ALPHA that night 1, 2, ... may spend: 6 / (π² k²), which sums to 1 for ever."""
    return 6 / (math.pi * night) ** 2


def corrected(p: Floats, nights: Ints | None = None) -> Floats:
    """p-values of which those <= ALPHA can be claimed, all together, over all nights.

    Holm's within the hypotheses first tested on one night, divided by that night's share: nights
    add up by Bonferroni, and what later nights bring takes nothing back. nights: (tests,), or None
    for a scan that stands alone.
    """
    if nights is None:
        return holm(p)
    result = np.ones(len(p))
    for night in np.unique(nights):
        here = nights == night
        result[here] = np.minimum(holm(p[here]) / share(int(night)), 1.0)
    return result
