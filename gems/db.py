"""`gems db`: the catalog's schema."""

from __future__ import annotations

import json

import click

from catalog.database import Catalog, newest_revision, shown
from gems.context import database_url


@click.group()
def db() -> None:
    """The catalog's schema. Every command that needs the catalog upgrades it by itself."""


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


def _report(catalog: Catalog, as_json: bool, before: str | None) -> None:
    now, newest = catalog.peek(), newest_revision()
    if as_json:
        click.echo(
            json.dumps(
                {"url": shown(catalog.url), "before": before, "current": now, "newest": newest}
            )
        )
    else:
        state = "up to date" if now == newest else f"newest is {newest}: run `gems db upgrade`"
        click.echo(f"{shown(catalog.url)}: revision {now or 'none'}, {state}")
