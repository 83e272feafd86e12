"""Suites as they were asked: stored once a version, prompts and gold answers included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.tables import Prompt, Suite
from catalog.words import Part


@dataclass(frozen=True, slots=True)
class AskedPrompt:
    """One prompt. `hash` covers all that is asked and graded; `content` is all of it."""

    key: str
    category: str
    hash: str
    part: Part
    content: dict[str, Any]


def store_suite(session: Session, name: str, version: str, prompts: Sequence[AskedPrompt]) -> int:
    """The id of that version of the suite, which is stored if it is new."""
    known = session.scalar(select(Suite.id).where(Suite.name == name, Suite.version == version))
    if known is not None:
        return known
    suite = Suite(name=name, version=version, created_at=datetime.now(UTC))
    session.add(suite)
    session.flush()
    session.add_all(
        Prompt(
            suite_id=suite.id,
            key=prompt.key,
            category=prompt.category,
            hash=prompt.hash,
            part=prompt.part,
            content=prompt.content,
        )
        for prompt in prompts
    )
    return suite.id


def prompts_of(session: Session, suite_id: int, part: Part | None = None) -> list[AskedPrompt]:
    """The prompts of a stored suite, by key; of one part if it is named."""
    rows = session.scalars(select(Prompt).where(Prompt.suite_id == suite_id).order_by(Prompt.key))
    return [
        AskedPrompt(row.key, row.category, row.hash, Part(row.part), row.content)
        for row in rows
        if part is None or row.part == part
    ]
