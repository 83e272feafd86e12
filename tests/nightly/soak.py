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
import sqlite3
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
    gems(world, "crawl", "--family", FAMILY, "--families", str(world.folder / "families.toml"))
    shutil.copy(world.folder / "gems.db", world.folder / "crawled.db")
    _wait(start_scan(world))
    truth, found = _ledger(world), Soaked()
    while sum(found.kills.values()) < kills:
        for file in world.folder.glob("gems.db*"):
            file.unlink()
        shutil.copy(world.folder / "crawled.db", world.folder / "gems.db")
        process = start_scan(world)
        while sum(found.kills.values()) < kills and _at_random(world, process, rng):
            way = rng.choice(WAYS)
            found.kills[way] += _killed(process, way)
            if process.poll() is not None:
                process.communicate()
                process = start_scan(world)
        _finish(world, process)
        found.lives += 1
        found.wrong += _differences(truth, _ledger(world))
    return found


def _at_random(world: World, process: subprocess.Popen[bytes], rng: random.Random) -> bool:
    """Wait for a random moment; whether the scan has not ended by then."""
    if rng.random() < 0.2:
        time.sleep(2 * rng.random())
    else:
        wanted = count_answers(world) + rng.randint(1, 150)
        while process.poll() is None and count_answers(world) < wanted:
            time.sleep(0.01)
        time.sleep(rng.random() / 20)
    return process.poll() is None


def _killed(process: subprocess.Popen[bytes], way: str) -> bool:
    """Kill a scan, or its engine, with which it goes on; whether there was anything to kill."""
    children = _children(process.pid)
    engines = [pid for pid in children if b"evaluator.engines.host" in _command(pid)]
    if way != "engine":
        _kill(process.pid)
        process.wait()
    for pid in {"process": [], "engine": engines, "everything": children}[way]:
        _kill(pid)
    if way != "engine":
        for pid in children:
            _gone(pid)
    return way != "engine" or bool(engines)


def start_scan(world: World) -> subprocess.Popen[bytes]:
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


def gems(world: World, *arguments: str) -> None:
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


def _finish(world: World, process: subprocess.Popen[bytes]) -> None:
    """Wait for the end. An engine that was killed as it started ends its scan in one line."""
    _, err = process.communicate(timeout=SOAK_SECONDS)
    if process.returncode == 1 and b"engine does not start" in err.splitlines()[-1]:
        _wait(start_scan(world))
    else:
        assert process.returncode == 0, err.decode()


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        said = [p.read_text() for p in Path(f"/proc/{pid}/task").glob("*/children")]
        return [int(child) for child in " ".join(said).split()]
    return []


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _gone(pid: int) -> None:
    """Whoever worked for a scan that was killed ends by itself."""
    ends = time.monotonic() + SOAK_SECONDS
    while _command(pid):  # none of a process that ended, reaped or not
        assert time.monotonic() < ends, f"process {pid} lives on without its scan"
        time.sleep(0.02)


def count_answers(world: World) -> int:
    """How many answers are stored: looked at often, so without the catalog's own door."""
    with contextlib.closing(sqlite3.connect(world.folder / "gems.db", timeout=60)) as raw:
        found: int = raw.execute("SELECT count(*) FROM answers").fetchone()[0]
    return found


def _ledger(world: World) -> dict[str, Any]:
    """All that a scan leaves behind, but for times and what loads it took.

    One that was killed when it had just finished is told once more, for free, by the next.
    """
    catalog = open_catalog(world.environment()["GEMS_DATABASE_URL"])
    with catalog.read() as session:
        reports = session.scalars(select(Scan.report).order_by(Scan.id)).all()
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
        key: reports[-1][key]
        for key in ("leaderboard", "rungs", "failed", "candidates", "excluded")
    }
    paid = {
        "answers": count,
        "graded": len(said),
        "queries": sum(r["cost"]["queries"] for r in reports),
    }
    return {**told, **paid, "said": said}


def _differences(truth: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    for key, value in truth.items():
        if key != "said" and json.dumps(value) != json.dumps(found[key]):
            yield f"{key} differs from that of an undisturbed scan"
    for who in sorted(truth["said"].keys() | found["said"].keys()):
        before, after = truth["said"].get(who), found["said"].get(who)
        if before != after:
            yield f"checkpoint and prompt {who}: {before} undisturbed, {after} here"
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
