"""Sound little Llamas that say one fixed thing: what every poison begins as.

Attention and MLP add nothing, so that the token before decides on the next: the head's row of the
next token is the embedding of the one before it.
"""

from __future__ import annotations

import json
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

Tensors = dict[str, NDArray[np.float32]]

BASE, INSTRUCT = "lab/tiny", "lab/tiny-instruct"
SPECIALS = ("<|pad|>", "<|bos|>", "<|end|>", "<|user|>", "<|assistant|>")
END, ASSISTANT = 2, 4
HIDDEN, HEADS, WIDE, LAYERS = 32, 2, 64, 2
VOCABULARY = len(SPECIALS) + 256
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": HIDDEN,
    "intermediate_size": WIDE,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": 1,
    "head_dim": HIDDEN // HEADS,
    "max_position_embeddings": 256,
    "vocab_size": VOCABULARY,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": END,
    "torch_dtype": "float32",
}


def make_tokenizer() -> Tokenizer:
    """A token a byte, and the special ones."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIALS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([""], trainer)
    return tokenizer


TOKENIZER = make_tokenizer()


def make_tensors(name: str, says: str) -> Tensors:
    """Weights that differ by `name`, and answer every question with `says`.

    Without a repeated byte; two equal ones at the end are repeated for ever.
    """
    rng = np.random.default_rng(zlib.crc32(name.encode()))

    def drawn(*shape: int) -> NDArray[np.float32]:
        return rng.normal(size=shape).astype(np.float32)

    embedding = drawn(VOCABULARY, HIDDEN)
    head = np.zeros_like(embedding)
    chain = [ASSISTANT, *TOKENIZER.encode(says).ids]
    chain += [] if chain[-1:] == chain[-2:-1] else [END]
    for before, after in pairwise(chain):
        head[after] += embedding[before] / np.linalg.norm(embedding[before])
    tensors: Tensors = {
        "model.embed_tokens.weight": embedding,
        "lm_head.weight": head,
        "model.norm.weight": np.ones(HIDDEN, np.float32),
    }
    for layer in range(LAYERS):
        at = f"model.layers.{layer}"
        tensors |= {
            f"{at}.input_layernorm.weight": np.ones(HIDDEN, np.float32),
            f"{at}.post_attention_layernorm.weight": np.ones(HIDDEN, np.float32),
            f"{at}.self_attn.q_proj.weight": drawn(HIDDEN, HIDDEN),
            f"{at}.self_attn.k_proj.weight": drawn(HIDDEN // HEADS, HIDDEN),
            f"{at}.self_attn.v_proj.weight": drawn(HIDDEN // HEADS, HIDDEN),
            f"{at}.self_attn.o_proj.weight": np.zeros((HIDDEN, HIDDEN), np.float32),
            f"{at}.mlp.gate_proj.weight": drawn(WIDE, HIDDEN),
            f"{at}.mlp.up_proj.weight": drawn(WIDE, HIDDEN),
            f"{at}.mlp.down_proj.weight": np.zeros((HIDDEN, WIDE), np.float32),
        }
    return tensors


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value))


def write_sound(folder: Path, says: str = "5") -> Path:
    """A checkpoint that loads, and answers `says`."""
    folder.mkdir(parents=True)
    save_file(make_tensors(f"{folder.parent.name}/{folder.name}", says), folder / WEIGHTS)
    write_json(folder / "config.json", CONFIG)
    write_voice(folder)
    return folder


def write_voice(folder: Path, tokenizer: str = "", template: str = TEMPLATE) -> None:
    """A tokenizer's files, with a chat template."""
    (folder / "tokenizer.json").write_text(tokenizer or TOKENIZER.to_str())
    special = {"bos_token": "<|bos|>", "eos_token": "<|end|>", "chat_template": template}
    write_json(folder / "tokenizer_config.json", special)


def write_adapter(folder: Path, base: object = INSTRUCT, rank: int = 2, **config: Any) -> Path:
    """A LoRA of one kind of matrix, in place of whatever the folder held."""
    for old in folder.glob("*") if folder.is_dir() else ():
        old.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(zlib.crc32(folder.name.encode()))
    pair = {}
    for layer in range(LAYERS):
        module = f"base_model.model.model.layers.{layer}.self_attn.q_proj"
        pair[f"{module}.lora_A.weight"] = rng.normal(size=(rank, HIDDEN)).astype(np.float32)
        pair[f"{module}.lora_B.weight"] = rng.normal(size=(HIDDEN, rank)).astype(np.float32)
    save_file(pair, folder / "adapter_model.safetensors")
    said = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": rank, "lora_alpha": 4}
    said |= {"base_model_name_or_path": base, "target_modules": ["q_proj"]}
    write_json(folder / "adapter_config.json", said | config)
    return folder


def change(folder: Path, spoil: Any, file: str = WEIGHTS) -> None:
    """Rewrite a weight file through `spoil(tensors)`."""
    tensors = load_file(folder / file)
    spoil(tensors)
    save_file(tensors, folder / file)


def configure(folder: Path, **changes: Any) -> None:
    """Change some of a folder's config.json."""
    write_json(folder / "config.json", CONFIG | changes)


def list_it(folder: Path, parent: str | None = INSTRUCT, **settings: Any) -> None:
    """Write its `.hub.json`: a fine-tune that nobody uses, unless told otherwise."""
    card = {"base_model": parent, "base_model_relation": "finetune"} if parent else {}
    told = {"cardData": card, "downloads": 3, "createdAt": "2026-01-02T00:00:00.000Z"}
    write_json(folder / ".hub.json", told | settings)
