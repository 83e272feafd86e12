"""From a sheet to a suite: every prompt checked, every fault told with its line and its mend."""

from __future__ import annotations

import re
from dataclasses import replace
from string import ascii_uppercase
from typing import Any

from evaluator.suites.prompt import GRADERS, MAX_TOKENS, Example, Prompt
from evaluator.suites.reading import Entry, Problem, Sheet

MOST_PROMPTS = 50_000
LONGEST_TEXT = 100_000
MOST_TOKENS = 32_768
MOST_EXAMPLES = 64

HEAD_FIELDS = {"suite", "confirm", "system", "max_tokens", "few_shot", "prompts", "description"}
FIELDS = {
    "id",
    "category",
    "prompt",
    "grader",
    "gold",
    "choices",
    "tests",
    "entry_point",
    "system",
    "max_tokens",
    "few_shot",
    "template",
    "difficulty",
}
NAME = re.compile(r"[\w][\w .:/+-]{0,119}")
NUMBER = re.compile(r"[^\d]{0,3}[-+−]?[\d,._ ]*\d(/\d+|e[-+]?\d+)?\s*%?")


def check(sheet: Sheet) -> tuple[list[Prompt], list[Problem]]:
    """All prompts that are sound, and all that is wrong, in the order of the lines."""
    problems = list(sheet.problems)
    desk = _Desk(problems)
    defaults = desk.defaults(sheet.head)
    prompts: list[Prompt] = []
    ids: dict[str, int] = {}
    hashes: dict[str, str] = {}
    if len(sheet.prompts) > MOST_PROMPTS:
        problems.append(Problem(1, f"more than {MOST_PROMPTS} prompts; split the suite"))
    for entry in sheet.prompts[:MOST_PROMPTS]:
        before = len(problems)
        prompt = desk.prompt(entry, defaults)
        if prompt.id in ids:
            said = f"id '{prompt.id}' is taken by line {ids[prompt.id]}; give it another"
            desk.say(entry, "id", said)
        elif prompt.hash in hashes:
            said = f"'{prompt.id}' says the same as '{hashes[prompt.hash]}'; remove one"
            desk.say(entry, "prompt", said)
        ids.setdefault(prompt.id, entry.line)
        hashes.setdefault(prompt.hash, prompt.id)
        if len(problems) == before:
            prompts.append(prompt)
    if not sheet.prompts and not problems:
        problems.append(Problem(1, "no prompts; list at least one under `prompts:`"))
    return prompts, sorted(problems, key=lambda problem: problem.line)


class _Desk:
    """Where entries are checked. Each method takes a field, or says what is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems

    def say(self, entry: Entry, field: str, message: str) -> None:
        self.problems.append(Problem(entry.at(field), message))

    def defaults(self, head: Entry) -> Prompt:
        self._known(head, HEAD_FIELDS, "the suite")
        for field in ("suite", "confirm"):
            self.text(head, field, "the suite")
        return Prompt(
            id="",
            category="",
            prompt="",
            grader="",
            system=self.text(head, "system", "the suite"),
            max_tokens=self.tokens(head, "the suite", MAX_TOKENS),
            few_shot=self.examples(head, "the suite", ()),
        )

    def prompt(self, entry: Entry, defaults: Prompt) -> Prompt:
        name = f"'{str(entry.fields.get('id', ''))[:60]}'"
        self._known(entry, FIELDS, name)
        for field in ("id", "category", "prompt", "grader"):
            if not self.text(entry, field, name).strip():
                self.say(entry, field, f"{name} has no {field}; add `{field}:`")
        for field in ("id", "category"):
            value = self.text(entry, field, name)
            if value.strip() and not NAME.fullmatch(value):
                said = f"{field} {value[:60]!r} must be a short name of letters, digits and .:/+-_"
                self.say(entry, field, said)
        difficulty = self.text(entry, "difficulty", name) or "0"
        if difficulty not in {"0", "1", "2", "3", "4", "5"}:
            self.say(entry, "difficulty", f"{name}: difficulty must be 1 to 5")
            difficulty = "0"
        prompt = replace(
            defaults,
            id=self.text(entry, "id", name),
            category=self.text(entry, "category", name),
            prompt=self.text(entry, "prompt", name),
            grader=self.text(entry, "grader", name),
            gold=self.text(entry, "gold", name).strip(),
            choices=self.choices(entry, name),
            tests=self.text(entry, "tests", name),
            entry_point=self.text(entry, "entry_point", name),
            system=self.text(entry, "system", name) or defaults.system,
            max_tokens=self.tokens(entry, name, defaults.max_tokens),
            few_shot=self.examples(entry, name, defaults.few_shot),
            template=self.text(entry, "template", name),
            difficulty=int(difficulty),
        )
        return self.graded(entry, prompt, name)

    def graded(self, entry: Entry, prompt: Prompt, name: str) -> Prompt:
        """The gold answer, checked by what its grader needs."""
        grader = prompt.grader
        if not grader:
            return prompt
        if grader not in GRADERS:
            said = f"{name}: no grader '{grader[:40]}'; take one of {', '.join(GRADERS)}"
            self.say(entry, "grader", said)
            return prompt
        if grader != "code" and not prompt.gold:
            self.say(entry, "gold", f"{name} has no gold answer; add `gold:`")
            return prompt
        if grader != "choice" and prompt.choices:
            self.say(entry, "choices", f"{name}: choices need `grader: choice`")
        if grader != "code" and (prompt.tests or prompt.entry_point):
            self.say(entry, "tests", f"{name}: tests and entry_point need `grader: code`")
        if grader == "number" and not NUMBER.fullmatch(prompt.gold):
            said = f"{name}: gold {prompt.gold[:40]!r} is not one number; write it in digits"
            self.say(entry, "gold", said)
        elif grader == "choice":
            return self._lettered(entry, prompt, name)
        elif grader == "regex":
            try:
                re.compile(prompt.gold)
            except (re.error, RecursionError, OverflowError) as error:
                self.say(entry, "gold", f"{name}: gold is not a pattern ({error}); mend it")
        elif grader == "code":
            if not prompt.tests.strip():
                self.say(entry, "tests", f"{name} has no tests; add `tests:` with assert lines")
            elif not self._compiles(prompt.tests):
                self.say(entry, "tests", f"{name}: the tests are not Python; mend them")
            if not prompt.entry_point.isidentifier():
                said = f"{name} has no entry point; add `entry_point:`, a Python name"
                self.say(entry, "entry_point", said)
        return prompt

    def _lettered(self, entry: Entry, prompt: Prompt, name: str) -> Prompt:
        count = len(prompt.choices)
        if not 2 <= count <= len(ascii_uppercase):
            self.say(entry, "choices", f"{name} needs 2 to 26 choices; list them in `choices:`")
            return prompt
        if len({choice.strip().casefold() for choice in prompt.choices}) < count:
            self.say(entry, "choices", f"{name} has a choice twice; make them differ")
        letters = ascii_uppercase[:count]
        if prompt.gold in prompt.choices:
            return replace(prompt, gold=letters[prompt.choices.index(prompt.gold)])
        if len(prompt.gold) != 1 or prompt.gold.upper() not in letters:
            said = f"gold {prompt.gold[:40]!r} is none of the choices"
            self.say(entry, "gold", f"{name}: {said}; write A to {letters[-1]}")
            return prompt
        return replace(prompt, gold=prompt.gold.upper())

    def _known(self, entry: Entry, known: set[str], name: str) -> None:
        for field in entry.fields:
            if field not in known:
                said = f"{name}: no field '{field[:40]}'; known are {', '.join(sorted(known))}"
                self.say(entry, field, said)

    def text(self, entry: Entry, field: str, name: str) -> str:
        value = entry.fields.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.say(entry, field, f"{name}: `{field}:` must be text")
            return ""
        if len(value) > LONGEST_TEXT:
            self.say(entry, field, f"{name}: `{field}:` is over {LONGEST_TEXT} characters; cut it")
            return ""
        if not value.isprintable() and any(c < " " and c not in "\n\t\r" for c in value):
            self.say(entry, field, f"{name}: `{field}:` holds control characters; remove them")
        if any("\ud800" <= c <= "\udfff" for c in value):
            self.say(entry, field, f"{name}: `{field}:` holds half a character; write it whole")
            return ""
        return value

    def choices(self, entry: Entry, name: str) -> tuple[str, ...]:
        value = entry.fields.get("choices")
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self.say(entry, "choices", f"{name}: `choices:` must be a list of texts")
            return ()
        return tuple(value)

    def tokens(self, entry: Entry, name: str, default: int) -> int:
        value = self.text(entry, "max_tokens", name)
        if not value:
            return default
        if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= MOST_TOKENS:
            said = f"{name}: max_tokens must be a whole number from 1 to {MOST_TOKENS}"
            self.say(entry, "max_tokens", said)
            return default
        return int(value)

    def examples(
        self, entry: Entry, name: str, default: tuple[Example, ...]
    ) -> tuple[Example, ...]:
        value: Any = entry.fields.get("few_shot")
        if value is None:
            return default
        sound = isinstance(value, list) and len(value) <= MOST_EXAMPLES
        rows = value if sound else []
        for row in rows:
            texts = row.values() if isinstance(row, dict) else ()
            sound &= isinstance(row, dict) and set(row) == {"prompt", "answer"}
            sound &= all(isinstance(t, str) and 0 < len(t) <= LONGEST_TEXT for t in texts)
        if not sound:
            said = f"{name}: few_shot must list at most {MOST_EXAMPLES} pairs of prompt and answer"
            self.say(entry, "few_shot", said)
            return default
        return tuple(Example(row["prompt"], row["answer"]) for row in rows)

    @staticmethod
    def _compiles(source: str) -> bool:
        try:
            compile(source, "tests", "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        return True
