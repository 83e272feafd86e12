"""Engines: one protocol; vLLM and Transformers behind it, each in a process of its own."""

from __future__ import annotations

from pathlib import Path

from evaluator.engines.errors import EngineMissing
from evaluator.engines.hosted import HostedEngine

NAMES = ("transformers", "vllm")


def make(name: str, cache: Path | None = None) -> HostedEngine:
    """The engine of that name; what it compiles is kept in `cache`. Raises EngineMissing."""
    if name not in NAMES:
        raise EngineMissing(f"there is no engine {name!r} here: take one of {', '.join(NAMES)}")
    return HostedEngine(name, cache)
