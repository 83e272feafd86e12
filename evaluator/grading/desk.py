"""The desk: which grader a prompt goes to, one answer or many at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from evaluator.grading import choice, exact, number
from evaluator.grading.grade import Grade
from evaluator.suites.prompt import Prompt


class Grader(Protocol):
    """What each module of a grader offers."""

    VERSION: int

    def grade(self, prompt: Prompt, text: str) -> Grade: ...


GRADERS: dict[str, Grader] = {"number": number, "choice": choice, "exact": exact}


def version(prompt: Prompt) -> str:
    """The grader that grades this prompt and its version, as `number/1`."""
    return f"{prompt.grader}/{GRADERS[prompt.grader].VERSION}"


def grade(prompt: Prompt, text: str) -> Grade:
    """The grade of one answer. Never raises for a text, whatever it is."""
    return GRADERS[prompt.grader].grade(prompt, text)


def grade_all(pairs: Iterable[tuple[Prompt, str]]) -> list[Grade]:
    """The grades of many answers, in their order."""
    return [grade(prompt, text) for prompt, text in pairs]
