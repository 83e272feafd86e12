"""Regret against cost, drawn as one SVG file that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 860, 480
LEFT, RIGHT, TOP, BOTTOM = 64, 250, 24, 52
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#7a5195")
DASHES = ("none", "7 3", "2 3")


@dataclass(frozen=True, slots=True)
class Curve:
    """One policy: (cost a model in queries, regret in points, its standard error) by budget."""

    name: str
    points: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """A logarithmic axis from `low` to `high` onto the pixels `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        part = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self) -> list[float]:
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        marks = [step * 10.0**power for power in powers for step in (1, 2, 5)]
        return [mark for mark in marks if self.low <= mark <= self.high]


def draw(curves: Sequence[Curve]) -> str:
    """The plot as SVG text; both axes are logarithmic, whiskers are one standard error."""
    costs = [max(cost, 0.1) for curve in curves for cost, _, _ in curve.points]
    regrets = [max(regret, 0.01) for curve in curves for _, regret, _ in curve.points]
    across = Axis(min(costs) / 1.1, max(costs) * 1.1, LEFT, WIDTH - RIGHT)
    up = Axis(min(regrets) / 1.3, max(regrets) * 1.3, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label="Regret against cost">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    parts += _grid(across, up)
    for place, curve in enumerate(curves):
        parts += _curve(curve, place, across, up)
    return "\n".join([*parts, "</svg>", ""])


def _grid(across: Axis, up: Axis) -> list[str]:
    parts = []
    for tick in across.ticks():
        x = f"{across.at(tick):.1f}"
        parts.append(f'<path d="M{x} {TOP}V{HEIGHT - BOTTOM}" stroke="#e4e4e4"/>')
        parts.append(
            f'<text x="{x}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{tick:g}</text>'
        )
    for tick in up.ticks():
        y = up.at(tick)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#e4e4e4"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 14}" text-anchor="middle">'
        "cost per model, in queries (loads included)</text>"
    )
    parts.append(
        f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" '
        'text-anchor="middle">mean regret of the pick, in points</text>'
    )
    return parts


def _curve(curve: Curve, place: int, across: Axis, up: Axis) -> list[str]:
    colour = COLOURS[place % len(COLOURS)]
    dash = DASHES[place // len(COLOURS) % len(DASHES)]
    points = sorted(curve.points)
    line = " ".join(f"{across.at(cost):.1f},{up.at(regret):.1f}" for cost, regret, _ in points)
    parts = [
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.6" '
        f'stroke-dasharray="{dash}"/>'
    ]
    for cost, regret, error in points:
        x, low, high = across.at(cost), up.at(regret - error), up.at(regret + error)
        parts.append(f'<path d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="{colour}"/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{up.at(regret):.1f}" r="2.6" fill="{colour}"/>')
    y = TOP + 12 + 18 * place
    x = WIDTH - RIGHT + 24
    parts.append(
        f'<path d="M{x} {y - 4}h26" stroke="{colour}" stroke-width="1.6" '
        f'stroke-dasharray="{dash}"/>'
        f'<text x="{x + 34}" y="{y}">{escape(curve.name)}</text>'
    )
    return parts
