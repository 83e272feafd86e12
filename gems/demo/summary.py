"""What a demo says when it is done."""

from __future__ import annotations

from typing import Any

from gems.demo.run import Demo


def summary(demo: Demo) -> str:
    """What was found, what it beat, what it cost, and where to look."""
    report, pick = demo.report, demo.pick
    cost = report["cost"]
    lines = [
        "",
        f"Found      {pick['checkpoint']}, {_score(pick)}, {_downloads(pick)}: {pick['verdict']}",
        *(
            f"beats      {row['checkpoint']}, {_score(row)}, {_downloads(row)}"
            for row in _popular(report)
        ),
        f"Searched   {report['candidates']} candidates"
        f" ({sum(report['excluded'].values())} excluded,"
        f" {sum(report['failed'].values())} failed) with {report['policy']}",
        f"Spent      {cost['loads']} loads, {cost['search_queries']:,} queries to search and"
        f" {cost['queries'] - cost['search_queries']:,} to confirm, {demo.seconds['scan']:.0f} s",
        f"Everyone everything would be {demo.exhaustive_queries:,} queries:"
        f" the search took {cost['search_queries'] / demo.exhaustive_queries:.0%} of them",
    ]
    if demo.comparison is not None:
        truth = demo.comparison
        lost = 100 * (truth.best_score - truth.pick_score)
        lines.append(
            f"Truly best {truth.best}, {truth.best_score:.1%} on the search's prompts:"
            f" the pick is {lost:.1f} points behind"
        )
    lines += [
        "",
        f"Open       {demo.out / 'index.html'}",
        f"Ask more   GEMS_DATABASE_URL=sqlite:///{demo.database} gems families",
    ]
    return "\n".join(lines)


def _popular(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The popular checkpoints that are behind the pick."""
    pick, *rows = report["leaderboard"]
    return [row for row in rows if row["popular"] and row["score"] < pick["score"]]


def _score(row: dict[str, Any]) -> str:
    return f"{row['score']:.1%} ({row['low']:.1%} to {row['high']:.1%})"


def _downloads(row: dict[str, Any]) -> str:
    return f"{row['downloads']:,} downloads"
