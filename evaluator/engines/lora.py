"""Adapters for vLLM: which of them it can take as they are, and merging those it cannot."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

from evaluator.engines.adapters import ADAPTER_WEIGHTS, MEANT, attach, read_adapter
from evaluator.engines.folder import ADAPTER_CONFIG, CONFIG

RANKS = (8, 16, 32, 64, 128, 256)
"""The ranks for which vLLM has room; a higher one is merged."""

TAKEN = frozenset({"r", "target_modules", "lora_alpha", "use_rslora"})
"""The settings that vLLM honours. An adapter that means anything else by its tensors is merged."""


def room_for(folder: Path) -> int | None:
    """The rank vLLM must have room for to take this adapter as it is; None: it must be merged.

    Raises LoadFailure for what is no usable adapter at all.
    """
    config, tensors = read_adapter(folder)
    said = {key: getattr(config, key, None) for key in MEANT}
    if any(value for key, value in said.items() if key not in TAKEN):
        return None
    if not all(".lora_A." in name or ".lora_B." in name for name in tensors):
        return None
    if any("embed_tokens" in name or "lm_head" in name for name in tensors):
        return None
    return next((rank for rank in RANKS if config.r <= rank), None)


def tidied(folder: Path, into: Path) -> Path:
    """The adapter with the settings that say what its tensors mean, and no others."""
    into.mkdir(parents=True, exist_ok=True)
    config, _ = read_adapter(folder)
    said = {key: getattr(config, key) for key in TAKEN}
    said["target_modules"] = sorted(config.target_modules or ())
    (into / ADAPTER_CONFIG).write_text(json.dumps({"peft_type": "LORA", "bias": "none", **said}))
    (into / ADAPTER_WEIGHTS).symlink_to((folder / ADAPTER_WEIGHTS).resolve())
    return into


def merged(base: Path, adapter: Path, into: Path, dtype: torch.dtype) -> Path:
    """A full checkpoint in `into`: `base` (a cleaned folder) with `adapter` merged, by peft.

    Merged in float32 and saved in `dtype`. Raises LoadFailure.
    """
    config = AutoConfig.from_pretrained(base, trust_remote_code=False, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(
        base,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
    )
    whole = attach(model, None, adapter, "merged").merge_and_unload()
    into.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: tensor.detach().to(dtype).clone().contiguous()
        for name, tensor in whole.state_dict().items()
    }
    if config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    save_file(tensors, into / "model.safetensors", metadata={"format": "pt"})
    shutil.copyfile(base / CONFIG, into / CONFIG)
    return into
