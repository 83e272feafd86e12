"""A chat template, run: runs in the child process only, on what a stranger wrote.

Templates see what Transformers gives them (`messages`, `add_generation_prompt`, the special
tokens, `raise_exception`, `strftime_now`, `tojson`, loop controls, `generation` blocks), but the
clock stands still and nothing is random: a prompt is the same every night.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from jinja2 import TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

CLOCK = datetime(2024, 7, 26)
ADDRESS = re.compile(r" at 0x[0-9a-f]{8,16}>")
MOST_ADDED = 32_000
"""Characters that a template may put around what is asked: each one is paid for in every query."""

T = TypeVar("T")


class Broken(Exception):
    """A template that cannot be used: the kind of failure, and what was said."""

    def __init__(self, kind: str, said: str) -> None:
        super().__init__(said)
        self.kind = kind


class Generation(Extension):
    """`{% generation %}` marks an assistant's words for training; here they are only words."""

    tags = {"generation"}  # noqa: RUF012 - as the base class has it

    def parse(self, parser: Parser) -> list[Node]:
        """The body alone."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class Chat:
    """A compiled template with the special tokens it may print. Raises Broken."""

    def __init__(self, source: str, tokens: dict[str, str]) -> None:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
        )
        environment.filters["tojson"] = _tojson
        environment.filters.pop("random")
        environment.globals.pop("lipsum")
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = CLOCK.strftime
        self.tokens = tokens
        self.template = guarded(lambda: environment.from_string(source))

    def say(self, item: dict[str, Any]) -> tuple[str, str]:
        """The text of a prompt, and how its system prompt went in. Raises Broken."""
        question, system, shots = item["question"], item["system"], item["few_shot"]
        turns = [
            {"role": role, "content": content}
            for shot in shots
            for role, content in zip(("user", "assistant"), shot, strict=True)
        ]
        turns.append({"role": "user", "content": question})
        if not system:
            return self._holding(turns, question), ""
        try:
            text = self._text([{"role": "system", "content": system}, *turns])
            if _holds(text, system) and _holds(text, question):
                return text, "role"
        except Broken as error:
            if error.kind != "template_broken":
                raise
        first = {"role": "user", "content": f"{system}\n\n{turns[0]['content']}"}
        text = self._holding([first, *turns[1:]], question)
        if not _holds(text, system):
            raise Broken("template_drops", "it leaves out the system prompt")
        return text, "folded"

    def _holding(self, messages: list[dict[str, str]], question: str) -> str:
        text = self._text(messages)
        if not _holds(text, question):
            raise Broken("template_drops", "it leaves out the question")
        return text

    def _text(self, messages: list[dict[str, str]]) -> str:
        return guarded(lambda: self._parts(messages))

    def _parts(self, messages: list[dict[str, str]]) -> str:
        parts, size = [], 0
        most = MOST_ADDED + sum(len(message["content"]) for message in messages)
        given = {"messages": messages, "add_generation_prompt": True, "tools": None}
        for part in self.template.generate(**given, documents=None, **self.tokens):
            size += len(part)
            if size > most:
                raise Broken("template_size", f"it makes over {most} characters of what is asked")
            parts.append(part)
        text = "".join(parts)
        if ADDRESS.search(text):
            raise Broken("template_broken", "it prints a memory address, other each night")
        return text


def guarded(work: Callable[[], T]) -> T:
    """What the work gives; whatever a template raises becomes Broken."""
    try:
        return work()
    except Broken:
        raise
    except MemoryError as error:
        raise Broken("template_memory", "it wants too much memory") from error
    except TemplateError as error:
        raise Broken("template_broken", error.message or type(error).__name__) from error
    except Exception as error:
        raise Broken("template_broken", f"{type(error).__name__}: {error}") from error


def _holds(text: str, part: str) -> bool:
    """Whether a text holds another, spacing aside: templates trim what they are given."""
    return part.strip() in text or " ".join(part.split()) in " ".join(text.split())


def _refuse(message: object) -> None:
    raise TemplateError(str(message))


def _tojson(value: object, ensure_ascii: bool = False, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, **options)
