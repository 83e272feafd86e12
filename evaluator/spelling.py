"""The process that spells answers out, with a stranger's tokenizer: a job a line, a reply a line.

Runs inside a `Killable`; see `decoding`.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import Any

from evaluator.grading.helper import serve
from evaluator.rendering.child import one_line
from evaluator.rendering.tokens import Tokens, home_of

MEMORY = 4 * 2**30
LONGEST = 400_000
"""Characters of an answer."""

MOST_OPEN = 4
"""Tokenizers in memory: who answers, who is next, and room for adapters that bring their own."""

_open: OrderedDict[tuple[str, ...], Tokens] = OrderedDict()


def spell(job: dict[str, Any]) -> dict[str, Any]:
    """The text of token ids, as the tokenizer found in `folders` has it."""
    if job.get("warm"):
        return {"text": ""}
    try:
        tokens = tokens_of(tuple(job["folders"]))
        text = tokens.tokenizer.decode(job["ids"], skip_special_tokens=True)
    except BaseException as error:  # noqa: BLE001 - the library's panics are no Exception
        return {"note": one_line(f"{type(error).__name__}: {error}")}
    if len(text) > LONGEST:
        return {"note": f"{len(job['ids'])} tokens are {len(text)} characters"}
    return {"text": text}


def tokens_of(folders: tuple[str, ...]) -> Tokens:
    """The tokenizer of a checkpoint, kept for its next answer: copies of one are opened once."""
    key = _content(folders)
    if key not in _open:
        _open[key] = Tokens([Path(folder) for folder in folders])
        while len(_open) > MOST_OPEN:
            _open.popitem(last=False)
    _open.move_to_end(key)
    return _open[key]


@lru_cache(maxsize=1024)
def _content(folders: tuple[str, ...]) -> tuple[str, ...]:
    """What is equal for equal tokenizers: several adapters each bring a copy of their base's."""
    file = home_of([Path(folder) for folder in folders]) / "tokenizer.json"
    if not file.is_file():  # an older format, of several files
        return folders
    with file.open("rb") as stream:
        return (hashlib.file_digest(stream, "sha256").hexdigest(),)


def main() -> None:
    """Serve until the parent goes away."""
    serve({"spell": spell}, MEMORY)
