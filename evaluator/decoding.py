"""How answers are decoded, and how their tokens become text again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from evaluator.rendering import TokenizerFailure
from evaluator.rendering.tokens import Tokens

DECODING = {"method": "greedy", "stop": "tokenizer", "rendering": 1}
"""What every answer's decoding hash covers; the limit of tokens is in the prompt's own hash.

`rendering` counts up with changes to the renderer that change what checkpoints are asked.
"""


def decoding_hash(decoding: Mapping[str, object] = DECODING) -> str:
    return hashlib.sha256(json.dumps(decoding, sort_keys=True).encode()).hexdigest()


class Decoder:
    """Turns token ids into text with the tokenizer that rendered the prompts.

    folders: the checkpoint's, then its ancestors', as the renderer was given them, after it has
    taken them: a stranger's tokenizer is opened here only once a process of its own survived it.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._tokenizer = Tokens(list(folders)).tokenizer

    def text(self, token_ids: Sequence[int]) -> str:
        """Raises TokenizerFailure for ids that the tokenizer cannot read."""
        try:
            said: str = self._tokenizer.decode(list(token_ids), skip_special_tokens=True)
        except BaseException as error:  # the library's panics are no Exception
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            raise TokenizerFailure("tokenizer_broken", f"it cannot decode: {error}") from error
        return said.replace("\x00", "�")
