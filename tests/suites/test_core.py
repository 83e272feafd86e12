"""The core suite: varied, balanced, every gold answer derived twice, and able to fail a model."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest

from evaluator.grading import code, grade_all, sandbox
from evaluator.suites import Prompt, load
from tests.suites.derivations import code as slips
from tests.suites.derivations import language, math, reasoning

CORE = load("core")
CATEGORIES = ("code", "language", "math", "reasoning")
DERIVED = {**math.DERIVED, **reasoning.DERIVED, **language.DERIVED}
OPEN_GUESS = Fraction(1, 20)
"""What a guess at a question without choices may be right, at the most."""


def test_four_equal_categories_from_easy_to_hard() -> None:
    assert len(CORE.prompts) == 200
    for category in CATEGORIES:
        prompts = [prompt for prompt in CORE.prompts if prompt.category == category]
        assert len(prompts) == 50
        assert Counter(prompt.difficulty for prompt in prompts) == dict.fromkeys(range(1, 6), 10)


def test_at_most_five_prompts_come_from_one_template() -> None:
    templates = Counter(prompt.template or prompt.id for prompt in CORE.prompts)
    assert max(templates.values()) <= 5


def test_every_gold_answer_but_those_of_code_has_a_second_derivation() -> None:
    wanted = {prompt.id for prompt in CORE.prompts if prompt.category != "code"}
    assert wanted == DERIVED.keys() | language.READ.keys()
    assert not DERIVED.keys() & language.READ.keys()


@pytest.mark.parametrize("prompt", [p for p in CORE.prompts if p.id in DERIVED], ids=lambda p: p.id)
def test_a_program_comes_to_the_same_answer(prompt: Prompt) -> None:
    found = DERIVED[prompt.id]()
    if prompt.grader == "choice":
        assert prompt.choices["ABCD".index(prompt.gold)] == found
    elif prompt.grader == "number":
        assert Fraction(prompt.gold) == Fraction(found).limit_denominator(10**6)
    else:
        assert prompt.gold == found


def test_a_second_reader_comes_to_the_same_answer() -> None:
    for prompt in CORE.prompts:
        if prompt.id in language.READ:
            choice, reason = language.READ[prompt.id]
            assert prompt.choices["ABCD".index(prompt.gold)] == choice
            assert len(reason.split()) >= 3


@pytest.mark.skipif(bool(sandbox.fault()), reason=sandbox.fault())
def test_reference_programs_pass_their_tests_and_a_slip_fails_them() -> None:
    programs = [prompt for prompt in CORE.prompts if prompt.category == "code"]
    assert {prompt.id for prompt in programs} == slips.SLIPS.keys()

    def examined(prompt: Prompt) -> tuple[str, str]:
        right, wrong = slips.SLIPS[prompt.id]
        assert right in prompt.gold
        slipped = prompt.gold.replace(right, wrong)
        return (
            code.examine(prompt.gold, prompt.entry_point, prompt.tests),
            code.examine(slipped, prompt.entry_point, prompt.tests),
        )

    with ThreadPoolExecutor(2) as workers:
        for prompt, (gold, slipped) in zip(programs, workers.map(examined, programs), strict=True):
            assert gold == "", f"{prompt.id}: its reference fails: {gold}"
            assert slipped, f"{prompt.id}: its tests miss a slip"


def test_gold_answers_are_graded_right() -> None:
    prompts = [prompt for prompt in CORE.prompts if prompt.category != "code"]
    pairs = [(prompt, f"So it is.\nAnswer: {prompt.gold}") for prompt in prompts]
    assert all(grade.score == 1 for grade in grade_all(pairs))


def test_right_letters_are_spread_evenly() -> None:
    for category in ("language", "reasoning"):
        letters = Counter(
            prompt.gold
            for prompt in CORE.prompts
            if prompt.category == category and prompt.grader == "choice"
        )
        assert len(set(letters.values())) == 1


def chance(prompts: list[Prompt]) -> float:
    """What guessing earns: a choice among choices, next to nothing elsewhere."""
    worth = [Fraction(1, len(p.choices)) if p.choices else OPEN_GUESS for p in prompts]
    return float(sum(worth) / len(worth)) if prompts[0].category != "code" else 0.0


def at_random(seed: int) -> Callable[[Prompt], str]:
    draw = random.Random(seed)

    def answer(prompt: Prompt) -> str:
        letters = "ABCD"[: len(prompt.choices)]
        return f"Answer: {draw.choice(letters) if letters else draw.randrange(100)}"

    return answer


ANSWERERS: dict[str, Callable[[Prompt], str]] = {
    "empty": lambda prompt: "",
    "the question": lambda prompt: prompt.question,
    "I do not know": lambda prompt: "I do not know.",
    **{letter: lambda prompt, letter=letter: f"Answer: {letter}" for letter in "ABCD"},
    **{str(n): lambda prompt, n=n: f"Answer: {n}" for n in (0, 1, 2, 3, 10, 42, 100)},
    "all letters": lambda prompt: "A B C D",
    "code": lambda prompt: f"```python\ndef {prompt.entry_point or 'f'}(*a): return None\n```",
}


@pytest.mark.skipif(bool(sandbox.fault()), reason=sandbox.fault())
@pytest.mark.parametrize("category", CATEGORIES)
def test_who_knows_nothing_scores_at_chance_or_below(category: str) -> None:
    prompts = [prompt for prompt in CORE.prompts if prompt.category == category]
    for name, answer in ANSWERERS.items():
        if category == "code" and name != "code" and name != "empty":
            continue  # they hold no code, and each would cost fifty sandboxes to say so
        grades = grade_all([(prompt, answer(prompt)) for prompt in prompts])
        assert sum(grade.score for grade in grades) / len(grades) <= chance(prompts), name


@pytest.mark.parametrize("category", ["language", "math", "reasoning"])
def test_who_guesses_scores_at_chance_or_below(category: str) -> None:
    prompts = [prompt for prompt in CORE.prompts if prompt.category == category]
    answers = [at_random(seed) for seed in range(60)]
    pairs = [(prompt, answer(prompt)) for answer in answers for prompt in prompts]
    scores = [grade.score for grade in grade_all(pairs)]
    assert sum(scores) / len(scores) <= chance(prompts)
