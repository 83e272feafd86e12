"""A mini fleet on a hub that changes from night to night, and `gems nightly` over it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from click.testing import CliRunner, Result

from catalog.database import Catalog, open_catalog
from gems.demo import build_fleet
from gems.nightly import nightly
from hubs.folder.server import FolderHub
from tests.engines.tiny_llamas import change_tensors

FAMILY = "demo-tiny"
PARENT = "brook-ai/Brook-160K-Instruct"
ASKED = 60
NEW = {"lastModified": "2026-11-20T10:00:00.000Z", "createdAt": "2026-11-20T10:00:00.000Z"}


@dataclass
class World:
    """One operator's machine: a hub of one's own, a catalog, a home and a site.

    suite: in this folder too, so that a copy of the world has the same one.
    """

    folder: Path
    url: str = ""

    @property
    def shelf(self) -> Path:
        return self.folder / "hub"

    @property
    def out(self) -> Path:
        return self.folder / "public"

    def environment(self) -> dict[str, str]:
        return {
            "GEMS_DATABASE_URL": f"sqlite:///{self.folder}/gems.db",
            "GEMS_HOME": str(self.folder / "home"),
            "HF_ENDPOINT": self.url,
            "OMP_NUM_THREADS": "1",
        }

    def options(self) -> list[str]:
        return [
            *("--suite", str(self.folder / "suite.yaml"), "--out", str(self.out)),
            *("--families", str(self.folder / "families.toml"), "--budget", "20"),
        ]

    def catalog(self) -> Catalog:
        return open_catalog(self.environment()["GEMS_DATABASE_URL"])

    def upload(self, name: str, like: str, scale: float, **fields: Any) -> None:
        """A checkpoint with somewhat other weights than another's, uploaded last of all."""
        if like != name:
            shutil.copytree(self.shelf / like, self.shelf / name)
        change_tensors(
            self.shelf / name,
            lambda tensors: tensors["lm_head.weight"].mul_(torch.tensor(scale)),
        )
        path = self.shelf / name / ".hub.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | NEW | fields))

    def remove(self, name: str) -> None:
        shutil.rmtree(self.shelf / name)


Night = Callable[..., Result]


def made(folder: Path) -> World:
    fleet = build_fleet(folder / "made", 7, size="mini")
    world = World(folder)
    shutil.copytree(fleet.folder, world.shelf)
    shutil.copy(fleet.families, folder / "families.toml")
    for path, source in (("suite.yaml", fleet.suite), ("proof.yaml", fleet.confirm)):
        suite = yaml.safe_load(source.read_text())
        step = len(suite["prompts"]) // ASKED
        suite |= {"suite": Path(path).stem, "prompts": suite["prompts"][::step][:ASKED]}
        suite |= {"confirm": "proof.yaml"} if path == "suite.yaml" else {}
        (folder / path).write_text(yaml.safe_dump(suite))
    return world


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world before its first night, to be copied."""
    return made(tmp_path_factory.mktemp("blank"))


def run(world: World, patch: pytest.MonkeyPatch, *options: str) -> Result:
    for name, value in world.environment().items():
        patch.setenv(name, value)
    return CliRunner().invoke(nightly, [*world.options(), *options])


@pytest.fixture(scope="session")
def lived(blank: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world after one undisturbed night, to be copied."""
    world = copied(blank, tmp_path_factory.mktemp("lived") / "world")
    with FolderHub(world.shelf) as hub, pytest.MonkeyPatch.context() as patch:
        world.url = hub.url
        found = run(world, patch, "--family", FAMILY, "--json")
    assert found.exit_code == 0, found.output
    (world.folder / "said.json").write_text(found.stdout)
    return world


def copied(world: World, into: Path) -> World:
    shutil.copytree(world.folder, into, symlinks=True, ignore=shutil.ignore_patterns("made"))
    return World(into)


@pytest.fixture
def world(blank: World, tmp_path: Path) -> Iterator[World]:
    yield from _served(copied(blank, tmp_path / "world"))


@pytest.fixture
def later(lived: World, tmp_path: Path) -> Iterator[World]:
    """A copy of the world after its first night."""
    yield from _served(copied(lived, tmp_path / "world"))


def _served(world: World) -> Iterator[World]:
    with FolderHub(world.shelf) as hub:
        world.url = hub.url
        yield world


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Night:
    def go(world: World, *options: str) -> Result:
        return run(world, monkeypatch, *options)

    return go
