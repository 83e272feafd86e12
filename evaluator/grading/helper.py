"""What runs inside a `Killable`: a job a line, a reply a line, under a limit of memory."""

from __future__ import annotations

import json
import logging
import os
import re
import resource
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

MEMORY = 3 * 2**30


Job = dict[str, Any]


def main() -> None:
    """Serve until the parent goes away."""
    serve(JOBS, MEMORY)


def serve(jobs: Mapping[str, Callable[[Job], Job]], memory: int) -> None:
    """Answer jobs by their `op` until there are no more. memory: bytes that may be used."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable()
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin:
        job = json.loads(line)
        try:
            reply = jobs[job["op"]](job)
        except Exception as error:  # noqa: BLE001 - the libraries raise anything on odd text
            reply = {"right": False, "note": f"{type(error).__name__}: it cannot be read"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def mathematics(job: dict[str, Any]) -> dict[str, Any]:
    """Whether the first of `answers` that says anything equals `gold`."""
    from math_verify import parse, verify

    if job.get("warm"):
        return {"right": verify(parsed("1/2"), parse("$\\frac{2}{4}$", parsing_timeout=None))}
    gold = parsed(job["gold"])
    if not gold:
        return {"right": False, "note": "the gold answer cannot be read"}
    for answer in job["answers"]:
        found = parse(answer, parsing_timeout=None)
        if found:
            right = verify(gold, found, timeout_seconds=None)
            return {"right": bool(right), "said": str(found[-1])[:200]}
    return {"right": False, "note": "no mathematics in the answer"}


@lru_cache(maxsize=4096)
def parsed(gold: str) -> Any:
    """A gold answer as math-verify holds it."""
    from math_verify import parse

    return parse(f"${gold.strip().strip('$')}$", parsing_timeout=None)


def pattern(job: dict[str, Any]) -> dict[str, Any]:
    """Whether `pattern` matches all of one of `texts`."""
    if job.get("warm"):
        return {"right": True}
    matches = (re.fullmatch(job["pattern"], text) for text in job["texts"])
    return {"right": any(match is not None for match in matches)}


JOBS = {"math": mathematics, "regex": pattern}
