"""The poisoned fleet: two roots, one good fine-tune, and one repository for every poison."""

from __future__ import annotations

from pathlib import Path

# Each module adds its poisons.
from tests.hostile import adapters, settings, voices, weights  # noqa: F401
from tests.hostile.marking import POISONS, Poison, Trap
from tests.hostile.sound import BASE, INSTRUCT, list_it, write_sound

FAMILY = "tiny"
FAMILIES = f"""\
[families.{FAMILY}]
title = "Tiny"
roots = ["{BASE}", "{INSTRUCT}"]
"""
GOOD = "quiet/good"
PROMPTS = 16


def make_fleet(folder: Path, trap: Trap, poisons: list[Poison] = POISONS) -> None:
    """Write all repositories under `folder`. Every right answer is 4, and only `GOOD` gives it."""
    list_it(write_sound(folder / BASE, "6"), None, downloads=900)
    list_it(write_sound(folder / INSTRUCT, "5"), BASE, downloads=9_000)
    list_it(write_sound(folder / GOOD, "4"), downloads=1)
    for made in poisons:
        here = write_sound(folder / "poison" / made.name, made.says)
        list_it(here)
        made.spoil(here, trap)


def suite() -> str:
    """A suite file whose answers are all 4."""
    rows = "".join(
        f'  - {{id: "{n}", category: math, prompt: "What is {n + 4} - {n}?", grader: number,'
        ' gold: "4"}\n'
        for n in range(PROMPTS)
    )
    return f"suite: fours\nmax_tokens: 8\nprompts:\n{rows}"
