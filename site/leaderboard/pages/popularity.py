"""Popularity over time: a picture of its own, so that its page need not change every day."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.reports.popularity import Point
from leaderboard.charts.series import series
from leaderboard.environment import render


def popularity_path(address: str) -> str:
    return f"popularity/{address}.svg"


def popularity_picture(points: Sequence[Point]) -> bytes:
    return render("series.svg", "", s=series(points))
