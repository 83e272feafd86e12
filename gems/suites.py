"""`gems suites`: the prompt suites there are, what is in them, and what is wrong with one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from evaluator.suites import Problem, Prompt, Suite, load, names, problems_in, split, write
from gems.context import home

ROUTERBENCH = "routerbench"


@click.group("suites")
def suites() -> None:
    """List, show and validate prompt suites."""


def suite_file(name_or_path: str | Path) -> str:
    """What `evaluator.suites.load` takes for any suite a person may name: packaged, a file, or the
    paper's pool, which is fetched from the Hub once and kept under GEMS_HOME. Raises HubError.
    """
    if str(name_or_path) != ROUTERBENCH:
        return str(name_or_path)
    kept = _kept_pool()
    if not kept.is_file():
        from evaluator.suites.routerbench import routerbench
        from hubs.datasets import fetch_dataset_file

        write(routerbench(fetch_dataset_file), kept)
    return str(kept)


def open_suite(name_or_path: str | Path) -> Suite:
    """Any suite a person may name. Raises SuiteError or HubError."""
    return load(suite_file(name_or_path))


def _kept_pool() -> Path:
    return home() / "suites" / f"{ROUTERBENCH}.jsonl"


@suites.command("ls")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ls(as_json: bool) -> None:
    """List the packaged suites."""
    rows = [_summary(load(name)) for name in names()]
    if _kept_pool().is_file():
        rows.append(_summary(load(_kept_pool())))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        categories = ", ".join(f"{name} {count}" for name, count in row["categories"].items())
        confirm = f"; confirmed on {row['confirm']}" if row["confirm"] else ""
        click.echo(f"{row['suite']}  {row['prompts']} prompts ({categories}){confirm}")
    if not _kept_pool().is_file():
        click.echo(f"{ROUTERBENCH}  read from the Hub when it is first used")


@suites.command("show")
@click.argument("suite")
@click.option("--prompt", "prompt_id", help="Show one prompt in full, by its id.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(suite: str, prompt_id: str | None, as_json: bool) -> None:
    """Show a suite: SUITE is a name that `gems suites ls` lists, or a file.

    \b
    Examples:
      gems suites show core
      gems suites show ours.yaml --prompt m-001
    """
    found = open_suite(suite)
    if prompt_id is not None:
        chosen = [prompt for prompt in found.prompts if prompt.id == prompt_id]
        if not chosen:
            raise click.UsageError(f"suite '{found.name}' has no prompt '{prompt_id}'")
        _show_prompt(chosen[0], as_json)
        return
    summary = _summary(found)
    if as_json:
        rows = [{"id": p.id, "category": p.category, "hash": p.hash} for p in found.prompts]
        click.echo(json.dumps(summary | {"rows": rows}, indent=2))
        return
    click.echo(f"{found.name}, version {found.version}: {len(found.prompts)} prompts")
    for name, count in summary["categories"].items():
        click.echo(f"  {name}: {count}")
    click.echo(f"selected with {summary['selection']}, confirmed on {summary['confirmation']}")
    for prompt in found.prompts:
        first = " ".join(prompt.prompt.split())
        click.echo(f"  {prompt.id}  {prompt.grader}  {first[:70]}{'…' if len(first) > 70 else ''}")


@suites.command("validate")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def validate(file: Path, as_json: bool) -> None:
    """Say what is wrong with a suite FILE, line by line.

    The gold answers are graded too: one that its own grader would mark wrong is a fault.
    """
    problems = problems_in(file) or _misgraded(load(file))
    if as_json:
        rows = [{"line": problem.line, "message": problem.message} for problem in problems]
        click.echo(json.dumps({"file": str(file), "problems": rows}, indent=2))
    else:
        for problem in problems:
            where = f"{file}:{problem.line}" if problem.line else f"{file}"
            click.echo(f"{where}: {problem.message}")
        if not problems:
            found = load(file)
            click.echo(f"{file}: {len(found.prompts)} prompts, nothing wrong")
    if problems:
        raise SystemExit(1)


def _summary(suite: Suite) -> dict[str, Any]:
    selection, confirmation = split(suite)
    return {
        "suite": suite.name,
        "version": suite.version,
        "prompts": len(suite.prompts),
        "categories": dict(Counter(prompt.category for prompt in suite.prompts)),
        "confirm": suite.confirm,
        "selection": len(selection),
        "confirmation": len(confirmation),
    }


def _show_prompt(prompt: Prompt, as_json: bool) -> None:
    rows = {
        "id": prompt.id,
        "category": prompt.category,
        "grader": prompt.grader,
        "hash": prompt.hash,
        "system": prompt.system,
        "question": prompt.question,
        "gold": prompt.gold,
        "entry_point": prompt.entry_point,
        "tests": prompt.tests,
        "max_tokens": prompt.max_tokens,
    }
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for name, value in rows.items():
        if value:
            text = str(value).rstrip()
            click.echo(f"{name}: {text}" if "\n" not in text else f"{name}:\n{text}\n")


def _misgraded(suite: Suite) -> list[Problem]:
    """Gold answers that their own graders refuse; code without a sandbox is passed over."""
    from evaluator.grading import grade_all, refusal

    prompts = [p for p in suite.prompts if p.gold and p.grader not in ("regex", "code")]
    if not refusal(suite.prompts):
        prompts += [p for p in suite.prompts if p.gold and p.grader == "code"]
    grades = grade_all([(prompt, prompt.gold) for prompt in prompts])
    return [
        Problem(0, f"'{prompt.id}': its own gold answer is graded wrong ({grade.note}); mend it")
        for prompt, grade in zip(prompts, grades, strict=True)
        if grade.score < 1
    ]
