"""Scores against the root's, one strip a category, all on one scale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.reports.standings import Mark, Standing
from leaderboard.charts.scale import Linear


@dataclass(frozen=True, slots=True)
class Strip:
    """x positions in percent; None where there is nothing to draw."""

    category: str
    mark: Mark
    base: Mark | None
    delta: float | None
    x: float | None
    low: float | None
    high: float | None
    base_x: float | None


def strips(standing: Standing, base: Standing | None) -> list[Strip]:
    """Overall first, then by category. base: the root it is held against, if it is not one."""
    rows = [("", standing.overall), *standing.categories.items()]
    marks = {"": base.overall, **base.categories} if base is not None else {}
    scale = span([mark for _, mark in rows] + list(marks.values()))
    made = []
    for category, mark in rows:
        other = marks.get(category)
        made.append(
            Strip(
                category=category,
                mark=mark,
                base=other,
                delta=(
                    mark.score - other.score
                    if mark.score is not None and other is not None and other.score is not None
                    else None
                ),
                x=_at(scale, mark.score),
                low=_at(scale, mark.low),
                high=_at(scale, mark.high),
                base_x=_at(scale, other.score if other else None),
            )
        )
    return made


def span(marks: Iterable[Mark]) -> Linear:
    """One scale, in percent, that all these marks and their intervals fit on."""
    values = [v for m in marks for v in (m.score, m.low, m.high) if v is not None] or [0.0, 1.0]
    low, high = min(values), max(values)
    room = max((high - low) * 0.04, 0.01)
    return Linear(low - room, high + room, 0.0, 100.0)


def _at(scale: Linear, value: float | None) -> float | None:
    return None if value is None else scale(value)
