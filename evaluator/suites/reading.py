"""A suite file's text, read into located entries: what was written, and on which line.

Scalars stay the text they were written as (`gold: 042` is "042", `gold: yes` is "yes"): nothing is
turned into a number or a truth value behind the author's back. YAML is composed, never
constructed, so that no tag can make an object.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import yaml

MOST_NODES = 1_000_000
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong on a line (from 1), and what to do."""

    line: int
    message: str


@dataclass(slots=True)
class Entry:
    """One mapping of the file: its fields, and the line of the mapping and of each field."""

    line: int
    fields: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def at(self, name: str) -> int:
        """The line of a field, or of the entry where it is absent."""
        return self.lines.get(name, self.line)


@dataclass(slots=True)
class Sheet:
    """A file as read: the suite's own fields, its prompts, and what was wrong on the way."""

    head: Entry
    prompts: list[Entry]
    problems: list[Problem]


def read_yaml(text: str) -> Sheet:
    """A YAML suite: a mapping with a list of mappings under `prompts`."""
    problems: list[Problem] = []
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, text.find(chr(error.character))) + 1
        said = "not YAML: there is a control character; remove it"
        return Sheet(Entry(1), [], [Problem(line, said)])
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        said = getattr(error, "problem", None) or "nested too deeply"
        return Sheet(Entry(1), [], [Problem(line, f"not YAML: {said}; mend the text here")])
    if not isinstance(root, yaml.MappingNode):
        return Sheet(Entry(1), [], [Problem(1, "no mapping; begin with `suite:` and `prompts:`")])
    reader = _Nodes(problems)
    head = Entry(1)
    entries: list[Entry] = []
    for key, node in reader.pairs(root):
        line = node.start_mark.line + 1
        if key == "prompts" and isinstance(node, yaml.SequenceNode):
            for child in node.value:
                if isinstance(child, yaml.MappingNode):
                    entries.append(reader.entry(child))
                else:
                    at = child.start_mark.line + 1
                    problems.append(Problem(at, "a prompt must be a mapping with `id:`"))
        else:
            head.fields[key] = reader.value(node)
            head.lines[key] = line
    return Sheet(head, entries, problems)


class _Nodes:
    """YAML nodes into plain values, within limits that aliases cannot stretch."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.left = MOST_NODES

    def entry(self, node: yaml.MappingNode) -> Entry:
        entry = Entry(node.start_mark.line + 1)
        for key, child in self.pairs(node):
            entry.lines[key] = child.start_mark.line + 1
            entry.fields[key] = self.value(child)
        return entry

    def pairs(self, node: yaml.MappingNode) -> list[tuple[str, yaml.Node]]:
        seen: dict[str, yaml.Node] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(Problem(line, "a key must be plain text"))
            elif key.value in seen:
                said = f"`{key.value}:` is given twice; keep one"
                self.problems.append(Problem(line, said))
            else:
                seen[key.value] = child
        return list(seen.items())

    def value(self, node: yaml.Node, depth: int = 0) -> Any:
        self.left -= 1
        if self.left < 0 or depth > DEEPEST:
            if self.left >= -1:
                line = node.start_mark.line + 1
                self.problems.append(Problem(line, "too much here (aliases?); write it out"))
                self.left = -2
            return None
        if isinstance(node, yaml.MappingNode):
            return {key: self.value(child, depth + 1) for key, child in self.pairs(node)}
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, depth + 1) for child in node.value]
        return None if node.tag == "tag:yaml.org,2002:null" else node.value


def read_jsonl(text: str) -> Sheet:
    """A JSONL suite: a prompt a line; a first line with `suite` holds the suite's own fields."""
    problems: list[Problem] = []
    head = Entry(1)
    entries: list[Entry] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError) as error:
            said = getattr(error, "msg", "nested too deeply")
            problems.append(Problem(number, f"not JSON: {said}; one object a line"))
            continue
        if not isinstance(row, dict):
            problems.append(Problem(number, 'not an object; write {"id": …} on the line'))
            continue
        if not _is_whole(row):
            problems.append(Problem(number, "half a character is in it; write it whole"))
            continue
        row = {key: _as_written(value) for key, value in row.items()}
        entry = Entry(number, row)
        if "suite" in row and not entries:
            head = entry
        else:
            entries.append(entry)
    return Sheet(head, entries, problems)


def _as_written(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _is_whole(row: dict[str, Any]) -> bool:
    """Whether no text in it has half of a character, as JSON's escapes can write it."""
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
