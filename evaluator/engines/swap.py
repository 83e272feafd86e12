"""Whether one checkpoint's weights may be written over another's in a live engine.

An engine that reloads weights in place keeps all that it built for the first checkpoint: its
graph, its rotary tables, its tensors' shapes. So a swap is allowed only where everything but
the numbers is provably the same; any doubt means a fresh engine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, AutoModelForCausalLM

from evaluator.engines.errors import LoadFailure, LoadKind
from evaluator.engines.folder import CONFIG, read_json

INERT = frozenset(
    {
        "_commit_hash",
        "_name_or_path",
        "architectures",  # compared apart: its order and absence mean nothing, its content does
        "attention_dropout",
        "begin_suppress_tokens",
        "bos_token_id",
        "chunk_size_feed_forward",
        "decoder_start_token_id",
        "dtype",
        "embd_pdrop",
        "eos_token_id",
        "finetuning_task",
        "gradient_checkpointing",
        "hidden_dropout",
        "id2label",
        "initializer_range",
        "label2id",
        "output_attentions",
        "output_hidden_states",
        "pad_token_id",
        "prefix",
        "pretraining_tp",
        "problem_type",
        "resid_pdrop",
        "return_dict",
        "sep_token_id",
        "suppress_tokens",
        "task_specific_params",
        "torch_dtype",
        "transformers_version",
        "unsloth_fixed",
        "unsloth_version",
        "use_cache",
    }
)
"""Keys that change no logit of an engine that is given token ids and stop ids.

Token ids (`eos_token_id`, …) are ours to give; dropout and initialisation act in training only;
`dtype` says how the file is stored, and every engine casts to its own.
"""

SIZE = re.compile(r"(?:num|n|d)_\w+|\w+_(?:size|dim|layers|heads|rank|experts|inner)")
"""Keys that say how much of something there is."""


@dataclass(frozen=True, slots=True)
class Build:
    """All of a checkpoint but its numbers: normalised config, and tensors' shapes by name."""

    config: Mapping[str, Any]
    tensors: Mapping[str, tuple[int, ...]]

    @property
    def tied(self) -> bool:
        return bool(self.config.get("tie_word_embeddings"))


def build_of(folder: Path) -> Build:
    """The build of a cleaned folder, from its config and headers. Raises LoadFailure."""
    tensors: dict[str, tuple[int, ...]] = {}
    for shard in sorted(folder.glob("*.safetensors")):
        try:
            with safe_open(shard, framework="np") as opened:
                for name in opened.keys():  # noqa: SIM118  # it is no mapping
                    if name in tensors:
                        raise LoadFailure(LoadKind.BAD_WEIGHTS, f"{name} stands in two shards")
                    tensors[name] = tuple(opened.get_slice(name).get_shape())
        except (SafetensorError, OSError) as error:
            raise LoadFailure(LoadKind.BAD_WEIGHTS, f"{shard.name}: {error}") from error
    most = max(len(tensors), *(size for shape in tensors.values() for size in shape), 0)
    _check_sizes(read_json(folder / CONFIG, LoadKind.BAD_CONFIG), most)
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:
        raise LoadFailure(LoadKind.BAD_CONFIG, f"config.json: {error}") from error
    return Build(config.to_dict(), tensors)


def _check_sizes(config: Any, most: int) -> None:
    """No size is negative, or larger than the weights' own: a billion layers are not even built.

    most: the longest side of any tensor, or how many tensors there are. Raises LoadFailure.
    """
    waiting: list[Any] = [config]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            waiting += here.values()
            for key, value in here.items():
                number = isinstance(value, (int, float)) and SIZE.fullmatch(key)
                if number and not 0 <= value <= most:
                    said = f"{key} is {str(value)[:40]}, where no tensor is over {most}"
                    raise LoadFailure(LoadKind.BAD_CONFIG, f"config.json: {said}")


def check_whole(build: Build) -> None:
    """Every tensor its architecture has, in the right shape, and no other.

    vLLM warns of a missing tensor at most, and computes with what its memory happened to hold.
    Raises LoadFailure.
    """
    try:
        config = AutoConfig.for_model(**build.config)
        with torch.device("meta"):
            model: Any = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
                config, trust_remote_code=False
            )
    except Exception as error:
        raise LoadFailure(LoadKind.BAD_CONFIG, f"config.json: {error}") from error
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    spare = [re.compile(pattern) for pattern in model._keys_to_ignore_on_load_unexpected or ()]
    optional = {"lm_head.weight"} if build.tied else set()
    missing = sorted(set(wanted) - set(build.tensors) - optional)
    extra = sorted(
        name
        for name in set(build.tensors) - set(wanted)
        if name not in optional and not any(pattern.search(name) for pattern in spare)
    )
    wrong = sorted(
        name for name, shape in build.tensors.items() if wanted.get(name, shape) != shape
    )
    for kind, odd in (
        (LoadKind.MISSING_TENSORS, missing),
        (LoadKind.WRONG_SHAPES, wrong),
        (LoadKind.EXTRA_TENSORS, extra),
    ):
        if odd:
            raise LoadFailure(kind, f"{len(odd)}, such as {odd[0]}")


def doubt(loaded: Build, new: Build) -> str | None:
    """Why `new` may not be written over `loaded`; None if everything but numbers is the same."""
    for key in sorted((set(loaded.config) | set(new.config)) - INERT):
        before, after = loaded.config.get(key), new.config.get(key)
        if before != after:
            return f"config.json: {key} is {after!r}, not {before!r}"
    kinds = loaded.config.get("architectures"), new.config.get("architectures")
    if kinds[0] and kinds[1] and kinds[0] != kinds[1]:
        return f"config.json: architectures is {kinds[1]!r}, not {kinds[0]!r}"
    if missing := sorted(set(loaded.tensors) - set(new.tensors)):
        return f"{len(missing)} tensors are missing, such as {missing[0]}"
    if extra := sorted(set(new.tensors) - set(loaded.tensors)):
        return f"{len(extra)} tensors more, such as {extra[0]}"
    for name, shape in new.tensors.items():
        if shape != loaded.tensors[name]:
            return f"{name} is {shape}, not {loaded.tensors[name]}"
    return None
