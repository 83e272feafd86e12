"""`gems demo`: the main job end to end, on checkpoints that are trained here."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gems.scan import SEEDS


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("public"),
    show_default=True,
    help="Folder of the site.",
)
@click.option(
    "--seed", default=0, show_default=True, type=SEEDS, help="Of the fleet, and of the search."
)
@click.option("--exhaustive", is_flag=True, help="Ask everyone everything too, and compare.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def demo(out: Path, seed: int, exhaustive: bool, as_json: bool) -> None:
    """Train a tiny fleet, serve it as a hub, crawl it, search it, and publish what was found.

    Real weights, real answers, a real hub on loopback: a few minutes, no GPU, nothing fetched.

    \b
    Examples:
      gems demo
      gems demo --seed 3 --exhaustive     also ask everyone everything, and compare
    """
    from gems.context import home
    from gems.demo.run import run_demo
    from gems.demo.summary import summary
    from gems.progress import Progress

    done = run_demo(home(), out, seed, exhaustive=exhaustive, watching=Progress)
    click.echo(json.dumps(done.as_json()) if as_json else summary(done))
