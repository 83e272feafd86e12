"""What past scans say about the items; never about the arms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluator.search.errors import SearchError
from evaluator.search.ordering import balanced_order
from evaluator.search.protocol import Floats, Ints, Items

STRONG = 0.25
"""The share of past arms that is learned from, the best: what separates good from best differs
from what separates broken from normal."""

FACTORS = 2
"""What arms differ by. More fits the past better and the next family worse."""

TRUST = 0.02
"""The share of the factors' variance that is believed. At 1, weights learned from one group of
models misled the search among another; at 0.02 nearly all of the gain is left, and no harm."""

SHUFFLES = 3
MARGIN = 1.05
"""A factor counts if it is so much larger than any that shuffled scores show."""

LEAD = 16
"""Items at the head of the order that are chosen for what they say about the whole pool."""


def learn(past: NDArray[np.floating]) -> Items:
    """Fit the model to scores of past arms, (past arms, items), NaN where unknown.

    Principal factors of the strong arms' scores (Thurstone 1947), shrunk by `TRUST`, and further
    where the past is short. Raises SearchError where there is nothing to learn from.
    """
    scores = np.asarray(past, dtype=np.float64)
    seen = ~np.isnan(scores)
    if scores.ndim != 2 or not seen.any():
        raise SearchError("the history holds no scores: leave it out")
    rows = np.flatnonzero(seen.any(axis=1))
    scores, seen = scores[rows], seen[rows]
    level = np.where(seen, scores, 0.0).sum(axis=1) / seen.sum(axis=1)
    strong = level >= np.quantile(level, 1 - STRONG)
    scores, seen = scores[strong], seen[strong]
    mean = (np.where(seen, scores, 0.0).sum(axis=0) + 0.5) / (seen.sum(axis=0) + 1.0)
    spread = np.where(seen, scores - mean, 0.0)
    _, size, axes = np.linalg.svd(spread, full_matrices=False)
    size = np.where(size > _edge(spread), size, 0.0)
    loadings = axes[:FACTORS].T * size[:FACTORS] / np.sqrt(len(scores))
    noise = np.maximum(spread.var(axis=0) - (loadings**2).sum(axis=1), 0.02)
    noise = np.where(seen.any(axis=0), noise, 0.25)
    trust = TRUST * len(scores) / (len(scores) + 40.0)
    return Items(mean, loadings * np.sqrt(trust), noise)


def _edge(spread: Floats) -> float:
    """What the largest factor of mere noise measures: that of the same scores with every item's
    column shuffled, so that no arm is like itself (parallel analysis, Horn 1965). Items that vary
    more than others make the noise's factors larger than their mean variance says."""
    rng = np.random.default_rng(len(spread))
    drawn = [np.linalg.norm(rng.permuted(spread, axis=0), 2) for _ in range(SHUFFLES)]
    return MARGIN * float(max(drawn))


def informed_order(items: Items, categories: NDArray[np.generic], seed: int) -> Ints:
    """A balanced order whose head is chosen: the `LEAD` items that say most about the row mean.

    Greedy: each next item is the one that cuts the posterior variance of the mean most.
    """
    order = balanced_order(categories, seed)
    target = items.loadings.mean(axis=0)
    known = np.eye(items.loadings.shape[1])
    free = np.ones(len(order), dtype=np.bool_)
    head = []
    for _ in range(min(LEAD, len(order)) if items.loadings.any() else 0):
        reach = items.loadings @ known
        cut = (reach @ target) ** 2 / ((reach * items.loadings).sum(axis=1) + items.noise)
        chosen = int(np.where(free, cut, -1.0).argmax())
        head.append(chosen)
        free[chosen] = False
        line = known @ items.loadings[chosen]
        known -= np.outer(line, line) / (line @ items.loadings[chosen] + items.noise[chosen])
    return np.concatenate([np.array(head, dtype=np.int64), order[free[order]]])


def weights(items: Items, order: Ints, prefix: int) -> Floats:
    """Weights of the first items of the order in the best linear prediction of the row mean,
    (prefix,), up to a constant: what was seen counts as it is, the rest as its expectation."""
    asked, rest = order[:prefix], order[prefix:]
    loadings, noise = items.loadings, items.noise
    scaled = loadings[asked] / noise[asked][:, None]
    precision = np.eye(loadings.shape[1]) + scaled.T @ loadings[asked]
    ahead = loadings[rest].sum(axis=0) / len(order)
    found: Floats = 1.0 / len(order) + scaled @ np.linalg.solve(precision, ahead)
    return found
