"""A suite, written to a file that `load` reads back as it was."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from evaluator.suites.prompt import Prompt
from evaluator.suites.suite import Suite

DEFAULTS = {field.name: field.default for field in fields(Prompt)}


def write(suite: Suite, path: Path) -> None:
    """Write a suite as JSONL. Raises OSError; a file half written is never left under the name."""
    head = {"suite": suite.name} | ({"confirm": suite.confirm} if suite.confirm else {})
    lines = [head, *(_row(prompt) for prompt in suite.prompts)]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _row(prompt: Prompt) -> dict[str, Any]:
    return {name: value for name, value in asdict(prompt).items() if value != DEFAULTS[name]}
