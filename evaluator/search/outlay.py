"""What a schedule costs: how deep one visit an arm can go for what is left."""

from __future__ import annotations

import numpy as np

from evaluator.search.protocol import Floats, Ints
from evaluator.search.schedule import Shape, prefixes

FEWEST = 2.0
"""An arm goes on from a rung only if so many are expected to: alone, it is compared with nobody,
and what it would be asked buys more where several are. Among few arms this is most of the gain."""


class Outlay:
    """The rungs of visits to `items` items, and what survivors cost at every scale n0.

    At rung n a share p(n) = min(1, (n0 / n)^alpha) goes on, and `grace` arms more over all who come
    there one after the other: see `OneVisit`.
    """

    def __init__(self, shape: Shape, items: int, grace: float) -> None:
        self._alpha, self._grace = shape.alpha, grace
        self.rungs: Ints = np.array(prefixes(shape, 0, items))
        self._scales = np.geomspace(1.0, items, 240)
        self._share = self._shares(self._scales)
        self._steps = np.append(np.diff(self.rungs), 0)

    def fitting(self, visits: float, fee: float, seen: int, money: float) -> float:
        """The largest scale at which so many visits, after `seen` others, cost at most `money`.

        fee: what a load costs on average.
        """
        if visits <= 0:
            return 1.0
        graced = self._grace * np.log((seen + visits + 1) / (seen + 1)) / visits
        field = seen + visits
        enough = self._share * field >= min(FEWEST, field) - 1e-9
        going = np.where(enough, np.minimum(1.0, self._share + graced), 0.0)
        price = visits * (fee + self.rungs[0] + going @ self._steps)
        fits = np.flatnonzero(price <= money + 1e-9)
        return float(self._scales[fits[-1]]) if len(fits) else 1.0

    def returning(self, needed: Floats, levels: Ints, fees: Floats, money: float) -> float:
        """The largest scale at which all who need no larger one can go on from their rungs.

        needed, levels, fees: the scale each arm needs, its rung, and what its load costs, (arms,).
        0 if not even the one who needs least can be paid for.
        """
        scales = np.maximum(np.quantile(needed, np.linspace(0.0, 1.0, 200)), 1e-9)
        share = self._shares(scales)
        ahead = (share * self._steps)[:, ::-1].cumsum(axis=1)[:, ::-1] / share
        price = ((needed <= scales[:, None]) * (fees + ahead[:, levels])).sum(axis=1)
        fits = np.flatnonzero(price <= money + 1e-9)
        return float(scales[fits[-1]]) if len(fits) else 0.0

    def peers(self, scale: float, level: int, field: float) -> bool:
        """Whether enough of a field are expected to go on from a rung."""
        share = min(1.0, scale / float(self.rungs[level])) ** self._alpha
        return bool(share * field >= min(FEWEST, field) - 1e-9)

    def _shares(self, scales: Floats) -> Floats:
        """The share that goes on from each rung at each scale, (scales, rungs)."""
        share: Floats = np.minimum(1.0, (scales[:, None] / self.rungs) ** self._alpha)
        return share
