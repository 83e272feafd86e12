"""`gems nightly` over a world that changes from night to night."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evaluator.engines import make
from evaluator.engines.hosted import HostedEngine
from gems.demo import Fleet
from gems.nightly import nightly
from hubs.folder.server import FolderHub
from tests.nightly.world import FAMILY, World, copied, made

Night = Callable[..., Result]


@pytest.fixture(scope="session")
def blank(mini_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world before its first night, to be copied."""
    return made(mini_fleet, tmp_path_factory.mktemp("blank"))


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


class Borrowed:
    """An engine that many nights use: starting one is most of what a short night takes."""

    def __init__(self, engine: HostedEngine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def close(self) -> None:
        """It stays, until its owner closes it."""


@pytest.fixture(scope="session")
def engine() -> Iterator[HostedEngine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        engine = make("transformers")
    yield engine
    engine.close()


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Night:
    """A night in this process, with the engine that was lent to it."""

    def lend(name: str, cache: Path) -> Borrowed:
        return Borrowed(request.getfixturevalue("engine"))

    def go(world: World, *options: str) -> Result:
        return run(world, monkeypatch, *options)

    monkeypatch.setattr("evaluator.engines.make", lend)
    return go
