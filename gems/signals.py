"""SIGTERM ends work as Ctrl-C does: by an exception that lets everything close."""

from __future__ import annotations

import signal
from types import FrameType

EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


def terminate_like_interrupt() -> None:
    signal.signal(signal.SIGTERM, _raise)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
