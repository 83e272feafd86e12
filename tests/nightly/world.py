"""One operator's machine: a hub of one's own that changes from night to night, and a catalog."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from safetensors.numpy import load_file, save_file

from catalog.database import Catalog, open_catalog
from gems.demo import Fleet

FAMILY = "demo-tiny"
PARENT = "brook-ai/Brook-160K-Instruct"
ASKED = 60
NEW = {"lastModified": "2026-11-20T10:00:00.000Z", "createdAt": "2026-11-20T10:00:00.000Z"}


@dataclass
class World:
    """A hub's shelf, a suite, a catalog, a home and a site, all in one folder that can be copied.

    url: of the hub, while it is served.
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
        weights = self.shelf / name / "model.safetensors"
        tensors = load_file(weights)
        tensors["lm_head.weight"] *= scale
        save_file(tensors, weights, metadata={"format": "pt"})
        path = self.shelf / name / ".hub.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | NEW | fields))

    def remove(self, name: str) -> None:
        shutil.rmtree(self.shelf / name)


def made(fleet: Fleet, folder: Path) -> World:
    """The world before anything was done in it: a fleet, and a part of its suites."""
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


def copied(world: World, into: Path) -> World:
    shutil.copytree(world.folder, into, symlinks=True)
    return World(into)
