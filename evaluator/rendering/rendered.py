"""What a prompt has become when an engine gets it."""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass
from typing import Literal

Template = Literal["own", "ancestor", "plain"]
SystemPath = Literal["", "role", "folded", "text"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """One prompt as one checkpoint is asked it.

    text: what the template made of it. token_ids: its tokens, with exactly one BOS where the
        tokenizer knows one. stop_ids: the tokens that end an answer.
    template: whose chat template was used: its own, an ancestor's, or none.
    system: how the system prompt went in: "" there is none, by its role, folded into the first
        question (the template knows no such role), or as plain text.
    opening: what the template already wrote of the answer ("<think>" or nothing). It belongs
        before the answer's raw text when that is stored, so that the trace can be told from it.
    """

    text: str
    token_ids: tuple[int, ...]
    stop_ids: frozenset[int]
    template: Template
    system: SystemPath
    opening: str

    @property
    def hash(self) -> str:
        """sha256 of what the engine gets: token ids and stop ids."""
        ids = array("q", (len(self.token_ids), *self.token_ids, *sorted(self.stop_ids)))
        return hashlib.sha256(ids.tobytes()).hexdigest()
