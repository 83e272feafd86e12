"""Tiny random Llamas on disk: real architecture, real files, a second to make."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

VOCABULARY = 96


def write_llama(
    folder: Path, seed: int, *, scale: float = 0.4, hidden: int = 32, **changes: object
) -> Path:
    """A random Llama of two heads; vLLM on a CPU needs heads of 32, so `hidden` of 64."""
    torch.manual_seed(seed)
    settings: dict[str, object] = {
        "vocab_size": VOCABULARY,
        "hidden_size": hidden,
        "intermediate_size": 2 * hidden,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "max_position_embeddings": 128,
        "initializer_range": scale,
        "tie_word_embeddings": False,
    }
    config = LlamaConfig(**settings | changes)
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def write_lora(base: Path, folder: Path, seed: int, rank: int = 4, **settings: object) -> Path:
    """An adapter whose both halves are random, so that it changes answers."""
    torch.manual_seed(seed)
    config = LoraConfig(r=rank, lora_alpha=8, target_modules=["q_proj", "v_proj"], **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        model = get_peft_model(LlamaForCausalLM.from_pretrained(base), config)
    for name, tensor in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(tensor, std=0.5)
    model.save_pretrained(folder)
    return folder


def write_merged(base: Path, adapter: Path, folder: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        model = PeftModel.from_pretrained(LlamaForCausalLM.from_pretrained(base), adapter)
    model.merge_and_unload().save_pretrained(folder)
    return folder


def change_tensors(folder: Path, change: object, name: str = "model.safetensors") -> Path:
    """Rewrite a weight file through `change(dict of tensors)`."""
    tensors = load_file(folder / name)
    change(tensors)  # type: ignore[operator]
    save_file(tensors, folder / name, metadata={"format": "pt"})
    return folder
