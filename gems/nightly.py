"""`gems nightly`: the night's work, for cron."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gems.scan import ENGINES, Bytes, Queries, leave

if TYPE_CHECKING:
    from catalog.database import Catalog
    from gems.night.clock import Clock

POLICY = "one_visit"
"""New checkpoints get the visit that everyone had; loads are dear."""


@click.command()
@click.option(
    "--family", "slugs", multiple=True, metavar="SLUG",
    help="A family to work on; may be repeated. Default: those in the catalog.",
)  # fmt: skip
@click.option("--suite", default="core", show_default=True, help="A packaged suite, or a file.")
@click.option("--confirm", help="The suite that confirms, instead of the suite's own.")
@click.option("--until", metavar="HH:MM", help="Stop asking at that time of day, here.")
@click.option("--hours", type=click.FloatRange(min=0), help="Stop asking after so many hours.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("public"), show_default=True,
    help="Folder of the site.",
)  # fmt: skip
@click.option("--engine", default="transformers", show_default=True, type=click.Choice(ENGINES))
@click.option("--budget", type=Queries(), help="As of gems scan.")
@click.option("--disk-budget", type=Bytes(), help="What fetched weights may take, as 200GB.")
@click.option(
    "--families", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A families.toml to read beside the packaged ones, ./families.toml and that in GEMS_HOME.",
)  # fmt: skip
@click.option("--unboxed", is_flag=True, help="Run code answers without a sandbox.")
@click.option("--log-json", is_flag=True, help="Log one JSON object a line.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def nightly(
    slugs: tuple[str, ...],
    suite: str,
    confirm: str | None,
    until: str | None,
    hours: float | None,
    out: Path,
    engine: str,
    budget: float | None,
    disk_budget: int | None,
    file: Path | None,
    unboxed: bool,
    log_json: bool,
    as_json: bool,
) -> None:
    """Crawl, visit what is new, look after what is published, and publish.

    What there was no time for goes on the next night, and nobody is asked anything twice. A family
    that fails is named in the summary, and the others go on. Exits 1 if any failed.

    \b
    Examples:
      gems nightly --until 06:00 --engine vllm --disk-budget 500GB --out /var/www/gems
      gems nightly --family smollm2-135m --hours 2
    """
    clock = _clock(until, hours)
    from evaluator.engines import make
    from evaluator.lock import only_night
    from evaluator.settings import Settings
    from gems.context import home, open_catalog_here
    from gems.families import described_here
    from gems.night.log import LOG, log_to_stderr
    from gems.night.work import Work
    from hubs.huggingface import HuggingFaceHub

    described = described_here(file)
    for slug in slugs:
        described.family(slug)
    settings = Settings(
        family="",
        home=home(),
        suite=suite,
        confirm=confirm,
        policy=POLICY,
        budget=budget,
        engine=engine,
        disk_budget=disk_budget,
        boxed=not unboxed,
    )
    catalog = open_catalog_here()
    handler = log_to_stderr(as_json=log_json)
    try:
        with only_night(settings.home, catalog.url):
            work = Work(
                catalog=catalog,
                hub=HuggingFaceHub(folder=settings.home / "checkpoints"),
                described=described,
                families=sorted(set(slugs)) or _known(catalog),
                settings=settings,
                out=out,
                clock=clock,
                make_engine=lambda: make(engine, settings.home),
            )
            night = work.run()
    except KeyboardInterrupt as stop:
        leave(stop, at_once=True)
    finally:
        LOG.removeHandler(handler)
        catalog.close()
    click.echo(json.dumps(night.as_json()) if as_json else "\n".join(night.lines()))
    if not night.well:
        raise click.exceptions.Exit(1)


def _clock(until: str | None, hours: float | None) -> Clock:
    from gems.night import clock

    if until is not None and hours is not None:
        raise click.UsageError("--until and --hours say two things: name one")
    if until is not None:
        found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", until)
        if found is None:
            raise click.UsageError(f"{until!r} is no time of day: write for example 06:00")
        left = clock.until(int(found[1]), int(found[2]), datetime.now())
        return clock.Clock(clock.Clock().tick() + left)
    if hours is not None:
        return clock.Clock(clock.Clock().tick() + hours * 3600)
    return clock.Clock()


def _known(catalog: Catalog) -> list[str]:
    from catalog import families

    with catalog.read() as session:
        found = [family.slug for family in families.found(session)]
    if not found:
        raise click.UsageError("the catalog holds no family yet: name one with --family")
    return found
