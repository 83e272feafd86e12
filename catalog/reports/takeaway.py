"""The published part of the catalog as an SQLite file of its own, with a schema of its own.

Prompts that confirm are left out until they are retired, and so is every score on them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.reports.boards import Board
from catalog.reports.standings import Mark, Standing
from catalog.reports.transcripts import Question
from catalog.tables import Answer, Grade

SCHEMA = 1
FEW = 500

_TABLES = """
CREATE TABLE boards (board INTEGER PRIMARY KEY, family TEXT, suite TEXT, suite_version TEXT,
  engine TEXT, dtype TEXT, finished_at TEXT);
CREATE TABLE checkpoints (checkpoint INTEGER PRIMARY KEY, hub TEXT, name TEXT, sha TEXT,
  relation TEXT, license TEXT, parameters INTEGER, created_at TEXT, downloads INTEGER,
  root INTEGER, popular INTEGER);
CREATE TABLE rulings (board INTEGER, checkpoint INTEGER, category TEXT, verdict TEXT,
  position INTEGER, score REAL, low REAL, high REAL, n INTEGER, delta_vs_popular REAL, p REAL,
  tie_group INTEGER, rung INTEGER, optimistic INTEGER,
  PRIMARY KEY (board, checkpoint, category)) WITHOUT ROWID;
CREATE TABLE prompts (prompt INTEGER PRIMARY KEY, board INTEGER, key TEXT, category TEXT,
  text TEXT, gold TEXT);
CREATE TABLE scores (checkpoint INTEGER, prompt INTEGER, score REAL,
  PRIMARY KEY (checkpoint, prompt)) WITHOUT ROWID;
"""


Shelf = tuple[str, Board, Sequence[Standing], Sequence[Question]]
"""A family's slug, a board of it, the board's standings, and its prompts that may be shown."""


def write_takeaway(session: Session, path: Path, shelves: Iterable[Shelf]) -> None:
    """Write the file anew."""
    with _writing(path) as file:
        file.execute(f"PRAGMA user_version = {SCHEMA}")
        file.executescript(_TABLES)
        file.execute("BEGIN")
        for family, board, standings, questions in shelves:
            _write_board(file, family, board)
            _write_prompts(file, board, questions)
            _write_standings(session, file, board, standings, questions)
        file.execute("COMMIT")


def mend_takeaway(
    session: Session, path: Path, shelves: Iterable[Shelf], changed: Collection[int]
) -> None:
    """Write anew what a file says of these checkpoints, each on one board; the rest did not change.

    For a file that was written from the same boards, prompts and checkpoints.
    """
    with _writing(path) as file:
        file.execute("BEGIN")
        for _, board, standings, questions in shelves:
            mended = [s for s in standings if s.checkpoint_id in changed]
            gone = [(s.checkpoint_id,) for s in mended]
            file.executemany("DELETE FROM rulings WHERE checkpoint = ?", gone)
            file.executemany("DELETE FROM scores WHERE checkpoint = ?", gone)
            _write_standings(session, file, board, mended, questions)
        file.execute("COMMIT")


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Nothing is kept safe from a crash: a file that was not finished is never published."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("PRAGMA synchronous = OFF")
        yield file


def _write_standings(
    session: Session,
    file: sqlite3.Connection,
    board: Board,
    standings: Sequence[Standing],
    questions: Sequence[Question],
) -> None:
    file.executemany(_insert("checkpoints", 11), map(_checkpoint, standings))
    file.executemany(_insert("rulings", 14), _rulings(board, standings))
    asked = "SELECT key, prompt FROM prompts WHERE board = ?"
    number = dict(file.execute(asked, (board.scan_id,)).fetchall())
    prompts = {question.hash: number[_storable(question.key)] for question in questions}
    ids = {s.checkpoint_id for s in standings}
    file.executemany(_insert("scores", 3), _scores(session, board, ids, prompts))


def _insert(table: str, columns: int) -> str:
    return f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * columns)})"


def _write_board(file: sqlite3.Connection, family: str, board: Board) -> None:
    row = (
        board.scan_id,
        family,
        board.suite,
        board.version,
        board.engine,
        board.dtype,
        board.finished_at.isoformat(),
    )
    file.execute(_insert("boards", 7), row)


def _checkpoint(s: Standing) -> tuple[Any, ...]:
    made = None if s.created_at is None else s.created_at.isoformat()
    return (
        s.checkpoint_id,
        s.hub,
        s.name,
        s.sha,
        s.relation,
        s.license,
        s.parameters,
        made,
        s.downloads,
        s.root,
        s.popular,
    )


def _rulings(board: Board, standings: Iterable[Standing]) -> Iterable[tuple[Any, ...]]:
    for s in standings:
        yield _ruling(board, s, "", s.overall)
        for category, mark in s.categories.items():
            yield _ruling(board, s, category, mark)


def _ruling(board: Board, s: Standing, category: str, mark: Mark) -> tuple[Any, ...]:
    return (
        board.scan_id,
        s.checkpoint_id,
        category,
        mark.verdict,
        mark.position,
        mark.score,
        mark.low,
        mark.high,
        mark.n,
        mark.delta,
        mark.p,
        mark.tie_group,
        mark.rung,
        mark.optimistic,
    )


def _write_prompts(file: sqlite3.Connection, board: Board, questions: Sequence[Question]) -> None:
    first = file.execute("SELECT coalesce(max(prompt), 0) + 1 FROM prompts").fetchone()[0]
    for number, question in enumerate(questions, start=first):
        key, category = _storable(question.key), _storable(question.category)
        text = _storable(question.content.get("prompt", ""))
        gold = _storable(question.content.get("gold", ""))
        row = (number, board.scan_id, key, category, text, gold)
        file.execute(_insert("prompts", 6), row)


def _storable(value: object) -> str:
    """Text without lone surrogates, which JSON can carry and UTF-8 cannot."""
    return str(value).encode("utf-8", "replace").decode()


def _scores(
    session: Session, board: Board, asked: Collection[int], prompts: dict[str, int]
) -> Iterable[tuple[int, int, float]]:
    """The newest grade of the newest answer, which comes last and replaces the others."""
    query = (
        select(Answer.checkpoint_id, Answer.prompt_hash, Grade.score)
        .join(Grade, Grade.answer_id == Answer.id)
        .where(Answer.engine == board.engine, Answer.dtype == board.dtype)
        .order_by(Answer.id, Grade.graded_at)
    )
    if len(asked) <= FEW:
        query = query.where(Answer.checkpoint_id.in_(asked))
    found = session.connection().execute(query.execution_options(yield_per=10_000))
    for checkpoint_id, prompt_hash, score in found:
        number = prompts.get(prompt_hash)
        if number is not None and checkpoint_id in asked:
            yield checkpoint_id, number, score
