"""Adapters and their bases: rings, bases that go and come back, bases that nobody knows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalog import candidates
from tests.crawler.test_looking import ROOTS

DAY = timedelta(days=1)


def asked(scene):
    with scene.catalog.read() as session:
        family = candidates.family_named(session, "tiny")
        return {found.name: found for found in candidates.candidates(session, family.id)}


UNTOLD = {"fault": "set", "fields": {"config": {}}, "on": ["list"]}
"""A listing that shows no adapter's base: only its files do."""


def test_adapters_in_a_ring_are_told_that_their_base_is_one(scene):
    fleet = scene.fleet
    fleet.adapter("a/one", "c/three", "lab/tiny")
    fleet.adapter("b/two", "a/one", "lab/tiny")
    fleet.adapter("c/three", "b/two", "lab/tiny")
    fleet.adapter("d/on-the-ring", "a/one", "lab/tiny")
    fleet.adapter("e/good", "lab/tiny", "lab/tiny")
    scene.faults = [UNTOLD]
    scene.crawl()
    assert scene.verdicts() == {**ROOTS, "e/good": "candidate"}  # no chain leads to a root
    assert scene.checkpoint("a/one").detail == "its base c/three is an adapter itself"
    for name in ("a/one", "b/two", "c/three", "d/on-the-ring"):
        assert scene.checkpoint(name).reason == "bad_adapter"


def test_an_adapter_on_its_own_former_name_is_told_so(scene):
    scene.fleet.adapter("a/new", "a/old", "lab/tiny", renamed_from="a/old")
    scene.faults = [UNTOLD]
    scene.crawl()
    scene.crawl()
    assert scene.checkpoint("a/new").reason == "bad_adapter"


def test_copies_in_a_ring_end_the_search_for_a_base(scene):
    bits = {"config": {"quantization_config": {"quant_method": "bitsandbytes"}}}
    scene.fleet.add("q/one", "q/two", relation="quantized", **bits)
    scene.fleet.add("q/two", "q/one", relation="quantized", **bits)
    scene.fleet.adapter("b/lora", "q/one", "lab/tiny")
    scene.faults = [{**UNTOLD, "repository": "b/*"}]
    scene.crawl()
    assert scene.checkpoint("b/lora").reason == "base_unknown"
    assert scene.checkpoint("b/lora").detail == "q/one is a copy of a copy without end"


@pytest.mark.parametrize("change", [{"disabled": True}, {"private": True}], ids=lambda c: min(c))
def test_an_adapter_leaves_with_its_base_and_comes_back_with_it(scene, change):
    fleet = scene.fleet
    fleet.add("a/base", "lab/tiny", relation="finetune")
    fleet.adapter("b/lora", "a/base", "a/base")
    scene.crawl()
    assert asked(scene)["b/lora"].base.name == "a/base"
    fleet.change("a/base", **change)
    scene.crawl(now=scene.now + DAY, full="private" in change)
    assert scene.verdicts()["b/lora"] == "base_excluded"
    assert "b/lora" not in asked(scene)
    fleet.change("a/base", **dict.fromkeys(change, False))
    scene.crawl(now=scene.now + 8 * DAY)
    assert asked(scene)["b/lora"].base.name == "a/base"


def test_an_adapter_is_not_asked_while_its_bases_new_commit_is_not_vetted(scene):
    fleet = scene.fleet
    fleet.add("a/base", "lab/tiny", relation="finetune")
    fleet.adapter("b/lora", "a/base", "a/base")
    scene.crawl()
    fleet.add("a/base", "lab/tiny", relation="finetune", seed=77)
    scene.stop()
    scene.faults = [{"fault": "status", "status": 503, "on": ["tree"], "repository": "a/base"}]
    scene.crawl(now=scene.now + DAY)
    assert scene.verdicts()["a/base"] == "unvetted"
    assert "b/lora" not in asked(scene)
    scene.stop()
    scene.faults = []
    scene.crawl(now=scene.now + 2 * DAY)
    assert asked(scene)["b/lora"].base.sha == scene.checkpoint("a/base").sha


def test_a_base_that_many_name_is_asked_about_once(scene):
    for number in range(12):
        scene.fleet.adapter(f"b/lora-{number}", "nobody/knows", "lab/tiny")
    scene.crawl()
    assert scene.requests["info"] <= 6
    assert {v for n, v in scene.verdicts().items() if n not in ROOTS} == {"base_unknown"}


@pytest.mark.parametrize("status", [403, 503])
def test_a_base_that_the_hub_gives_no_answer_about_excludes_nobody(scene, status):
    fleet = scene.fleet
    bits = {"config": {"quantization_config": {"quant_method": "bitsandbytes"}}}
    fleet.adapter("b/lora", "q/copy", "lab/tiny")
    scene.faults = [{"fault": "status", "status": status, "on": ["info"], "repository": "q/copy"}]
    scene.crawl()
    assert scene.verdicts()["b/lora"] == "unvetted"
    scene.stop()
    scene.faults = []
    fleet.add("q/copy", "lab/tiny", relation="quantized", **bits)
    scene.crawl(now=scene.now + DAY)
    assert asked(scene)["b/lora"].base.name == "lab/tiny"
