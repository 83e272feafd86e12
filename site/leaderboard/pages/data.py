"""Leaderboards to take away: CSV, JSON, the questions behind them, and when they were checked."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from catalog.reports.standings import Standing
from catalog.reports.transcripts import Question
from leaderboard.numbers import iso, stamp
from leaderboard.pages.checkpoint import mark_json
from leaderboard.pages.fixed import SCHEMA
from leaderboard.pages.page import Page, digest
from leaderboard.sentences import relation
from leaderboard.text import plain
from leaderboard.views import Site, View

LONGEST_PROMPT = 4_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def data_pages(
    site: Site, digests: Sequence[Mapping[int, str]], questions: Sequence[Sequence[Question]]
) -> Iterator[Page]:
    for at, view in enumerate(site.views):
        if view.board is None:
            continue
        file = view.slug.replace("/", "--")
        rows = [(digests[at][s.checkpoint_id], view.rank(s)) for s in view.standings]
        inputs = (view.family.slug, view.board.suite, view.board.version, rows)
        paths = (f"data/families/{file}.csv", f"data/families/{file}.json")

        def tables(view: View = view, paths: tuple[str, str] = paths) -> list[tuple[str, bytes]]:
            return [(paths[0], _csv(site, view)), (paths[1], _json(site, view))]

        yield Page(paths[0], digest(inputs), paths, tables)
        asked = questions[at]
        path = f"data/questions/{file}.json"

        def prompts(asked: Sequence[Question] = asked, path: str = path) -> list[tuple[str, bytes]]:
            return [(path, _questions(asked))]

        yield Page(path, digest(view.board.version, [q.hash for q in asked]), (path,), prompts)
    known = [(site.page_of(s) or "", s.name[:LONGEST_PROMPT]) for _, s in site.subjects.values()]

    def listed() -> bytes:
        return _dump([{"address": address, "name": plain(name)} for address, name in known])

    yield Page(
        "data/checkpoints.json",
        digest(known),
        ("data/checkpoints.json",),
        lambda: [("data/checkpoints.json", listed())],
    )


def status(site: Site, now: datetime) -> bytes:
    """All that changes from day to day though nothing else does."""
    return _dump(
        {
            "schema": SCHEMA,
            "published_at": stamp(now),
            "families": {
                view.family.slug: {
                    "crawled_at": stamp(view.family.crawled_at),
                    "scanned_at": stamp(view.board.finished_at) if view.board else None,
                    "candidates": view.family.candidates,
                    "evaluated": len(view.standings),
                    "gone": sum(s.missing_since is not None for s in view.standings),
                }
                for view in site.main
            },
        }
    )


def _csv(site: Site, view: View) -> bytes:
    categories = view.categories
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows = [_flat(site, view, s) for s in view.standings]
    fixed = list(rows[0]) if rows else []
    writer.writerow([*fixed, *(_cell(f"score_{category}") for category in categories)])
    for row, standing in zip(rows, view.standings, strict=True):
        scores = [
            standing.categories[category].score if category in standing.categories else None
            for category in categories
        ]
        writer.writerow([_cell(value) for value in (*row.values(), *scores)])
    return out.getvalue().encode("utf-8", "replace")


def _json(site: Site, view: View) -> bytes:
    board = view.board
    return _dump(
        {
            "schema": SCHEMA,
            "family": view.family.slug,
            "suite": None if board is None else {"name": board.suite, "version": board.version},
            "leaderboard": [
                _flat(site, view, s)
                | {"categories": {c: mark_json(m) for c, m in s.categories.items()}}
                for s in view.standings
            ],
        }
    )


def _flat(site: Site, view: View, s: Standing) -> dict[str, Any]:
    return {
        "checkpoint": s.name,
        "sha": s.sha,
        "rank": view.rank(s),
        **mark_json(s.overall),
        "popular": s.popular,
        "downloads": s.downloads,
        "relation": relation(s),
        "license": s.license,
        "parameters": s.parameters,
        "created": iso(s.created_at),
        "evaluated": iso(s.effort.visited_at),
        "page": f"checkpoints/{site.page_of(s)}.html",
    }


def _cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula."""
    if not isinstance(value, str):
        return value
    shown = plain(value, 200)
    return f"'{shown}" if shown.startswith(FORMULA) else shown


def _questions(questions: Sequence[Question]) -> bytes:
    return _dump(
        {
            question.key: {
                "category": question.category,
                "prompt": str(question.content.get("prompt", ""))[:LONGEST_PROMPT],
                "gold": str(question.content.get("gold", ""))[:LONGEST_PROMPT],
            }
            for question in questions
        }
    )


def _dump(value: object) -> bytes:
    return (json.dumps(value, separators=(",", ":")) + "\n").encode()
