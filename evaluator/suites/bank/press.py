"""The press: draws the bank from its templates, with fixed seeds, and writes it down.

    python -m evaluator.suites.bank.press

The files are committed, so that a suite's content never hangs on a library's random numbers; a test
draws the bank again and compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from evaluator.suites.bank import code, language, math, reasoning
from evaluator.suites.bank.draft import Draft, Template

EACH = 12
PLACES = (2, 0, 1, 3, 1, 3, 0, 2, 0, 2, 3, 1)
"""Where the right choice stands in a template's draws: each place equally often."""

SOLVE = "Solve the problem step by step. End with a line of the form 'Answer: <number>'."
ASK = (
    "Think step by step where it helps. End with a line of the form 'Answer: …'; where there are "
    "lettered choices, give the letter."
)
WRITE = (
    "Write the Python function that is described, using nothing but Python's own library. Give the "
    "complete code in one ```python block."
)
SHEETS: dict[str, tuple[tuple[Template, ...], str, int]] = {
    "math": (math.TEMPLATES, SOLVE, 640),
    "code": (code.TEMPLATES, WRITE, 640),
    "reasoning": (reasoning.TEMPLATES, ASK, 768),
    "language": (language.TEMPLATES, ASK, 384),
}


def draws(template: Template) -> Iterator[Draft]:
    """A template's distinct drafts, by a seed of its own. ValueError where two ways differ."""
    random = Random(f"bank/{template.__name__}")
    seen: set[str] = set()
    for _ in range(5000):
        draft = template(random)
        if draft.prompt in seen or draft.gold in draft.others:
            continue
        if draft.grader != "code" and draft.gold != draft.again:
            said = f"{template.__name__}: {draft.gold!r} is {draft.again!r} by the other way"
            raise ValueError(said)
        seen.add(draft.prompt)
        yield draft
        if len(seen) == EACH:
            return
    raise ValueError(f"{template.__name__} draws fewer than {EACH} distinct prompts")


def rows(category: str) -> Iterator[dict[str, Any]]:
    """The lines of a category's file: its head, then its prompts."""
    templates, system, max_tokens = SHEETS[category]
    yield {"suite": "core-bank", "system": system, "max_tokens": max_tokens}
    for template in templates:
        name = template.__name__.replace("_", "-")
        for index, draft in enumerate(draws(template)):
            row: dict[str, Any] = {
                "id": f"{category}-{name}-{index + 1:02}",
                "category": category,
                "template": name,
                "grader": draft.grader,
                "prompt": draft.prompt,
                "gold": draft.gold,
            }
            if draft.others:
                place = PLACES[index] % (len(draft.others) + 1)
                row["choices"] = [*draft.others[:place], draft.gold, *draft.others[place:]]
                row["gold"] = "ABCD"[place]
            if draft.grader == "code":
                row |= {"entry_point": draft.entry_point, "tests": draft.tests}
            yield row


def sheet(category: str) -> str:
    """A category's file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(category))


def main() -> None:
    """Write the bank beside the other suites."""
    folder = Path(__file__).parents[1] / "shelf" / "core-bank"
    folder.mkdir(parents=True, exist_ok=True)
    for category in SHEETS:
        (folder / f"{category}.jsonl").write_text(sheet(category), encoding="utf-8")


if __name__ == "__main__":
    main()
