"""Roots: gated ones and their mirrors, those that go, and how often they are asked about."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalog import candidates, popularity, repositories
from crawler.errors import RootUnavailable
from tests.crawler.test_looking import ROOTS

DAY = timedelta(days=1)


def gate(scene, *names):
    for name in names or ("lab/tiny", "lab/tiny-instruct"):
        scene.fleet.change(name, gated="manual")


def unrankable(scene):
    with scene.catalog.read() as session:
        family = candidates.family_named(session, "tiny")
        return candidates.unrankable_roots(session, family.id)


def points(scene, name):
    with scene.catalog.read() as session:
        found = repositories.named(session, name)
        return [(p.day.day, p.downloads) for p in popularity.series(session, found.id)]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (None, "copies/tiny is not on the hub"),
        ({"seed": 99}, "copies/tiny has other weights"),
        ({"seed": 1, "gated": "auto"}, "copies/tiny is gated itself"),
        ({"seed": 1, "disabled": True}, "copies/tiny is not on the hub"),
        ({"seed": 1, "_id": "?"}, "copies/tiny cannot be read: _id is not an identity"),
    ],
)
def test_a_mirror_that_is_none_is_told_in_one_line(scene, settings, said):
    gate(scene)
    if settings is not None:
        scene.fleet.add("copies/tiny", **settings)
    with pytest.raises(RootUnavailable) as caught:
        scene.crawl()
    line = str(caught.value)
    assert "\n" not in line
    assert said in line
    assert (
        "the root lab/tiny-instruct is gated, and no mirror stands for it (none is named)" in line
    )
    assert "HF_TOKEN" in line


def test_weights_without_digests_make_no_mirror(scene):
    """Files that the hub keeps no digest of would all be equal to each other."""
    gate(scene)
    scene.fleet.add("copies/tiny", seed=99)
    lost = {"fault": "set", "fields": {"lfs": None}, "on": ["tree"], "file": "*.safetensors"}
    scene.faults = [lost]
    with pytest.raises(RootUnavailable, match="copies/tiny has other weights"):
        scene.crawl()


def test_a_root_that_cannot_be_read_beside_one_that_can_is_told(scene):
    gate(scene, "lab/tiny")
    report = scene.crawl()
    assert scene.verdicts() == {**ROOTS, "lab/tiny": "gated"}
    [note] = report.notes
    assert note.startswith("the root lab/tiny is gated, and no mirror stands for it")
    assert unrankable(scene) == {"lab/tiny": "gated"}


def test_when_a_mirror_goes_the_family_goes_on_and_its_root_stands_for_no_claim(scene):
    gate(scene)
    scene.fleet.add("copies/tiny", seed=1)
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune")
    assert len(scene.crawl().notes) == 1  # the other root has no mirror
    assert unrankable(scene) == {"lab/tiny-instruct": "gated"}
    (scene.fleet.folder / "copies/tiny").rename(scene.fleet.folder.parent / "away")
    scene.fleet.change("lab/tiny", sha="9" * 40)  # as if its card was mended
    scene.fleet.add("a/later", "lab/tiny", relation="finetune")
    report = scene.crawl(now=scene.now + DAY, full=True)
    assert any("copies/tiny is not on the hub" in note for note in report.notes)
    verdicts = scene.verdicts()
    assert verdicts["a/tune"] == verdicts["a/later"] == "candidate"
    assert verdicts["copies/tiny"] == "missing"
    assert set(unrankable(scene)) == {"lab/tiny", "lab/tiny-instruct"}


def test_a_mirror_that_changes_its_weights_stands_for_the_root_no_longer(scene):
    gate(scene)
    scene.fleet.add("copies/tiny", seed=1)
    scene.crawl()
    scene.fleet.add("copies/tiny", seed=5)
    scene.crawl(now=scene.now + DAY, full=True)
    assert "lab/tiny" in unrankable(scene)


def test_downloads_of_roots_move_without_a_change_too_and_are_asked_once_a_day(scene):
    scene.crawl()
    then = "2025-01-01T00:01:00Z"
    scene.fleet.change("lab/tiny", downloads=70_000, lastModified=then)
    scene.fleet.change("lab/tiny-instruct", downloads=90_000, lastModified=then)
    scene.crawl(now=scene.now + DAY)
    assert points(scene, "lab/tiny") == [(1, 1000), (2, 70_000)]
    assert points(scene, "lab/tiny-instruct") == [(1, 5000), (2, 90_000)]
    scene.fleet.change("lab/tiny", downloads=71_000, lastModified=then)
    scene.crawl(now=scene.now + DAY + timedelta(hours=1))
    assert scene.requests["info"] == 0
    assert points(scene, "lab/tiny") == [(1, 1000), (2, 71_000)]  # as the listing of changes says


def test_a_root_that_goes_stops_no_night_and_is_told(scene):
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune")
    scene.crawl()
    (scene.fleet.folder / "lab/tiny-instruct").rename(scene.fleet.folder.parent / "away")
    report = scene.crawl(now=scene.now + DAY)
    assert any("the root lab/tiny-instruct is not on this hub" in note for note in report.notes)
    assert scene.verdicts()["a/tune"] == "candidate"


@pytest.mark.parametrize("strategy", ["whole", "recursive"])
def test_a_root_that_goes_stops_no_full_crawl_either(scene, strategy):
    scene.crawl()
    (scene.fleet.folder / "lab/tiny-instruct").rename(scene.fleet.folder.parent / "away")
    scene.fleet.add("a/later", "lab/tiny", relation="finetune")
    report = scene.crawl(now=scene.now + DAY, strategy=strategy)
    assert any("the root lab/tiny-instruct is not on this hub" in note for note in report.notes)
    assert scene.verdicts()["a/later"] == "candidate"
    assert unrankable(scene) == {"lab/tiny-instruct": "missing"}
    (scene.fleet.folder.parent / "away").rename(scene.fleet.folder / "lab/tiny-instruct")
    assert scene.crawl(now=scene.now + 2 * DAY, strategy=strategy).notes == []
    assert unrankable(scene) == {}


def test_a_root_has_its_own_mirrors_in_whatever_order_roots_are_named(scene):
    scene.families.write_text(
        '[families.tiny]\nroots = ["lab/tiny-instruct", "lab/tiny"]\n'
        '[families.tiny.mirrors]\n"lab/tiny" = ["copies/tiny"]\n'
    )
    scene.fleet.add("copies/tiny", seed=1)
    scene.crawl()
    gate(scene, "lab/tiny")
    scene.fleet.change("lab/tiny", sha="9" * 40)
    assert scene.crawl(now=scene.now + DAY).notes == []


def test_what_the_hub_withdrew_and_has_again_is_back_the_next_night(scene):
    fleet = scene.fleet
    fleet.add("a/tune", "lab/tiny", relation="finetune")
    scene.crawl()
    fleet.change("a/tune", disabled=True)
    scene.crawl(now=scene.now + DAY)
    assert scene.verdicts()["a/tune"] == "disabled"
    fleet.change("a/tune", disabled=False)
    scene.crawl(now=scene.now + 2 * DAY)
    assert scene.verdicts()["a/tune"] == "candidate"


@pytest.mark.parametrize("status", [403, 500])
def test_members_that_nobody_can_be_asked_about_hold_no_full_crawl_up(scene, status):
    names = [f"a/tune-{number}" for number in range(7)]
    for name in names:
        scene.fleet.add(name, "lab/tiny", relation="finetune")
    scene.crawl()
    scene.stop()
    for name in names:
        scene.fleet.change(name, cardData={}, config={}, tags=[])
    scene.faults = [
        {"fault": "status", "status": status, "on": ["info"], "repository": "a/*"},
        {"fault": "vanish", "repository": "a/*", "after": 4},
    ]
    report = scene.crawl(now=scene.now + DAY, full=True)
    assert report.missing == 0
    scene.stop()
    scene.faults = [{"fault": "status", "status": status, "on": ["info"], "after": 2}]
    with pytest.raises(Exception, match=r"^http.*refused|each time"):
        scene.crawl(now=scene.now + 9 * DAY, full=True)
