"""Ten kills of a real scan; the harness takes a hundred by itself, see `soak`."""

from __future__ import annotations

import json
import time

from sqlalchemy import select

from catalog.tables import Scan
from catalog.words import ScanStatus
from evaluator.verify import verify
from gems.night.log import Telling
from tests.nightly.conftest import FAMILY, Night, World
from tests.nightly.soak import count_answers, gems, soak, start_scan


def test_a_scan_that_is_killed_again_and_again_ends_as_if_it_was_not(world: World) -> None:
    found = soak(world, kills=10, seed=1)
    assert not found.wrong
    assert sum(found.kills.values()) == 10
    assert found.lives >= 1


def test_a_killed_scan_is_not_gone_on_with_when_its_family_has_changed(
    world: World, night: Night
) -> None:
    families = str(world.folder / "families.toml")
    gems(world, "crawl", "--family", FAMILY, "--families", families)
    process = start_scan(world)
    while count_answers(world) < 40 and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    stored = count_answers(world)
    world.upload("latecomer/brook-new", "brook-ai/Brook-160K-Instruct", 1.25)
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
