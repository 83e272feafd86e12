"""Checkpoints with random weights, for measurements of time: real files, real shapes, no skill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from evaluator.suites import load
from gems.demo.tokenizer import BOS_ID, END_ID, VOCABULARY, tokenizer_config, train_tokenizer

TINY = {"hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 2}
"""The demo fleet's shape, in heads of 32."""

MEDIUM = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 12}
"""About 200 million weights: a load and a generation of seconds on two cores."""

LLAMA_8B = {
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 8192,
}


def write_checkpoint(
    folder: Path, seed: int, shape: dict[str, int], dtype: torch.dtype = torch.float32
) -> Path:
    """A random Llama with the demo's kind of tokenizer, as it would lie in a repository."""
    torch.manual_seed(seed)
    heads = shape["hidden_size"] // 32
    settings: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "num_attention_heads": heads,
        "num_key_value_heads": max(1, heads // 4),
        "max_position_embeddings": 2048,
        "tie_word_embeddings": False,
        "bos_token_id": BOS_ID,
        "eos_token_id": END_ID,
    }
    config = LlamaConfig(**settings | shape)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        LlamaForCausalLM(config).save_pretrained(folder)
    finally:
        torch.set_default_dtype(before)
    tokenizer = train_tokenizer(prompt.prompt for prompt in load("core").prompts)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer_config(chat=True)))
    return folder


def write_adapter(base: Path, folder: Path, seed: int) -> Path:
    """A random LoRA of rank 8 on `base`."""
    torch.manual_seed(seed)
    model = get_peft_model(
        LlamaForCausalLM.from_pretrained(base),
        LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"]),
    )
    for name, tensor in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(tensor, std=0.2)
    model.save_pretrained(str(folder))
    return folder
