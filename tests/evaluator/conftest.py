"""A real mini fleet behind a real hub, with a catalog that knows it, and one engine for all."""

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
from gems.demo import build_fleet
from hubs.folder.server import FolderHub
from tests.engines.tiny_llamas import change_tensors, write_merged
from tests.evaluator.enrolled import INSTRUCT, enroll

ADAPTER = "kitecraft/brook-lora"
MERGED = "kitecraft/brook-merged"
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
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = tmp_path_factory.mktemp("served")
    fleet = build_fleet(place, 7, size="mini")
    shelf = shutil.copytree(fleet.folder, place / "hub")
    write_merged(shelf / INSTRUCT, shelf / ADAPTER, shelf / MERGED)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if (shelf / INSTRUCT / name).exists():
            shutil.copy(shelf / INSTRUCT / name, shelf / MERGED / name)
    shutil.copytree(shelf / INSTRUCT, shelf / NAN)
    change_tensors(shelf / NAN, lambda t: t["model.norm.weight"].fill_(torch.nan))
    for path, source in (
        (place / "suite.yaml", fleet.suite),
        (place / "proof.yaml", fleet.confirm),
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
