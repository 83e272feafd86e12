"""A crash harness: a real scan is killed at random moments until it ends, and must end the same.

    python -m tests.nightly.soak [--kills 100] [--seed 1] [--json]

Each life begins with a crawled catalog and no weights. `gems scan` is started, and once some random
number of answers is stored, or while it starts, something happens to it: the process, its engine,
or all of it is killed (SIGKILL), or the disk is filled, on which it has to stop by itself and say
so. It is started again, until it ends. Then leaderboard and answers are compared with those of a
scan that nobody disturbed, and no batch may have been asked twice but the one in flight.
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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from catalog.tables import Answer, Grade, Scan
from gems.demo import build_fleet
from hubs.folder.server import FolderHub
from tests.nightly import disk
from tests.nightly.world import FAMILY, World, made

ROOT = Path(__file__).parents[2]
WAYS = ("process", "engine", "everything")
FULL = "full disk"
PATIENCE = 600.0
"""Seconds after which something that has to end is said to hang."""


@dataclass(slots=True)
class Soaked:
    """kills: by way. lives: scans that came to their end. wrong: what differed, a line each."""

    kills: dict[str, int]
    lives: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Soak:
    """Kills scans of a served world.

    notes: a folder for what engines were asked, not on the disk that is filled. landed: how many
    answers there were when the engine was last killed: two kills in a row in one batch would be
    the checkpoint's own failure.
    """

    world: World
    notes: Path
    rng: random.Random
    ways: Sequence[str]
    found: Soaked = field(init=False)
    landed: int | None = None

    def run(self, kills: int) -> Soaked:
        """Kill so many times, and compare each life that ended."""
        self.found = Soaked(dict.fromkeys(self.ways, 0))
        families = str(self.world.folder / "families.toml")
        gems(self.world, "crawl", "--family", FAMILY, "--families", families)
        shutil.copy(self.world.folder / "gems.db", self.world.folder / "crawled.db")
        self._finish(self._start())
        truth = ledger(self.world)
        self.found.wrong += asked_again(self._asked())
        while sum(self.found.kills.values()) < kills:
            self._be_born()
            process = self._start()
            while sum(self.found.kills.values()) < kills and self._moment(process):
                way = self.rng.choice(self.ways)
                self.found.kills[way] += self._strike(process, way)
                if process.poll() == 0:
                    break
                if process.poll() is not None:
                    process = self._start()
            self._finish(process)
            self.found.lives += 1
            self.found.wrong += differences(truth, ledger(self.world))
            self.found.wrong += asked_again(self._asked())
        return self.found

    def _be_born(self) -> None:
        for file in self.world.folder.glob("gems.db*"):
            file.unlink()
        shutil.copy(self.world.folder / "crawled.db", self.world.folder / "gems.db")
        shutil.rmtree(self.world.folder / "home")
        for file in self.notes.iterdir():
            file.unlink()
        self.landed = None

    def _start(self) -> subprocess.Popen[bytes]:
        notes = self.notes / f"{len(list(self.notes.iterdir())):04}.jsonl"
        notes.touch()
        return start_scan(self.world, [sys.executable, "-m", "tests.nightly.tapped", str(notes)])

    def _moment(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait for a random moment; whether the scan has not ended by then."""
        if self.landed is None and self.rng.random() < 0.2:
            time.sleep(2 * self.rng.random())
        else:
            stored = count_answers(self.world) if self.landed is None else self.landed
            wanted, self.landed = stored + self.rng.randint(1, 150), None
            while process.poll() is None and count_answers(self.world) < wanted:
                time.sleep(0.02)
            time.sleep(self.rng.random() / 20)
        return process.poll() is None

    def _strike(self, process: subprocess.Popen[bytes], way: str) -> bool:
        """Do it to a scan; whether there was anything to be done."""
        if way == FULL:
            return self._fill(process)
        children = _children(process.pid)
        engines = [pid for pid in children if b"evaluator.engines.host" in _command(pid)]
        if way == "engine":
            for pid in engines:
                _kill(pid)
            self.landed = count_answers(self.world)
            return bool(engines)
        _kill(process.pid)
        process.communicate()
        for pid in children:
            if way == "everything":
                _kill(pid)
            _gone(pid)
        return True

    def _fill(self, process: subprocess.Popen[bytes]) -> bool:
        """Leave no room on the disk until the scan has ended; whether it had to stop."""
        ballast = self.world.folder / "ballast"
        disk.fill(ballast)
        said = self._ended(process)
        ballast.unlink()
        if process.returncode != 0 and "free some" not in said:
            self.found.wrong.append(f"a full disk is told as: {said}")
        return process.returncode != 0

    def _finish(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the end. A scan whose engine was killed as it started ends in one line."""
        if "engine does not start" in self._ended(process):
            process = self._start()
            self._ended(process)
        if process.returncode != 0:
            self.found.wrong.append(f"a scan that nobody touched ended with {process.returncode}")

    def _ended(self, process: subprocess.Popen[bytes]) -> str:
        """Wait for a scan that ends by itself; the line it ends with, if it failed."""
        _, err = process.communicate(timeout=PATIENCE)
        lines = err.decode().splitlines()
        if process.returncode == 0:
            return ""
        if process.returncode != 1 or not lines or not lines[-1].startswith("gems: "):
            self.found.wrong.append(f"it ended with {process.returncode}: {lines[-30:]}")
        return lines[-1] if lines else ""

    def _asked(self) -> list[list[list[str]]]:
        """What the engine was asked in each start of this life, batch by batch."""
        return [
            [json.loads(line) for line in file.read_text().splitlines()]
            for file in sorted(self.notes.iterdir())
        ]


def start_scan(world: World, gems: Sequence[str], family: str = FAMILY) -> subprocess.Popen[bytes]:
    """gems: the command, or one that is like it."""
    return subprocess.Popen(
        [
            *(*gems, "scan", "--family", family, "--suite", str(world.folder / "suite.yaml")),
            *("--policy", "one_visit", "--budget", "20"),
        ],
        env=_environment(world),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )


def gems(world: World, *arguments: str) -> None:
    subprocess.run(
        [*GEMS, *arguments], env=_environment(world), check=True, capture_output=True, cwd=ROOT
    )


GEMS = (sys.executable, "-c", "from gems.cli import main; main()")


def _environment(world: World) -> dict[str, str]:
    """What is written lies in the world's folder, temporary files included."""
    places = {"TMPDIR": world.folder / "tmp", "HF_HOME": world.folder / "hf"}
    for place in places.values():
        place.mkdir(exist_ok=True)
    told = {name: str(place) for name, place in places.items()}
    return {**os.environ, **world.environment(), **told}


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
    ends = time.monotonic() + PATIENCE
    while _command(pid):  # none of a process that ended, reaped or not
        assert time.monotonic() < ends, f"process {pid} lives on without its scan"
        time.sleep(0.02)


def count_answers(world: World) -> int:
    """How many answers are stored: looked at often, so without the catalog's own door."""
    with contextlib.closing(sqlite3.connect(world.folder / "gems.db", timeout=60)) as raw:
        found: int = raw.execute("SELECT count(*) FROM answers").fetchone()[0]
    return found


def ledger(world: World) -> dict[str, Any]:
    """All that a scan leaves behind, but for times and what loads it took.

    One that was killed when it had just finished is told once more, for free, by the next.
    """
    catalog = world.catalog()
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


def differences(truth: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
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


def asked_again(starts: Iterable[Iterable[Sequence[str]]]) -> Iterator[str]:
    """What was asked although a batch that came after it had begun: it was stored by then."""
    stored: set[str] = set()
    for batches in starts:
        flying: Sequence[str] = ()
        for batch in batches:
            stored.update(flying)
            if twice := stored.intersection(batch):
                yield f"{len(twice)} prompts were asked again after they were answered"
            flying = batch


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="Where the fleet lies, or is trained.")
    parser.add_argument("--disk", type=Path, help="An empty folder on a disk that may be filled.")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        small = Path(place) / "disk"
        small.mkdir()
        if asked.disk is None and (before := disk.apart(small)) is not None:
            again = [sys.executable, "-m", "tests.nightly.soak", *sys.argv[1:]]
            sys.exit(subprocess.call([*before, *again, "--disk", str(small)]))
        began = time.monotonic()
        fleet = build_fleet(asked.home or Path(place), 7, size="mini")
        notes = Path(place) / "notes"
        notes.mkdir()
        world = made(fleet, asked.disk or small)
        ways = WAYS if asked.disk is None else (*WAYS, FULL)
        with FolderHub(world.shelf) as hub:
            world.url = hub.url
            found = Soak(world, notes, random.Random(asked.seed), ways).run(asked.kills)
    if asked.json:
        print(json.dumps(asdict(found)))
        return
    if asked.disk is None:
        print("no disk was filled: mounting a small one is not allowed here")
    print(f"killed {found.kills}, {found.lives} scans ended, {time.monotonic() - began:.0f} s")
    sys.exit("\n".join(found.wrong) if found.wrong else 0)


if __name__ == "__main__":
    main()
