"""`gems scan` as a person runs it: killed, stopped, dry, and wrong."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from catalog.database import open_catalog
from catalog.tables import Answer, Plan, Scan, Suite
from evaluator.engines.hosted import HostedEngine
from gems.scan import scan as command
from tests.evaluator.conftest import Served
from tests.evaluator.enrolled import FAMILY
from tests.evaluator.scanning import answer_count, outcome, scan


@pytest.fixture
def world(served: Served, tmp_path: Path) -> dict[str, str]:
    """The environment of a person with their own catalog and home."""
    shutil.copy(served.enrolled, tmp_path / "gems.db")
    return {
        **os.environ,
        "GEMS_DATABASE_URL": f"sqlite:///{tmp_path}/gems.db",
        "GEMS_HOME": str(tmp_path / "home"),
        "HF_ENDPOINT": served.url,
        "OMP_NUM_THREADS": "1",
    }


def start(world: dict[str, str], served: Served, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, "-c", "from gems.cli import main; main()", "scan"),
            *("--family", FAMILY, "--suite", str(served.suite), *options),
        ],
        env=world,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )


def wait_for_answers(world: dict[str, str], count: int, process: subprocess.Popen[bytes]) -> int:
    """Wait until at least so many answers are stored, or the process has ended."""
    catalog = open_catalog(world["GEMS_DATABASE_URL"])
    while (found := answer_count(catalog)) < count and process.poll() is None:
        time.sleep(0.005)
    catalog.close()
    return found


def test_killed_at_any_moment_it_ends_with_the_same_leaderboard(
    served: Served, engine: HostedEngine, world: dict[str, str], tmp_path: Path
) -> None:
    rng = random.Random(2)
    stored = 0
    for _ in range(2):
        process = start(world, served, "--policy", "one_visit", "--budget", "20")
        stored = wait_for_answers(world, stored + rng.randint(1, 250), process)
        time.sleep(rng.random() / 10)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    process = start(world, served, "--policy", "one_visit", "--budget", "20")
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err.decode()
    catalog = open_catalog(world["GEMS_DATABASE_URL"])
    with catalog.read() as session:
        (finished,) = session.scalars(select(Scan))
        report = finished.report
        assert report["cost"]["queries"] == answer_count(catalog) > stored
    catalog.close()
    assert f"{report['cost']['queries']:,} queries" in out.decode()
    assert report["leaderboard"][0]["checkpoint"] in out.decode()
    shutil.copy(served.enrolled, tmp_path / "fresh.db")
    fresh = open_catalog(f"sqlite:///{tmp_path}/fresh.db")
    unbroken = scan(fresh, engine, served, tmp_path / "home", policy="one_visit", budget=20.0)
    fresh.close()
    assert outcome(report) == outcome(unbroken)


def test_terminated_it_says_how_to_go_on(served: Served, world: dict[str, str]) -> None:
    process = start(world, served, "--json")
    wait_for_answers(world, 1, process)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert err.decode().splitlines()[-1] == (
        "gems: terminated: the same command goes on where it was"
    )
    assert out == b""


@pytest.fixture
def run(world: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("GEMS_DATABASE_URL", "GEMS_HOME", "HF_ENDPOINT"):
        monkeypatch.setenv(name, world[name])

    def invoke(*options: str) -> Result:
        return CliRunner().invoke(command, options)

    return invoke


def test_a_dry_run_says_what_it_would_cost_and_does_nothing(
    served: Served, world: dict[str, str], run: Any
) -> None:
    found = run("--family", FAMILY, "--suite", str(served.suite), "--dry-run", "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["candidates"] == 11
    assert told["to_fetch"]["checkpoints"] == 11
    assert 11 <= told["expected"]["loads"] <= 100
    assert told["expected"]["queries"] <= 11 * told["budget"] + 8 * 60
    assert told["expected"]["seconds"] is None
    readable = run("--family", FAMILY, "--suite", str(served.suite), "--dry-run")
    assert "11 candidates" in readable.stdout
    catalog = open_catalog(world["GEMS_DATABASE_URL"])
    with catalog.read() as session:
        for table in (Scan, Suite, Plan, Answer):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    catalog.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--family", "nobody"], "no family 'nobody'"),
        (["--family", "mistral-7b"], "run gems crawl --family mistral-7b"),
        (["--family", FAMILY, "--suite", "no/such.yaml"], "no/such.yaml cannot be read"),
        (["--family", FAMILY, "--policy", "guess"], "guess"),
    ],
)
def test_bad_input_is_told_before_anything_is_started(
    options: list[str], said: str, run: Any, served: Served
) -> None:
    suite = [] if "--suite" in options else ["--suite", str(served.suite)]
    found = run(*options, *suite, "--dry-run")
    assert found.exit_code == 1
    assert said in str(found.exception)
    assert "\n" not in str(found.exception)


def test_sizes_are_read_as_people_write_them(run: Any) -> None:
    from gems.scan import Bytes

    for text, count in (("500", 500), ("2.5T", 25 * 10**11), ("300GB", 3 * 10**11)):
        assert Bytes().convert(text, None, None) == count
    assert run("--family", FAMILY, "--disk-budget", "a lot").exit_code == 2
