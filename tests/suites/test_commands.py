"""`gems suites`: what a person sees of suites."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from evaluator.grading import sandbox
from evaluator.suites import SuiteError
from gems.suites import open_suite, suites

OURS = """\
suite: ours
prompts:
  - {id: a, category: math, prompt: What is 2 + 2?, grader: number, gold: 4}
  - {id: b, category: math, prompt: What is 2 + 3?, grader: number, gold: 5}
"""


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(suites, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    path = tmp_path / "ours.yaml"
    path.write_text(OURS)
    return path


def test_ls_names_every_suite_and_what_confirms_it() -> None:
    code, said = run("ls")
    assert code == 0
    assert "core  200 prompts" in said
    assert "confirmed on core-bank" in said
    assert "routerbench" in said
    rows = json.loads(run("ls", "--json")[1])
    assert {row["suite"]: row["confirmation"] for row in rows}["core"] >= 1200


def test_show_tells_a_suite_or_one_prompt(ours: Path) -> None:
    assert "2 prompts" in run("show", ours)[1]
    assert "gold: 5" in run("show", ours, "--prompt", "b")[1]
    assert json.loads(run("show", ours, "--prompt", "b", "--json")[1])["gold"] == "5"
    code, said = run("show", ours, "--prompt", "c")
    assert code == 2
    assert "no prompt 'c'" in said


def test_validate_tells_every_fault_by_its_line(ours: Path) -> None:
    assert run("validate", ours) == (0, f"{ours}: 2 prompts, nothing wrong\n")
    ours.write_text(OURS.replace("gold: 4", "gold: four").replace("gold: 5", "golf: 5"))
    code, said = run("validate", ours)
    assert code == 1
    assert [line.split(": ")[0] for line in said.splitlines()] == [
        f"{ours}:3",
        f"{ours}:4",
        f"{ours}:4",
    ]
    assert json.loads(run("validate", ours, "--json")[1])["problems"][0]["line"] == 3


@pytest.mark.skipif(bool(sandbox.fault()), reason=sandbox.fault())
def test_validate_runs_reference_programs(ours: Path) -> None:
    program = '{id: c, category: code, prompt: f, grader: code, entry_point: f, gold: "f = abs", '
    ours.write_text(f"{OURS}  - {program}tests: assert f(-1) == 1}}\n")
    assert run("validate", ours)[0] == 0
    ours.write_text(f"{OURS}  - {program}tests: assert f(-1) == 2}}\n")
    code, said = run("validate", ours)
    assert code == 1
    assert "'c': its own gold answer is graded wrong" in said


def test_a_suite_that_is_not_there_is_told_by_those_that_are() -> None:
    with pytest.raises(SuiteError, match="core, core-bank"):
        open_suite("cores")
