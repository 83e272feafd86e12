"""Log lines on standard error: for people, or one JSON object a line."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime

LOG = logging.getLogger("gems.night")
SECONDS_BETWEEN_LINES = 60.0


class Plain(logging.Formatter):
    """One line a record, whatever a hub's names hold."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        said = "".join(c if c.isprintable() else " " for c in record.getMessage())
        return f"{moment} {record.levelname.lower()}: {said}"


class Lines(logging.Formatter):
    """One JSON object a record: time, level, message."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {
                "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
                "level": record.levelname.lower(),
                "message": record.getMessage(),
            }
        )


def log_to_stderr(*, as_json: bool) -> logging.Handler:
    """Let the night's records be seen; returns the handler, to be taken away at the end."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines() if as_json else Plain())
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    return handler


class Telling:
    """Progress as a log line now and then."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._total: int | None = None
        self._done = 0
        self._said_at = time.monotonic()

    def expect(self, total: int) -> None:
        self._total = total

    def advance(self, steps: int = 1, note: str = "") -> None:
        self._done += steps
        if time.monotonic() - self._said_at >= SECONDS_BETWEEN_LINES:
            self._said_at = time.monotonic()
            of = "" if self._total is None else f" of {self._total}"
            LOG.info("%s: %s%s %s", self._title, self._done, of, note)
