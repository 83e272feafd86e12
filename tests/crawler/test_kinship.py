"""Of a hub, what may be of a family is kept; the rest only while a listing lasts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from catalog import crawls
from catalog.database import open_catalog
from catalog.tables import Edge, Hope, Repository, Stranger
from crawler import kinship
from crawler.one_pass import Pass
from crawler.presets import Preset
from crawler.roots import Household
from crawler.rows import glance

DAY = timedelta(days=1)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
OTHER = {"architectures": ["OtherForCausalLM"]}


def kept(scene):
    with scene.catalog.read() as session:
        return set(session.scalars(select(Repository.name)))


def waiting(catalog):
    with catalog.read() as session:
        return [session.scalar(select(func.count()).select_from(t)) for t in (Stranger, Hope)]


def add_strangers(fleet):
    fleet.add("z/base", config=OTHER)
    fleet.add("z/tune", "z/base", relation="finetune", config=OTHER)
    fleet.add("z/merge", "z/tune", "gone/away", relation="merge", config=OTHER)
    fleet.add("z/ring", "z/gnir", relation="finetune", config=OTHER)
    fleet.add("z/gnir", "z/ring", relation="finetune", config=OTHER)


@pytest.mark.parametrize("strategy", ["whole", "recursive"])
@pytest.mark.parametrize("page_size", [1, 1000])
def test_what_is_of_no_family_is_not_kept_and_leaves_nothing_behind(scene, strategy, page_size):
    add_strangers(scene.fleet)
    scene.fleet.add("a/tune", "lab/tiny", "z/tune", relation="merge")
    scene.fleet.add("a/child", "a/tune", relation="finetune", config=OTHER)
    scene.page_size = page_size
    scene.crawl(strategy=strategy)
    assert kept(scene) == {"lab/tiny", "lab/tiny-instruct", "a/tune", "a/child"}
    assert waiting(scene.catalog) == [0, 0]


def test_a_crawl_that_stops_while_strangers_join_goes_on_with_it(scene, monkeypatch):
    names = ["lab/tiny"] + [f"a/{letter}" for letter in "edcba"]
    for parent, name in pairwise(names):
        scene.fleet.add(name, parent, relation="finetune", config=OTHER)
    scene.page_size = 2
    joined = kinship._children
    goes = iter([1, 1])

    def stopping(crawl, parents):
        if next(goes, None) is None:
            raise KeyboardInterrupt
        return joined(crawl, parents)

    monkeypatch.setattr(kinship, "_children", stopping)
    with pytest.raises(KeyboardInterrupt):
        scene.crawl(strategy="whole")
    assert waiting(scene.catalog)[0] > 0
    monkeypatch.undo()
    report = scene.crawl()
    assert report.resumed
    assert scene.requests["models"] == 0  # the listing was done
    assert {"a/e", "a/d", "a/c", "a/b", "a/a"} <= set(scene.members())
    assert waiting(scene.catalog) == [0, 0]


def test_a_crawl_that_is_given_up_leaves_no_strangers(scene, monkeypatch):
    add_strangers(scene.fleet)
    scene.page_size = 2

    def stopping(crawl):
        raise KeyboardInterrupt

    monkeypatch.setattr(kinship, "join", stopping)
    with pytest.raises(KeyboardInterrupt):
        scene.crawl(strategy="whole")
    assert waiting(scene.catalog)[0] > 0
    monkeypatch.undo()
    scene.crawl(strategy="recursive")
    assert waiting(scene.catalog) == [0, 0]


@pytest.mark.parametrize("odd", [10**30, "\ud800", [[["deep"]]], {"likes": 1}])
def test_strangers_with_odd_fields_are_set_aside_and_join_like_others(scene, odd):
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune")
    scene.fleet.add("a/odd", "a/tune", relation="finetune", config=OTHER, likes=odd)
    scene.fleet.add("z/odd", "z/base", relation="finetune", config=OTHER, likes=odd)
    scene.page_size = 1
    report = scene.crawl(strategy="whole")
    assert scene.members()["a/odd"] == ("finetune", 2)
    assert report.odd == {"likes makes no sense": 1}
    assert "z/odd" not in kept(scene)


def test_who_comes_into_a_family_late_brings_whoever_was_below(scene):
    scene.fleet.add("z/base", config=OTHER)
    scene.fleet.add("a/child", "z/base", relation="finetune", config=OTHER)
    scene.fleet.add("a/grandchild", "a/child", relation="finetune", config=OTHER)
    scene.crawl()
    assert "a/child" not in kept(scene)
    told = json.loads((scene.fleet.folder / "z/base/.hub.json").read_text())
    scene.fleet.add(
        "z/base", "lab/tiny", relation="finetune", config=OTHER, createdAt=told["createdAt"]
    )
    report = scene.crawl(now=scene.now + DAY)
    assert report.strategy == "increment"
    assert scene.members()["z/base"] == ("finetune", 1)
    assert scene.members()["a/child"] == ("finetune", 2)
    assert scene.members()["a/grandchild"] == ("finetune", 3)


graphs = st.lists(
    st.tuples(st.integers(0, 14), st.lists(st.integers(-2, 14), min_size=1, max_size=3)),
    max_size=15,
    unique_by=lambda one: one[0],
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(graphs, st.integers(1, 6), st.randoms())
def test_in_whatever_order_they_are_listed_all_below_the_roots_are_kept(graph, size, random):
    """-1 is the root, -2 never listed."""
    parents = {child: set(named) - {child} for child, named in graph}
    below = {-1}
    while found := {n for n, named in parents.items() if named & below} - below:
        below |= found
    rows = [
        {
            "_id": f"{child:024x}",
            "id": f"a/m{child}",
            "tags": [f"base_model:finetune:{_name(parent)}" for parent in sorted(named)],
        }
        for child, named in parents.items()
        if named
    ]
    random.shuffle(rows)
    catalog = open_catalog("sqlite://")
    household = Household(1, Preset("tiny", "Tiny", ("lab/tiny",)), ("lab/tiny",), None, None)
    with catalog.write() as session:
        crawl_id = crawls.begin(session, "hub", crawls.WHOLE, ["tiny"], None, NOW)
    run = Pass(None, "hub", catalog, crawl_id, [household], NOW)
    root = {"_id": "f" * 24, "id": "lab/tiny"}
    for some in ([root], *(rows[at : at + size] for at in range(0, len(rows), size))):
        with catalog.write() as session:
            assert kinship.store(session, run, [glance(row) for row in some]) == []
    kinship.join(run)
    with catalog.read() as session:
        assert set(session.scalars(select(Repository.name))) == {_name(n) for n in below}
        edges = set(session.execute(select(Edge.parent_name, Edge.parent_id.is_(None))).all())
    assert edges == {
        (_name(parent), parent not in below) for child in below - {-1} for parent in parents[child]
    }
    catalog.close()


def _name(number: int) -> str:
    return {-1: "lab/tiny", -2: "no/body"}.get(number, f"a/m{number}")
