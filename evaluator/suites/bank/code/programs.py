"""How a program is drafted: two ways written, every hidden case agreed."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

from evaluator.suites.bank.draft import Draft

Case = tuple[Any, ...]
LETTERS = "abcdeilnorst"


def program(
    name: str, task: str, gold: str, again: str, cases: list[Case], **values: object
) -> Draft:
    """A draft whose tests hold what the first program gives for each case.

    `values` replace their upper-case names in both programs. Raises ValueError where the second
    program, which is another way to the same end, gives anything else.
    """
    for key, value in values.items():
        slot, written = re.compile(rf"\b{key.upper()}\b"), repr(value)
        gold = slot.sub(written.replace("\\", r"\\"), gold)
        again = slot.sub(written.replace("\\", r"\\"), again)
    first, second = _defined(gold, name), _defined(again, name)
    lines = []
    for case in cases:
        expected = first(*case)
        if second(*case) != expected:
            raise ValueError(f"{name}{case}: {expected!r} or {second(*case)!r}")
        arguments = ", ".join(map(repr, case))
        lines.append(f"assert {name}({arguments}) == {expected!r}\n")
    prompt = f"Write `{name}`. {task}"
    return Draft(prompt, gold, again, grader="code", tests="".join(lines), entry_point=name)


def _defined(source: str, name: str) -> Callable[..., Any]:
    space: dict[str, Any] = {}
    exec(source, space)
    found: Callable[..., Any] = space[name]
    return found


def ints(r: Random, low: int = -9, high: int = 30, most: int = 9) -> list[int]:
    """A short list of integers, at times an empty one."""
    return [r.randrange(low, high) for _ in range(r.randrange(most))]


def text(r: Random, most: int = 12, letters: str = LETTERS) -> str:
    """A short text of few letters, so that they repeat."""
    return "".join(r.choice(letters) for _ in range(r.randrange(most)))
