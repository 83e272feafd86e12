"""How few checkpoints take how many of the downloads: two bars of equal length, and the ribbon
between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leaderboard.charts.scale import WIDE
from leaderboard.numbers import count, percent
from leaderboard.views import View

BAR = 34
GAP = 74
HEIGHT = 2 * BAR + GAP
MOST = 0.95


@dataclass(frozen=True, slots=True)
class Concentration:
    """The few that take at least 95% of downloads. x in percent, y in pixels, ribbon in units."""

    checkpoints: int
    downloads: int
    few: int
    share: float
    few_x: float
    share_x: float
    ribbon: str
    gems: tuple[float, ...]
    height: int
    bar: int
    title: str


def concentration(views: Sequence[View]) -> Concentration | None:
    """Over every family's members; None if no downloads are known."""
    latest: dict[int, int] = {}
    for view in views:
        latest.update(view.downloads)
    ordered = sorted(latest.items(), key=lambda item: -item[1])
    total = sum(downloads for _, downloads in ordered)
    if total == 0:
        return None
    few, taken = 0, 0
    while taken < MOST * total:
        taken += ordered[few][1]
        few += 1
    place = {repository_id: at for at, (repository_id, _) in enumerate(ordered)}
    gems = sorted(
        place[gem.repository_id]
        for view in views
        for gem in view.gems
        if gem.repository_id in place
    )
    few_x, share_x = WIDE * few / len(ordered), WIDE * taken / total
    return Concentration(
        checkpoints=len(ordered),
        downloads=total,
        few=few,
        share=taken / total,
        few_x=round(few_x / 10, 2),
        share_x=round(share_x / 10, 2),
        ribbon=_ribbon(share_x, few_x),
        gems=tuple(round(100 * (at + 0.5) / len(ordered), 2) for at in gems),
        height=HEIGHT,
        bar=BAR,
        title=(
            f"{count(few)} of {count(len(ordered))} checkpoints"
            f" ({_fine(few / len(ordered))}%) take {percent(taken / total, 0)}% of all downloads"
        ),
    )


def _ribbon(above: float, below: float) -> str:
    top, bottom = BAR, BAR + GAP
    bend = (top + bottom) / 2
    return f"M0 {top}H{above:.1f}C{above:.1f} {bend:g} {below:.1f} {bend:g} {below:.1f} {bottom}H0Z"


def _fine(share: float) -> str:
    """Two digits that matter, for shares that may be tiny."""
    return f"{100 * share:.2g}" if share < 0.1 else f"{100 * share:.0f}"
