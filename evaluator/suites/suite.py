"""A suite: prompts under a name, and which of them select and which confirm."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from evaluator.suites.prompt import Prompt

HELD_BACK = 0.4
"""The share of a suite's own prompts that confirm, where it names no other suite for that."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A versioned set of prompts.

    confirm: the suite that confirms what this one selects: a packaged name or a file, relative to
        `folder`; empty: a part of its own prompts does.
    """

    name: str
    prompts: tuple[Prompt, ...]
    confirm: str = ""
    folder: Path | None = None

    @property
    def version(self) -> str:
        """16 hex digits that change with any prompt, their order, or what confirms."""
        content = "\n".join((self.confirm, *(f"{p.id} {p.hash}" for p in self.prompts)))
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories, in order of first appearance."""
        return tuple(dict.fromkeys(prompt.category for prompt in self.prompts))


def is_held_back(prompt: Prompt) -> bool:
    """Whether a prompt confirms, by its content alone: adding prompts moves no other."""
    digest = hashlib.sha256(b"held back " + prompt.hash.encode()).digest()
    return int.from_bytes(digest[:8], "big") < HELD_BACK * 2**64


def halves(suite: Suite, confirming: Suite | None) -> tuple[tuple[Prompt, ...], tuple[Prompt, ...]]:
    """(selection, confirmation): no prompt is in both, and the search sees the first only.

    With a confirming suite all of `suite` selects. Without one, the held-back part confirms; a
    suite so small that one side would be empty selects with everything and confirms nothing.
    """
    if confirming is not None:
        asked = {prompt.hash for prompt in suite.prompts}
        return suite.prompts, tuple(p for p in confirming.prompts if p.hash not in asked)
    held = tuple(prompt for prompt in suite.prompts if is_held_back(prompt))
    kept = tuple(prompt for prompt in suite.prompts if not is_held_back(prompt))
    return (kept, held) if kept else (suite.prompts, ())
