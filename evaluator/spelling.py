"""The process that spells answers out, with a stranger's tokenizer: a job a line, a reply a line.

Runs inside a `Killable`; see `decoding`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from evaluator.grading.helper import serve
from evaluator.rendering.child import one_line
from evaluator.rendering.tokens import Tokens

MEMORY = 4 * 2**30
LONGEST = 400_000
"""Characters of an answer."""


def spell(job: dict[str, Any]) -> dict[str, Any]:
    """The text of token ids, as the tokenizer found in `folders` has it."""
    if job.get("warm"):
        return {"text": ""}
    try:
        text = tokens(tuple(job["folders"])).tokenizer.decode(job["ids"], skip_special_tokens=True)
    except BaseException as error:  # noqa: BLE001 - the library's panics are no Exception
        return {"note": one_line(f"{type(error).__name__}: {error}")}
    if len(text) > LONGEST:
        return {"note": f"{len(job['ids'])} tokens are {len(text)} characters"}
    return {"text": text}


@lru_cache(maxsize=2)
def tokens(folders: tuple[str, ...]) -> Tokens:
    """The tokenizer of a checkpoint, kept for its next answer."""
    return Tokens([Path(folder) for folder in folders])


def main() -> None:
    """Serve until the parent goes away."""
    serve({"spell": spell}, MEMORY)
