"""Popularity over time: a line with its first and last values, as a picture of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.reports.popularity import Point
from leaderboard.charts.scale import Linear
from leaderboard.numbers import count, day

WIDTH, HEIGHT = 640, 150
LEFT, RIGHT, TOP, BOTTOM = 6, 634, 34, 122


@dataclass(frozen=True, slots=True)
class Series:
    width: int
    height: int
    line: str
    area: str
    last: tuple[float, float]
    label: str
    anchor: str
    first_day: str
    last_day: str
    base: int


def series(points: Sequence[Point]) -> Series | None:
    if not points:
        return None
    first, last = points[0], points[-1]
    top = max(point.downloads for point in points) or 1
    y = Linear(0.0, float(top), BOTTOM, TOP)
    days = max((last.day - first.day).days, 1)
    x = Linear(0.0, float(days), LEFT, RIGHT)
    places = [(x((p.day - first.day).days), y(p.downloads)) for p in points]
    if len(places) == 1:  # one day is a level, not a line
        places = [(float(LEFT), places[0][1]), (float(RIGHT), places[0][1])]
    line = "M" + "L".join(f"{px:g} {py:g}" for px, py in places)
    return Series(
        width=WIDTH,
        height=HEIGHT,
        line=line,
        area=f"{line}V{BOTTOM}H{LEFT}Z",
        last=places[-1],
        label=f"{count(last.downloads)} in 30 days",
        anchor="end",
        first_day=day(first.day),
        last_day=day(last.day) if last.day != first.day else "",
        base=BOTTOM,
    )
