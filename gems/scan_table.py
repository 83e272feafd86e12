"""What a scan found, and what one would cost, as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

SHOWN = 20
"""Rows of the leaderboard; --json has them all."""

STYLES = {"gem": "bold green", "contender": "green", "eliminated": "dim", "graduated": "cyan"}


def show_report(report: Mapping[str, Any]) -> None:
    """The leaderboard, who dropped out, and what it cost."""
    console = _console()
    rows = report["leaderboard"]
    table = Table(box=None, header_style="bold")
    for name in ("", "checkpoint", "verdict", "score", "95%", "n", "Δ popular", "p", "downloads"):
        left = name in ("checkpoint", "verdict")
        wraps = name == "checkpoint"
        table.add_column(
            name, justify="left" if left else "right", no_wrap=not wraps, overflow="fold"
        )
    for row in rows[:SHOWN]:
        table.add_row(*_cells(row), style=STYLES.get(row["verdict"], ""))
    console.print(table)
    if len(rows) > SHOWN:
        console.print(f"and {len(rows) - SHOWN} more", style="dim")
    if report["failed"]:
        console.print(f"failed: {_counts(report['failed'])}")
    if report["blocking"]:
        console.print(f"no gem can be claimed while roots are out: {_names(report['blocking'])}")
    cost, seconds = report["cost"], report["cost"]["seconds"]
    console.print(
        f"{report['candidates']} candidates of {report['family']} on {report['suite']}"
        f" ({report['policy']}): {cost['loads']:,} loads ({cost['swaps']:,} in place),"
        f" {cost['queries']:,} queries"
        f" ({cost['queries'] - cost['search_queries']:,} to confirm), {seconds['total']:.0f} s",
    )


def show_forecast(told: Mapping[str, Any]) -> None:
    """What a scan would cost."""
    console = _console()
    fetch, expected = told["to_fetch"], told["expected"]
    console.print(f"family      {told['family']}: {told['candidates']:,} candidates")
    if told["excluded"]:
        console.print(f"excluded    {_counts(told['excluded'])}")
    console.print(f"suite       {told['suite']}, policy {told['policy']}")
    console.print(f"to fetch    {fetch['checkpoints']:,} checkpoints, {_size(fetch['bytes'])}")
    console.print(f"expected    {expected['loads']:,} loads, {expected['queries']:,} queries")
    seconds = expected["seconds"]
    time = "unknown: nothing was scanned here yet" if seconds is None else _time(seconds)
    console.print(f"time        {time}")
    for row in told["confirmation"]["outlook"]:
        if row["category"] == "":
            chances = ", ".join(f"+{k}: {v:.0%}" for k, v in row["power"].items())
            console.print(
                f"proof       chance to confirm a gem that is better by points: {chances}"
            )


def show_check(told: Mapping[str, Any]) -> None:
    """Where one checkpoint stands."""
    console = _console()
    console.print(
        f"{told['checkpoint']}: {told['score']:.3f} ({told['low']:.3f}–{told['high']:.3f})"
        f" on {told['n']} {'confirmation ' if told['confirmation'] else ''}prompts"
        f" of {told['suite']},"
        f" place {told['position']} of {told['of']} that answered them all"
    )
    for name, score in told["categories"].items():
        console.print(f"  {name:<24} {score:.3f}")
    for rival in told["popular"]:
        console.print(
            f"  {rival['delta']:+.3f} against {rival['checkpoint']}"
            f" (one-sided p {rival['p']:.3g}, {rival['n']} prompts)"
        )
    if not told["popular"]:
        console.print("  no popular checkpoint has answered these prompts: run gems scan")
    cost = told["cost"]
    console.print(
        f"{cost['loads']:,} loads, {cost['queries']:,} queries, {cost['seconds']['total']:.0f} s"
    )


def _console() -> Console:
    """The terminal as wide as it is; a file or pipe as wide as a name may need."""
    console = Console(markup=False, highlight=False)
    return console if console.is_terminal else Console(markup=False, highlight=False, width=160)


def _cells(row: Mapping[str, Any]) -> list[Text]:
    delta, p = row["delta_vs_popular"], row["p"]
    tie = "" if row["tie_group"] is None else str(row["tie_group"])
    return [
        Text(cell)
        for cell in (
            tie,
            row["checkpoint"] + (" ★" if row["popular"] else ""),
            row["verdict"],
            f"{row['score']:.3f}",
            f"{row['low']:.3f}–{row['high']:.3f}",
            f"{row['n']:,}",
            "" if delta is None else f"{delta:+.3f}",
            "" if p is None else f"{p:.3g}",
            "" if row["downloads"] is None else f"{row['downloads']:,}",
        )
    ]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def _names(reasons: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({reason})" for name, reason in reasons.items())


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 7200 else f"about {seconds / 3600:.1f} h"
