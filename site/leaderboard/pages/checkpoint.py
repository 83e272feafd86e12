"""A checkpoint's page, its JSON and its badge."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from catalog.reports.boards import Board
from catalog.reports.standings import Mark, Standing
from catalog.reports.transcripts import Graded, Question, Text
from catalog.words import Relation, Verdict
from leaderboard import commands
from leaderboard.charts.strips import strips
from leaderboard.environment import render
from leaderboard.numbers import count, day, percent, points, short, size
from leaderboard.pages.fixed import SCHEMA
from leaderboard.paths import hub_url
from leaderboard.subjects import Subject
from leaderboard.text import name, plain
from leaderboard.transcripts import Pick, Tally

LONGEST = 1_500
PAGE_BYTES = 120_000
"""Of transcripts on one page, before compression."""
LABELS = {
    "win": "Win",
    "loss": "Loss",
    "both-right": "Both right",
    "both-wrong": "Both wrong",
    "right": "Right",
    "wrong": "Wrong",
}
TEMPLATES = {
    "own": "the checkpoint’s own",
    "ancestor": "its nearest ancestor’s",
    "plain": "none: the plain prompt",
}


@dataclass(frozen=True)
class Shared:
    """What all pages of a view are written from. base: the root that others are held against."""

    board: Board
    questions: tuple[Question, ...]
    base: Standing | None
    base_graded: Mapping[str, Graded]
    base_texts: Mapping[int, Text]


@dataclass(frozen=True, slots=True)
class Said:
    who: str
    text: str
    score: float
    extracted: str | None
    cut: bool


@dataclass(frozen=True, slots=True)
class Transcript:
    outcome: str
    label: str
    question: Question
    prompt: str
    teaser: str
    choices: list[str]
    gold: str
    answers: list[Said]


def paths(address: str, standing: Standing) -> tuple[str, ...]:
    """What is eliminated gets no badge: nobody would put it on a card."""
    page, data = f"checkpoints/{address}.html", f"data/checkpoints/{address}.json"
    if standing.overall.verdict == Verdict.ELIMINATED:
        return page, data
    return page, data, f"badges/{address}.svg"


def checkpoint_files(
    subject: Subject,
    shared: Shared,
    own: Mapping[str, Graded],
    picks: Sequence[Pick],
    texts: Mapping[int, Text],
    counted: Tally,
) -> list[tuple[str, bytes]]:
    """The page, its JSON and its badge, in the order of `paths`."""
    page, data, *badges = paths(subject.address, subject.standing)
    told = _transcripts(subject, shared, picks, texts)
    badge = _badge(subject) if badges else None
    return [
        (page, _html(page, subject, shared, told, texts, counted, badge)),
        (data, _json(subject, shared, own, told)),
        *((path, badge.drawn) for path in badges if badge is not None),
    ]


def _html(
    path: str,
    subject: Subject,
    shared: Shared,
    told: list[Transcript],
    texts: Mapping[int, Text],
    counted: Tally,
    badge: Badge | None,
) -> bytes:
    s = subject.standing
    base = None if s.root else shared.base
    vllm = commands.vllm(s.name, s.sha, subject.base, s.relation)
    return render(
        "checkpoint.html",
        path,
        s=s,
        subject=subject,
        headline=subject.headline,
        sentence=subject.sentence,
        notes=_notes(subject),
        hub_url=hub_url(s.hub, s.name),
        reference=base,
        strips=strips(s, base),
        rungs=_rungs(shared.board, s),
        vllm=vllm,
        transformers=commands.transformers(s.name, s.sha, subject.base, s.relation),
        no_command=_no_command(s),
        facts=_facts(subject, shared, texts),
        transcripts=told,
        tally=_tally(counted, base, len(told)),
        limit=LONGEST,
        badge=badge,
    )


def _notes(subject: Subject) -> list[Markup]:
    s = subject.standing
    notes = []
    if subject.regressions:
        lost = Markup(", ").join(
            Markup("{} ({})").format(name(category, 40), points(delta))
            for category, delta in subject.regressions
        )
        notes.append(Markup("It is worse than its root in {}.").format(lost))
    if s.missing_since is not None:
        notes.append(Markup("It has been gone from its hub since {}.").format(day(s.missing_since)))
    elif s.head is not None and s.head != s.sha:
        notes.append(
            Markup(
                "Its author has pushed since: this page is about the commit below, not the newest."
            )
        )
    return notes


def _no_command(s: Standing) -> str:
    if s.relation == Relation.ADAPTER:
        return "It is an adapter, and the base it was asked on has no page here to name."
    return "Its name holds characters that are not safe to paste into a shell."


@dataclass(frozen=True, slots=True)
class RungStep:
    prompts: int
    reached: bool
    last: bool


def _rungs(board: Board, s: Standing) -> list[RungStep]:
    """The scan's rungs, and how many of them this checkpoint reached."""
    listed = board.report.get("rungs")
    if not isinstance(listed, list):
        return []
    prompts = sorted(
        {
            rung["prompts"]
            for rung in listed[:40]
            if isinstance(rung, dict) and isinstance(rung.get("prompts"), int)
        }
    )
    stopped = len(prompts) if s.overall.rung is None else s.overall.rung
    return [RungStep(asked, at <= stopped, at == stopped) for at, asked in enumerate(prompts)]


def _facts(
    subject: Subject, shared: Shared, texts: Mapping[int, Text]
) -> list[tuple[str, Markup | str]]:
    s, board, effort = subject.standing, shared.board, subject.standing.effort
    facts: list[tuple[str, Markup | str]] = [
        ("Commit", Markup("<code>{}</code>").format(name(s.sha, 64))),
        ("Relation", subject.relation),
        ("Licence", name(s.license or "not stated", 60)),
        ("Parameters", short(s.parameters)),
        ("Weights", size(s.bytes)),
        ("Context length", count(s.context_length)),
        ("Made", day(s.created_at)),
        ("Evaluated", day(s.effort.visited_at)),
        ("Downloads when judged", count(s.downloads)),
        (
            "Suite",
            Markup("{} <code>{}</code>").format(name(board.suite, 40), name(board.version, 12)),
        ),
        ("Engine", f"{plain(board.engine, 20)}, {plain(board.dtype, 12)}"),
        ("Decoding", _settings(board.decoding)),
        ("Chat template", _templates(texts)),
    ]
    if effort.queries:
        facts.append(("Tokens per answer", count(effort.answer_tokens / effort.queries)))
        facts.append(("Cut off at the limit", f"{percent(effort.truncated / effort.queries)}%"))
    return facts


def _suite(board: Board) -> Markup:
    return Markup("{} <code>{}</code>").format(name(board.suite, 40), name(board.version, 12))


def _settings(decoding: Mapping[str, Any]) -> str:
    shown = [
        f"{plain(key, 30)} {plain(value, 40)}"
        for key, value in sorted(decoding.items())
        if value is not None and not isinstance(value, dict | list)
    ]
    return ", ".join(shown[:12]) or "–"


def _templates(texts: Mapping[int, Text]) -> str:
    used = sorted({text.template for text in texts.values()})
    return ", ".join(TEMPLATES.get(word) or plain(word, 30) for word in used) or "–"


def _tally(counted: Tally, base: Standing | None, shown: int) -> Markup:
    if base is None:
        return Markup(
            "{} answers to prompts that selected, right and wrong in turn, in the suite’s order."
        ).format(shown)
    total = counted.wins + counted.losses + counted.alike
    return Markup(
        "On {} prompts that selected, it did better than {} on {}, worse on {}, and as well on {}."
        " Shown are the first of each, in the suite’s order."
    ).format(
        count(total),
        name(base.name, 60),
        count(counted.wins),
        count(counted.losses),
        count(counted.alike),
    )


def _transcripts(
    subject: Subject, shared: Shared, picks: Sequence[Pick], texts: Mapping[int, Text]
) -> list[Transcript]:
    told: list[Transcript] = []
    room = PAGE_BYTES
    for picked in picks:
        text = texts.get(picked.own.answer_id)
        if text is None:
            continue
        answers = [_said(subject.short, picked.own, text)]
        beside = shared.base_texts.get(picked.base.answer_id) if picked.base else None
        if picked.base is not None and beside is not None and shared.base is not None:
            answers.append(_said(shared.base.name, picked.base, beside))
        content = picked.question.content
        prompt = str(content.get("prompt", ""))
        listed = content.get("choices")
        choices = [str(c) for c in listed[:12]] if isinstance(listed, list) else []
        room -= sum(
            len(said[:LONGEST].encode("utf-8", "replace"))
            for said in (prompt, *(a.text for a in answers))
        )
        if room < 0:
            break
        told.append(
            Transcript(
                outcome=picked.outcome,
                label=LABELS[picked.outcome],
                question=picked.question,
                prompt=prompt,
                teaser=" ".join(prompt[:400].split()),
                choices=choices,
                gold=str(content.get("gold", "")),
                answers=answers,
            )
        )
    return told


def _said(who: str, graded: Graded, text: Text) -> Said:
    return Said(who, text.text, graded.score, graded.extracted, text.finish == "length")


def _json(
    subject: Subject, shared: Shared, own: Mapping[str, Graded], told: list[Transcript]
) -> bytes:
    s, board = subject.standing, shared.board
    said = {
        "schema": SCHEMA,
        "checkpoint": s.name,
        "sha": s.sha,
        "hub": s.hub,
        "family": subject.family_title,
        "suite": {"name": board.suite, "version": board.version},
        "engine": board.engine,
        "dtype": board.dtype,
        "rank": subject.rank,
        "relation": subject.relation,
        "license": s.license,
        "parameters": s.parameters,
        "popular": s.popular,
        "downloads": s.downloads,
        **mark_json(s.overall),
        "sentence": subject.sentence,
        "categories": {category: mark_json(mark) for category, mark in s.categories.items()},
        "answers": {
            question.key: [own[question.hash].score, (own[question.hash].extracted or "")[:80]]
            for question in shared.questions
            if question.hash in own
        },
        "transcripts": [
            {
                "prompt": told_one.question.key,
                "outcome": told_one.outcome,
                "text": told_one.answers[0].text[:LONGEST],
            }
            for told_one in told
        ],
        "questions": subject.family_path.removeprefix("families/")
        .removesuffix(".html")
        .replace("/", "--"),
    }
    return (json.dumps(said, separators=(",", ":")) + "\n").encode()


def mark_json(mark: Mark) -> dict[str, Any]:
    """A ruling under the names of a scan's report."""
    return {
        "verdict": str(mark.verdict),
        "score": mark.score,
        "low": mark.low,
        "high": mark.high,
        "n": mark.n,
        "delta_vs_popular": mark.delta,
        "p": mark.p,
        "tie_group": mark.tie_group,
        "rung": mark.rung,
        "optimistic": mark.optimistic,
    }


@dataclass(frozen=True, slots=True)
class Badge:
    drawn: bytes
    text: str
    width: int


def _badge(subject: Subject) -> Badge:
    mark = subject.standing.overall
    word = "root" if subject.standing.root else str(mark.verdict)
    text = word
    if mark.score is not None:
        place = f", rank {subject.rank}" if subject.rank != "–" else ""
        text = f"{word}, {percent(mark.score)}%{place}"
    left, width = 106, 106 + 16 + round(6.4 * len(text))
    drawn = render(
        "badge.svg",
        "",
        text=text,
        left=left,
        width=width,
        bright=mark.verdict in (Verdict.GEM, Verdict.CONTENDER, Verdict.GRADUATED),
    )
    return Badge(drawn, text, width)
