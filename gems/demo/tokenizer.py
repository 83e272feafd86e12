"""The demo's tokenizer: byte-level BPE with single digits, 512 tokens, and a chat template."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

VOCABULARY = 512
PAD, BOS, END, USER, ASSISTANT, SYSTEM = SPECIAL = (
    "<|pad|>",
    "<|bos|>",
    "<|end|>",
    "<|user|>",
    "<|assistant|>",
    "<|system|>",
)
PAD_ID, BOS_ID, END_ID = 0, 1, 2

CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """A tokenizer fitted to `texts`; the same texts give the same one."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() != VOCABULARY:
        raise ValueError(f"the corpus is too small for {VOCABULARY} tokens")
    return tokenizer


def tokenizer_config(chat: bool) -> dict[str, Any]:
    """What `tokenizer_config.json` says; base models carry no chat template."""
    config: dict[str, Any] = {
        "bos_token": BOS,
        "clean_up_tokenization_spaces": False,
        "eos_token": END,
        "model_max_length": 64,
        "pad_token": PAD,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    return config | ({"chat_template": CHAT_TEMPLATE} if chat else {})


def chat_text(prompt: str) -> str:
    """The prompt as the chat template renders it, up to where the answer begins."""
    return f"{BOS}{USER}{prompt}{END}{ASSISTANT}"


def plain_text(prompt: str) -> str:
    """The prompt as the base model is trained on it."""
    return f"{BOS}{prompt}"


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer saved in a checkpoint's folder."""
    return Tokenizer.from_file(str(folder / "tokenizer.json"))
