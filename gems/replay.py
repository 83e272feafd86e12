"""`gems replay`: policies over a recorded score matrix."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from evaluator.search.policies import NAMES
from evaluator.search.protocol import Floats, Items
from gems.errors import GemsError
from gems.progress import Progress
from gems.recorded import (
    Outcome,
    Recorded,
    Setting,
    learn_history,
    mean_and_error,
    read_matrix,
    replay_all,
)
from gems.replay_plot import Curve, draw

COLUMNS = {
    "mean_rank": "rank",
    "regret": "regret",
    "top1": "top1",
    "recall5": "recall5",
    "loads_per_model": "loads",
    "queries_per_model": "queries",
}
"""What is reported, and the field of an outcome it comes from."""

SPREAD = (0.5, 0.7, 1.0, 1.4, 2.0)
"""The budgets a plot is drawn over, as multiples of the one asked for."""


@click.command("replay")
@click.argument("matrix", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--policy", required=True, help="NAME[,NAME...], or `all`.")
@click.option("--budget", type=float, required=True, help="Mean spend per model, in queries.")
@click.option(
    "--load-cost", default="0", help="L[,AGAIN] in queries, or `file`.", show_default=True
)
@click.option("--top-k", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--seeds", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--seed0", type=click.IntRange(min=0), default=0, help="The first seed.")
@click.option(
    "--history",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A matrix of past models on the same items.",
)
@click.option("--workers", type=click.IntRange(min=1), default=1, help="Engines at once.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw regret against cost (SVG).",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def replay(
    matrix: Path,
    policy: str,
    budget: float,
    load_cost: str,
    top_k: int,
    seeds: int,
    seed0: int,
    history: Path | None,
    workers: int,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Replay policies over a recorded score matrix, and compare their picks."""
    names = _names(policy)
    if not 0 <= budget < math.inf:
        raise click.BadParameter("must be a number of queries, 0 or more", param_hint="--budget")
    recorded = read_matrix(matrix)
    first, again = _prices(load_cost, recorded)
    past = learn_history(read_matrix(history), recorded) if history else None
    setting = Setting(budget, first, again, top_k, workers)
    spread = [replace(setting, budget=budget * part) for part in SPREAD] if plot else [setting]
    found = _run(recorded, names, spread, range(seed0, seed0 + seeds), past)
    here = {name: found[name, budget] for name in names}
    report = {
        "models": len(recorded.scores),
        "items": recorded.scores.shape[1],
        "budget": budget,
        "load_cost": _single(first),
        "policies": {name: summary(outcomes) for name, outcomes in here.items()},
    }
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        _table(report, seeds)
    if plot:  # last: a path that cannot be written costs no report
        _plot(plot, names, spread, found)


def summary(outcomes: Sequence[Outcome]) -> dict[str, list[float]]:
    """Mean and standard error of everything reported, over the seeds."""
    rows = [asdict(outcome) for outcome in outcomes]
    return {
        column: list(mean_and_error([row[field] for row in rows]))
        for column, field in COLUMNS.items()
    }


def _names(policy: str) -> list[str]:
    if policy == "all":
        return list(NAMES)
    names = list(dict.fromkeys(name.strip() for name in policy.split(",")))
    for name in names:
        if name not in NAMES:
            raise click.BadParameter(
                f"unknown policy {name!r}: choose from {', '.join(NAMES)}, or `all`",
                param_hint="--policy",
            )
    return names


def _prices(text: str, recorded: Recorded) -> tuple[Floats, Floats]:
    """Price of a first and of any later load, for each model."""
    if text == "file":
        if recorded.load_cost is None:
            raise GemsError("the matrix holds no load_cost: give --load-cost as a number")
        prices = recorded.load_cost
        if not (np.isfinite(prices) & (prices >= 0)).all():
            raise GemsError("load_cost in the matrix must be numbers of queries, 0 or more")
        return prices, prices
    try:
        parts = [float(part) for part in text.split(",")]
    except ValueError:
        parts = []
    if len(parts) not in (1, 2) or not all(0 <= part < math.inf for part in parts):
        raise click.BadParameter("must be L, or L,AGAIN, or `file`", param_hint="--load-cost")
    models = len(recorded.scores)
    return np.full(models, parts[0]), np.full(models, parts[-1])


def _single(prices: Floats) -> float:
    """The price of a first load: the mean, where models differ."""
    return float(prices.mean())


def _run(
    recorded: Recorded,
    names: Sequence[str],
    spread: Sequence[Setting],
    seeds: range,
    history: Items | None,
) -> dict[tuple[str, float], list[Outcome]]:
    """The outcomes of every policy at every budget."""
    found: dict[tuple[str, float], list[Outcome]] = {}
    with Progress("replay", len(names) * len(spread) * len(seeds)) as progress:
        for name, setting, outcome in replay_all(recorded, names, spread, seeds, history):
            found.setdefault((name, setting.budget), []).append(outcome)
            progress.advance(note=name)
    return found


def _plot(
    path: Path,
    names: Sequence[str],
    spread: Sequence[Setting],
    found: dict[tuple[str, float], list[Outcome]],
) -> None:
    curves = []
    for name in names:
        points = []
        for setting in spread:
            outcomes = found[name, setting.budget]
            price = float(setting.load_cost.mean())
            cost = float(np.mean([o.queries + price * o.loads for o in outcomes]))
            regret, error = mean_and_error([o.regret for o in outcomes])
            points.append((cost, 100 * regret, 100 * error))
        curves.append(Curve(name, tuple(points)))
    try:
        path.write_text(draw(curves), encoding="utf-8")
    except OSError as error:
        raise GemsError(f"cannot write {path}: {error.strerror}") from error


def _table(report: dict[str, Any], seeds: int) -> None:
    """The report for a person: regret in points, mean and standard error of everything."""
    click.echo(
        f"{report['models']} models x {report['items']} items, {report['budget']:g} a model, "
        f"a load costs {report['load_cost']:g}, {seeds} seeds; regret in points"
    )
    width = max(len(name) for name in report["policies"])
    click.echo(" " * width + "".join(f"{heading:>16}" for heading in COLUMNS.values()))
    for name, row in report["policies"].items():
        cells = []
        for column, (mean, error) in row.items():
            scale = 100 if column == "regret" else 1
            cells.append(f"{f'{scale * mean:.2f} ± {scale * error:.2f}':>16}")
        click.echo(f"{name:<{width}}" + "".join(cells))
