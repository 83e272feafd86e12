"""`gems db`: the catalog's schema, copies of it, and whether it is sound."""

from __future__ import annotations

import json
from pathlib import Path

import click

from catalog.database import Catalog, shown
from catalog.revisions import newest_revision, to_newest
from gems.context import database_url


@click.group()
def db() -> None:
    """The catalog's schema, copies of it, and whether it is sound.

    Every command that needs the catalog upgrades it by itself.
    """


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def upgrade(as_json: bool) -> None:
    """Bring the catalog up to date; make it if it is absent."""
    catalog = Catalog(database_url())
    before = catalog.current()
    catalog.upgrade()
    _report(catalog, as_json, before)


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def current(as_json: bool) -> None:
    """Say which revision the catalog is at; change nothing."""
    catalog = Catalog(database_url())
    _report(catalog, as_json, catalog.peek())


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backup(file: Path, as_json: bool) -> None:
    """Copy the catalog to FILE, which may be done while it is in use.

    An older FILE stays until the new copy is whole. To restore, stop everything and put the copy
    where GEMS_DATABASE_URL points, without the -wal and -shm files beside it.
    """
    from catalog import upkeep

    size = upkeep.backup(Catalog(database_url()), file)
    if as_json:
        click.echo(json.dumps({"file": str(file), "bytes": size}))
    else:
        click.echo(f"{file}: {size:,} bytes, checked")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def vacuum(as_json: bool) -> None:
    """Give what was deleted back to the disk. Meanwhile it takes as much free space again."""
    from catalog import upkeep

    before, after = upkeep.vacuum(Catalog(database_url()))
    if as_json:
        click.echo(json.dumps({"before": before, "after": after}))
    else:
        click.echo(f"{before:,} bytes before, {after:,} now")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(as_json: bool) -> None:
    """Say whether the catalog is sound: its pages, its references, its revision. Exits 1 if not."""
    from catalog import upkeep

    catalog = Catalog(database_url())
    found = upkeep.faults(catalog)
    if as_json:
        click.echo(json.dumps({"url": shown(catalog.url), "sound": not found, "faults": found}))
    else:
        click.echo("\n".join(found) or f"{shown(catalog.url)} is sound")
    if found:
        raise click.exceptions.Exit(1)


def _report(catalog: Catalog, as_json: bool, before: str | None) -> None:
    now, newest = catalog.peek(), newest_revision()
    if as_json:
        click.echo(
            json.dumps(
                {"url": shown(catalog.url), "before": before, "current": now, "newest": newest}
            )
        )
    else:
        state = "up to date" if now == newest else f"newest here is {newest}: {to_newest(now)}"
        click.echo(f"{shown(catalog.url)}: revision {now or 'none'}, {state}")
