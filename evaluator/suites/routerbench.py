"""The paper's pool: GSM8K, MBPP, ARC-Challenge, WinoGrande and MMLU, read from their own data sets.

500 items of each by a fixed seed, 2,500 in all, in two parts: three fifths select and two fifths
confirm, by each item's content. Nothing of them is in this repository: they come from the Hub as
parquet files at pinned commits.

| task | asked | examples before it | graded |
|---|---|---|---|
| gsm8k | the question | 4 of the training part, with their workings | number |
| mbpp | the text and its first assert | 3 of the prompt part | code, on all its asserts |
| arc-challenge | the question and its choices | 3 of the training part | choice |
| winogrande | the sentence with its gap, two choices | 3 of the training part | choice |
| mmlu | the question and its four choices | 5 of the same subject | choice |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from string import ascii_uppercase
from typing import Any

from evaluator.suites.errors import SuiteError
from evaluator.suites.prompt import Example, Prompt
from evaluator.suites.suite import Suite

EACH = 500
Row = dict[str, Any]
Fetch = Callable[[str, str, str], Path]
"""(repository, commit, path in it) of a data set's file, to the file on this disk."""

NUMBER = "Solve the problem step by step. End with a line of the form 'Answer: <number>'."
LETTER = "Answer with the letter of the right choice, on a line of the form 'Answer: <letter>'."
PROGRAM = "Write the Python function that is described. Give the code in one ```python block."


@dataclass(frozen=True, slots=True)
class Task:
    """One of the pool's data sets: where it is, and how its rows become prompts.

    files hold what is asked, examples what is shown before it, `shots` of them. prompt: from a row
    and its number to a prompt, or None for a row that cannot be graded here. answer: what an
    example's answer looks like.
    """

    name: str
    repository: str
    commit: str
    files: tuple[str, ...]
    examples: str
    shots: int
    prompt: Callable[[Row], Prompt | None]
    answer: Callable[[Row, Prompt], str]


def routerbench(fetch: Fetch, *, each: int = EACH) -> Suite:
    """The suite. Raises SuiteError where pyarrow is missing or a file is not what it was.

    each: how many items of each task; all it has, where it has fewer.
    """
    prompts = [prompt for task in TASKS for prompt in _drawn(task, fetch, each)]
    return Suite(name="routerbench", prompts=tuple(prompts))


def _drawn(task: Task, fetch: Fetch, each: int) -> Iterator[Prompt]:
    shown = [row for row in _rows(fetch, task, task.examples) if _read(task, row) is not None]
    pool: dict[str, tuple[Row, Prompt]] = {}
    for file in task.files:
        for row in _rows(fetch, task, file):
            prompt = _read(task, row)
            if prompt is not None:
                pool.setdefault(prompt.hash, (row, prompt))
    everything = list(pool.values())
    drawn = Random(f"routerbench/{task.name}").sample(
        range(len(everything)), min(each, len(everything))
    )
    for place in sorted(drawn):
        row, prompt = everything[place]
        few_shot = tuple(_examples(task, shown, row))
        yield replace(prompt, id=f"{task.name}-{place:05}", few_shot=few_shot)


def _examples(task: Task, shown: list[Row], row: Row) -> Iterator[Example]:
    """The first examples, of the row's own subject where it has one."""
    subject = row.get("subject")
    for example in [r for r in shown if r.get("subject") == subject][: task.shots]:
        prompt = _read(task, example)
        if prompt is not None:
            yield Example(prompt.question, task.answer(example, prompt))


def _read(task: Task, row: Row) -> Prompt | None:
    try:
        return task.prompt(row)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        said = f"{task.repository} at {task.commit[:12]} has rows of another kind ({error!r})"
        raise SuiteError(f"{said}: check the commit") from error


def _rows(fetch: Fetch, task: Task, file: str) -> list[Row]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        said = "routerbench is read from parquet files"
        raise SuiteError(f"{said}: pip install 'hidden-gems[routerbench]'") from error
    path = fetch(task.repository, task.commit, file)
    try:
        rows: list[Row] = parquet.read_table(path).to_pylist()
    except (ArrowException, OSError) as error:
        said = f"{file} of {task.repository} cannot be read"
        raise SuiteError(
            f"{said} ({type(error).__name__}): remove it and fetch it again"
        ) from error
    return rows


def _choice(category: str, text: str, choices: list[str], right: int) -> Prompt:
    gold = ascii_uppercase[range(len(choices))[right]]
    return Prompt(
        id="",
        category=category,
        prompt=text.strip(),
        grader="choice",
        gold=gold,
        choices=tuple(choice.strip() for choice in choices),
        system=LETTER,
        max_tokens=128,
    )


def _gsm8k(row: Row) -> Prompt | None:
    gold = row["answer"].rsplit("####", 1)[1].strip().replace(",", "")
    return Prompt(
        id="",
        category="gsm8k",
        prompt=row["question"].strip(),
        grader="number",
        gold=gold,
        system=NUMBER,
        max_tokens=512,
    )


def _gsm8k_answer(row: Row, prompt: Prompt) -> str:
    work = re.sub(r"<<[^>]*>>", "", row["answer"].rsplit("####", 1)[0]).strip()
    return f"{work}\nAnswer: {prompt.gold}"


def _mbpp(row: Row) -> Prompt | None:
    """None for items whose tests set up classes: only plain values pass the sandbox."""
    if row["test_setup_code"].strip():
        return None
    called = re.findall(r"\b([A-Za-z_]\w*)\s*\(", row["test_list"][0])
    defined = set(re.findall(r"^def +(\w+)", row["code"], re.MULTILINE))
    entry_point = next((name for name in called if name in defined), None)
    if entry_point is None:
        return None
    tests = [test.strip() for test in row["test_list"]]
    return Prompt(
        id="",
        category="mbpp",
        prompt=f"{row['text'].strip()}\nYour function must pass this, for example:\n{tests[0]}",
        grader="code",
        gold=row["code"].replace("\r\n", "\n"),
        tests="\n".join(tests) + "\n",
        entry_point=entry_point,
        system=PROGRAM,
        max_tokens=512,
    )


def _arc(row: Row) -> Prompt | None:
    choices = row["choices"]
    right = list(choices["label"]).index(row["answerKey"])
    return _choice("arc-challenge", row["question"], list(choices["text"]), right)


def _winogrande(row: Row) -> Prompt | None:
    text = f"Which choice belongs in the gap?\n{row['sentence']}"
    return _choice("winogrande", text, [row["option1"], row["option2"]], int(row["answer"]) - 1)


def _mmlu(row: Row) -> Prompt | None:
    return _choice("mmlu", row["question"], list(row["choices"]), int(row["answer"]))


def _letter(_row: Row, prompt: Prompt) -> str:
    return f"Answer: {prompt.gold}"


def _program(_row: Row, prompt: Prompt) -> str:
    return f"```python\n{prompt.gold.strip()}\n```"


PART = "{}-00000-of-00001.parquet"
TASKS = (
    Task(
        name="gsm8k",
        repository="openai/gsm8k",
        commit="740312add88f781978c0658806c59bc2815b9866",
        files=(PART.format("main/test"),),
        examples=PART.format("main/train"),
        shots=4,
        prompt=_gsm8k,
        answer=_gsm8k_answer,
    ),
    Task(
        name="mbpp",
        repository="google-research-datasets/mbpp",
        commit="4bb6404fdc6cacfda99d4ac4205087b89d32030c",
        files=(PART.format("full/test"), PART.format("full/validation")),
        examples=PART.format("full/prompt"),
        shots=3,
        prompt=_mbpp,
        answer=_program,
    ),
    Task(
        name="arc-challenge",
        repository="allenai/ai2_arc",
        commit="210d026faf9955653af8916fad021475a3f00453",
        files=(PART.format("ARC-Challenge/test"),),
        examples=PART.format("ARC-Challenge/train"),
        shots=3,
        prompt=_arc,
        answer=_letter,
    ),
    Task(
        name="winogrande",
        repository="allenai/winogrande",
        commit="01e74176c63542e6b0bcb004dcdea22d94fb67b5",
        files=(PART.format("winogrande_xl/validation"),),
        examples=PART.format("winogrande_xl/train"),
        shots=3,
        prompt=_winogrande,
        answer=_letter,
    ),
    Task(
        name="mmlu",
        repository="cais/mmlu",
        commit="c30699e8356da336a370243923dbaf21066bb9fe",
        files=(PART.format("all/test"),),
        examples=PART.format("all/dev"),
        shots=5,
        prompt=_mmlu,
        answer=_letter,
    ),
)
