"""95% intervals that hold against the population the prompts were drawn from.

Within a category: Wilson's score interval (JASA 22, 1927) at the effective number of prompts,
n_eff = p(1 - p) / v, with Student's t for the clusters there are; so Wilson's form of Korn &
Graubard, "Confidence intervals for proportions with small expected number of positive counts",
Survey Methodology 24 (1998). v is the largest of the binomial variance, the cluster-robust one, and
the binomial times the design effect of all checkpoints together: how alike a cluster's answers
are lies in its prompts, and one good checkpoint makes too few errors to show it.

Over the categories, which have the weights w among the prompts, the wider on each side of two that
fail in different places: the same interval of the mean, with v = sum w² v, too narrow where a
category is all right or all wrong; and the MOVER of Zou & Donner, Statistics in Medicine 27 (2008),
eq. 2, low = m - sqrt(sum w² (p - l)²), too high where all categories are near 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evaluator.verdicts.clusters import cluster_sums
from evaluator.verdicts.evidence import Floats, Ints


@dataclass(frozen=True, slots=True)
class Interval:
    """mean, low, high: NaN where nothing was scored; n: how many scores. All (rows,)."""

    mean: Floats
    low: Floats
    high: Floats
    n: Ints


def of_scores(scores: Floats, strata: Ints, clusters: Ints | None = None) -> Interval:
    """From each score. scores: (rows, prompts), NaN where missing; strata, clusters: (prompts,)."""
    keys = np.arange(scores.shape[1]) if clusters is None else clusters
    pairs, units = np.unique(np.stack([strata, keys]), axis=1, return_inverse=True)
    stratum = np.unique(pairs[0], return_inverse=True)[1]
    there = ~np.isnan(scores)
    asked = cluster_sums(there.astype(np.float64), units)
    total = cluster_sums(np.where(there, scores, 0.0), units)
    n = cluster_sums(asked, stratum)
    p = np.divide(cluster_sums(total, stratum), n, out=np.zeros_like(n), where=n > 0)
    groups = cluster_sums((asked > 0).astype(np.float64), stratum)
    residual = cluster_sums((total - asked * p[:, stratum]) ** 2, stratum)
    spread = residual * groups / np.maximum(groups - 1, 1) / np.maximum(n, 1) ** 2
    return _combine(total.sum(axis=1), p, n, groups, spread)


def of_totals(total: Floats, asked: Ints) -> Interval:
    """From sums alone, (rows, categories): as if each score were 0 or 1, which is the widest."""
    n = asked.astype(np.float64)
    p = np.divide(total, n, out=np.zeros_like(n), where=n > 0)
    return _combine(total.sum(axis=1), p, n, n, np.zeros_like(n))


def _combine(total: Floats, p: Floats, n: Floats, groups: Floats, spread: Floats) -> Interval:
    """total: (rows,). The others (rows, strata): mean, scores, clusters, cluster-robust variance
    of the mean."""
    count = n.sum(axis=1)
    weight = n / np.maximum(count, 1)[:, None]
    mean = np.divide(total, count, out=np.full_like(count, np.nan), where=count > 0)
    binomial = p * (1 - p) / np.maximum(n, 1)
    alike = spread.sum(axis=0) / np.maximum(binomial.sum(axis=0), 1e-300)
    variance = np.maximum(spread, binomial * np.maximum(1.0, alike))
    t = student(_freedom(weight**2 * variance, groups))
    # One cluster shows nothing of how alike its answers are: it counts as one prompt.
    low, high = _wilson(p, np.where(groups > 1, variance, p * (1 - p)), groups, t[:, None])
    below = np.sqrt((weight**2 * (p - low) ** 2).sum(axis=1))
    above = np.sqrt((weight**2 * (high - p) ** 2).sum(axis=1))
    low, high = _wilson(mean, (weight**2 * variance).sum(axis=1), groups.sum(axis=1), t)
    low = np.maximum(np.minimum(low, mean - below), 0.0)
    high = np.minimum(np.maximum(high, mean + above), 1.0)
    return Interval(mean, low, high, count.astype(np.int64))


def _wilson(p: Floats, variance: Floats, groups: Floats, t: Floats) -> tuple[Floats, Floats]:
    """Wilson's interval at n = p(1 - p) / variance; all right or all wrong, at n = clusters."""
    n = np.divide(p * (1 - p), variance, out=np.maximum(groups, 1.0), where=variance > 0)
    centre = (p + t**2 / (2 * n)) / (1 + t**2 / n)
    half = t / (1 + t**2 / n) * np.sqrt(p * (1 - p) / n + (t / (2 * n)) ** 2)
    return centre - half, centre + half


def _freedom(parts: Floats, groups: Floats) -> Floats:
    """Satterthwaite's degrees of freedom of a sum of variances, (rows,)."""
    free = np.maximum(groups - 1, 1)
    squares = (parts**2 / free).sum(axis=1)
    fallback = np.where(groups > 0, free, 0).sum(axis=1)
    found: Floats = np.divide(parts.sum(axis=1) ** 2, squares, out=fallback, where=squares > 0)
    return found


STUDENT = {  # the 97.5% points of Student's t
    1: 12.70620, 2: 4.30265, 3: 3.18245, 4: 2.77645, 5: 2.57058, 6: 2.44691, 7: 2.36462,
    8: 2.30600, 10: 2.22814, 12: 2.17881, 15: 2.13145, 20: 2.08596, 30: 2.04227, 60: 2.00030,
    120: 1.97993, math.inf: 1.95996,
}  # fmt: skip


def student(freedom: Floats) -> Floats:
    """The 97.5% point of Student's t. It is convex in 1 / freedom, so between the points of the
    table the straight line in 1 / freedom errs to the wide side, by at most 0.5% from 2 up."""
    inverse = np.array([1 / v for v in reversed(STUDENT)])
    points = np.array(list(reversed(STUDENT.values())))
    found: Floats = np.interp(1 / np.maximum(freedom, 1.0), inverse, points)
    return found
