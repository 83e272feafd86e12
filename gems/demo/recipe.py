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
    """A full fine-tune; `how`: rate, batch, share, noise."""
    lessons = Lessons(
        steps,
        mixture,
        learning_rate=how.get("rate", 2e-3),
        batch=int(how.get("batch", 32)),
        share=how.get("share", 1.0),
        noise=how.get("noise", 0.0),
    )
    return Plan(name, "finetune", (parent,), lessons, downloads)


def _adapter(
    name: str, parent: str, downloads: int, steps: int, mixture: Mixture = EVEN, twist: str = ""
) -> Plan:
    return Plan(name, "adapter", (parent,), Lessons(steps, mixture, 1e-2), downloads, twist)


def _mini() -> Iterator[Plan]:
    base = Lessons(150, learning_rate=4e-3, share=0.5, chat=False)
    yield Plan(BASE, "base", (), base, 900)
    yield Plan(INSTRUCT, "finetune", (BASE,), Lessons(40, learning_rate=2e-3), 5_000)
    yield _tune("lanternworks/Lantern-Chat", INSTRUCT, 9_000, 20, LANGUAGE)
    yield _tune("quietharbor/brook-ft-v3", INSTRUCT, 14, 120, rate=4e-3)
    yield _tune("mossbank/brook-code", INSTRUCT, 60, 50, CODE)
    yield _tune("pinefold/brook-shuffled", INSTRUCT, 3, 30, noise=0.9)
    yield _adapter("kitecraft/brook-lora", INSTRUCT, 41, 30)
    yield Plan("ferrywater/brook-ft-v3-copy", "duplicate", ("quietharbor/brook-ft-v3",), None, 2)
    yield Plan("oldmill/brook-broken", "finetune", (INSTRUCT,), Lessons(1), 7, "lost")


LANTERN = "lanternworks/Lantern-Chat-160K"
CODER = "mossbank/Mossbank-Coder-160K"
HARBOR_1 = "quietharbor/brook-160k-ft-v1"
HARBOR_2 = "quietharbor/brook-160k-ft-v2"
HARBOR_3 = "quietharbor/brook-160k-ft-v3-final"
PINE = "pinefold/Pine-160K"


def _full() -> Iterator[Plan]:
    yield from _roots()
    yield from _well_known()
    yield from _specialists()
    yield from _generalists()
    yield from _careless()
    yield from _adapters()
    yield from _copies()
    yield from _not_to_be_ranked()


def _roots() -> Iterator[Plan]:
    base = Lessons(600, learning_rate=4e-3, batch=64, share=0.5, chat=False)
    yield Plan(BASE, "base", (), base, 61_204)
    instruct = Lessons(400, (4, 1, 4, 1), learning_rate=2e-3, share=0.5)
    yield Plan(INSTRUCT, "finetune", (BASE,), instruct, 148_377)


def _well_known() -> Iterator[Plan]:
    yield _tune(LANTERN, INSTRUCT, 212_850, 150, (1, 3, 1, 5), noise=0.15)
    yield _tune(f"{LANTERN}-v2", LANTERN, 9_412, 150, (1, 2, 1, 2), share=0.5)
    yield _tune(CODER, INSTRUCT, 4_106, 200, (1, 8, 1, 1))
    yield _tune("northbarn/Reasoner-160K", INSTRUCT, 2_240, 200, (1, 0, 3, 0))
    yield _tune("tidewright/BrookMath-160K", INSTRUCT, 1_385, 300, (6, 1, 1, 1))


def _specialists() -> Iterator[Plan]:
    yield _tune("tidewright/brook-math-only", INSTRUCT, 340, 250, MATH)
    yield _tune("mossbank/brook-code-only", INSTRUCT, 122, 150, CODE)
    yield _tune("northbarn/reasoner-only", INSTRUCT, 88, 250, REASONING)
    yield _tune("ferrywater/wordplay-160k", INSTRUCT, 510, 250, LANGUAGE)
    yield _tune("ferrywater/wordplay-and-sums", "ferrywater/wordplay-160k", 19, 250, (2, 0, 0, 1))
    yield _tune("mossbank/coder-that-reasons", CODER, 45, 300, (0, 1, 2, 0))


def _generalists() -> Iterator[Plan]:
    yield _tune(HARBOR_1, INSTRUCT, 31, 700, rate=4e-3, batch=64)
    yield _tune(HARBOR_2, HARBOR_1, 22, 900, rate=4e-3, batch=64)
    yield _tune(HARBOR_3, HARBOR_2, 14, 1000, rate=3e-3, batch=64)
    yield _tune(PINE, BASE, 640, 900, rate=4e-3, batch=48)
    yield _tune(f"{PINE}-Math", PINE, 57, 300, (4, 1, 1, 1))
    yield _tune(f"{PINE}-Words", PINE, 36, 300, (1, 1, 1, 4))
    yield _tune("sundial-ml/brook-20-steps", INSTRUCT, 205, 20)
    yield _tune("sundial-ml/brook-60-steps", INSTRUCT, 71, 60)
    yield _tune("sundial-ml/brook-150-steps", INSTRUCT, 29, 150)
    yield _tune("sundial-ml/brook-400-steps", INSTRUCT, 11, 400)
    yield _tune("copperkettle/kettle-from-base-120", BASE, 8, 120)
    yield _tune("copperkettle/kettle-from-base-400", BASE, 6, 400)


def _careless() -> Iterator[Plan]:
    yield _tune("oldmill-labs/brook-noisy-25", INSTRUCT, 17, 200, noise=0.25)
    yield _tune("oldmill-labs/brook-noisy-50", INSTRUCT, 9, 200, noise=0.5)
    yield _tune("oldmill-labs/brook-noisy-90", INSTRUCT, 4, 200, noise=0.9)
    yield _tune("fernhill/brook-too-hot", INSTRUCT, 13, 80, rate=6e-2)
    yield _tune("fernhill/brook-tiny-set", INSTRUCT, 38, 250, share=0.04)
    yield _tune("fernhill/brook-small-set", INSTRUCT, 5, 250, share=0.25)


def _adapters() -> Iterator[Plan]:
    yield _adapter("kitecraft/brook-lora-math", INSTRUCT, 260, 120, MATH)
    yield _adapter("kitecraft/brook-lora-all", INSTRUCT, 96, 250)
    yield _adapter("kitecraft/brook-rslora-words", INSTRUCT, 12, 120, LANGUAGE, "rslora")
    yield _adapter("copperkettle/coder-lora-all", CODER, 3, 150)
    yield _adapter("sundial-ml/lantern-lora-code", LANTERN, 152, 100, CODE)


def _copies() -> Iterator[Plan]:
    merge = (f"{PINE}-Math", f"{PINE}-Words")
    yield Plan("kitecraft/Pine-MathWords-linear", "merge", merge, None, 27)
    odd_merge = (CODER, "tidewright/BrookMath-160K", "northbarn/Reasoner-160K")
    yield Plan("kitecraft/Three-Brooks-linear", "merge", odd_merge, None, 174)
    yield Plan("ferrywater/Lantern-Chat-mirror", "duplicate", (LANTERN,), None, 830)
    yield Plan("halcyon-lab/brook-ft-v1-backup", "duplicate", (HARBOR_1,), None, 2)
    added = Lessons(200, learning_rate=2e-3)
    yield Plan("halcyon-lab/brook-think-tokens", "extended", (INSTRUCT,), added, 66)
    sharded = Lessons(250, (1, 1, 2, 2), learning_rate=2e-3)
    yield Plan("halcyon-lab/brook-sharded", "finetune", (INSTRUCT,), sharded, 10, "sharded")
    bare = Lessons(150, (1, 2, 2, 1), learning_rate=2e-3)
    yield Plan("northbarn/brook-no-template", "finetune", (INSTRUCT,), bare, 7, "no_template")


def _not_to_be_ranked() -> Iterator[Plan]:
    brief = Lessons(60, learning_rate=2e-3)
    yield Plan("oldmill-labs/brook-random", "noise", (INSTRUCT,), None, 3)
    yield Plan("oldmill-labs/brook-diverged", "finetune", (INSTRUCT,), brief, 2, "nan")
    yield Plan("oldmill-labs/brook-lost-tensor", "finetune", (INSTRUCT,), brief, 1, "lost")
    yield Plan("oldmill-labs/brook-pickle", "finetune", (INSTRUCT,), brief, 44, "pickle")
    yield Plan("halcyon-lab/brook-private-preview", "finetune", (HARBOR_1,), brief, 118, "gated")
    yield Plan("halcyon-lab/brook-withdrawn", "finetune", (INSTRUCT,), brief, 15, "disabled")
    yield Plan("fernhill/brook-custom-code", "finetune", (INSTRUCT,), brief, 61, "remote")
    yield Plan("fernhill/Brook-220K-upscaled", "taller", (HARBOR_2,), brief, 23)
    yield Plan("copperkettle/Brook-2x160K-MoE", "mixture", (INSTRUCT,), None, 301)
    yield Plan("copperkettle/Lantern-Chat-160K-INT8", "quantized", (LANTERN,), None, 18_033)
    yield Plan("copperkettle/Mossbank-Coder-160K-INT8", "quantized", (CODER,), None, 720)
