"""`gems export`: stored scores for other uses."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gems.errors import GemsError


@click.command()
@click.argument("scan", type=click.IntRange(min=1), required=False)
@click.option("--family", help="Its newest finished scan, where no scan is named.")
@click.option(
    "--matrix",
    "path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The .npz file to write.",
)
@click.option(
    "--whole", is_flag=True, help="Only checkpoints that were asked everything, to replay over."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def export(scan: int | None, family: str | None, path: Path, whole: bool, as_json: bool) -> None:
    """Write a finished scan's scores in the format of gems replay.

    X holds a row for each checkpoint and a column for each prompt that selected, NaN where it was
    not asked: a history for later searches. To replay policies over it, take --whole: the
    checkpoints that a search stopped early are known by the prompts that stopped them.

    \b
    Examples:
      gems export --family llama-3.1-8b --matrix past.npz
      gems replay now.npz --policy default --budget 20 --history past.npz
    """
    from evaluator.archive import choose
    from evaluator.matrix import matrix, write
    from gems.context import open_catalog_here

    catalog = open_catalog_here()
    try:
        scan_id = choose(catalog, scan, family)
        table = matrix(catalog, scan_id, whole=whole)
    finally:
        catalog.close()
    try:
        write(path, table)
    except OSError as error:
        raise GemsError(f"cannot write {path}: {error.strerror or error}") from error
    models, items = table.scores.shape
    told = {
        "scan": scan_id,
        "matrix": str(path),
        "models": models,
        "whole": int(table.whole.sum()),
        "items": items,
    }
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo(
        f"{path}: scan {scan_id}, {models:,} models x {items:,} items;"
        f" {told['whole']:,} were asked everything"
    )
