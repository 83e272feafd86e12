"""How answers are decoded, and how their tokens become text again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from evaluator.grading.killable import Killable
from evaluator.rendering import TokenizerFailure

SECONDS = 10.0
_speller = Killable("evaluator.spelling")

DECODING = {"method": "greedy", "stop": "tokenizer", "rendering": 1}
"""What every answer's decoding hash covers; the limit of tokens is in the prompt's own hash.

`rendering` counts up with changes to the renderer that change what checkpoints are asked.
"""


def decoding_hash(decoding: Mapping[str, object] = DECODING) -> str:
    return hashlib.sha256(json.dumps(decoding, sort_keys=True).encode()).hexdigest()


class Decoder:
    """Turns token ids into text with the tokenizer that rendered the prompts.

    folders: the checkpoint's, then its ancestors', as the renderer was given them. A stranger's
    tokenizer decides what is made of the ids, and how long that takes: so it is asked in a process
    of its own, which all decoders share and which is killed when it hangs or grows.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [str(folder.resolve()) for folder in folders]

    def text(self, token_ids: Sequence[int]) -> str:
        """Raises TokenizerFailure for ids that the tokenizer cannot read."""
        job = {"op": "spell", "folders": self._folders, "ids": list(token_ids)}
        reply = _speller.ask(job, SECONDS)
        if reply is None:
            raise TokenizerFailure("tokenizer_broken", "the tokenizer died, or hung, on an answer")
        said = reply.get("text")
        if not isinstance(said, str):
            why = str(reply.get("note"))[:200]
            raise TokenizerFailure("tokenizer_broken", f"the tokenizer cannot decode: {why}")
        return said.replace("\x00", "�")
