"""A real mini fleet behind a real hub, with a catalog that knows it, and one engine for all.

Beside what the demo trains: an adapter's merged checkpoint, an adapter whose finite weights
overflow when it answers, and a checkpoint with NaN in its weights.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import yaml

from catalog.database import Catalog, open_catalog
from evaluator.engines import make
from evaluator.engines.hosted import HostedEngine
from gems.demo import Fleet
from hubs.folder.server import FolderHub
from tests.engines.tiny_llamas import change_tensors, write_merged
from tests.evaluator.enrolled import INSTRUCT, enroll

ADAPTER = "kitecraft/brook-lora"
MERGED = "kitecraft/brook-merged"
WILD = "kitecraft/brook-wild"
NAN = "oldmill/brook-nan"
LOST = "oldmill/brook-broken"
COPY = "ferrywater/brook-ft-v3-copy"
ASKED = 60


@dataclass(frozen=True)
class Served:
    """The fleet's folder on a hub, a suite of its prompts, and a catalog to be copied."""

    url: str
    suite: Path
    enrolled: Path


@pytest.fixture(scope="session")
def served(mini_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = tmp_path_factory.mktemp("served")
    shelf = shutil.copytree(mini_fleet.folder, place / "hub")
    write_merged(shelf / INSTRUCT, shelf / ADAPTER, shelf / MERGED)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if (shelf / INSTRUCT / name).exists():
            shutil.copy(shelf / INSTRUCT / name, shelf / MERGED / name)
    shutil.copytree(shelf / ADAPTER, shelf / WILD)
    change_tensors(
        shelf / WILD,
        lambda ts: [t.mul_(1e30) for name, t in ts.items() if "lora_B" in name],
        "adapter_model.safetensors",
    )
    shutil.copytree(shelf / INSTRUCT, shelf / NAN)
    change_tensors(shelf / NAN, lambda t: t["model.norm.weight"].fill_(torch.nan))
    for path, source in (
        (place / "suite.yaml", mini_fleet.suite),
        (place / "proof.yaml", mini_fleet.confirm),
    ):
        suite = yaml.safe_load(source.read_text())
        step = len(suite["prompts"]) // ASKED
        suite |= {"suite": path.stem, "prompts": suite["prompts"][::step][:ASKED]}
        suite |= {"confirm": "proof.yaml"} if path.stem == "suite" else {}
        path.write_text(yaml.safe_dump(suite))
    with FolderHub(shelf) as hub:
        catalog = open_catalog(f"sqlite:///{place}/enrolled.db")
        enroll(catalog, shelf, hub.url, leave_out=(COPY,))
        catalog.close()
        yield Served(hub.url, place / "suite.yaml", place / "enrolled.db")


@pytest.fixture(scope="session")
def engine() -> Iterator[HostedEngine]:
    engine = make("transformers")
    yield engine
    engine.close()


@pytest.fixture
def catalog(served: Served, tmp_path: Path) -> Iterator[Catalog]:
    shutil.copy(served.enrolled, tmp_path / "gems.db")
    catalog = open_catalog(f"sqlite:///{tmp_path}/gems.db")
    yield catalog
    catalog.close()


@pytest.fixture(scope="session")
def searched(
    served: Served, engine: HostedEngine, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A catalog to be copied, with three finished scans: two that stop early, then everything.

    Fewer are confirmed than the house would, so that some are not.
    """
    from tests.evaluator.scanning import scan

    home = tmp_path_factory.mktemp("searched")
    shutil.copy(served.enrolled, home / "gems.db")
    catalog = open_catalog(f"sqlite:///{home}/gems.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evaluator.scan.FINALISTS", 1)
        for policy, budget in (("accelerated", 30.0), ("one_visit", 20.0), ("exhaustive", None)):
            scan(catalog, engine, served, home, policy=policy, budget=budget)
    catalog.close()
    return home / "gems.db"


@pytest.fixture
def past(searched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    """A copy of the catalog with three scans, which commands find too."""
    shutil.copy(searched, tmp_path / "past.db")
    monkeypatch.setenv("GEMS_DATABASE_URL", f"sqlite:///{tmp_path}/past.db")
    monkeypatch.setattr("evaluator.scan.FINALISTS", 1)
    catalog = open_catalog(f"sqlite:///{tmp_path}/past.db")
    yield catalog
    catalog.close()
