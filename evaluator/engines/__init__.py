"""Engines: one protocol, with Transformers behind it. Importing is cheap; making one is not."""

from __future__ import annotations

from evaluator.engines.errors import EngineMissing
from evaluator.engines.protocol import Engine

NAMES = ("transformers",)


def make(name: str) -> Engine:
    """The engine of that name. Raises EngineMissing."""
    if name == "transformers":
        from evaluator.engines.transformers import TransformersEngine

        return TransformersEngine()
    raise EngineMissing(f"there is no engine {name!r} here: take one of {', '.join(NAMES)}")
