"""What a set of confirmation prompts can show, told before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from evaluator.verdicts import tails
from evaluator.verdicts.evidence import OVERALL
from evaluator.verdicts.multiplicity import ALPHA, share

POINTS = (2, 5, 10)
LEAST = 250
"""Confirmation prompts that a category needs for a gem of its own."""

DISCORDANCE = 0.15
"""On how many prompts a finalist and a popular checkpoint are graded differently, where nothing
is known yet: on a public board of 7B fine-tunes it is 9% for those 2 points apart, 13% for 5,
18% for 10."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can be shown overall (category "") or in one category.

    level: the p-value that the first of the claims must reach. possible: whether any outcome
    reaches it, and the category is large enough. power: chance to confirm a checkpoint that is 2,
    5 and 10 points better, by points.
    """

    category: str
    prompts: int
    level: float
    possible: bool
    power: dict[int, float]


def scope_names(categories: Iterable[str]) -> list[str]:
    """What claims are made of: all prompts, and each category if there are several."""
    names = sorted(set(categories))
    return [OVERALL, *names] if len(names) > 1 else [OVERALL]


def outlook(
    categories: Sequence[str],
    finalists: int,
    discordance: float = DISCORDANCE,
    night: int | None = None,
) -> list[Outlook]:
    """What `categories`, one for each confirmation prompt, can show of so many finalists.

    discordance: the share of prompts on which a finalist and a popular checkpoint are graded
    differently, which the search's own scores tell. night: of a standing family, from 1.
    The chances are those against one popular checkpoint; against more they are a little lower.
    """
    sizes = {name: categories.count(name) for name in scope_names(categories)[1:]}
    claims = max(1, finalists) * (1 + sum(size >= LEAST for size in sizes.values()))
    level = ALPHA * (1.0 if night is None else share(night)) / claims
    found = []
    for name, size in [(OVERALL, len(categories)), *sizes.items()]:
        possible = 0.5**size <= level and (name == OVERALL or size >= LEAST)
        chances = {
            points: power(size, points / 100, discordance, level) if possible else 0.0
            for points in POINTS
        }
        found.append(Outlook(name, size, level, possible, chances))
    return found


def power(prompts: int, delta: float, discordance: float, level: float) -> float:
    """The chance that McNemar's exact one-sided test reaches `level`.

    The checkpoints differ on a share `discordance` of the prompts (at least |delta|), and the
    better one wins a part (1 + delta / discordance) / 2 of those.
    """
    discordance = min(1.0, max(discordance, abs(delta)))
    wins = 0.5 if discordance == 0 else (1 + delta / discordance) / 2
    differing = tails.binomial(prompts, discordance)
    chance = 0.0
    for tosses in np.flatnonzero(differing > 1e-12):
        count = np.arange(tosses + 1)
        enough = tails.coin(count, np.full(tosses + 1, tosses)) <= level
        chance += float(differing[tosses] * tails.binomial(int(tosses), wins)[enough].sum())
    return min(1.0, chance)
