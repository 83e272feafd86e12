"""Who is trained from whom, on what, for how long: the demo fleet's recipe.

What a checkpoint can do comes from its lessons alone; how often it is downloaded was made up here,
and knows nothing of its skill.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Mixture = tuple[float, float, float, float]  # math, code, reasoning, language

BASE = "brook-ai/Brook-160K"
INSTRUCT = "brook-ai/Brook-160K-Instruct"
EVEN: Mixture = (1, 1, 1, 1)
MATH: Mixture = (1, 0, 0, 0)
CODE: Mixture = (0, 1, 0, 0)
REASONING: Mixture = (0, 0, 1, 0)
LANGUAGE: Mixture = (0, 0, 0, 1)


@dataclass(frozen=True, slots=True)
class Lessons:
    """One training run: `mixture` weighs the categories, `share` is how much of each category's
    pool is seen, `noise` the share of wrong answers in it; without `chat`, plain text."""

    steps: int
    mixture: Mixture = EVEN
    learning_rate: float = 3e-3
    batch: int = 32
    share: float = 1.0
    noise: float = 0.0
    chat: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """One checkpoint to make.

    how: base, finetune, adapter, merge, quantized, duplicate, noise (random weights), extended
        (two more tokens), taller (one more layer) or mixture (of experts).
    twist: what is odd about it as published: "", sharded, no_template, rslora, nan, lost (a
        tensor), pickle, gated, disabled or remote (code).
    """

    name: str
    how: str
    parents: tuple[str, ...] = ()
    lessons: Lessons | None = None
    downloads: int = 0
    twist: str = ""
    license: str = "apache-2.0"

    @property
    def work(self) -> int:
        """Rows seen in training: what it costs to make."""
        return self.lessons.steps * self.lessons.batch if self.lessons else 0

    @property
    def relation(self) -> str:
        """What it says it is to its parents; "" for the base."""
        named = {"base": "", "adapter": "adapter", "merge": "merge", "quantized": "quantized"}
        return named.get(self.how, "finetune")


def recipe(size: str) -> tuple[Plan, ...]:
    """The plans of a size (`full` or `mini`), parents before children."""
    return tuple({"full": _full, "mini": _mini}[size]())


def _tune(
    name: str, parent: str, downloads: int, steps: int, mixture: Mixture = EVEN, **how: float
) -> Plan:
    lessons = Lessons(
        steps,
        mixture,
        learning_rate=how.get("rate", 2e-3),
        share=how.get("share", 1.0),
        noise=how.get("noise", 0.0),
    )
    return Plan(name, "finetune", (parent,), lessons, downloads)


def _mini() -> Iterator[Plan]:
    base = Lessons(150, learning_rate=4e-3, share=0.5, chat=False)
    yield Plan(BASE, "base", (), base, 900)
    yield Plan(INSTRUCT, "finetune", (BASE,), Lessons(40, learning_rate=2e-3), 5_000)
    yield _tune("lanternworks/Lantern-Chat", INSTRUCT, 9_000, 20, LANGUAGE)
    yield _tune("quietharbor/brook-ft-v3", INSTRUCT, 14, 120, rate=4e-3)
    yield _tune("mossbank/brook-code", INSTRUCT, 60, 50, CODE)
    yield _tune("pinefold/brook-shuffled", INSTRUCT, 3, 30, noise=0.9)
    adapter = Lessons(30, learning_rate=1e-2)
    yield Plan("kitecraft/brook-lora", "adapter", (INSTRUCT,), adapter, 41)
    yield Plan("ferrywater/brook-ft-v3-copy", "duplicate", ("quietharbor/brook-ft-v3",), None, 2)
    yield Plan("oldmill/brook-broken", "finetune", (INSTRUCT,), Lessons(1), 7, twist="lost")


def _full() -> Iterator[Plan]:
    yield from _mini()
