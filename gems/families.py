"""`gems families`: the families there are, and how much of each is known and evaluated."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalog import families as known_families
from catalog.families import Census
from gems.context import home, open_catalog_here

if TYPE_CHECKING:
    from crawler.presets import Presets


@click.command()
@click.option(
    "--families", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A families.toml to read beside the packaged ones, ./families.toml and that in GEMS_HOME.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def families(file: Path | None, as_json: bool) -> None:
    """List the families: those in the catalog with their counts, and those not crawled yet.

    Concentration is over all checkpoints of a family: the share of downloads that goes to the top
    1%, the smallest share of checkpoints that takes 95% of the downloads, and the Gini
    coefficient.
    """
    described = described_here(file).families
    catalog = open_catalog_here()
    with catalog.read() as session:
        found = [known_families.census(session, family) for family in known_families.found(session)]
    crawled = {census.slug for census in found}
    if as_json:
        listed = [{**asdict(census), "crawled": True} for census in found]
        listed += [
            {"slug": slug, "title": preset.title, "roots": list(preset.roots), "crawled": False}
            for slug, preset in sorted(described.items())
            if slug not in crawled
        ]
        click.echo(json.dumps({"families": listed}, indent=2))
        return
    for census in found:
        print_census(census)
        if (share := census.concentration) is not None:
            click.echo(
                f"  the top 1% take {share.top1_share:.1%} of the downloads;"
                f" {share.smallest_share_95:.2%} of the checkpoints take 95%;"
                f" Gini {share.gini:.3f}"
            )
    for slug, preset in sorted(described.items()):
        if slug not in crawled:
            click.echo(f"{slug}: not crawled yet ({', '.join(preset.roots)})")


def described_here(file: Path | None) -> Presets:
    """The packaged families, those in GEMS_HOME, in this folder, and in `file`; later ones win."""
    from crawler import presets

    own = (home() / presets.FILE, Path(presets.FILE))
    files = [path for path in own if path.is_file()]
    return presets.load([*files, *([file] if file is not None else [])])


def print_census(family: Census) -> None:
    """A family's counts for people."""
    from catalog.words import Reason

    click.echo(
        f"{family.slug}: {family.checkpoints} checkpoints, {family.candidates} candidates,"
        f" {family.not_yet_evaluated} not yet evaluated"
    )
    if family.unvetted:
        click.echo(f"  {family.unvetted} could not be looked at yet: crawl again")
    sentences = {str(reason): reason.sentence for reason in Reason}
    for reason, count in sorted(family.excluded.items(), key=lambda item: -item[1]):
        click.echo(f"  {count:>6} excluded as {reason}: {sentences[reason]}")
