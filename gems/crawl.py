"""`gems crawl`: enumerate families from the hub, and vet their checkpoints."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalog import families as known_families
from gems.context import hub_name, open_catalog_here
from gems.families import described_here, print_census
from gems.progress import Progress
from gems.scan import leave

if TYPE_CHECKING:
    from crawler.crawl import Report


@click.command()
@click.option(
    "--family", "slugs", multiple=True, metavar="SLUG",
    help="A family to crawl; may be repeated. Default: those in the catalog.",
)  # fmt: skip
@click.option(
    "--families", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A families.toml to read beside the packaged ones, ./families.toml and that in GEMS_HOME.",
)  # fmt: skip
@click.option(
    "--strategy", type=click.Choice(["whole", "recursive"]),
    help="A full crawl: of the whole hub at once, or node by node. Default: what costs less.",
)  # fmt: skip
@click.option("--full", is_flag=True, help="Crawl in full although only changes are due.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def crawl(
    slugs: tuple[str, ...], file: Path | None, strategy: str | None, full: bool, as_json: bool
) -> None:
    """Enumerate a family's checkpoints on the hub, and vet them without fetching weights.

    The first crawl of a family is a full one. Later ones read what changed, and once a week
    everything. A crawl that was stopped goes on where it was. The hub is HF_ENDPOINT.

    \b
    Examples:
      gems crawl --family llama-3.1-8b
      gems crawl --family llama-3.1-8b --family qwen2.5-7b --strategy whole
      gems crawl                      every family in the catalog, for cron
    """
    from crawler.crawl import Source
    from crawler.crawl import crawl as run
    from hubs.huggingface import HuggingFaceHub

    described = described_here(file)
    for slug in slugs:
        described.family(slug)
    catalog = open_catalog_here()
    if not slugs:
        with catalog.read() as session:
            slugs = tuple(family.slug for family in known_families.found(session))
        if not slugs:
            raise click.UsageError("the catalog holds no family yet: name one with --family")
    try:
        with Progress("crawling") as progress:
            report = run(
                Source(HuggingFaceHub(), hub_name()),
                catalog,
                described,
                sorted(set(slugs)),
                now=datetime.now(UTC),
                strategy=strategy,
                full=full,
                told=progress.advance,
            )
    except KeyboardInterrupt as stop:
        leave(stop, at_once=True)  # looks under way would hold the door for as long as the hub
    if as_json:
        click.echo(json.dumps(asdict(report), indent=2))
    else:
        _print(report)


def _print(report: Report) -> None:
    how = {"whole": "the whole hub", "recursive": "node by node", "increment": "what changed"}
    again = ", gone on with" if report.resumed else ""
    click.echo(
        f"Read {how[report.strategy]}{again}: {report.rows} rows in {report.requests} pages."
    )
    for reason, count in report.odd.items():
        click.echo(f"  {count} odd: {reason}")
    for note in report.notes:
        click.echo(f"  note: {note}")
    for family in report.families:
        print_census(family)
