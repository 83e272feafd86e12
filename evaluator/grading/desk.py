"""The desk: which grader a prompt goes to, one answer or many at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from queue import SimpleQueue

from evaluator.grading import choice, code, exact, math, number, regex, sandbox
from evaluator.grading.errors import SandboxMissing
from evaluator.grading.grade import Grade
from evaluator.grading.killable import Killable
from evaluator.suites.prompt import Prompt

QUICK: dict[str, Callable[[Prompt, str], Grade]] = {
    "number": number.grade,
    "choice": choice.grade,
    "exact": exact.grade,
}
HELPED: dict[str, Callable[[Prompt, str, Killable], Grade]] = {
    "math": math.grade,
    "regex": regex.grade,
}
VERSIONS = {
    "number": number.VERSION,
    "math": math.VERSION,
    "choice": choice.VERSION,
    "exact": exact.VERSION,
    "regex": regex.VERSION,
    "code": code.VERSION,
}
WORKERS = max(1, os.cpu_count() or 1)


def version(prompt: Prompt) -> str:
    """The grader that grades this prompt and its version, as `number/1`."""
    return f"{prompt.grader}/{VERSIONS[prompt.grader]}"


def refusal(prompts: Iterable[Prompt]) -> str:
    """Why some of the prompts cannot be graded on this machine, in a line; "" if all can."""
    return sandbox.fault() if any(prompt.grader == "code" for prompt in prompts) else ""


def grade(prompt: Prompt, text: str, *, boxed: bool = True) -> Grade:
    """The grade of one answer: of its prompt, its text and the grader's version, nothing else.

    boxed: whether code runs in the sandbox only; False is for a person to say, never a default.
    Never raises for what a text holds. Raises SandboxMissing for code where there is no sandbox.
    """
    if prompt.grader in QUICK:
        return QUICK[prompt.grader](prompt, text)
    if prompt.grader == "code":
        return code.grade(prompt, text, boxed=boxed)
    with _helper() as helper:
        return HELPED[prompt.grader](prompt, text, helper)


def grade_all(pairs: Sequence[tuple[Prompt, str]], *, boxed: bool = True) -> list[Grade]:
    """The grades of many answers, in their order, on all cores.

    Equal answers to one prompt are graded once. Raises SandboxMissing as `grade` does.
    """
    if boxed and (fault := refusal(prompt for prompt, _ in pairs)):
        raise SandboxMissing(fault)
    distinct = list(dict.fromkeys(pairs))
    quick = {pair: grade(*pair) for pair in distinct if pair[0].grader in QUICK}
    slow = [pair for pair in distinct if pair not in quick]
    if slow:
        with ThreadPoolExecutor(min(WORKERS, len(slow))) as workers:
            done = workers.map(lambda pair: grade(*pair, boxed=boxed), slow)
            quick.update(zip(slow, done, strict=True))
    return [quick[pair] for pair in pairs]


@lru_cache(maxsize=1)
def _helpers() -> SimpleQueue[Killable]:
    """The helper processes that wait for work, one a core."""
    waiting: SimpleQueue[Killable] = SimpleQueue()
    for _ in range(WORKERS):
        waiting.put(Killable())
    return waiting


@contextmanager
def _helper() -> Iterator[Killable]:
    """A helper of one's own; the one that was used last comes first, so that few are started."""
    waiting = _helpers()
    helper = waiting.get()
    try:
        yield helper
    finally:
        waiting.put(helper)
