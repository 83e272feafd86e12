"""A prompt: one question, how it is put, how its answer is graded."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from string import ascii_uppercase

MAX_TOKENS = 512
GRADERS = ("number", "math", "choice", "exact", "regex", "code")


@dataclass(frozen=True, slots=True)
class Example:
    """A question with the answer we would like: shown before the prompt, as an earlier turn."""

    prompt: str
    answer: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question of a suite.

    gold: the right answer. number and math: a value; choice: the letter of one of `choices`;
        exact: the text; regex: a pattern that the whole answer must match; code: a reference
        solution, or empty.
    tests: code only: Python statements on `entry_point`, the name that the answer must define.
    template, difficulty: where the prompt came from and how hard it was built to be (1 to 5);
        they change nothing that is asked or graded, and no hash.
    """

    id: str
    category: str
    prompt: str
    grader: str
    gold: str = ""
    choices: tuple[str, ...] = ()
    tests: str = ""
    entry_point: str = ""
    system: str = ""
    max_tokens: int = MAX_TOKENS
    few_shot: tuple[Example, ...] = ()
    template: str = ""
    difficulty: int = 0

    @property
    def hash(self) -> str:
        """sha256 of everything that is asked or graded: not of the id, template and difficulty."""
        content = {
            "category": self.category,
            "prompt": self.prompt,
            "grader": self.grader,
            "gold": self.gold,
            "choices": self.choices,
            "tests": self.tests,
            "entry_point": self.entry_point,
            "system": self.system,
            "max_tokens": self.max_tokens,
            "few_shot": [[example.prompt, example.answer] for example in self.few_shot],
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def question(self) -> str:
        """What is put to a checkpoint: the prompt, and its lettered choices if it has any."""
        lettered = (
            f"{letter}. {text}" for letter, text in zip(ascii_uppercase, self.choices, strict=False)
        )
        return "\n".join((self.prompt, *lettered))
