"""What every engine does: load weights, answer token ids, go away.

An engine gets token ids and gives token ids back. Decoding is ours: greedy, explicit limits and
stop ids; nothing of a checkpoint's `generation_config` is read, nothing of the one before is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from evaluator.engines.errors import LoadFailure

Finish = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights on disk: a full checkpoint, or a base with the adapters to be asked on it."""

    base: Path
    adapters: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One query. `adapter` indexes `Weights.adapters`; None asks the base itself."""

    token_ids: tuple[int, ...]
    max_tokens: int
    stop_ids: frozenset[int]
    adapter: int | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What came back: generated token ids without the stop token, and why it ended."""

    token_ids: tuple[int, ...]
    finish: Finish


class Engine(Protocol):
    """One engine holds one load at a time."""

    @property
    def name(self) -> str:
        """`transformers` or `vllm`: answers of different engines are never compared."""
        ...

    @property
    def dtype(self) -> str: ...

    def load(self, weights: Weights) -> Mapping[int, LoadFailure]:
        """Replace what is loaded; returns the adapters that cannot be asked, each with its reason.

        Raises LoadFailure if the base itself cannot be loaded, and holds nothing then.
        """
        ...

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers in the order of the requests, which may mix adapters.

        Which requests are computed together depends on nothing but `requests`: the same ones give
        the same answers. Raises GenerationFailure.
        """
        ...

    def close(self) -> None: ...
