"""The bank: drawn from its templates with fixed seeds, and every answer found in two ways."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evaluator import suites
from evaluator.grading import code, grade_all, sandbox
from evaluator.suites import load, split
from evaluator.suites.bank.draft import Template
from evaluator.suites.bank.press import EACH, SHEETS, draws, sheet

BANK = load("core-bank")
SHELF = Path(suites.__file__).parent / "shelf" / "core-bank"


def test_there_are_as_many_prompts_and_templates_as_promised() -> None:
    assert len(BANK.prompts) >= 1200
    templates = Counter((prompt.category, prompt.template) for prompt in BANK.prompts)
    assert len(templates) >= 100
    assert set(templates.values()) == {EACH}
    assert {category for category, _ in templates} == set(load("core").categories)


@pytest.mark.parametrize("category", SHEETS)
def test_drawing_again_gives_the_committed_prompts(category: str) -> None:
    assert sheet(category) == (SHELF / f"{category}.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "template", [t for ts, _, _ in SHEETS.values() for t in ts], ids=lambda t: t.__name__
)
def test_both_ways_to_an_answer_agree(template: Template) -> None:
    for draft in draws(template):
        if draft.grader != "code":
            assert draft.gold == draft.again
            continue
        for source in (draft.gold, draft.again):
            space: dict[str, object] = {}
            exec(source, space)
            exec(draft.tests, space)
        assert draft.tests.count("assert") >= 7


@pytest.mark.skipif(bool(sandbox.fault()), reason=sandbox.fault())
def test_programs_pass_in_the_sandbox_and_an_empty_one_fails() -> None:
    chosen = [p for p in BANK.prompts if p.category == "code" and p.id.endswith("-01")]
    stubs = [f"def {p.entry_point}(*given):\n    return None\n" for p in chosen]

    def fault(job: tuple[str, suites.Prompt]) -> str:
        return code.examine(job[0], job[1].entry_point, job[1].tests)

    with ThreadPoolExecutor(2) as workers:
        right = workers.map(fault, [(p.gold, p) for p in chosen])
        assert [p.id for p, found in zip(chosen, right, strict=True) if found] == []
        wrong = workers.map(fault, zip(stubs, chosen, strict=True))
        assert [p.id for p, found in zip(chosen, wrong, strict=True) if not found] == []


def test_gold_answers_are_graded_right() -> None:
    prompts = [prompt for prompt in BANK.prompts if prompt.grader != "code"]
    pairs = [(prompt, f"So it is.\nAnswer: {prompt.gold}") for prompt in prompts]
    grades = grade_all(pairs)
    assert [p.id for p, g in zip(prompts, grades, strict=True) if g.score < 1] == []


def test_a_letter_or_number_said_always_scores_at_chance_or_below() -> None:
    for category in ("math", "reasoning", "language"):
        prompts = [prompt for prompt in BANK.prompts if prompt.category == category]
        chance = sum(1 / len(p.choices) if p.choices else 0.05 for p in prompts) / len(prompts)
        for said in ("", "I do not know.", "A B C D", *"ABCD", "0", "1", "2", "3", "yes", "is"):
            grades = grade_all([(prompt, f"Answer: {said}") for prompt in prompts])
            assert sum(grade.score for grade in grades) / len(grades) <= chance, (category, said)


def test_the_core_suite_is_confirmed_on_the_bank() -> None:
    selection, confirmation = split(load("core"))
    assert (len(selection), len(confirmation)) == (200, len(BANK.prompts))
