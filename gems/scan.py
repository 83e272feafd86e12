"""`gems scan` searches a family; `gems check` says where one checkpoint stands in it."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from catalog.errors import CatalogError
from gems.errors import GemsError
from gems.signals import EXIT_INTERRUPTED, EXIT_TERMINATED, Terminated

if TYPE_CHECKING:
    from catalog.database import Catalog
    from evaluator.fetching import Fetcher
    from evaluator.settings import Settings

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
ENGINES = ("transformers", "vllm")
SEEDS = click.IntRange(0, 2**63 - 1)


class Bytes(click.ParamType[int]):
    """A number of bytes, as 500GB or 2.5T."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?\s*", str(value).lower())
        if found is None:
            self.fail(f"{value!r} is no size: write for example 500GB", param, ctx)
        return int(float(found[1]) * UNITS[found[2]])


class Queries(click.FloatRange):
    """A number of queries above zero, and an end to it."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found: float = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value!r} is no number of queries: write for example 30", param, ctx)
        return found


@click.command()
@click.option("--family", required=True, help="The family's slug; `gems families` lists them.")
@click.option(
    "--suite", default="core", show_default=True, help="A packaged suite, routerbench, or a file."
)
@click.option("--confirm", help="The suite that confirms, instead of the suite's own.")
@click.option("--policy", help="How to spend; `gems replay --policy all` compares them.")
@click.option("--budget", type=Queries(), help="Mean queries per candidate.")
@click.option("--top-k", default=1, show_default=True, type=click.IntRange(min=1))
@click.option("--engine", default="transformers", show_default=True, type=click.Choice(ENGINES))
@click.option(
    "--seed", default=0, show_default=True, type=SEEDS, help="Of the order and the policy."
)
@click.option(
    "--families",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A families.toml to read beside the packaged ones, ./families.toml and that in GEMS_HOME.",
)
@click.option("--disk-budget", type=Bytes(), help="What fetched weights may take, as 200GB.")
@click.option(
    "--unboxed",
    is_flag=True,
    help="Run code answers without a sandbox. They are foreign code: use a throw-away machine.",
)
@click.option("--dry-run", is_flag=True, help="Say what it would cost, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def scan(
    family: str,
    suite: str,
    confirm: str | None,
    policy: str | None,
    budget: float | None,
    top_k: int,
    engine: str,
    seed: int,
    file: Path | None,
    disk_budget: int | None,
    unboxed: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Find a family's best checkpoints in as few queries as possible.

    Every answer is stored as it lands. The same command goes on after anything, and asks
    nothing twice.

    \b
    Examples:
      gems scan --family smollm2-135m --dry-run
      gems scan --family llama-3.1-8b --engine vllm --disk-budget 300GB
      gems scan --family llama-3.1-8b --suite ours.yaml --budget 30 --json
    """
    from evaluator.settings import Settings
    from gems.context import home, open_catalog_here
    from gems.suites import suite_file

    settings = Settings(
        family=family,
        home=home(),
        suite=suite_file(suite),
        confirm=confirm and suite_file(confirm),
        policy=policy,
        budget=budget,
        top_k=top_k,
        engine=engine,
        seed=seed,
        disk_budget=disk_budget,
        boxed=not unboxed,
    )
    catalog = open_catalog_here()
    try:
        _know(catalog, family, file)
        told = _forecast(catalog, settings) if dry_run else _run(catalog, settings)
    finally:
        catalog.close()
    if as_json:
        click.echo(json.dumps(told))
        return
    from gems import scan_table

    show = scan_table.show_forecast if dry_run else scan_table.show_report
    show(told)


@click.command()
@click.argument("checkpoint", metavar="ORG/NAME|./FOLDER")
@click.option("--family", help="The family it belongs to, where the catalog cannot tell.")
@click.option(
    "--suite", default="core", show_default=True, help="A packaged suite, routerbench, or a file."
)
@click.option("--engine", default="transformers", show_default=True, type=click.Choice(ENGINES))
@click.option(
    "--seed", default=0, show_default=True, type=SEEDS, help="Of the order that is asked."
)
@click.option("--unboxed", is_flag=True, help="Run code answers without a sandbox.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(
    checkpoint: str,
    family: str | None,
    suite: str,
    engine: str,
    seed: int,
    unboxed: bool,
    as_json: bool,
) -> None:
    """Say where one checkpoint stands in its family, how sure that is, and what it cost.

    A folder need not be published: write it with a slash, as ./mine. What it answers is not kept.

    \b
    Examples:
      gems check org/my-finetune
      gems check ./my-finetune --family llama-3.1-8b
    """
    from evaluator.check import check_folder, check_name
    from evaluator.engines import make
    from evaluator.plan import read_paper
    from evaluator.settings import Settings
    from gems.context import home, open_catalog_here
    from gems.scan_table import show_check
    from gems.suites import suite_file

    local = checkpoint.startswith((".", "/", "~"))
    catalog = open_catalog_here()
    try:
        family, name = _belongs(catalog, checkpoint, family, local=local)
        settings = Settings(
            family=family,
            home=home(),
            suite=suite_file(suite),
            engine=engine,
            seed=seed,
            boxed=not unboxed,
        )
        read_paper(settings.suite, None, boxed=settings.boxed)
        running = make(engine, settings.home)
        try:
            fetcher = _fetcher(settings)
            if local:
                folder = Path(checkpoint).expanduser()
                told = check_folder(catalog, running, fetcher, settings, folder)
            else:
                told = check_name(catalog, running, fetcher, settings, name)
        finally:
            running.close()
    finally:
        catalog.close()
    if as_json:
        click.echo(json.dumps(told))
    else:
        show_check(told)


def _belongs(
    catalog: Catalog, checkpoint: str, family: str | None, *, local: bool
) -> tuple[str, str]:
    """The family to compare with, and the checkpoint's present name. Raises GemsError."""
    from catalog.membership import memberships

    if local:
        if family is None:
            raise GemsError("a folder does not say its family: name one with --family")
        _know(catalog, family, None)
        return family, checkpoint
    with catalog.read() as session:
        found = [m for m in memberships(session, checkpoint) if family in (None, m.family)]
    if not found:
        where = f"in {family}" if family else "in any family of the catalog"
        raise GemsError(f"{checkpoint} is not {where}: crawl its family first (gems crawl)")
    first = found[0]
    if first.reason is not None:
        raise GemsError(f"{first.name} is excluded ({first.reason}): see gems show {first.name}")
    return first.family, first.name


def _run(catalog: Catalog, settings: Settings) -> dict[str, Any]:
    from evaluator.engines import make
    from evaluator.forecast import doubts
    from evaluator.lock import only_scan
    from evaluator.plan import read_paper
    from evaluator.scan import chosen, run_scan
    from gems.progress import Progress

    # What a scan would stumble over is found before an engine is started.
    paper = read_paper(settings.suite, settings.confirm, boxed=settings.boxed)
    chosen(settings, len(paper.selection))
    with only_scan(settings.home, catalog.url, settings.family):
        pass
    for line in doubts(paper, settings.top_k):
        click.echo(f"note: {line}", err=True)
    fetcher = _fetcher(settings)
    engine = make(settings.engine, settings.home)
    try:
        with Progress("scanning") as progress:
            return run_scan(catalog, engine, fetcher, settings, progress)
    except KeyboardInterrupt as stop:
        leave(stop, at_once=fetcher.busy)
    finally:
        engine.close()


def _forecast(catalog: Catalog, settings: Settings) -> dict[str, Any]:
    import torch

    from evaluator.forecast import forecast

    dtype = "bfloat16" if torch.cuda.is_available() else "float32"
    return forecast(catalog, settings, settings.engine, dtype)


def _fetcher(settings: Settings) -> Fetcher:
    from evaluator.fetching import Fetcher
    from hubs.huggingface import HuggingFaceHub

    folder = settings.home / "checkpoints"
    return Fetcher(HuggingFaceHub(folder=folder), folder, settings.disk_budget)


def _know(catalog: Catalog, family: str, file: Path | None) -> None:
    """Raise CatalogError for a family that was never crawled, FamiliesError for one unheard of."""
    from catalog.candidates import family_named
    from gems.families import described_here

    with catalog.read() as session:
        try:
            family_named(session, family)
        except CatalogError:
            described_here(file).family(family)
            raise


def leave(stop: KeyboardInterrupt, *, at_once: bool) -> NoReturn:
    """Say how to go on, and exit. `at_once`: a download in the background would hold the door."""
    terminated = isinstance(stop, Terminated)
    word = "terminated" if terminated else "interrupted"
    print(f"gems: {word}: the same command goes on where it was", file=sys.stderr, flush=True)
    code = EXIT_TERMINATED if terminated else EXIT_INTERRUPTED
    if at_once:
        os._exit(code)
    sys.exit(code)
