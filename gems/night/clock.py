"""How long a night may last, and how much of it each family gets."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """ends: when to stop asking, on `tick`; None: when everything is done."""

    ends: float | None = None
    tick: Callable[[], float] = time.monotonic

    @property
    def left(self) -> float:
        """Seconds, 0 when there are none; infinite without an end."""
        return float("inf") if self.ends is None else max(0.0, self.ends - self.tick())

    def share(self, families: int) -> Callable[[float], bool]:
        """For the first of so many families to come: told a part of its time, whether that is up.

        Families share what is left evenly, and what one does not need goes to those behind it.
        """
        began, own = self.tick(), self.left / max(1, families)
        return lambda part: self.tick() - began >= part * own


def until(hour: int, minute: int, now: datetime) -> float:
    """Seconds until it is next that time of day here; now: local, without a zone, since the
    offset of one may be another by then."""
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (then if then > now else then + timedelta(days=1)).timestamp() - now.timestamp()
