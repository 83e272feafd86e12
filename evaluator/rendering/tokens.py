"""A tokenizer's files, read: runs in the child process only, on what a stranger wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json")
END_TOKENS = (
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|end_of_turn|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|return|>",
    "<end_of_turn>",
    "<eos>",
    "</s>",
)
MOST_EACH = 4
"""Tokens of one character: the bytes that it may have."""

SPECIAL = ("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token")


class Unusable(Exception):
    """A tokenizer that cannot be used: the kind of failure, and what was said."""

    def __init__(self, kind: str, said: str) -> None:
        super().__init__(said)
        self.kind = kind


class Tokens:
    """The tokenizer of the first folder that has one, beside its weights. Raises Unusable."""

    def __init__(self, folders: list[Path]) -> None:
        home = home_of(folders)
        self.config = read_json(home / "tokenizer_config.json")
        self.tokenizer = _open(home)
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        weights = next((f / "config.json" for f in folders if (f / "config.json").is_file()), None)
        self.weights = read_json(weights) if weights else {}
        self.special = self._special(read_json(home / "special_tokens_map.json"))
        self.bos = self.tokenizer.token_to_id(self.special.get("bos_token", ""))
        self.stop_ids = self._stop_ids()
        declared = self.config.get("add_bos_token")
        self.adds_bos = declared is True or self.tokenizer.encode("a").ids[:1] == [self.bos]
        self.never_bos = declared is False

    def encode(self, text: str, *, chat: bool) -> list[int]:
        """Token ids of a text, with exactly one BOS if there is to be any.

        A chat template decides that, or the tokenizer, where it adds one to every text; text
        without a template gets one wherever a BOS exists and is not declared unwanted.
        """
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        if len(ids) > MOST_EACH * len(text) + MOST_EACH:
            said = f"it makes {len(ids)} tokens of {len(text)} characters"
            raise Unusable("tokenizer_broken", said)
        if self.bos is not None:
            start = 0
            while start < len(ids) and ids[start] == self.bos:
                start += 1
            wanted = start or self.adds_bos or not (chat or self.never_bos)
            ids = [self.bos, *ids[start:]] if wanted else ids
        rows = self.weights.get("vocab_size")
        if isinstance(rows, int) and max(ids, default=0) >= rows:
            said = f"token {max(ids)} is past the {rows} rows of the weights"
            raise Unusable("tokenizer_vocabulary", said)
        return ids

    def _special(self, declared: dict[str, Any]) -> dict[str, str]:
        found = {}
        for name in SPECIAL:
            value = self.config.get(name, declared.get(name))
            value = value.get("content") if isinstance(value, dict) else value
            if isinstance(value, str) and len(value) <= 200:
                found[name] = value
        return found

    def _stop_ids(self) -> list[int]:
        """EOS as tokenizer and weights name it, and every known end of a turn in the vocabulary."""
        added = {token.content for token in self.tokenizer.get_added_tokens_decoder().values()}
        names = [self.special.get("eos_token", ""), *(name for name in END_TOKENS if name in added)]
        ids = {self.tokenizer.token_to_id(name) for name in names}
        eos = self.weights.get("eos_token_id")
        ids.update(eos if isinstance(eos, list) else [eos])
        return sorted(i for i in ids if type(i) is int and 0 <= i < 2**31)


def home_of(folders: Sequence[Path]) -> Path:
    """The first folder that has a tokenizer. Raises Unusable."""
    for folder in folders:
        if any((folder / name).is_file() for name in TOKENIZER_FILES):
            return folder
    raise Unusable("tokenizer_missing", "no tokenizer.json, tokenizer.model or vocab.json")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; empty where there is none to be had."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def template_of(folder: Path) -> str | None:
    """The folder's chat template, from whichever place its library version wrote it to."""
    try:
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    except (OSError, ValueError):
        pass
    for name in ("tokenizer_config.json", "chat_template.json"):
        value = read_json(folder / name).get("chat_template")
        if isinstance(value, list):
            named = {row.get("name"): row.get("template") for row in value if isinstance(row, dict)}
            value = named.get("default")
        if isinstance(value, str) and value.strip():
            return value
    return None


def _open(folder: Path) -> Tokenizer:
    """tokenizer.json as it is; an older format by Transformers' converters, without remote code."""
    try:
        if (folder / "tokenizer.json").is_file():
            return Tokenizer.from_file(str(folder / "tokenizer.json"))
        from transformers import AutoTokenizer

        slow = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        return slow.backend_tokenizer
    except BaseException as error:  # the library's panics are no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        said = " ".join(str(error).split())[:200]
        raise Unusable("tokenizer_broken", f"{type(error).__name__}: {said}") from error
