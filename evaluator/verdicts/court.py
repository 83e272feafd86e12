"""What the confirmation prompts prove."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluator.verdicts import intervals
from evaluator.verdicts.behaviour import behaviour_groups
from evaluator.verdicts.evidence import (
    OVERALL,
    Bools,
    Confirmation,
    Evidence,
    Floats,
    Ints,
    Judgement,
    Regression,
    Verdict,
)
from evaluator.verdicts.intervals import Interval
from evaluator.verdicts.multiplicity import ALPHA, corrected, holm
from evaluator.verdicts.paired import Paired
from evaluator.verdicts.power import LEAST, scope_names
from evaluator.verdicts.survey import graduated, places
from evaluator.verdicts.ties import tie_groups

ELITE = 100
"""The best one in this many is elite."""

COMPLETE = 0.95
"""The part of the confirmation prompts that must be answered for a row to count."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """All prompts, or those of one category. Rows are those of the confirmation.

    tested: whether it is large enough for a gem. ranked: rows, best first.
    delta, p: against the popular rows, NaN for those and where nothing was compared.
    """

    name: str
    paired: Paired
    interval: Interval
    tested: bool
    ranked: Ints
    elite: Bools
    delta: Floats
    p: Floats


def court(evidence: Evidence) -> list[Judgement]:
    """A judgement of each confirmed checkpoint, overall and in each category.

    Prompts that nobody answered are left out; rows with less than 95% of the rest do not count as
    confirmed; of what else is missing, each score is held against the checkpoint that would gain.

    A gem is elite, not popular, and its p-value is at most 5%: the largest of its paired tests
    against the popular checkpoints (intersection-union: Berger, Technometrics 24, 1982), corrected
    over all that is tested, each confirmed checkpoint that is not popular, overall and in every
    category of at least 250 prompts. Candidates that the search dropped are no part of that, for
    it saw none of these prompts. Of a behaviour group, only the first by score is a gem. Who is
    ahead of every popular checkpoint and no gem is a contender.
    """
    confirmation = _complete(evidence)
    if confirmation is None:
        return []
    popular = evidence.popular[confirmation.rows]
    blocked = popular.sum() < evidence.popular.sum()
    elite = -(-len(evidence.checkpoints) // ELITE)
    names, strata = np.unique(np.array(confirmation.categories), return_inverse=True)
    found = [
        _scope(confirmation, popular, elite, name, strata, (name == OVERALL) | (names == name))
        for name in scope_names(names)
    ]
    p = _claims(found, ~popular & (not blocked), confirmation.nights)
    groups = None if confirmation.answers is None else behaviour_groups(confirmation.answers)
    regressions = _regressions(evidence, confirmation, found)
    rows = []
    for scope, chance in zip(found, p, strict=True):
        gems = _gems(scope, chance, groups)
        ties = np.empty(len(popular), dtype=np.int64)
        ties[scope.ranked] = tie_groups(scope.paired, scope.ranked)
        position = places(scope.interval.mean)
        for row, index in enumerate(confirmation.rows):
            rung = int(evidence.selection.rung[index])
            rows.append(
                Judgement(
                    checkpoint=evidence.checkpoints[index],
                    category=scope.name,
                    verdict=_verdict(evidence, scope, row, int(index), gem=row in gems),
                    popular=bool(popular[row]),
                    position=int(position[row]) if scope.interval.n[row] else None,
                    score=_number(scope.interval.mean[row]),
                    low=_number(scope.interval.low[row]),
                    high=_number(scope.interval.high[row]),
                    n=int(scope.interval.n[row]),
                    delta_vs_popular=_number(scope.delta[row]),
                    p=_number(chance[row]),
                    elite=bool(scope.elite[row]),
                    tie_group=int(ties[row]),
                    behaviour_group=None if groups is None else int(groups[row]),
                    rung=rung if rung >= 0 else None,
                    optimistic=False,
                    regressions=regressions[row],
                )
            )
    return rows


def blockers(evidence: Evidence) -> tuple[int, ...]:
    """The popular checkpoints without a complete row: while there is one, nothing is a gem."""
    confirmation = _complete(evidence)
    there = set() if confirmation is None else set(confirmation.rows.tolist())
    return tuple(
        evidence.checkpoints[index]
        for index in np.flatnonzero(evidence.popular)
        if index not in there
    )


def _complete(evidence: Evidence) -> Confirmation | None:
    """The confirmation without prompts that nobody answered and rows that are not complete, in
    the order of the checkpoints; None if nothing is left."""
    given = evidence.confirmation
    if given is None:
        return None
    there = ~np.isnan(given.scores) & ~evidence.failed[given.rows][:, None]
    prompts = np.flatnonzero(there.any(axis=0))
    rows = np.flatnonzero(there[:, prompts].mean(axis=1) >= COMPLETE) if prompts.size else prompts
    if not rows.size:
        return None
    rows = rows[np.argsort(given.rows[rows], kind="stable")]
    return Confirmation(
        rows=given.rows[rows],
        scores=given.scores[np.ix_(rows, prompts)],
        categories=tuple(given.categories[prompt] for prompt in prompts),
        answers=None if given.answers is None else given.answers[np.ix_(rows, prompts)],
        clusters=None if given.clusters is None else given.clusters[prompts],
        nights=None if given.nights is None else given.nights[rows],
    )


def _scope(
    confirmation: Confirmation, popular: Bools, elite: int, name: str, strata: Ints, within: Bools
) -> _Scope:
    """strata: the category of each prompt, (prompts,). within: the categories of this scope."""
    columns = np.flatnonzero(within[strata])
    scores = confirmation.scores[:, columns]
    clusters = None if confirmation.clusters is None else confirmation.clusters[columns]
    paired = Paired.of(scores, clusters)
    interval = intervals.of_scores(scores, strata[columns], clusters)
    score = np.nan_to_num(interval.mean)
    least = np.sort(score)[::-1][:elite][-1]
    challengers, rivals = np.flatnonzero(~popular), np.flatnonzero(popular)
    delta, p = np.full((2, len(popular)), np.nan)
    if rivals.size and challengers.size:
        delta[challengers] = paired.delta(challengers, rivals).min(axis=1)
        p[challengers] = paired.p(challengers, rivals).max(axis=1)
    return _Scope(
        name=name,
        paired=paired,
        interval=interval,
        tested=name == OVERALL or columns.size >= LEAST,
        ranked=np.argsort(-score, kind="stable"),
        elite=score >= least,
        delta=delta,
        p=p,
    )


def _claims(scopes: list[_Scope], able: Bools, nights: Ints | None) -> list[Floats]:
    """The corrected p-values of each scope, NaN where nothing is tested, (rows,) each."""
    table = np.stack([scope.p for scope in scopes])
    tested = able & np.array([scope.tested for scope in scopes])[:, None] & ~np.isnan(table)
    when = None if nights is None else np.broadcast_to(nights, table.shape)[tested]
    result = np.full(table.shape, np.nan)
    result[tested] = corrected(table[tested], when)
    return list(result)


def _gems(scope: _Scope, p: Floats, groups: Ints | None) -> set[int]:
    """The rows that are gems: proven, elite, and the first of their behaviour group."""
    gems: set[int] = set()
    taken: set[int] = set()
    for row in scope.ranked:
        if scope.elite[row] and p[row] <= ALPHA:
            group = -1 - int(row) if groups is None else int(groups[row])
            if group not in taken:
                taken.add(group)
                gems.add(int(row))
    return gems


def _verdict(evidence: Evidence, scope: _Scope, row: int, index: int, *, gem: bool) -> Verdict:
    if gem:
        return "gem"
    if graduated(evidence, index, scope.name):
        return "graduated"
    return "contender" if scope.delta[row] > 0 else "ranked"


def _regressions(
    evidence: Evidence, confirmation: Confirmation, scopes: list[_Scope]
) -> list[tuple[Regression, ...]]:
    """For each row, the categories in which it is behind the root with the best overall score."""
    none: list[tuple[Regression, ...]] = [()] * len(confirmation.rows)
    roots = evidence.roots[confirmation.rows]
    overall, categories = scopes[0], scopes[1:]
    best = overall.ranked[roots[overall.ranked]][:1]
    if not best.size or not categories:
        return none
    everyone = np.arange(len(confirmation.rows))
    p = np.stack([scope.paired.p(best, everyone)[0] for scope in categories], axis=1)
    delta = np.stack([-scope.paired.delta(best, everyone)[0] for scope in categories], axis=1)
    return [
        tuple(
            Regression(scope.name, float(change), float(chance))
            for scope, change, chance in zip(categories, changes, holm(chances), strict=True)
            if chance <= ALPHA
        )
        for changes, chances in zip(delta, p, strict=True)
    ]


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
