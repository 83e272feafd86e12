"""`gems regrade`: stored answers under today's graders, and what that changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

SHOWN = 20
"""Rows that are listed; --json has them all."""


@click.command()
@click.argument("scan", type=click.IntRange(1, 2**63 - 1), required=False)
@click.option("--family", help="Its newest finished scan, where no scan is named.")
@click.option("--unboxed", is_flag=True, help="Grade code answers without a sandbox.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def regrade(
    scan: int | None, family: str | None, unboxed: bool, dry_run: bool, as_json: bool
) -> None:
    """Grade a finished scan's answers with today's graders, and rule anew.

    No engine is needed and nothing is asked. Grades of earlier versions stay in the catalog; the
    scan's rulings and leaderboard become those of the new ones. Doing it again changes nothing.

    \b
    Examples:
      gems regrade --family llama-3.1-8b --dry-run
      gems regrade 12
    """
    from evaluator.archive import choose
    from evaluator.regrade import regrade as grade_again
    from gems.context import home, open_catalog_here
    from gems.progress import Progress

    catalog = open_catalog_here()
    try:
        scan_id = choose(catalog, scan, family)
        with Progress("regrading") as progress:
            told = grade_again(
                catalog, home(), scan_id, progress, boxed=not unboxed, dry_run=dry_run
            )
    finally:
        catalog.close()
    if as_json:
        click.echo(json.dumps(told))
    else:
        _show(told)


def _show(told: Mapping[str, Any]) -> None:
    grades, moved = told["grades"], told["moved"]
    graders = ", ".join(f"{name}/{version}" for name, version in told["graders"].items())
    changed = ", ".join(f"{count:,} by {name}" for name, count in grades["by_grader"].items())
    click.echo(
        f"scan {told['scan']} of {told['family']}: {told['answers']:,} answers ({graders});"
        f" {grades['new']:,} graded again, {grades['changed']:,} grades changed"
        + (f" ({changed})" if changed else "")
    )
    for row in moved[:SHOWN]:
        where = f", {row['category']}" if row["category"] else ""
        parts = [
            f"{name} {_shown(was)} -> {_shown(now)}"
            for name in ("position", "score", "verdict")
            for was, now in [row[name]]
            if was != now
        ]
        click.echo(f"  {row['checkpoint']}{where}: {'; '.join(parts)}")
    if len(moved) > SHOWN:
        click.echo(f"  and {len(moved) - SHOWN:,} more (--json lists them)")
    click.echo("stored" if told["stored"] else "nothing stored")


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return "none" if value is None else str(value)
