"""Prompts that may be shown, and what was answered to them.

A prompt that confirms is secret until it is retired, in whichever suite it also stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from catalog.reports.boards import Board
from catalog.tables import Answer, Grade, Plan, Prompt, Scan
from catalog.words import Part

LONGEST_TEXT = 20_000
LONGEST_EXTRACT = 400


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt that may be shown; `content` holds its text, gold answer and choices."""

    key: str
    hash: str
    category: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Graded:
    """The newest answer to a prompt, without its text, and its newest grade."""

    answer_id: int
    score: float
    extracted: str | None


@dataclass(frozen=True, slots=True)
class Text:
    """An answer's own words, cut at LONGEST_TEXT; length: of the whole, in characters."""

    text: str
    length: int
    finish: str
    template: str
    answer_tokens: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """Changes whenever a checkpoint's answers or grades do, without reading them."""

    answers: int
    newest: int
    grades: int
    version: str | None


def questions(session: Session, board: Board) -> list[Question]:
    """The board's prompts that may be shown, in the order everyone was asked them."""
    secret = secrets(session)
    order = session.scalar(select(Plan.order).where(Plan.id == board.plan_id)) or []
    place = {key: at for at, key in enumerate(order)}
    found = [
        Question(prompt.key, prompt.hash, prompt.category, prompt.content)
        for prompt in session.scalars(select(Prompt).where(Prompt.suite_id == board.suite_id))
        if prompt.hash not in secret
    ]
    return sorted(found, key=lambda question: (place.get(question.key, len(place)), question.key))


def secrets(session: Session) -> frozenset[str]:
    """Hashes of the prompts that must not be shown: they confirm, and are not retired."""
    confirming = select(Scan.confirm_id).where(
        Scan.confirm_id.is_not(None), Scan.confirm_id != Scan.suite_id
    )
    return frozenset(
        session.scalars(
            select(Prompt.hash).where(
                Prompt.retired_at.is_(None),
                or_(Prompt.part == Part.CONFIRMATION, Prompt.suite_id.in_(confirming)),
            )
        )
    )


def stamps(session: Session) -> dict[int, Stamp]:
    """Every checkpoint's stamp; read from indexes alone."""
    return {
        checkpoint_id: Stamp(answers, newest or 0, grades, version)
        for checkpoint_id, answers, newest, grades, version in session.connection()
        .execute(
            select(
                Answer.checkpoint_id,
                func.count(Answer.id.distinct()),
                func.max(Answer.id),
                func.count(Grade.answer_id),
                func.max(Grade.version),
            )
            .outerjoin(Grade, Grade.answer_id == Answer.id)
            .group_by(Answer.checkpoint_id)
        )
        .all()
    }


def graded(
    session: Session, board: Board, checkpoint_ids: Collection[int], hashes: Collection[str]
) -> dict[int, dict[str, Graded]]:
    """By checkpoint and prompt hash: the newest graded answers on the board's engine and dtype."""
    wanted = frozenset(hashes)
    found: dict[int, dict[str, Graded]] = defaultdict(dict)
    for checkpoint_id, answer_id, prompt_hash, score, extracted in session.connection().execute(
        select(
            Answer.checkpoint_id,
            Answer.id,
            Answer.prompt_hash,
            Grade.score,
            func.substr(Grade.extracted, 1, LONGEST_EXTRACT),
        )
        .join(Grade, Grade.answer_id == Answer.id)
        .where(
            and_(
                Answer.checkpoint_id.in_(checkpoint_ids),
                Answer.engine == board.engine,
                Answer.dtype == board.dtype,
            )
        )
        .order_by(Answer.id, Grade.graded_at)
    ):
        if prompt_hash in wanted:
            found[checkpoint_id][prompt_hash] = Graded(answer_id, score, extracted)
    return found


def texts(session: Session, answer_ids: Collection[int]) -> dict[int, Text]:
    """By answer id."""
    return {
        answer_id: Text(*rest)
        for answer_id, *rest in session.connection().execute(
            select(
                Answer.id,
                func.substr(Answer.text, 1, LONGEST_TEXT),
                func.length(Answer.text),
                Answer.finish,
                Answer.template,
                Answer.answer_tokens,
            ).where(Answer.id.in_(answer_ids))
        )
    }
