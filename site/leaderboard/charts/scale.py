"""Where a number lies along an axis, and which numbers to write beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDE = 1000.0
"""Units across a plot; percent times ten."""


@dataclass(frozen=True, slots=True)
class Linear:
    """Maps [low, high] to [start, end]; what lies outside is drawn on the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + min(max(share, 0.0), 1.0) * (self.end - self.start), 1)


def score_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round shares within [low, high], at most about `most` of them."""
    for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            return [at * step for at in range(first, last + 1)]
    return [low, high]


def downloads_ticks(most: int) -> list[int]:
    """0, 10, 100, ... up to `most`."""
    return [0] + [10**power for power in range(1, 13) if 10**power <= max(most, 10)]


def downloads_place(downloads: float) -> float:
    """Logarithmic, with room for zero."""
    return math.log10(downloads + 1)
