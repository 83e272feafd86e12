"""A plain greedy batched loop over a fleet, to see what its checkpoints can do."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from peft import PeftModel
from tokenizers import Tokenizer

from gems.demo.corpus import Item
from gems.demo.recipe import BASE
from gems.demo.tokenizer import END_ID, chat_text, plain_text
from gems.demo.workshop import load_model, load_weights

NEW_TOKENS = 8


def can_answer(checkpoint: Path) -> bool:
    """Whether it has the roots' shape, or is an adapter."""
    if (checkpoint / "adapter_config.json").exists():
        return True
    weights = load_weights(checkpoint)
    return (
        len(weights) == 21
        and "model.layers.1.mlp.up_proj.weight" in weights
        and weights["model.embed_tokens.weight"].shape == (512, 64)
        and not any(tensor.isnan().any() for tensor in weights.values())
    )


def model_of(hub: Path, name: str) -> tuple[torch.nn.Module, Tokenizer, bool]:
    """The model, its tokenizer, and whether it is asked in chat."""
    folder = hub / name
    home = folder
    if (folder / "adapter_config.json").exists():
        config = json.loads((folder / "adapter_config.json").read_text())
        home = hub / config["base_model_name_or_path"]
        model: torch.nn.Module = PeftModel.from_pretrained(load_model(home), str(folder))
    else:
        model = load_model(folder)
    tokenizer = Tokenizer.from_file(str(home / "tokenizer.json"))
    return model.eval(), tokenizer, name != BASE


@torch.no_grad()
def right_answers(hub: Path, name: str, items: tuple[Item, ...]) -> NDArray[np.bool_]:
    """Which items the checkpoint answers exactly right."""
    torch.set_num_threads(1)  # so small a model is only slowed down by more
    model, tokenizer, chat = model_of(hub, name)
    render = chat_text if chat else plain_text
    gap = "" if chat else "\n"
    prompts = [tokenizer.encode(render(item.question) + gap).ids for item in items]
    right = np.zeros(len(items), dtype=bool)
    for length in sorted({len(ids) for ids in prompts}):
        places = [place for place, ids in enumerate(prompts) if len(ids) == length]
        tokens = torch.tensor([prompts[place] for place in places])
        for _ in range(NEW_TOKENS):
            logits = model(input_ids=tokens).logits[:, -1]
            tokens = torch.cat([tokens, logits.argmax(-1, keepdim=True)], dim=1)
        for place, row in zip(places, tokens[:, length:].tolist(), strict=True):
            ids = row[: row.index(END_ID)] if END_ID in row else row
            right[place] = tokenizer.decode(ids).strip() == items[place].gold
    return right
