"""A hub that misbehaves while a scan downloads: it finishes, or stops in one line and goes on."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from catalog.tables import Answer
from crawler import presets
from crawler.crawl import Source, crawl
from evaluator.engines.hosted import HostedEngine
from evaluator.fetching import Fetcher
from evaluator.scan import run_scan
from evaluator.settings import Settings
from gems.night.log import Telling
from hubs.errors import Unreachable
from hubs.folder.server import FolderHub
from hubs.huggingface import HuggingFaceHub
from hubs.transport import Patience
from tests.nightly.world import FAMILY, World, copied

HASTE = Patience(tries=2, first=0.01, timeout=0.4)
VICTIM = "mossbank/brook-code"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library that downloads has pauses of its own between its tries: of seconds."""
    hasty = SimpleNamespace(sleep=lambda _: time.sleep(0.01))
    monkeypatch.setattr("huggingface_hub.utils._http.time", hasty)
    monkeypatch.setattr("huggingface_hub.file_download.time", hasty)


@pytest.fixture(scope="module")
def crawled(blank: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world whose family was crawled, to be copied."""
    world = copied(blank, tmp_path_factory.mktemp("crawled") / "world")
    catalog = world.catalog()
    with FolderHub(world.shelf) as hub:
        source = Source(HuggingFaceHub(hub.url, False))
        known = presets.load([world.folder / "families.toml"])
        crawl(source, catalog, known, [FAMILY], now=datetime.now(UTC))
    catalog.close()
    return world


def scanned(
    world: World, engine: HostedEngine, *faults: dict[str, Any], patience: Patience = HASTE
) -> dict[str, Any]:
    """The report of a scan against a hub with these faults, without what it cost."""
    home, catalog = world.folder / "home", world.catalog()
    settings = Settings(
        FAMILY, home, suite=str(world.folder / "suite.yaml"), policy="one_visit", budget=20.0
    )
    try:
        with FolderHub(world.shelf, faults={"faults": list(faults)}) as hub:
            door = HuggingFaceHub(hub.url, False, folder=home / "checkpoints", patience=patience)
            fetcher = Fetcher(door, home / "checkpoints")
            report = run_scan(catalog, engine, fetcher, settings, Telling("scanning"))
        with catalog.read() as session:
            answers = session.scalar(select(func.count()).select_from(Answer))
    finally:
        catalog.close()
    kept = ("leaderboard", "rungs", "failed", "candidates", "excluded")
    return {key: report[key] for key in kept} | {"answers": answers}


@pytest.fixture(scope="module")
def undisturbed(
    crawled: World, engine: HostedEngine, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    world = copied(crawled, tmp_path_factory.mktemp("undisturbed") / "world")
    return scanned(world, engine)


@pytest.fixture
def world(crawled: World, tmp_path: Path) -> World:
    return copied(crawled, tmp_path / "world")


def test_what_passes_costs_a_scan_nothing(
    world: World, engine: HostedEngine, undisturbed: dict[str, Any]
) -> None:
    stumbles: list[dict[str, Any]] = [
        {"fault": "status", "status": 503, "on": ["tree"], "times": 2},
        {"fault": "status", "status": 429, "on": ["resolve"], "times": 2},
        {"fault": "stall", "seconds": 1, "on": ["lfs"], "times": 1},
        {"fault": "reset", "bytes": 5000, "on": ["lfs"], "after": 2, "times": 2},
        {"fault": "truncate", "bytes": 5000, "on": ["lfs"], "after": 6, "times": 2},
        {"fault": "ratelimit", "requests": 20, "window": 0.5},
    ]
    patient = replace(HASTE, tries=8)
    assert scanned(world, engine, *stumbles, patience=patient) == undisturbed


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "status": 429},
        {"fault": "status", "status": 502},
        {"fault": "stall", "seconds": 1},
        {"fault": "reset", "bytes": 0},
    ],
    ids=lambda fault: f"{fault['fault']}-{fault.get('status', '')}",
)
def test_a_hub_that_goes_away_stops_a_scan_in_one_line_and_it_goes_on(
    world: World, engine: HostedEngine, undisturbed: dict[str, Any], fault: dict[str, Any]
) -> None:
    with pytest.raises(Unreachable) as caught:
        scanned(world, engine, {**fault, "after": 40})
    assert "\n" not in str(caught.value)
    assert scanned(world, engine) == undisturbed


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "size", "size": 3, "on": ["resolve", "lfs"]},
        {"fault": "truncate", "bytes": 5000, "on": ["lfs"]},
        {"fault": "reset", "bytes": 5000, "on": ["lfs"]},
    ],
    ids=lambda fault: f"{fault['fault']}-{fault.get('size', '')}",
)
def test_files_that_never_come_whole_are_a_failure_by_name_until_they_do(
    world: World, engine: HostedEngine, undisturbed: dict[str, Any], fault: dict[str, Any]
) -> None:
    found = scanned(world, engine, {**fault, "repository": VICTIM, "file": "*.safetensors"})
    _fails_alone(found, undisturbed)
    assert scanned(world, engine)["leaderboard"] == undisturbed["leaderboard"]


def test_a_listing_that_lies_about_a_size_costs_its_own_checkpoint_alone(
    world: World, engine: HostedEngine, undisturbed: dict[str, Any]
) -> None:
    lie = {"fault": "size", "size": 10**6, "on": ["tree"], "repository": VICTIM}
    _fails_alone(scanned(world, engine, lie), undisturbed)


def _fails_alone(found: dict[str, Any], undisturbed: dict[str, Any]) -> None:
    assert found["failed"] == {"malformed": 1}
    ranked, others = ({row["checkpoint"] for row in r["leaderboard"]} for r in (found, undisturbed))
    assert others - ranked <= {VICTIM}
    verdicts = {row["checkpoint"]: row["verdict"] for row in found["leaderboard"]}
    assert verdicts.get(VICTIM, "failed") == "failed"
