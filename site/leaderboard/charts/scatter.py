"""Downloads against score: checkpoints are marks, roots lines, the best of each reach a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from catalog.reports.standings import Standing
from catalog.words import Verdict
from leaderboard.charts.scale import (
    WIDE,
    Linear,
    downloads_place,
    downloads_ticks,
    score_ticks,
)
from leaderboard.numbers import count, percent, plural, short
from leaderboard.text import plain
from leaderboard.views import View

HEIGHT = 420
LABELLED = 5
DOTS = 600
LINE = 15  # pixels from one label to the next


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    kind: str
    key: int
    title: str


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """x in percent of the width, y in pixels from the top; paths in WIDE × HEIGHT units."""

    height: int
    dots: tuple[Dot, ...]
    crowd: str
    out: str
    frontier: str
    intervals: tuple[tuple[float, float, float, str], ...]
    roots: tuple[tuple[float, float, str], ...]
    labels: tuple[Label, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    outside: int
    description: str


def scatter(view: View) -> Scatter | None:
    """None if nothing has a score yet."""
    scored = [s for s in view.standings if s.overall.score is not None]
    if not scored:
        return None
    low, high = _range([s.overall.score or 0.0 for s in scored], view)
    most = max((s.downloads or 0 for s in scored), default=0)
    y = Linear(low, high, HEIGHT - 6, 10)
    x = Linear(0.0, downloads_place(max(most, 10)) * 1.03, 8, WIDE - 8)

    def place(standing: Standing) -> tuple[float, float]:
        return x(downloads_place(standing.downloads or 0)), y(standing.overall.score or 0.0)

    finalists = [s for s in view.finalists if s.overall.score is not None]
    eliminated = [s for s in view.eliminated if s.overall.score is not None]
    named, rest = finalists[:DOTS], finalists[DOTS:]
    frontier = _frontier(finalists)
    marked = [*frontier, *(s for s in (*view.gems, *view.contenders)[:12] if s not in frontier)]
    dots = sorted(
        (
            Dot(at[0] / 10, at[1], _kind(s), s.checkpoint_id, _title(s))
            for s, at in ((s, place(s)) for s in named)
        ),
        key=lambda dot: _LAYER[dot.kind],
    )
    return Scatter(
        height=HEIGHT,
        dots=tuple(dots),
        crowd=_points(place(s) for s in rest),
        out=_points(place(s) for s in eliminated),
        frontier=_steps([place(s) for s in frontier]),
        intervals=tuple(
            (place(s)[0] / 10, y(s.overall.low), y(s.overall.high), _kind(s))
            for s in marked
            if s.overall.low is not None and s.overall.high is not None and not s.root
        ),
        roots=_root_lines(view, y),
        labels=tuple(_labels(view, place, y)),
        x_ticks=tuple((x(downloads_place(d)) / 10, short(d)) for d in downloads_ticks(most)),
        y_ticks=tuple((y(share), percent(share, 0)) for share in score_ticks(low, high)),
        outside=sum(not low <= (s.overall.score or 0.0) <= high for s in scored),
        description=_description(view, frontier),
    )


_LAYER = {"ranked": 0, "popular": 1, "root": 1, "contender": 2, "gem": 3}


def _kind(standing: Standing) -> str:
    if standing.overall.verdict in (Verdict.GEM, Verdict.CONTENDER):
        return standing.overall.verdict
    if standing.root:
        return "root"
    return "popular" if standing.popular else "ranked"


def _range(scores: Sequence[float], view: View) -> tuple[float, float]:
    """All finalists, the best with their intervals, and all but the worst tenth of the rest."""
    ordered = sorted(scores)
    final = [s.overall.score or 0.0 for s in view.finalists] or ordered
    low = min([ordered[len(ordered) // 10], *final])
    high = max([*final, *(s.overall.high or 0.0 for s in (*view.gems, *view.contenders))])
    room = max((high - low) * 0.06, 0.01)
    return max(low - room, 0.0), min(high + room, 1.0)


def _frontier(finalists: Sequence[Standing]) -> list[Standing]:
    """The best among those with at least as many downloads, the most downloaded first."""
    best: list[Standing] = []
    for standing in sorted(
        finalists, key=lambda s: (-(s.downloads or 0), -(s.overall.score or 0.0))
    ):
        if not best or (standing.overall.score or 0.0) > (best[-1].overall.score or 0.0):
            best.append(standing)
    return best


def _steps(places: Sequence[tuple[float, float]]) -> str:
    if not places:
        return ""
    path = f"M0 {places[-1][1]:g}"
    for x, y in reversed(places):
        path += f"V{y:g}H{x:g}"
    return path


def _points(places: Iterable[tuple[float, float]]) -> str:
    """Dots as strokes without length: one path however many there are, no two on one spot."""
    spots = dict.fromkeys((round(x / 4) * 4, round(y / 3) * 3) for x, y in places)
    return "".join(f"M{x} {y}h0" for x, y in spots)


def _root_lines(view: View, scale: Linear) -> tuple[tuple[float, float, str], ...]:
    """(line, label, text): labels sit on their lines, and below one that is too near."""
    placed: list[tuple[float, float, str]] = []
    lines = [(s.overall.score or 0.0, s.name) for s in view.roots]
    for score, name in sorted(lines, reverse=True):
        y = scale(score)
        above = y - 8
        if placed and above - placed[-1][1] < LINE:
            above = max(y + 15, placed[-1][1] + LINE)
        placed.append((y, above, f"{plain(_short(name), 28)} {percent(score)}"))
    return tuple(placed)


def _labels(
    view: View, place: Callable[[Standing], tuple[float, float]], scale: Linear
) -> Iterator[Label]:
    """The gems (or contenders) and the two most downloaded, nudged off each other."""
    taken = [(WIDE, label) for _, label, _ in _root_lines(view, scale)]
    shown = [*(view.gems or view.contenders)[:LABELLED]]
    shown += sorted((s for s in view.popular if not s.root), key=lambda s: -(s.downloads or 0))[:2]
    for standing in shown:
        x, y = place(standing)
        at = y - 9
        side = "end" if x > WIDE / 2 else "start"
        while any(abs(at - other) < LINE and abs(x - where) < 330 for where, other in taken):
            at += 1
        if at > HEIGHT - 4:
            continue
        taken.append((x, at))
        yield Label(x / 10, at, f"{_kind(standing)} {side}", plain(_short(standing.name), 26))


def _short(name: str) -> str:
    return name.rpartition("/")[2] or name


def _title(standing: Standing) -> str:
    mark = standing.overall
    return (
        f"{plain(standing.name)}: {percent(mark.score)}, "
        f"{plural(standing.downloads or 0, 'download')}"
    )


def _description(view: View, frontier: Sequence[Standing]) -> str:
    best = view.finalists[0] if view.finalists else None
    said = [
        f"{plural(len(view.finalists), 'finalist')} and {count(len(view.eliminated))} that were"
        " eliminated, each placed by its downloads, left to right, and its score, upwards."
    ]
    if best is not None:
        said.append(f"The best is {_title(best)}.")
    if frontier:
        said.append(f"The most downloaded is {_title(frontier[0])}.")
    if view.gems:
        said.append(f"{plural(len(view.gems), 'gem')} lie above every popular checkpoint.")
    return " ".join(said)
