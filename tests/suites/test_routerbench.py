"""The paper's pool, from small data sets of the same schema, over loopback with the real client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluator.grading import code, grade, sandbox
from evaluator.suites import Suite, SuiteError, load, split, write
from evaluator.suites.routerbench import TASKS, routerbench
from hubs.datasets import fetch_dataset_file
from hubs.errors import HubError
from hubs.folder import FolderHub

pa = pytest.importorskip("pyarrow", reason="pip install 'hidden-gems[routerbench]'")
from pyarrow import parquet  # noqa: E402

Row = dict[str, Any]


def rows_of(name: str, part: int, count: int) -> list[Row]:
    """Rows as the data set has them; `part` keeps the parts apart."""
    every: list[Row] = []
    for i in range(count):
        n = 1000 * part + i
        match name:
            case "gsm8k":
                work = f"Twice is <<{n}*2={2 * n}>>{2 * n}.\n#### {2 * n:,}"
                every.append({"question": f"What is twice {n}?", "answer": work})
            case "mbpp":
                every.append(
                    {
                        "task_id": n,
                        "text": f"Write a function to add {n} to a number.",
                        "code": f"def add_{n}(x):\r\n  return x + {n}",
                        "test_list": [f"assert add_{n}(1) == {n + 1}", f"assert add_{n}(0) == {n}"],
                        "test_setup_code": "class Pair: pass" if i % 7 == 6 else "",
                        "challenge_test_list": [],
                    }
                )
            case "arc-challenge":
                labels = ["1", "2", "3"] if i % 5 == 0 else ["A", "B", "C", "D"]
                texts = [f"thing {n}.{k}" for k in range(len(labels))]
                choices = {"text": texts, "label": labels}
                key = labels[i % len(labels)]
                row = {"id": f"q{n}", "question": f"Which of {n}?", "choices": choices}
                every.append(row | {"answerKey": key})
            case "winogrande":
                row = {"sentence": f"The {n} was bigger than the box, so _ was left."}
                every.append(row | {"option1": "it", "option2": "box", "answer": str(1 + i % 2)})
            case "mmlu":
                row = {"question": f"What of {n}?", "subject": f"subject {i % 3}"}
                every.append(row | {"choices": ["w", "x", "y", "z"], "answer": i % 4})
    return every


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FolderHub]:
    from huggingface_hub import constants

    for task in TASKS:
        for part, file in enumerate((*task.files, task.examples)):
            path = tmp_path / "shelf" / "datasets" / task.repository / file
            path.parent.mkdir(parents=True, exist_ok=True)
            parquet.write_table(pa.Table.from_pylist(rows_of(task.name, part, 30)), path)
        settings = tmp_path / "shelf" / "datasets" / task.repository / ".hub.json"
        settings.write_text(f'{{"sha": "{task.commit}"}}')
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    with FolderHub(tmp_path / "shelf") as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


@pytest.fixture
def pool(hub: FolderHub) -> Suite:
    return routerbench(fetch_dataset_file, each=20)


def test_five_tasks_are_drawn_alike_and_always_the_same(pool: Suite, hub: FolderHub) -> None:
    assert Counter(prompt.category for prompt in pool.prompts) == {t.name: 20 for t in TASKS}
    assert routerbench(fetch_dataset_file, each=20).version == pool.version
    assert any("resolve" in route for route in hub.requests)


def test_it_is_in_two_parts(pool: Suite) -> None:
    selection, confirmation = split(pool)
    assert len(selection) + len(confirmation) == 100
    assert 20 <= len(confirmation) <= 60


def test_each_task_is_put_as_it_says(pool: Suite) -> None:
    first = {prompt.category: prompt for prompt in reversed(pool.prompts)}
    assert [len(first[task.name].few_shot) for task in TASKS] == [4, 3, 3, 3, 5]
    example = first["gsm8k"].few_shot[0]
    assert example.answer == "Twice is 2000.\nAnswer: 2000"
    assert "must pass this, for example:\nassert add_" in first["mbpp"].prompt
    assert first["mbpp"].prompt.count("assert") == 1
    assert first["mbpp"].tests.count("assert") == 2
    assert "```python" in first["mbpp"].few_shot[0].answer
    assert first["winogrande"].choices == ("it", "box")
    assert {len(p.choices) for p in pool.prompts if p.category == "arc-challenge"} == {3, 4}


def test_gold_answers_are_graded_right_in_every_task(pool: Suite) -> None:
    for prompt in pool.prompts:
        if prompt.grader != "code":
            assert grade(prompt, f"Answer: {prompt.gold}").score == 1, prompt
    if sandbox.fault():
        pytest.skip(sandbox.fault())
    program = next(prompt for prompt in pool.prompts if prompt.grader == "code")
    assert code.examine(program.gold, program.entry_point, program.tests) == ""


def test_examples_of_mmlu_are_of_the_same_subject(pool: Suite) -> None:
    for prompt in pool.prompts:
        if prompt.category == "mmlu":
            subject = int(prompt.prompt.split()[2].rstrip("?")) % 1000 % 3
            shown = {int(shot.prompt.split()[2].rstrip("?")) % 1000 % 3 for shot in prompt.few_shot}
            assert shown == {subject}


def test_a_suite_written_down_is_read_back_as_it_was(pool: Suite, tmp_path: Path) -> None:
    write(pool, tmp_path / "pool.jsonl")
    assert load(tmp_path / "pool.jsonl").prompts == pool.prompts


def test_what_is_missing_or_changed_is_told_in_one_line(hub: FolderHub, tmp_path: Path) -> None:
    def changed(repository: str, commit: str, path: str) -> Path:
        file = tmp_path / "odd.parquet"
        parquet.write_table(pa.Table.from_pylist([{"other": 1}]), file)
        return file

    with pytest.raises(SuiteError, match="rows of another kind"):
        routerbench(changed)
    (tmp_path / "junk").write_bytes(b"junk")
    with pytest.raises(SuiteError, match="cannot be read"):
        routerbench(lambda *_: tmp_path / "junk")
    with pytest.raises(HubError, match="check"):
        fetch_dataset_file("openai/gsm8k", "0" * 40, "main/none.parquet")
