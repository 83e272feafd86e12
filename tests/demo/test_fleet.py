"""The fleet: built once, the same for a seed, complete or not at all."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from evaluator.grading import desk
from evaluator.suites import shelf
from gems.demo import DemoError, build_fleet
from gems.demo.corpus import make_corpus
from gems.demo.recipe import INSTRUCT, recipe
from hubs.folder.server import FolderHub
from tests.demo.answering import right_answers

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


def contents(fleet):
    files = [path for path in fleet.folder.parent.rglob("*") if path.is_file()]
    return {path.relative_to(fleet.folder.parent): path.read_bytes() for path in files}


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


def test_a_killed_build_goes_on_and_makes_the_same_bytes(fleet, tmp_path):
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
    assert contents(again) == contents(fleet)


@pytest.fixture
def unfinished(fleet, tmp_path):
    """A home where one checkpoint of the fleet is still to be made, and a script that does so."""
    root = tmp_path / "demo" / fleet.folder.parent.name
    shutil.copytree(fleet.folder.parent, root)
    (root / "manifest.json").unlink()
    shutil.rmtree(root / "hub" / "oldmill/brook-broken")
    (tmp_path / "build.py").write_text(BUILD)
    return tmp_path


def start(home, **options):
    command = [sys.executable, home / "build.py", home]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": "."}, **options)


def test_a_build_ends_where_sigterm_is_ignored(unfinished):
    build = start(unfinished, preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN))
    try:
        assert build.wait(200) == 0
    finally:
        build.kill()


def test_a_worker_that_dies_is_one_line(unfinished):
    build = start(unfinished, stderr=subprocess.PIPE)
    while build.poll() is None:
        for worker in [w for server in children(build.pid) for w in children(server)]:
            with suppress(ProcessLookupError):
                os.kill(int(worker), signal.SIGKILL)
        time.sleep(0.01)
    said = build.communicate()[1].decode().splitlines()[-1]
    assert "the worker making oldmill/brook-broken died" in said


def children(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return []


def test_its_suites_load_and_its_golds_are_graded_right(fleet):
    suite = shelf.load(fleet.suite)
    selection, confirmation = shelf.split(suite)
    assert (len(selection), len(confirmation)) == (200, 400)
    assert {prompt.grader for prompt in selection} == {"number", "exact", "choice"}
    for prompt in (*selection, *confirmation):
        assert desk.grade(prompt, prompt.gold).score == 1


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # peft's
def test_its_skills_differ(fleet):
    items = make_corpus(fleet.seed).suite
    names = ("quietharbor/brook-ft-v3", "kitecraft/brook-lora", "pinefold/brook-shuffled")
    best, adapter, shuffled = (right_answers(fleet.folder, name, items) for name in names)
    assert best.mean() > adapter.mean() > shuffled.mean()


def test_served_as_a_hub_its_children_are_found_by_their_parent(fleet):
    with FolderHub(fleet.folder) as hub:
        rows = HfApi(endpoint=hub.url, token=False).list_models(filter=f"base_model:{INSTRUCT}")
        found = {row.id for row in rows}
    assert found == {plan.name for plan in recipe("mini") if INSTRUCT in plan.parents}


def test_a_duplicate_has_its_parents_weights(fleet):
    digests = weights(fleet)
    assert digests["ferrywater/brook-ft-v3-copy"] == digests["quietharbor/brook-ft-v3"]


def test_an_unknown_size_is_refused(tmp_path):
    with pytest.raises(DemoError, match="take one of full, mini"):
        build_fleet(tmp_path, 0, size="huge")


def test_a_home_that_cannot_be_written_is_said_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DemoError, match="GEMS_HOME") as caught:
        build_fleet(tmp_path / "file", 0, size="mini")
    assert "\n" not in str(caught.value)
