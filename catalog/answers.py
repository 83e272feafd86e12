"""Answers and their grades: paid for once, found again by what determines them.

A checkpoint's commit renders a prompt one way, so an answer is looked up without rendering it
again; what the engine got is kept beside it as `rendered_hash`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from catalog.tables import Answer, Grade, Visit

MOST_AT_ONCE = 500
"""Values in one IN list: below every database's limit."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What must be equal for answers to be compared."""

    decoding_hash: str
    engine: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked: a checkpoint at its commit; an adapter's with the commit of its base."""

    checkpoint_id: int
    base_sha: str = ""


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """An answer as it came from the engine."""

    prompt_hash: str
    rendered_hash: str
    text: str
    finish: str
    template: str
    prompt_tokens: int
    answer_tokens: int


@dataclass(frozen=True, slots=True)
class NewGrade:
    """What a version of a grader made of a stored answer."""

    answer_id: int
    grader: str
    version: str
    score: float
    extracted: str
    note: str


def answered(session: Session, asked: Asked, terms: Terms) -> dict[str, int]:
    """Answer id by prompt hash: everything that was answered before, on these terms."""
    query = select(Answer.prompt_hash, Answer.id).where(_same(asked, terms)).order_by(Answer.id)
    return {row.prompt_hash: row.id for row in session.execute(query)}


def scores(session: Session, asked: Asked, terms: Terms) -> dict[tuple[str, str, str], float]:
    """Score by (prompt hash, grader, version of the grader)."""
    query = (
        select(Answer.prompt_hash, Grade.grader, Grade.version, Grade.score)
        .join(Grade, Grade.answer_id == Answer.id)
        .where(_same(asked, terms))
        .order_by(Answer.id)
    )
    return {(key, grader, version): score for key, grader, version, score in session.execute(query)}


def texts(session: Session, answer_ids: Sequence[int]) -> dict[int, str]:
    """The raw text of answers, by id."""
    found: dict[int, str] = {}
    for start in range(0, len(answer_ids), MOST_AT_ONCE):
        some = answer_ids[start : start + MOST_AT_ONCE]
        rows = session.execute(select(Answer.id, Answer.text).where(Answer.id.in_(some)))
        found.update((answer_id, text) for answer_id, text in rows)
    return found


def asked_in(session: Session, scan_id: int) -> dict[str, int]:
    """How many answers a scan has paid for, by prompt hash."""
    query = (
        select(Answer.prompt_hash, func.count().label("times"))
        .join(Visit, Visit.id == Answer.visit_id)
        .where(Visit.scan_id == scan_id)
        .group_by(Answer.prompt_hash)
    )
    return {row.prompt_hash: row.times for row in session.execute(query)}


def add_answers(
    session: Session, asked: Asked, terms: Terms, visit_id: int, answers: Iterable[NewAnswer]
) -> dict[str, int]:
    """Store answers of one checkpoint; ids, by prompt hash, of those that were not stored before.

    What was, by another scan meanwhile, stays as it is.
    """
    now, known = datetime.now(UTC), answered(session, asked, terms)
    rows = [
        Answer(
            checkpoint_id=asked.checkpoint_id,
            base_sha=asked.base_sha,
            prompt_hash=answer.prompt_hash,
            rendered_hash=answer.rendered_hash,
            decoding_hash=terms.decoding_hash,
            engine=terms.engine,
            dtype=terms.dtype,
            visit_id=visit_id,
            text=answer.text,
            finish=answer.finish,
            template=answer.template,
            prompt_tokens=answer.prompt_tokens,
            answer_tokens=answer.answer_tokens,
            created_at=now,
        )
        for answer in answers
        if answer.prompt_hash not in known
    ]
    session.add_all(rows)
    session.flush()
    return {row.prompt_hash: row.id for row in rows}


def add_grades(session: Session, grades: Sequence[NewGrade]) -> None:
    """Store grades of answers, but for those that this version of their grader has graded."""
    now = datetime.now(UTC)
    known: set[tuple[int, str, str]] = set()
    for start in range(0, len(grades), MOST_AT_ONCE):
        some = [grade.answer_id for grade in grades[start : start + MOST_AT_ONCE]]
        rows = session.execute(
            select(Grade.answer_id, Grade.grader, Grade.version).where(Grade.answer_id.in_(some))
        )
        known.update((row.answer_id, row.grader, row.version) for row in rows)
    session.add_all(
        Grade(**asdict(grade), graded_at=now)
        for grade in grades
        if (grade.answer_id, grade.grader, grade.version) not in known
    )


def _same(asked: Asked, terms: Terms) -> ColumnElement[bool]:
    return and_(
        Answer.checkpoint_id == asked.checkpoint_id,
        Answer.base_sha == asked.base_sha,
        Answer.decoding_hash == terms.decoding_hash,
        Answer.engine == terms.engine,
        Answer.dtype == terms.dtype,
    )
