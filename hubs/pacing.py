"""Asking no faster than a hub allows.

A hub that sends `RateLimit: "api";r=489;t=189` says that 489 more requests fit into a window that
ends in 189 seconds. Whoever would be the 490th waits here for the next window, and so
never meets the refusal.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]

SAME_WINDOW = 5.0  # seconds by which two answers may differ about a window's end
LONGEST_WAIT = 900.0  # seconds; windows last 300
ROUNDED = 1.0  # seconds; a hub may round down what is left of a window


@dataclass(slots=True)
class _Window:
    remaining: int
    ends: float


class Pace:
    """Budgets of requests by key (a host and a kind of request), shared by all threads.

    `clock` and `sleep` count in seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()

    def wait(self, key: str) -> None:
        """Returns when one more request fits, and counts it."""
        while (seconds := self._take(key)) > 0:
            # Jitter, or all who wait would start the next window in one burst.
            self._sleep(seconds + random.uniform(0, min(1.0, seconds)))

    def learn(self, key: str, headers: Mapping[str, str]) -> None:
        """Takes note of what an answer says about the budget."""
        told = parse_ratelimit_headers(headers)
        if told is None:
            return
        ends = self._clock() + min(told.reset_in_seconds, LONGEST_WAIT) + ROUNDED
        with self._lock:
            window = self._windows.get(key)
            if window is not None and abs(window.ends - ends) < SAME_WINDOW:
                # Requests under way are counted here already, perhaps not yet there.
                window.remaining = min(window.remaining, told.remaining)
            elif window is None or ends > window.ends or told.reset_in_seconds > SAME_WINDOW:
                self._windows[key] = _Window(told.remaining, ends)
            # Else it is a late answer, about the window before.

    def _take(self, key: str) -> float:
        """Counts one request and returns 0, or says how long to wait."""
        with self._lock:
            window = self._windows.get(key)
            if window is None:
                return 0.0
            left = window.ends - self._clock()
            if left <= 0:
                del self._windows[key]
                return 0.0
            if window.remaining > 0:
                window.remaining -= 1
                return 0.0
            return max(left, 0.01)
