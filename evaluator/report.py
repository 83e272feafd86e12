"""From scores to rulings and the scan's report: the one place where verdicts are asked for."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.candidates import Candidate
from catalog.nights import Trial
from catalog.rulings import Ruled
from catalog.scans import Charge, Dropped
from catalog.words import Verdict
from evaluator.nights import nights
from evaluator.plan import Plan
from evaluator.search.protocol import Standing
from evaluator.suites import Prompt
from evaluator.verdicts import Confirmation, Evidence, Judgement, Selection, judge

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS = ("download", "load", "generate", "grade", "store")


class Answered(Protocol):
    """Who knows the answers: the scan's record, or one read back from the catalog."""

    def scores(self, candidate: Candidate, prompts: Sequence[Prompt]) -> Floats: ...

    def texts(self, candidate: Candidate, prompts: Sequence[Prompt]) -> list[str | None]: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that a finished search leaves to be judged.

    confirmed: arms that were asked the confirmation prompts. blocking: how many roots cannot be
    evaluated at all, so that no claim can be made. previous: see `Evidence`. past, terms: what
    nightly scans tested, and what must be equal for this one to test the same; None for a scan
    that stands alone.
    """

    plan: Plan
    standing: Standing
    confirmed: Sequence[int]
    dropped: Mapping[int, Dropped]
    blocking: int
    previous: Mapping[tuple[int, str], Verdict]
    past: Sequence[Trial] | None = None
    terms: tuple[object, ...] = ()


def rule(outcome: Outcome, record: Answered) -> list[Ruled]:
    """The rulings of a scan, overall and by category, older checkpoints first."""
    plan = outcome.plan
    # Older ones first: the order breaks ties between equals.
    ages = [(arm.created_at or LONG_AGO, arm.checkpoint_id) for arm in plan.arms]
    there = [i for i, arm in enumerate(plan.arms) if arm.checkpoint_id not in plan.gone]
    seats = sorted(there, key=lambda arm: ages[arm])
    judged = judge(_evidence(outcome, record, seats))
    arms = {arm.checkpoint_id: arm for arm in plan.arms}
    return [_ruled(row, arms[row.checkpoint]) for row in judged if row.checkpoint in arms]


def _evidence(outcome: Outcome, record: Answered, seats: Sequence[int]) -> Evidence:
    plan, standing = outcome.plan, outcome.standing
    arms = [plan.arms[arm] for arm in seats]
    # A root that cannot be evaluated stands at the end under a number that is nobody's.
    ghosts = tuple(-1 - ghost for ghost in range(outcome.blocking))
    extra = np.ones(outcome.blocking, dtype=np.bool_)
    scores = np.stack([record.scores(arm, plan.paper.selection) for arm in arms])
    scores[[arm.checkpoint_id in outcome.dropped for arm in arms]] = np.nan
    sums = np.zeros((len(seats) + outcome.blocking, len(plan.names)))
    counts = np.zeros(sums.shape, dtype=np.int64)
    for column in range(len(plan.names)):
        told = scores[:, plan.categories == column]
        sums[: len(seats), column] = np.nansum(told, axis=1)
        counts[: len(seats), column] = (~np.isnan(told)).sum(axis=1)
    rung = np.concatenate([standing.rung[list(seats)], np.full(outcome.blocking, -1)])
    return Evidence(
        checkpoints=(*(arm.checkpoint_id for arm in arms), *ghosts),
        popular=np.concatenate([[arm.checkpoint_id in plan.popular for arm in arms], extra]),
        roots=np.concatenate([[arm.root for arm in arms], extra]),
        failed=np.concatenate([[arm.checkpoint_id in outcome.dropped for arm in arms], extra]),
        selection=Selection(sums, counts, plan.names, rung.astype(np.int64)),
        confirmation=_confirmation(outcome, record, seats),
        previous=outcome.previous,
    )


def _confirmation(outcome: Outcome, record: Answered, seats: Sequence[int]) -> Confirmation | None:
    prompts = outcome.plan.paper.confirmation
    rows = [
        (row, outcome.plan.arms[arm]) for row, arm in enumerate(seats) if arm in outcome.confirmed
    ]
    if not prompts or not rows:
        return None
    ids = [arm.checkpoint_id for _, arm in rows]
    return Confirmation(
        rows=np.array([row for row, _ in rows]),
        scores=np.stack([record.scores(arm, prompts) for _, arm in rows]),
        categories=tuple(prompt.category for prompt in prompts),
        answers=np.array([_digests(record.texts(arm, prompts)) for _, arm in rows]),
        clusters=clusters_of(prompts),
        nights=None
        if outcome.past is None
        else nights(outcome.past, outcome.terms, outcome.plan.popular, ids),
    )


def _digests(texts: Sequence[str | None]) -> list[int]:
    return [-1 if text is None else _digest(text) for text in texts]


def _digest(text: str) -> int:
    """63 bits that are equal for equal answers."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def clusters_of(prompts: Sequence[Prompt]) -> Ints:
    """Prompts made from one template share their errors, (prompts,)."""
    keys = [(p.category, p.template or f"\n{place}") for place, p in enumerate(prompts)]
    number = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys])


def _ruled(row: Judgement, arm: Candidate) -> Ruled:
    return Ruled(
        checkpoint_id=row.checkpoint,
        category=row.category,
        verdict=Verdict(row.verdict),
        position=row.position,
        score=row.score,
        low=row.low,
        high=row.high,
        n=row.n,
        delta_vs_popular=row.delta_vs_popular,
        p=row.p,
        tie_group=row.tie_group,
        behaviour_group=row.behaviour_group,
        rung=row.rung,
        optimistic=row.optimistic,
        popular=row.popular,
        downloads=arm.downloads,
    )


def rungs(standing: Standing, plan: Plan) -> list[dict[str, int]]:
    """How many of today's candidates reached each rung, and how many went on from it."""
    rows = []
    here = np.array([arm.checkpoint_id not in plan.gone for arm in plan.arms])
    for index, prompts in enumerate(standing.rungs):
        reached = int((here & (standing.asked >= prompts)).sum())
        stopped = int((here & (standing.asked >= prompts) & (standing.rung == index)).sum())
        rows.append({"prompts": int(prompts), "reached": reached, "kept": reached - stopped})
    return rows


def leaderboard(rows: Sequence[Ruled], arms: Sequence[Candidate]) -> list[dict[str, Any]]:
    """Everyone with a score: by position, then those that were stopped, the longest asked first."""
    named = {arm.checkpoint_id: arm for arm in arms}
    scored = [row for row in rows if row.category == "" and row.score is not None]
    return [
        {
            "checkpoint": named[row.checkpoint_id].name,
            "sha": named[row.checkpoint_id].sha,
            "verdict": str(row.verdict),
            "score": row.score,
            "low": row.low,
            "high": row.high,
            "n": row.n,
            "delta_vs_popular": row.delta_vs_popular,
            "p": row.p,
            "tie_group": row.tie_group,
            "downloads": row.downloads,
            "popular": row.popular,
            "optimistic": row.optimistic,
            "rung": row.rung,
        }
        for row in sorted(scored, key=_place)
    ]


def _place(row: Ruled) -> tuple[float, int, float, int]:
    position = float("inf") if row.position is None else row.position
    return position, -row.n, -(row.score or 0.0), row.checkpoint_id


def failures(dropped: Mapping[int, Dropped]) -> dict[str, int]:
    """How many dropped out, by kind."""
    return dict(sorted(Counter(row.kind for row in dropped.values()).items()))


def price(spent: Charge) -> dict[str, float | None]:
    """Seconds a load and a query took on average, fetching as far as it was waited for."""
    load = (spent.download_seconds + spent.load_seconds) / spent.loads if spent.loads else None
    query = spent.generate_seconds / spent.queries if spent.queries else None
    return {
        "load": load,
        "query": query,
        "load_in_queries": load / query if load is not None and query else None,
    }


def cost(spent: Charge, search_queries: int, total: float) -> dict[str, Any]:
    """What the scan spent. `search_queries` are those that were not for confirmation."""
    seconds = {name: getattr(spent, f"{name}_seconds") for name in SECONDS}
    return {
        "loads": round(spent.loads),
        "swaps": round(spent.swaps),
        "queries": spent.queries,
        "search_queries": search_queries,
        "prompt_tokens": spent.prompt_tokens,
        "answer_tokens": spent.answer_tokens,
        "truncated": spent.truncated,
        "seconds": {**seconds, "total": total},
    }
