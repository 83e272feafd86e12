"""Night after night: only what changed is read, nothing is lost, and history is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from catalog import popularity, repositories
from catalog.tables import Crawl, Edge, Member, Popularity, Repository
from hubs.errors import HubError

DAY = timedelta(days=1)


def night(scene, number, **options):
    return scene.crawl(now=scene.now + number * DAY, **options)


def test_the_second_night_reads_what_changed_and_looks_at_nothing_else(scene):
    fleet = scene.fleet
    for number in range(6):
        fleet.add(f"a/tune-{number}", "lab/tiny", relation="finetune")
    scene.crawl()
    fleet.add("b/new", "a/tune-3", relation="finetune")
    fleet.change("a/tune-1", downloads=77)
    report = night(scene, 1)
    assert report.strategy == "increment"
    assert scene.verdicts()["b/new"] == "candidate"
    assert scene.members()["b/new"] == ("finetune", 2)
    assert scene.requests["resolve"] <= 2
    assert scene.requests["tree"] == 1


def test_a_grandchild_is_seen_when_its_parent_becomes_known_later(scene):
    scene.crawl()
    scene.fleet.add("b/grandchild", "a/later", relation="finetune")
    night(scene, 1)
    assert "b/grandchild" not in scene.members() or scene.members()["b/grandchild"][1] == 1
    scene.fleet.add("a/later", "lab/tiny", relation="finetune")
    night(scene, 2)
    assert scene.members()["b/grandchild"] == ("finetune", 2)


def test_after_a_week_everything_is_read_again(scene):
    scene.crawl()
    assert night(scene, 6).strategy == "increment"
    assert night(scene, 8).strategy == "whole"


def test_popularity_is_a_dated_series_with_one_point_a_day(scene):
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune", downloads=5, downloadsAllTime=9)
    scene.crawl()
    scene.fleet.change("a/tune", downloads=6)
    scene.crawl(full=True)
    scene.fleet.change("a/tune", downloads=8, downloadsAllTime=20)
    night(scene, 1)
    with scene.catalog.read() as session:
        found = repositories.named(session, "a/tune")
        points = [
            (point.day.day, point.downloads, point.downloads_all_time)
            for point in popularity.series(session, found.id)
        ]
    assert points == [(1, 6, 9), (2, 8, 20)]


def test_popularity_moves_without_a_change_and_is_refreshed_nightly(scene):
    fleet = scene.fleet
    fleet.add("a/tune", "lab/tiny", relation="finetune", downloads=5)
    scene.crawl()
    fleet.change("a/tune", downloads=500, lastModified="2025-01-01T00:03:00Z")
    night(scene, 1)
    with scene.catalog.read() as session:
        latest = session.scalar(
            select(Popularity.downloads)
            .join(Repository)
            .where(Repository.name == "a/tune")
            .order_by(Popularity.day.desc())
        )
    assert latest == 500


def test_a_renamed_repository_keeps_its_history_and_its_children(scene):
    fleet = scene.fleet
    fleet.add("a/old", "lab/tiny", relation="finetune", _id="a" * 24)
    fleet.add("b/child", "a/old", relation="finetune")
    scene.crawl()
    before = scene.checkpoint("a/old").id
    (fleet.folder / "a/old").rename(fleet.folder / "a/new")
    fleet.change("a/new", renamed_from="a/old")
    night(scene, 1)
    assert scene.checkpoint("a/new").id == before
    assert scene.members()["b/child"] == ("finetune", 2)
    with scene.catalog.read() as session:
        assert repositories.named(session, "a/old").name == "a/new"


def test_a_repository_that_vanished_is_confirmed_missing_and_may_come_back(scene):
    fleet = scene.fleet
    fleet.add("a/gone", "lab/tiny", relation="finetune")
    fleet.add("b/child", "a/gone", relation="finetune")
    scene.crawl()
    hidden = fleet.folder.parent / "hidden"
    (fleet.folder / "a/gone").rename(hidden)
    report = night(scene, 1, full=True)
    assert report.missing == 1
    assert scene.verdicts()["a/gone"] == "missing"
    assert scene.members()["b/child"][1] == 2
    hidden.rename(fleet.folder / "a/gone")
    night(scene, 2, full=True)
    assert scene.verdicts()["a/gone"] == "candidate"


def test_one_that_no_longer_declares_its_parent_leaves_the_family(scene):
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune")
    scene.crawl()
    other = {"architectures": ["OtherForCausalLM"]}
    scene.fleet.add("a/tune", config=other)
    night(scene, 1, full=True)
    assert "a/tune" not in scene.members()


def test_who_opted_out_is_excluded_and_never_looked_at(scene):
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune")
    scene.crawl()
    opted = scene.families.read_text() + '\n[opt_out]\nauthors = ["A"]\n'
    scene.families.write_text(opted)
    scene.fleet.add("a/second", "lab/tiny", relation="finetune")
    night(scene, 1)
    verdicts = scene.verdicts()
    assert verdicts["a/tune"] == verdicts["a/second"] == "opted_out"
    assert scene.requests["tree"] == 0


def test_who_opted_out_by_a_name_stays_out_under_the_next(scene):
    fleet = scene.fleet
    fleet.add("a/old", "lab/tiny", relation="finetune", _id="a" * 24)
    opted = scene.families.read_text() + '\n[opt_out]\nrepositories = ["A/Old"]\n'
    scene.families.write_text(opted)
    scene.crawl()
    assert scene.verdicts()["a/old"] == "opted_out"
    (fleet.folder / "a/old").rename(fleet.folder / "a/new")
    fleet.change("a/new", renamed_from="a/old", sha="3" * 40)
    night(scene, 1)
    assert scene.verdicts()["a/new"] == "opted_out"
    assert scene.requests["tree"] == 0


def test_a_new_commit_is_vetted_anew_and_the_old_one_stays(scene):
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune", seed=3)
    scene.crawl()
    before = scene.checkpoint("a/tune")
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune", seed=4)
    night(scene, 1)
    after = scene.checkpoint("a/tune")
    assert (after.id, after.sha, after.digest) != (before.id, before.sha, before.digest)
    assert after.status == "candidate"


@pytest.mark.parametrize("strategy", ["whole", "recursive"])
def test_a_crawl_stopped_anywhere_goes_on_and_ends_the_same(scene, strategy):
    fleet = scene.fleet
    scene.page_size = 3
    for number in range(10):
        parent = "lab/tiny" if number < 5 else f"a/tune-{number - 5}"
        fleet.add(f"a/tune-{number}", parent, relation="finetune")
    stops = 0
    for after in range(1, 80):
        if not interrupted(scene, strategy, after):
            break
        stops += 1
    assert stops >= 5
    assert len(scene.members()) == 12
    assert set(scene.verdicts().values()) == {"candidate"}
    with scene.catalog.read() as session:
        assert session.scalar(select(func.count()).select_from(Crawl)) == 1
        assert session.scalar(select(func.count()).select_from(Edge)) == 11
        assert session.scalar(select(func.count()).select_from(Member)) == 12


class Stopped(BaseException):
    """As a kill would: nothing of ours catches it."""


def interrupted(scene, strategy, after):
    """Crawl until the hub was asked `after` more pages or files; whether that stopped it."""
    source = scene.source
    asked = 0

    def counted(method):
        def call(*args, **kwargs):
            nonlocal asked
            asked += 1
            if asked > after:
                raise Stopped
            return method(*args, **kwargs)

        return call

    transport = source.hub._transport
    transport.json, transport.bytes = counted(transport.json), counted(transport.bytes)
    try:
        scene.crawl(source=source, strategy=strategy)
    except Stopped:
        return True
    return False


def test_a_hub_that_goes_away_stops_the_crawl_with_one_line_and_it_resumes(scene):
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune")
    scene.crawl()
    before = scene.verdicts()
    source = scene.source
    scene.stop()
    with pytest.raises(HubError) as caught:
        scene.crawl(source=source, full=True)
    assert "\n" not in str(caught.value)
    assert scene.verdicts() == before
    scene.crawl(full=True)
    assert scene.verdicts() == before


def test_a_full_crawl_that_is_asked_for_does_not_go_on_with_what_changed(scene):
    scene.crawl()
    scene.stop()
    scene.faults = [{"fault": "status", "status": 503, "on": ["list"], "times": 4}]
    with pytest.raises(HubError):
        scene.crawl(now=scene.now + DAY)
    report = scene.crawl(now=scene.now + DAY, full=True)
    assert (report.strategy, report.resumed) == ("whole", False)
    assert not scene.crawl(now=scene.now + DAY).resumed
