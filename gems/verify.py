"""`gems verify`: a scan's published numbers, made again from its stored answers."""

from __future__ import annotations

import json

import click

SHOWN = 20
"""Disagreements that are listed; --json has them all."""


@click.command()
@click.argument("scan", type=click.IntRange(1, 2**63 - 1), required=False)
@click.option("--family", help="Its newest finished scan, where no scan is named.")
@click.option("--unboxed", is_flag=True, help="Grade code answers without a sandbox.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def verify(
    ctx: click.Context, scan: int | None, family: str | None, unboxed: bool, as_json: bool
) -> None:
    """Make every published number of a scan again from its stored answers, and compare.

    Answers are graded again, the search is driven again over the scores it saw, and rulings,
    leaderboard and costs are computed anew; nothing is stored. Exits with 1 if anything differs.

    \b
    Examples:
      gems verify 12
      gems verify --family llama-3.1-8b --json
    """
    from evaluator.archive import choose
    from evaluator.verify import verify as compare
    from gems.context import open_catalog_here
    from gems.progress import Progress

    catalog = open_catalog_here()
    try:
        scan_id = choose(catalog, scan, family)
        with Progress("verifying") as progress:
            told = compare(catalog, scan_id, progress, boxed=not unboxed)
    finally:
        catalog.close()
    if as_json:
        click.echo(json.dumps(told))
    else:
        found = told["disagreements"]
        for each in found[:SHOWN]:
            click.echo(each["line"])
        if len(found) > SHOWN:
            click.echo(f"and {len(found) - SHOWN:,} more (--json lists them)")
        for note in told["notes"]:
            click.echo(f"note: {note}")
        checked = told["checked"]
        said = "agrees with" if told["agrees"] else f"differs in {len(found):,} places from"
        click.echo(
            f"scan {scan_id} of {told['family']} {said} {checked['answers']:,} answers of"
            f" {checked['checkpoints']:,} checkpoints ({checked['rulings']:,} rulings)"
        )
    if not told["agrees"]:
        ctx.exit(1)
