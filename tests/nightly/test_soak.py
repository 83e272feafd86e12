"""Ten kills of a real scan; `make soak` takes a hundred."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from sqlalchemy import select

from catalog.tables import Scan
from catalog.words import ScanStatus
from evaluator.verify import verify
from gems.demo import Fleet
from gems.night.log import Telling
from tests.nightly.conftest import Night
from tests.nightly.soak import GEMS, ROOT, asked_again, count_answers, gems, start_scan
from tests.nightly.world import FAMILY, PARENT, World


@pytest.mark.timeout(1200)  # a minute where nothing else runs
def test_a_scan_that_is_killed_again_and_again_ends_as_if_it_was_not(mini_fleet: Fleet) -> None:
    home = mini_fleet.folder.parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "tests.nightly.soak", "--json", "--kills=10", f"--home={home}"],
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert sum(found["kills"].values()) == 10
    assert found["lives"] >= 1


def test_the_soak_would_see_a_batch_that_is_paid_for_again() -> None:
    assert list(asked_again([[["a", "b"], ["c"]], [["c"], ["d"]], [["d"]]])) == []
    for starts in (
        [[["a"], ["b"]], [["a"]]],
        [[["a"], ["b"], ["a"]]],
        [[["a"], ["b"]], [["b"], ["a"]]],
    ):
        assert len(list(asked_again(starts))) == 1


def test_a_killed_scan_is_not_gone_on_with_when_its_family_has_changed(
    world: World, night: Night
) -> None:
    gems(world, "crawl", "--family", FAMILY, "--families", str(world.folder / "families.toml"))
    process = start_scan(world, GEMS)
    while count_answers(world) < 40 and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    stored = count_answers(world)
    world.upload("latecomer/brook-new", PARENT, 1.25)
    found = night(world, "--json")
    assert found.exit_code == 0, found.output
    (family,) = json.loads(found.stdout)["families"]
    assert family["new"] == 8
    assert count_answers(world) == stored + family["queries"]
    catalog = world.catalog()
    with catalog.read() as session:
        killed, finished = session.scalars(select(Scan).order_by(Scan.id))
        assert killed.status == ScanStatus.RUNNING
        assert len(finished.arms) == len(killed.arms) + 1
    agreed = verify(catalog, family["scanned"], Telling("verifying"))
    catalog.close()
    assert agreed["agrees"], agreed["disagreements"]
    assert json.loads(night(world, "--json").stdout)["families"][0]["scanned"] is None
