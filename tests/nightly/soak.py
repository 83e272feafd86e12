"""A crash harness: a real scan is killed at random moments until it ends, and must end the same.

    python -m tests.nightly.soak [--kills 100] [--seed 1]

Each life begins with a crawled catalog. `gems scan` is started, and killed (the process, its
engine, or all of it, with SIGKILL) once some random number of answers is stored, or while it
starts; and started again, until it ends by itself. Then leaderboard and answers are compared with
those of a scan that nobody disturbed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from catalog.database import open_catalog
from catalog.tables import Answer, Grade, Scan
from hubs.folder.server import FolderHub
from tests.nightly.conftest import FAMILY, World, made

WAYS = ("process", "engine", "everything")
SOAK_SECONDS = 120.0


@dataclass(slots=True)
class Soaked:
    """kills: by way. lives: scans that came to their end. wrong: what differed, a line each."""

    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 0))
    lives: int = 0
    wrong: list[str] = field(default_factory=list)


def soak(world: World, kills: int, seed: int) -> Soaked:
    """Kill scans of a served world so many times, and compare each that ended."""
    rng = random.Random(seed)
    _gems(world, "crawl", "--family", FAMILY, "--families", str(world.folder / "families.toml"))
    shutil.copy(world.folder / "gems.db", world.folder / "crawled.db")
    _wait(_scan(world))
    truth, found = _ledger(world), Soaked()
    while sum(found.kills.values()) < kills:
        for file in world.folder.glob("gems.db*"):
            file.unlink()
        shutil.copy(world.folder / "crawled.db", world.folder / "gems.db")
        while sum(found.kills.values()) < kills:
            way = rng.choice(WAYS)
            process = _scan(world)
            found.kills[way] += _disturbed(world, process, way, rng)
            if process.returncode == 0:
                break
        else:
            _wait(_scan(world))
        found.lives += 1
        found.wrong += _differences(truth, _ledger(world))
    return found


def _disturbed(
    world: World, process: subprocess.Popen[bytes], way: str, rng: random.Random
) -> bool:
    """Kill what `way` says at a random moment; whether it was still there. Waits for the end."""
    if rng.random() < 0.2:
        time.sleep(2 * rng.random())
    else:
        wanted = _answers(world) + rng.randint(1, 150)
        while process.poll() is None and _answers(world) < wanted:
            time.sleep(0.01)
        time.sleep(rng.random() / 20)
    if process.poll() is not None:
        _wait(process)
        return False
    engines = _children(process.pid)
    if way == "engine":
        for pid in engines:
            _kill(pid)
        _wait(process)  # goes on with a new one
        return bool(engines)
    if way == "everything":
        for pid in engines:
            _kill(pid)
    _kill(process.pid)
    process.communicate()
    for pid in engines:
        _gone(pid)
    return True


def _scan(world: World) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, "-c", "from gems.cli import main; main()", "scan"),
            *("--family", FAMILY, "--suite", str(world.folder / "suite.yaml")),
            *("--policy", "one_visit", "--budget", "20"),
        ],
        env={**os.environ, **world.environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )


def _gems(world: World, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-c", "from gems.cli import main; main()", *arguments],
        env={**os.environ, **world.environment()},
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[2],
    )


def _wait(process: subprocess.Popen[bytes]) -> None:
    _, err = process.communicate(timeout=SOAK_SECONDS)
    assert process.returncode == 0, err.decode()


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        said = [p.read_text() for p in Path(f"/proc/{pid}/task").glob("*/children")]
        return [int(child) for child in " ".join(said).split()]
    return []


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _gone(pid: int) -> None:
    """An engine whose scan was killed ends by itself."""
    ends = time.monotonic() + SOAK_SECONDS
    while Path(f"/proc/{pid}").exists():
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "Z":
            return
        assert time.monotonic() < ends, f"engine {pid} lives on without its scan"
        time.sleep(0.02)


def _answers(world: World) -> int:
    catalog = open_catalog(world.environment()["GEMS_DATABASE_URL"])
    with catalog.read() as session:
        found = session.scalar(select(func.count()).select_from(Answer)) or 0
    catalog.close()
    return found


def _ledger(world: World) -> dict[str, Any]:
    """All that a scan leaves behind, but for times and what loads it took."""
    catalog = open_catalog(world.environment()["GEMS_DATABASE_URL"])
    with catalog.read() as session:
        report = session.scalars(select(Scan.report)).one()
        said = {
            f"{row.checkpoint_id} {row.prompt_hash}": (row.text, row.score)
            for row in session.execute(
                select(Answer.checkpoint_id, Answer.prompt_hash, Answer.text, Grade.score).join(
                    Grade, Grade.answer_id == Answer.id
                )
            )
        }
        count = session.scalar(select(func.count()).select_from(Answer))
    catalog.close()
    told = {
        key: report[key] for key in ("leaderboard", "rungs", "failed", "candidates", "excluded")
    }
    paid = {"answers": count, "graded": len(said), "queries": report["cost"]["queries"]}
    return {**told, **paid, "said": said}


def _differences(truth: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    for key, value in truth.items():
        if json.dumps(value) != json.dumps(found[key]):
            yield f"{key} differs from that of an undisturbed scan"
    if not found["answers"] == found["graded"] == found["queries"]:
        counts = [found[name] for name in ("answers", "graded", "queries")]
        yield f"there are {counts} answers, grades and queries paid for"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        world = made(Path(place))
        with FolderHub(world.shelf) as hub:
            world.url = hub.url
            found = soak(world, asked.kills, asked.seed)
    print(f"killed {found.kills}, {found.lives} scans ended, {time.monotonic() - began:.0f} s")
    sys.exit("\n".join(found.wrong) if found.wrong else 0)


if __name__ == "__main__":
    main()
