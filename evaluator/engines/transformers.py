"""The Transformers engine: the one that is always there. fp32 on a CPU, bf16 on a GPU."""

from __future__ import annotations

import gc
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig
from transformers.utils import logging as chatter

from evaluator.engines.adapters import attach
from evaluator.engines.errors import (
    EngineFailure,
    GenerationFailure,
    GenerationKind,
    LoadFailure,
    LoadKind,
)
from evaluator.engines.folder import cleaned
from evaluator.engines.greedy import decode
from evaluator.engines.protocol import Completion, Request, Weights
from evaluator.engines.swap import build_of, check_whole

TOGETHER = 32
"""Requests computed together. It has a say in rounding, so it is no option."""

MOST_ADAPTERS = 32
"""Adapters kept on one base before it is loaded afresh."""


class TransformersEngine:
    """Loads one checkpoint, or one base with several LoRA adapters, and answers greedily."""

    name = "transformers"

    def __init__(self) -> None:
        cuda = torch.cuda.is_available()
        self._device = torch.device("cuda" if cuda else "cpu")
        self._dtype = torch.bfloat16 if cuda else torch.float32
        self._model: Any = None
        self._base: Path | None = None
        self._wrapped: PeftModel | None = None
        self._adapters: dict[Path, str] = {}  # those attached, by their folders
        self._seats: tuple[Path, ...] = ()  # those of the last load, as requests number them
        chatter.set_verbosity(logging.CRITICAL)
        chatter.disable_progress_bar()  # type: ignore[no-untyped-call]

    @property
    def dtype(self) -> str:
        return str(self._dtype).removeprefix("torch.")

    def load(self, weights: Weights) -> Mapping[int, LoadFailure]:
        """Load `weights`; see the protocol. The one before is let go first: two never fit.

        A base that is loaded stays, and takes further adapters beside those it has.
        """
        failed: dict[Path, LoadFailure] = {}
        if weights.base != self._base or len(self._adapters) > MOST_ADAPTERS:
            self._full(weights.base)
        while not self._attached(weights.adapters, failed):
            self._full(weights.base)
        return {
            index: failed[folder]
            for index, folder in enumerate(weights.adapters)
            if folder in failed
        }

    def _attached(self, adapters: Sequence[Path], failed: dict[Path, LoadFailure]) -> bool:
        """Whether all but the `failed` are attached: one more failure spoils the base."""
        for folder in adapters:
            if folder in failed or folder in self._adapters:
                continue
            name = f"adapter{len(self._adapters)}"
            try:
                with _named(LoadFailure, LoadKind.OUT_OF_MEMORY, LoadKind.BAD_ADAPTER):
                    self._wrapped = attach(self._model, self._wrapped, folder, name)
            except LoadFailure as failure:
                # Not the failure itself: its traceback would keep the base in memory.
                failed[folder] = LoadFailure(failure.kind, failure.detail)
                return False
            self._adapters[folder] = name
        self._seats = tuple(adapters)
        return True

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers in the order of the requests; each adapter's are computed apart, in its order."""
        answers: dict[int, Completion] = {}
        for adapter in dict.fromkeys(request.adapter for request in requests):
            places = [at for at, request in enumerate(requests) if request.adapter == adapter]
            with self._using(adapter):
                for start in range(0, len(places), TOGETHER):
                    chunk = places[start : start + TOGETHER]
                    with _named(
                        GenerationFailure, GenerationKind.OUT_OF_MEMORY, GenerationKind.CRASHED
                    ):
                        said = decode(self._model, [requests[at] for at in chunk])
                    answers.update(zip(chunk, said, strict=True))
        return [answers[at] for at in range(len(requests))]

    def close(self) -> None:
        self._model, self._wrapped, self._base = None, None, None
        self._adapters, self._seats = {}, ()
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _full(self, folder: Path) -> None:
        self.close()
        with _named(LoadFailure, LoadKind.OUT_OF_MEMORY, LoadKind.CRASHED):
            self._model = self._opened(folder)
        self._base = folder

    def _opened(self, folder: Path) -> Any:
        with tempfile.TemporaryDirectory(prefix="gems-load-") as scratch:
            clean = cleaned(folder, Path(scratch) / "checkpoint")
            check_whole(build_of(clean))  # before any memory is taken for what it claims to be
            config = AutoConfig.from_pretrained(
                clean, trust_remote_code=False, local_files_only=True
            )
            try:
                loaded: Any = AutoModelForCausalLM.from_pretrained(
                    clean,
                    config=config,
                    dtype=self._dtype,
                    attn_implementation="sdpa",
                    use_safetensors=True,
                    trust_remote_code=False,
                    local_files_only=True,
                    ignore_mismatched_sizes=True,
                    output_loading_info=True,
                    generation_config=GenerationConfig(),  # type: ignore[no-untyped-call]
                )
            except (SafetensorError, OSError) as error:
                raise LoadFailure(LoadKind.BAD_WEIGHTS, str(error)) from error
        model, told = loaded
        _check(model, told)
        return model.to(self._device).eval()

    @contextmanager
    def _using(self, adapter: int | None) -> Iterator[None]:
        if self._wrapped is None:
            yield
        elif adapter is None:
            with self._wrapped.disable_adapter():
                yield
        else:
            self._wrapped.set_adapter(self._adapters[self._seats[adapter]])
            yield


def _check(model: Any, told: Mapping[str, Any]) -> None:
    """Every tensor came from the file, none was left over, all are finite."""
    for key, kind in (
        ("mismatched_keys", LoadKind.WRONG_SHAPES),
        ("missing_keys", LoadKind.MISSING_TENSORS),
        ("unexpected_keys", LoadKind.EXTRA_TENSORS),
        ("error_msgs", LoadKind.BAD_WEIGHTS),
    ):
        if odd := sorted(map(str, told.get(key, ()))):
            raise LoadFailure(kind, f"{len(odd)}, such as {odd[0]}")
    for name, tensor in model.named_parameters():
        if not bool(torch.isfinite(tensor).all()):
            raise LoadFailure(LoadKind.NOT_FINITE, f"{name} has NaN or infinity")


@contextmanager
def _named(
    failure: type[LoadFailure] | type[GenerationFailure],
    memory: LoadKind | GenerationKind,
    other: LoadKind | GenerationKind,
) -> Iterator[None]:
    """Whatever foreign weights make the libraries raise becomes a failure with a name."""
    try:
        yield
    except EngineFailure:
        raise
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise failure(memory, "it does not fit into memory") from error
    except Exception as error:
        raise failure(other, f"{type(error).__name__}: {error}") from error
