"""What every arm may be expected to reach, by its own answers and by those of who came with it."""

from __future__ import annotations

import numpy as np

from evaluator.search.ledger import Ledger
from evaluator.search.protocol import Floats, Ints
from evaluator.search.scoring import NOISE, Scorer

ROUNDS = 25
"""Of expectation and maximisation; from about ten on, hardly a pick changes."""

KINDRED = 1.0
"""As how many arms of its own wave all others count, where an arm's level is expected."""

LEVELS = np.linspace(-1.0, 1.0, 121)
"""Where an arm's level may lie, relative to the ease of the items."""

UNKNOWN = np.exp(-((LEVELS + 0.2) ** 2) / 0.04)
UNKNOWN /= UNKNOWN.sum()
"""What is expected of any arm of any family: it counts like one arm more of its wave."""

CAUTION = 0.25
"""How many standard errors of what an arm was not asked are held against it."""


def prospects(books: Ledger, scorer: Scorer, rungs: Ints, waves: Ints) -> Floats:
    """The mean score each arm may be expected to have at the greatest depth anyone came to, less
    some caution, (arms,); -inf where nothing was told or the arm failed.

    Answers count as they are. Where an arm was not asked, it is expected to have its level plus the
    ease of the items there. What its level may be is learned from the others, above all from those
    that came with it, together with the ease of each stretch of the order, by expectation and
    maximisation over a grid (empirical Bayes: Laird 1978, "Nonparametric maximum likelihood
    estimation of a mixing distribution"; but no arm counts in what is expected of itself). So few
    good answers count for more where those that came together are good; and who went on was lucky
    so far, so luck that ends is told from items that are harder.

    rungs: where arms may have been stopped, ascending. waves: which arms came together, ascending,
    (arms,).
    """
    found = np.full(books.arms, -np.inf)
    arms = np.flatnonzero((books.count > 0) & ~books.failed)
    if not len(arms):
        return found
    end = int(books.depth[arms].max())
    edges = np.append(rungs[rungs < end], end)
    total, asked = _stretches(books, scorer, arms, edges)
    kin, own = np.unique(waves[arms], return_index=True, return_inverse=True)[1:]
    answers = asked.sum(axis=1, keepdims=True)
    blur = 2 * (NOISE / answers + (LEVELS[1] - LEVELS[0]) ** 2 / 4)
    ease = total.sum(axis=0) / asked.sum(axis=0)
    belief = np.full((len(arms), len(LEVELS)), 1 / len(LEVELS))
    for _ in range(ROUNDS):
        others = (belief.sum(axis=0) - belief) / max(len(arms) - 1, 1)
        expected = np.add.reduceat(belief, kin, axis=0)[own] - belief + KINDRED * others + UNKNOWN
        lead = (total.sum(axis=1) - asked @ ease)[:, None] / answers
        fit = -((lead - LEVELS) ** 2) / blur
        belief = np.exp(fit - fit.max(axis=1, keepdims=True)) * expected
        belief /= belief.sum(axis=1, keepdims=True)
        level = belief @ LEVELS
        ease = (total - asked * level[:, None]).sum(axis=0) / asked.sum(axis=0)
    ahead = np.diff(edges, prepend=0) - asked
    rest = ahead.sum(axis=1)
    doubt = np.sqrt(np.maximum(belief @ LEVELS**2 - level**2, 0.0) * rest**2 + NOISE * rest)
    reach = (total.sum(axis=1) + ahead @ ease + rest * level - CAUTION * doubt) / end
    # Rounded, so that equals tie however the arms are listed.
    found[arms] = np.round(reach, 9)
    return found


def _stretches(books: Ledger, scorer: Scorer, arms: Ints, edges: Ints) -> tuple[Floats, Floats]:
    """What each arm scored between the edges, on the scale of answers, and how many it was asked
    there, both (arms, edges)."""
    reach = np.minimum(books.depth[arms, None], edges)
    total = np.zeros(reach.shape)
    for depth in np.unique(reach).tolist():
        here = (reach == depth).any(axis=1)
        score = depth * scorer.at(arms[here], depth) / scorer.scale(depth)
        total[here] = np.where(reach[here] == depth, score[:, None], total[here])
    return np.diff(total, axis=1, prepend=0.0), np.diff(reach, axis=1, prepend=0).astype(np.float64)
