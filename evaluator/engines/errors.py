"""What can go wrong in an engine, drawn as a tree.

EvaluatorError
└── EngineError
    ├── EngineMissing       the engine is not installed here
    ├── SwapRefused         only a fresh engine can load this safely
    └── EngineFailure       a checkpoint's own failure: named by `kind`, the scan goes on
        ├── LoadFailure         its weights cannot be brought into the engine
        └── GenerationFailure   it was loaded, and cannot answer
"""

from __future__ import annotations

from enum import StrEnum

from evaluator.errors import EvaluatorError

LONGEST_DETAIL = 300


class LoadKind(StrEnum):
    """Why a load failed."""

    BAD_CONFIG = "bad_config"
    REMOTE_CODE = "remote_code"
    QUANTIZED = "quantized"
    NO_WEIGHTS = "no_weights"
    BAD_WEIGHTS = "bad_weights"
    MISSING_TENSORS = "missing_tensors"
    EXTRA_TENSORS = "extra_tensors"
    WRONG_SHAPES = "wrong_shapes"
    NOT_FINITE = "not_finite_weights"
    BAD_ADAPTER = "bad_adapter"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "load_crashed"
    TIMED_OUT = "load_timed_out"


class GenerationKind(StrEnum):
    """Why a generation failed."""

    NOT_FINITE = "not_finite_logits"
    UNKNOWN_TOKEN = "unknown_token"
    OUT_OF_MEMORY = "out_of_memory"
    TOO_LONG = "prompt_too_long"
    CRASHED = "generation_crashed"
    TIMED_OUT = "generation_timed_out"


class EngineError(EvaluatorError):
    """Base of everything an engine raises on purpose."""


class EngineMissing(EngineError):
    """The engine asked for is not installed, or cannot run here."""


class SwapRefused(EngineError):
    """What is loaded may not be overwritten in place: a fresh engine must load this."""


class EngineFailure(EngineError):
    """A checkpoint's failure. `kind` is from a closed list; `detail` is one line for people."""

    def __init__(self, kind: LoadKind | GenerationKind, detail: str) -> None:
        self.kind = kind
        self.detail = " ".join(detail.split())[:LONGEST_DETAIL]
        super().__init__(f"{kind}: {self.detail}")


class LoadFailure(EngineFailure):
    """The weights cannot be brought into the engine, which holds nothing then."""


class GenerationFailure(EngineFailure):
    """What is loaded cannot answer."""
