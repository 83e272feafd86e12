"""What a template of the bank drafts: a question with its answer, found in two ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Draft:
    """One question drawn from a template.

    gold: the answer as the template knows it by construction. again: the answer found a second
        way, by search or by another formula; the bank refuses a draft where they differ.
    others: wrong choices; with them the prompt is a choice, and gold the text of the right one.
    For code, gold is a reference solution, again another one, and tests must pass for both.
    """

    prompt: str
    gold: str
    again: str
    others: tuple[str, ...] = ()
    grader: str = "number"
    tests: str = ""
    entry_point: str = ""


Template = Callable[[Random], Draft]


def number(prompt: str, gold: object, again: object) -> Draft:
    """A draft with a number for its answer."""
    return Draft(prompt, str(gold), str(again))


def word(prompt: str, gold: str, again: str) -> Draft:
    """A draft with a text for its answer, compared exactly."""
    return Draft(prompt, gold, again, grader="exact")


def choice(prompt: str, gold: str, again: str, others: list[str]) -> Draft:
    """A draft with three wrong choices beside the right one."""
    return Draft(prompt, gold, again, tuple(others), grader="choice")
