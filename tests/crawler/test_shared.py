"""Members of several families: each is a candidate where it fits, whichever is crawled first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalog import candidates

DAY = timedelta(days=1)
TINY, DEEP = {"lab/tiny", "lab/tiny-instruct"}, {"lab/deep", "a/both"}


@pytest.fixture(name="layers", params=[3, 30])
def _layers(request):
    """Of the other family: as large as the first by its listing, or far larger."""
    return request.param


@pytest.fixture
def deep(scene, full_shapes, layers):
    """A second family, and a merge of both that is made like it."""
    other = '[families.deep]\nroots = ["lab/deep"]\n'
    scene.families.write_text(scene.families.read_text() + other)
    scene.shapes = full_shapes(layers=layers)
    scene.fleet.add("lab/deep", weights=scene.shapes)
    merge(scene)
    return scene


def merge(scene, **settings):
    parents = ("lab/tiny", "lab/deep")
    scene.fleet.add("a/both", *parents, relation="merge", weights=scene.shapes, **settings)


def found(scene, slug):
    with scene.catalog.read() as session:
        family = candidates.family_named(session, slug)
        return {candidate.name for candidate in candidates.candidates(session, family.id)}


@pytest.mark.parametrize(
    "crawls", [[("tiny", "deep")], [("tiny",), ("deep",)], [("deep",), ("tiny",)]]
)
def test_it_is_a_candidate_where_it_fits_whatever_was_crawled_first(deep, crawls):
    for slugs in crawls:
        deep.crawl(*slugs)
    assert (found(deep, "tiny"), found(deep, "deep")) == (TINY, DEEP)
    assert "a/both" not in deep.members("tiny")


def test_a_new_commit_does_not_lead_it_back_to_the_family_it_does_not_fit(deep):
    deep.crawl("tiny", "deep")
    merge(deep, seed=3)
    for day in (1, 2):
        deep.crawl("tiny", "deep", now=deep.now + day * DAY)
        assert (found(deep, "tiny"), found(deep, "deep")) == (TINY, DEEP)


def test_who_comes_from_another_family_is_vetted_anew_and_who_stays_is_not(deep):
    deep.fleet.add("c/tune", "lab/tiny", relation="finetune")
    deep.crawl("tiny", "deep")
    deep.fleet.change("c/tune", cardData={"base_model": ["lab/tiny", "lab/deep"]})
    deep.crawl("tiny", "deep", now=deep.now + DAY)
    assert found(deep, "tiny") == TINY | {"c/tune"}
    assert found(deep, "deep") == DEEP
    assert deep.requests["tree"] == 1


def test_what_is_made_from_it_stays_with_it(deep):
    deep.fleet.add("c/child", "a/both", relation="finetune", weights=deep.shapes)
    deep.fleet.adapter("d/lora", "a/both", "a/both")
    deep.crawl("tiny", "deep")
    assert found(deep, "deep") == DEEP | {"c/child", "d/lora"}
    assert found(deep, "tiny") == TINY


def test_who_does_not_fit_a_family_is_no_member_by_a_parent_that_nobody_can_look_at(deep):
    merge(deep, gated="manual")
    deep.fleet.add("c/child", "a/both", relation="finetune", weights=deep.shapes)
    for day in (0, 1):
        deep.crawl("tiny", "deep", now=deep.now + day * DAY)
        assert found(deep, "deep") == {"lab/deep", "c/child"}
        assert found(deep, "tiny") == TINY
        deep.fleet.add("c/child", "a/both", relation="finetune", weights=deep.shapes, seed=7)
