"""Two scans at once: of one family never, of two families side by side in one catalog."""

from __future__ import annotations

import json
import signal
import time

from sqlalchemy import select

from catalog.tables import Scan
from catalog.words import ScanStatus
from evaluator.verify import verify
from gems.night.log import Telling
from tests.nightly.soak import GEMS, PATIENCE, count_answers, gems, start_scan
from tests.nightly.world import FAMILY, PARENT, World

TWIN = "twin-tiny"
ROOT = "twin/Brook"
TWINS = f'\n[families.{TWIN}]\ntitle = "Twin"\nroots = ["{ROOT}"]\n'


def add_twins(world: World) -> None:
    """Another family: a root, and three tunes of it."""
    families = world.folder / "families.toml"
    families.write_text(families.read_text() + TWINS)
    world.upload(ROOT, "brook-ai/Brook-160K", 1.0, tags=[])
    card = json.loads((world.shelf / PARENT / ".hub.json").read_text())["cardData"]
    child = {"cardData": card | {"base_model": ROOT}, "tags": [f"base_model:finetune:{ROOT}"]}
    for number in range(3):
        world.upload(f"twin/tune-{number}", PARENT, 1.5 + number, **child)


def test_two_families_are_scanned_together_and_one_family_once(world: World) -> None:
    add_twins(world)
    families = ("--families", str(world.folder / "families.toml"))
    for family in (FAMILY, TWIN):
        gems(world, "crawl", "--family", family, *families)
    both = {family: start_scan(world, GEMS, family) for family in (FAMILY, TWIN)}
    while not count_answers(world):
        assert all(process.poll() is None for process in both.values())
        time.sleep(0.01)
    both[FAMILY].send_signal(signal.SIGSTOP)  # it is not to end before the second has begun
    second = start_scan(world, GEMS, FAMILY)
    said = second.communicate(timeout=PATIENCE)[1].decode().splitlines()
    both[FAMILY].send_signal(signal.SIGCONT)
    assert second.returncode == 1
    assert f"{FAMILY} is being scanned by process {both[FAMILY].pid} since" in said[-1]
    for family, process in both.items():
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, (family, err.decode())
    catalog = world.catalog()
    with catalog.read() as session:
        done = session.scalars(select(Scan).order_by(Scan.id)).all()
        assert [scan.status for scan in done] == [ScanStatus.FINISHED] * 2
        found = {scan.report["family"]: scan.report["candidates"] for scan in done}
        assert found == {FAMILY: 11, TWIN: 4}  # by their weights, twins are of the first one too
        began, ended = (
            [getattr(scan, name) for scan in done] for name in ("started_at", "finished_at")
        )
        assert max(began) < min(ended)
    for scan in done:
        assert verify(catalog, scan.id, Telling("verifying"))["agrees"]
    catalog.close()
