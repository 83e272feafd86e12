"""The hub's token: sent to the hub, and written nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubs.folder import FolderHub
from hubs.folder.answer import Answer, Request
from tests.hostile.marking import POISONS, Trap
from tests.hostile.poisons import FAMILIES, FAMILY, GOOD, make_fleet, suite
from tests.hostile.sound import list_it, write_sound

TOKEN = "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"
ROOT = Path(__file__).parents[2]


class Listening(FolderHub):
    """Keeps what it is told in `Authorization`."""

    told: set[str]

    def answer(self, request: Request) -> Answer:
        self.told.add(request.headers.get("authorization", ""))
        return super().answer(request)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("place")
    spoiled = [made for made in POISONS if made.name in ("moved-commit", "disguised-pickle")]
    trap = Trap(place / "canary")
    make_fleet(place / "hub", trap, spoiled)
    for name, fields in (("gated", {"gated": "manual"}), ("disabled", {"disabled": True})):
        list_it(write_sound(place / "hub" / "shut" / name), **fields)
    (place / "families.toml").write_text(FAMILIES)
    (place / "suite.yaml").write_text(suite())
    return place


@pytest.fixture(scope="module")
def hub(place: Path) -> Iterator[Listening]:
    faults = [{"fault": "status", "status": 500, "on": ["list"], "times": 1}]
    with Listening(place / "hub", faults={"faults": faults}) as served:
        served.told = set()
        yield served


@pytest.fixture(scope="module")
def said(place: Path, hub: Listening) -> str:
    """All that the commands print, with every library told to say what it does."""
    families = ["--families", "families.toml"]
    scan = ["scan", "--family", FAMILY, *families, "--suite", "suite.yaml"]
    commands = [
        (["crawl", "--family", FAMILY, *families, "--json"], hub.url, 0),
        (scan, hub.url, 0),
        (["publish", "--out", "site", "--json"], hub.url, 0),
        (["crawl", "--full"], f"{hub.url}/nothing/here", 1),
        (["crawl", "--full"], "not-an-address", 1),
    ]
    return "\n".join(_gems(place, *command) for command in commands)


def _gems(place: Path, arguments: list[str], endpoint: str, code: int) -> str:
    environment = os.environ | {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'site'}",
        "HF_TOKEN": TOKEN,
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(place / "hf"),
        "HF_DEBUG": "1",
        "HF_HUB_VERBOSITY": "debug",
        "GEMS_HOME": str(place / "home"),
        "GEMS_DATABASE_URL": f"sqlite:///{place}/gems.db",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from gems.cli import main; main()", *arguments],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_hub_is_told_the_token_and_nobody_else_is(
    place: Path, hub: Listening, said: str
) -> None:
    assert f"Bearer {TOKEN}" in hub.told
    assert GOOD in said
    assert TOKEN not in said
    written = [path for path in place.rglob("*") if path.is_file()]
    assert {"gems.db", "index.html"} <= {path.name for path in written}
    assert [path for path in written if TOKEN.encode() in path.read_bytes()] == []


def test_what_is_shut_is_told_by_its_reason(place: Path, said: str) -> None:
    assert "gated" in said
    assert "disabled" in said
    assert not (place / "canary").exists()
