"""The demo's run: fleet, hub, crawl, scan and site, with a catalog of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from time import perf_counter
from typing import Any

from catalog.answers import Terms
from catalog.candidates import candidates, family_named
from catalog.database import Catalog, open_catalog
from crawler import presets
from crawler.crawl import Source, crawl
from evaluator import engines
from evaluator.decoding import decoding_hash
from evaluator.engines.hosted import HostedEngine
from evaluator.fetching import Fetcher
from evaluator.plan import Paper, read_paper
from evaluator.record import Record
from evaluator.scan import run_scan
from evaluator.settings import Settings
from gems.demo.fleet import FAMILY, Fleet, build_fleet
from gems.progress import Progress
from hubs.folder import FolderHub
from hubs.huggingface import HuggingFaceHub
from leaderboard import publish

CATALOG = "gems.db"
DONE = "done"

Watching = Callable[[str], Progress]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The pick beside the truly best, when everyone was asked all selection prompts.

    Scores are means over those prompts; candidates that failed are left out.
    """

    best: str
    best_score: float
    pick_score: float


@dataclass(frozen=True, slots=True)
class Demo:
    """What a demo did. report: the scan's. items: selection prompts. seconds: by stage."""

    seed: int
    report: dict[str, Any]
    items: int
    out: Path
    database: Path
    seconds: dict[str, float]
    comparison: Comparison | None

    @property
    def pick(self) -> dict[str, Any]:
        """The row of the leaderboard that the search puts first."""
        row: dict[str, Any] = self.report["leaderboard"][0]
        return row

    @property
    def exhaustive_queries(self) -> int:
        """What asking everyone every selection prompt takes."""
        return int(self.report["candidates"]) * self.items

    def as_json(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "pick": self.pick["checkpoint"],
            "exhaustive_queries": self.exhaustive_queries,
            "comparison": None if self.comparison is None else asdict(self.comparison),
            "seconds": self.seconds,
            "site": str(self.out),
            "database": str(self.database),
            "report": self.report,
        }


def run_demo(
    home: Path,
    out: Path,
    seed: int,
    *,
    exhaustive: bool,
    watching: Watching,
    size: str = "full",
) -> Demo:
    """Do all of it. What a stopped demo did is kept; a finished one is begun anew.

    size: of the fleet, `full` or `mini`. Raises the errors of every room.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "train"):
        fleet = _trained(home, seed, watching, size)
    settings = Settings(family=FAMILY, home=home, suite=str(fleet.suite), seed=seed)
    paper = read_paper(settings.suite, settings.confirm)
    database = _database(fleet)
    comparison = None
    with (
        closing(open_catalog(f"sqlite:///{database}")) as catalog,
        FolderHub(fleet.folder) as served,
    ):
        hub = HuggingFaceHub(served.url, token=False, folder=home / "checkpoints")
        with _timed(seconds, "crawl"):
            _crawl(hub, catalog, fleet, watching)
        with closing(engines.make(settings.engine, home)) as engine:
            with _timed(seconds, "scan"):
                report = _scan(hub, catalog, engine, settings, watching)
            with _timed(seconds, "publish"):
                publish(catalog, out)
            if exhaustive:
                with _timed(seconds, "exhaustive"):
                    _scan(hub, catalog, engine, replace(settings, policy="exhaustive"), watching)
                pick = report["leaderboard"][0]["checkpoint"]
                comparison = _compared(catalog, engine, paper, pick)
    (database.parent / DONE).touch()
    return Demo(seed, report, len(paper.selection), out, database, seconds, comparison)


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    began = perf_counter()
    yield
    seconds[stage] = perf_counter() - began


def _trained(home: Path, seed: int, watching: Watching, size: str) -> Fleet:
    with watching("training") as progress:

        def told(name: str, _made: int, total: int) -> None:
            progress.expect(total)
            progress.advance(1, name)

        return build_fleet(home, seed, told, size)


def _database(fleet: Fleet) -> Path:
    """The demo's own catalog: the one a stopped demo left, or a new one after a finished one."""
    folder = fleet.suite.parent / "run"
    folder.mkdir(exist_ok=True)
    if (folder / DONE).exists():
        for old in (*folder.glob(CATALOG + "*"), folder / DONE):
            old.unlink()
    return folder / CATALOG


def _crawl(hub: HuggingFaceHub, catalog: Catalog, fleet: Fleet, watching: Watching) -> None:
    known = presets.load([fleet.families])
    with watching("crawling") as progress:
        crawl(
            Source(hub, "folder"),
            catalog,
            known,
            [FAMILY],
            now=datetime.now(UTC),
            told=progress.advance,
        )


def _scan(
    hub: HuggingFaceHub,
    catalog: Catalog,
    engine: HostedEngine,
    settings: Settings,
    watching: Watching,
) -> dict[str, Any]:
    fetcher = Fetcher(hub, settings.home / "checkpoints", settings.disk_budget)
    with watching("scanning") as progress:
        return run_scan(catalog, engine, fetcher, settings, progress)


def _compared(catalog: Catalog, engine: HostedEngine, paper: Paper, pick: str) -> Comparison:
    terms = Terms(decoding_hash(), engine.name, engine.dtype)
    record = Record(catalog, terms, paper.prompts)
    with catalog.read() as session:
        everyone = candidates(session, family_named(session, FAMILY).id)
    means = {
        candidate.name: float(record.scores(candidate, paper.selection).mean())
        for candidate in everyone
    }
    whole = {name: mean for name, mean in means.items() if not isnan(mean)}
    best = max(whole, key=lambda name: whole[name])
    return Comparison(best=best, best_score=whole[best], pick_score=whole[pick])
