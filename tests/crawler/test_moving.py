"""Repositories that move, vanish or change hands in mid-crawl, and popularity over days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from catalog import candidates, families, popularity, repositories, trees
from catalog.tables import Checkpoint, Repository
from tests.crawler.test_looking import ROOTS

DAY = timedelta(days=1)
BEFORE_LOOKS = 8  # requests: two roots, the newest change, a page, and each root's files and header


@pytest.fixture
def three(scene):
    for name in ("a/one", "b/two", "c/three"):
        scene.fleet.add(name, "lab/tiny", relation="finetune")
    return scene


def alias(scene, name):
    with scene.catalog.read() as session:
        return repositories.named(session, name).name


def test_who_vanishes_between_listing_and_look_is_missing_and_comes_back(three):
    three.faults = [{"fault": "vanish", "repository": "b/two", "after": BEFORE_LOOKS}]
    three.crawl()
    assert three.verdicts() == {
        **ROOTS, "a/one": "candidate", "b/two": "missing", "c/three": "candidate",
    }  # fmt: skip
    three.stop()
    three.faults = []
    three.crawl(now=three.now + DAY)
    assert three.verdicts()["b/two"] == "candidate"


def test_who_is_renamed_between_listing_and_look_is_looked_at(three):
    move = {"fault": "rename", "repository": "b/two", "to": "z/moved"}
    three.faults = [{**move, "after": BEFORE_LOOKS}]
    three.crawl()
    assert three.verdicts()["b/two"] == "candidate"
    three.crawl(now=three.now + DAY, full=True)
    assert "b/two" not in three.verdicts()
    assert three.verdicts()["z/moved"] == "candidate"
    assert alias(three, "b/two") == "z/moved"


def test_a_name_that_another_repository_has_by_now_is_not_mixed_up(three):
    fleet = three.fleet
    fleet.change("b/two", _id="a" * 24)
    three.crawl()
    before = three.checkpoint("b/two").id
    (fleet.folder / "b/two").rename(fleet.folder / "b/former")
    fleet.add("b/two", "lab/tiny-instruct", relation="finetune", _id="b" * 24)
    fleet.change("b/former", _id="a" * 24)
    three.crawl(now=three.now + DAY)
    assert three.checkpoint("b/former").id == before
    assert three.checkpoint("b/two").id != before
    assert alias(three, "b/two") == "b/two"
    assert three.members()["b/two"] == ("finetune", 1)


def test_who_was_deleted_and_made_anew_under_its_name_is_another(three):
    three.fleet.change("b/two", _id="a" * 24)
    three.crawl()
    three.fleet.add("b/two", "lab/tiny", relation="finetune", _id="b" * 24, seed=9)
    three.crawl(now=three.now + DAY, full=True)
    verdicts = [found for name, found in rows(three) if name == "b/two"]
    assert sorted(verdicts) == ["candidate", "missing"]


@pytest.mark.parametrize("full", [True, False])
def test_who_was_made_anew_has_the_children_and_copies_of_its_name(three, full):
    fleet = three.fleet
    fleet.change("b/two", _id="a" * 24)
    fleet.add("d/child", "b/two", relation="finetune")
    fleet.bare("q/copy", "b/two", files=("m.gguf",), relation="quantized", downloads=9000)
    three.crawl()
    fleet.add("b/two", "lab/tiny", relation="finetune", _id="b" * 24, seed=9)
    three.crawl(now=three.now + DAY, full=full)
    with three.catalog.read() as session:
        child = repositories.named(session, "d/child")
        assert [node.status for node in trees.ancestry(session, child.id).next] == ["candidate"]
        family = candidates.family_named(session, "tiny")
        found = candidates.candidates(session, family.id)
    assert [c.downloads for c in found if c.name == "b/two"][-1] == 9000


def test_a_root_that_was_made_anew_keeps_its_family(three):
    three.crawl()
    three.fleet.change("lab/tiny", _id="b" * 24)
    for day in (1, 2):
        three.crawl(now=three.now + day * DAY, full=day == 2)
        assert three.members()["a/one"] == ("finetune", 1)


def rows(scene):
    with scene.catalog.read() as session:
        found = session.execute(
            select(Repository.name, Checkpoint.reason, Checkpoint.status).join(
                Checkpoint, Checkpoint.repository_id == Repository.id
            )
        )
        return [(name, reason or status) for name, reason, status in found]


@pytest.mark.parametrize("headers", [True, False])
@pytest.mark.parametrize("strategy", ["whole", "recursive"])
def test_refusals_for_asking_too_often_are_waited_out(three, strategy, headers):
    three.page_size = 1
    quota = {"fault": "ratelimit", "requests": 20, "window": 0.05, "headers": headers}
    three.faults = [quota] if not headers else [{**quota, "window": 1, "requests": 60}]
    three.crawl(strategy=strategy)
    assert set(three.verdicts().values()) == {"candidate"}


def test_each_day_has_one_point_whatever_is_crawled_how_often(three):
    three.fleet.change("a/one", downloads=5)
    for hour, options in enumerate([{}, {"strategy": "recursive"}, {"full": True}, {}]):
        three.crawl(now=three.now + timedelta(hours=hour), **options)
    three.fleet.change("a/one", downloads=6)
    three.crawl(now=three.now + DAY)
    with three.catalog.read() as session:
        found = repositories.named(session, "a/one")
        assert [p.downloads for p in popularity.series(session, found.id)] == [5, 6]


def test_a_family_counts_only_who_is_still_there_towards_concentration(three):
    fleet = three.fleet
    fleet.change("a/one", downloads=1000)
    three.crawl()
    (fleet.folder / "a/one").rename(fleet.folder.parent / "away")
    three.crawl(now=three.now + DAY, full=True)
    with three.catalog.read() as session:
        census = families.census(session, families.found(session)[0])
    assert (census.checkpoints, census.missing) == (5, 1)
    assert census.concentration.top1_share == pytest.approx(5000 / 6000)
