"""Ask and tell: how a policy and whatever drives it speak.

`ask()` gives the next batch; the driver has it answered and graded, by an engine or by a recorded
matrix, and `tell()`s the scores. Several batches may be out at once. A policy knows arms and items
as indices only: no names, no clock, no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Items:
    """What is known about the items before a search: scores = mean + loadings @ factors + noise.

    mean, noise: (items,), noise as a variance. loadings: (items, factors), for factors of
    variance 1. See history.py.
    """

    mean: Floats
    loadings: Floats
    noise: Floats


@dataclass(frozen=True, slots=True)
class Batch:
    """Every arm of `arms` is asked every item of `items`. No pair is ever asked twice."""

    arms: tuple[int, ...]
    items: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One search: what there is to ask, what it costs, and how much may be spent.

    order: all item indices, (items,), in the order everyone is asked them; balanced over the
        categories in every prefix.
    categories: the category of each item, (items,), indexed by item.
    budget: mean spend per arm, in queries: queries asked + `load_cost` of the loads they took.
    load_cost, reload_cost: price of an arm's first and of any later load, in queries, (arms,).
    first: arms to visit before the others, in this order (roots and popular checkpoints).
    top_k: how many of the best the caller wants right, not only the first.
    everyone: every arm is to be visited if the budget can load it, because a place is wanted for
        each; else arms may be left out where that makes for a better pick.
    once: `one_visit` loads nobody again, whatever is left over: a night pays for what is new alone.
    workers: how many engines answer at once, each with one arm loaded.
    history: what past scans say about the items, if anything.
    waves: how many arms came together, in the order of their indices, for policies that arms may
        join; empty if all came at once. opening: how many at the front of the first wave were
        visited before the others, instead of `first`. See waves.py.
    """

    arms: int
    order: Ints
    categories: Ints
    budget: float
    load_cost: Floats
    reload_cost: Floats
    seed: int
    first: tuple[int, ...] = ()
    workers: int = 1
    top_k: int = 1
    everyone: bool = False
    once: bool = False
    history: Items | None = None
    waves: tuple[int, ...] = ()
    opening: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What a policy would say now.

    order: arms, best first; failed arms are left out.
    estimate: estimated mean score of each arm, (arms,); NaN where nothing was told.
    asked: items told so far for each arm, (arms,).
    rung: for each arm the index of the rung at which it was stopped, -1 while it goes on or if it
        reached the end, (arms,).
    failed: whether the arm failed, (arms,).
    rungs: items asked by the end of each rung, ascending.
    """

    order: tuple[int, ...]
    estimate: Floats
    asked: Ints
    rung: Ints
    failed: NDArray[np.bool_]
    rungs: tuple[int, ...] = field(default=())


class Policy(Protocol):
    """A rule for spending."""

    def ask(self) -> Batch | None:
        """The next batch, or None: finished if `done`, else waiting for a batch that is out."""
        ...

    def tell(self, batch: Batch, scores: Floats) -> None:
        """Scores in [0, 1] of a batch that was asked, (arms, items); NaN: not to be had.

        A row of NaN means that the arm failed: it is asked nothing more.
        """
        ...

    @property
    def done(self) -> bool: ...

    def standing(self) -> Standing: ...

    def stopped(self) -> Ints:
        """`rung` of what `standing` would say, which is cheaper to know."""
        ...


@runtime_checkable
class Arrivals(Protocol):
    """A policy that new arms may join at any time."""

    def arrive(self, load_cost: Sequence[float], reload_cost: Sequence[float]) -> tuple[int, ...]:
        """Take in so many new arms, each with its prices; returns their indices, the next ones.

        They bring the mean budget with them: the total grows by `budget` an arm.
        """
        ...
