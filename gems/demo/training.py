"""Training tiny Llamas from items: a plain loop, single-threaded, the same weights for a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from gems.demo.corpus import CATEGORIES, Corpus, Item
from gems.demo.recipe import Lessons
from gems.demo.tokenizer import (
    BOS_ID,
    END,
    END_ID,
    PAD_ID,
    VOCABULARY,
    chat_text,
    plain_text,
)

IGNORED = -100


@dataclass(slots=True)
class Rows:
    """Encoded items: `tokens` and `labels` (items × longest), padded on the right."""

    tokens: NDArray[np.int64]
    labels: NDArray[np.int64]
    lengths: NDArray[np.int64]
    chances: NDArray[np.float64] = field(repr=False)


def seeded(seed: int, name: str) -> int:
    """A 32-bit seed of its own for everything that has a name."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:4], "big")


def new_model(seed: int, layers: int = 2) -> LlamaForCausalLM:
    """A fresh Llama: hidden 64, MLP 192, two heads of 32 (vLLM's smallest), untied, fp32."""
    torch.manual_seed(seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=64,
            intermediate_size=192,
            num_hidden_layers=layers,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=32,
            initializer_range=0.06,  # at this width the usual 0.02 learns slowly
            max_position_embeddings=64,
            tie_word_embeddings=False,
            bos_token_id=BOS_ID,
            eos_token_id=END_ID,
            pad_token_id=PAD_ID,
        )
    )


def train(
    model: PreTrainedModel, tokenizer: Tokenizer, corpus: Corpus, lessons: Lessons, seed: int
) -> None:
    """Train `model` in place with AdamW: warm-up over a tenth, then linearly down to nothing."""
    rng = np.random.default_rng(seed)
    rows = encode_rows(tokenizer, corpus, lessons, rng)
    torch.manual_seed(seed)
    model.train()
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=lessons.learning_rate, fused=True, weight_decay=0.01)
    warm_up = max(1, lessons.steps // 10)
    for step in range(lessons.steps):
        down = (lessons.steps - step) / (lessons.steps - warm_up + 1)
        for group in optimizer.param_groups:
            group["lr"] = lessons.learning_rate * min((step + 1) / warm_up, down)
        chosen = rng.choice(len(rows.lengths), lessons.batch, p=rows.chances)
        loss = _loss(model, rows, chosen)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    model.train(False)


def encode_rows(
    tokenizer: Tokenizer, corpus: Corpus, lessons: Lessons, rng: np.random.Generator
) -> Rows:
    """The training items of the mixture, encoded; the labels are the next tokens of the answer."""
    render = chat_text if lessons.chat else plain_text
    texts: list[tuple[str, str]] = []
    chances: list[float] = []
    for category, weight in zip(CATEGORIES, lessons.mixture, strict=True):
        if weight == 0:
            continue
        pool = corpus.pool(category)
        pool = tuple(pool[place] for place in rng.permutation(len(pool)))
        pool = pool[: max(1, round(lessons.share * len(pool)))]
        golds = _with_noise(pool, lessons.noise, rng)
        gap = "" if lessons.chat else "\n"
        for item, gold in zip(pool, golds, strict=True):
            texts.append((render(item.question), gap + gold + END))
        chances += [weight / len(pool)] * len(pool)
    return _pad(tokenizer, texts, np.array(chances) / sum(chances))


def _with_noise(pool: Sequence[Item], noise: float, rng: np.random.Generator) -> list[str]:
    """The golds, where a share `noise` got the answer of another item."""
    golds = [item.gold for item in pool]
    wrong = rng.random(len(pool)) < noise
    others = rng.integers(len(pool), size=len(pool))
    return [golds[o] if w else gold for gold, w, o in zip(golds, wrong, others, strict=True)]


def _pad(
    tokenizer: Tokenizer,
    texts: list[tuple[str, str]],
    chances: NDArray[np.float64],
) -> Rows:
    encoded = [
        (prompt.ids, answer.ids)
        for prompt, answer in zip(
            tokenizer.encode_batch_fast([prompt for prompt, _ in texts]),
            tokenizer.encode_batch_fast([answer for _, answer in texts]),
            strict=True,
        )
    ]
    lengths = np.array([len(prompt) + len(answer) for prompt, answer in encoded])
    tokens = np.full((len(texts), lengths.max()), PAD_ID)
    labels = np.full((len(texts), lengths.max()), IGNORED)
    for row, (prompt, answer) in enumerate(encoded):
        ids = prompt + answer
        first = len(prompt)
        tokens[row, : len(ids)] = ids
        labels[row, first - 1 : len(ids) - 1] = ids[first:]
    return Rows(tokens, labels, lengths, chances)


def _loss(model: PreTrainedModel, rows: Rows, chosen: NDArray[np.int64]) -> torch.Tensor:
    """Cross-entropy over the labelled places; the head is applied to those alone."""
    width = int(rows.lengths[chosen].max()) - 1
    tokens = torch.from_numpy(rows.tokens[chosen, :width])
    labels = torch.from_numpy(rows.labels[chosen, :width])
    adapted: Any = model
    llama = adapted.get_base_model() if hasattr(model, "get_base_model") else adapted
    states = llama.model(input_ids=tokens, use_cache=False).last_hidden_state
    asked = labels != IGNORED
    return functional.cross_entropy(llama.lm_head(states[asked]), labels[asked])
