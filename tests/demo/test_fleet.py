"""The fleet: built once, the same for a seed, complete or not at all."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from gems.demo import DemoError, build_fleet
from gems.demo.recipe import recipe

BUILD = "import pathlib, sys; from gems.demo import build_fleet\nif __name__ == '__main__':\n"
BUILD += "    build_fleet(pathlib.Path(sys.argv[1]), 3, size='mini')\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def fleet(home):
    return build_fleet(home, 3, size="mini")


def weights(fleet):
    return json.loads((fleet.folder.parent / "manifest.json").read_text())["weights"]


def test_every_plan_is_published(fleet):
    names = [plan.name for plan in recipe("mini")]
    assert sorted(weights(fleet)) == sorted(names)
    for name in names:
        assert (fleet.folder / name / "README.md").exists()
        assert (fleet.folder / name / ".hub.json").exists()


def test_a_finished_fleet_is_found_again(fleet, home):
    reports = []
    assert build_fleet(home, 3, lambda *report: reports.append(report), size="mini") == fleet
    assert reports == []


def test_a_killed_build_goes_on_and_makes_the_same_weights(fleet, tmp_path):
    script = tmp_path / "build.py"
    script.write_text(BUILD)
    build = subprocess.Popen(
        [sys.executable, script, tmp_path], env=os.environ | {"PYTHONPATH": "."}
    )
    while not list(tmp_path.glob("demo/*/hub/*/Brook-160K")) and build.poll() is None:
        time.sleep(0.1)
    os.kill(build.pid, signal.SIGKILL)
    build.wait()
    assert not list(tmp_path.glob("demo/*/manifest.json"))
    reports = []
    again = build_fleet(tmp_path, 3, lambda *report: reports.append(report), size="mini")
    assert 0 < len(reports) < len(recipe("mini"))
    assert reports[-1][1:] == (len(recipe("mini")),) * 2
    assert weights(again) == weights(fleet)


def test_an_unknown_size_is_refused(tmp_path):
    with pytest.raises(DemoError, match="take one of full, mini"):
        build_fleet(tmp_path, 0, size="huge")


def test_a_home_that_cannot_be_written_is_said_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DemoError, match="GEMS_HOME") as caught:
        build_fleet(tmp_path / "file", 0, size="mini")
    assert "\n" not in str(caught.value)
