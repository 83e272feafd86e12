"""Who declares no parent: taken for a child by its make alone, marked so, and only for a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalog.lineage import CONFIDENCE

DAY = timedelta(days=1)
INFERRED = ("lab/tiny", "finetune", "inferred", True)


def chosen(scene, name):
    return {edge for edge in scene.edges(name) if edge[3]}


@pytest.mark.parametrize("full", [False, True])
def test_what_is_declared_later_replaces_what_was_inferred(scene, full):
    scene.fleet.add("a/base", "lab/tiny-instruct", relation="finetune")
    scene.fleet.add("a/silent", seed=3)
    scene.crawl()
    assert chosen(scene, "a/silent") == {INFERRED}
    scene.fleet.add("a/silent", "a/base", relation="finetune", seed=3)
    scene.crawl(now=scene.now + DAY, full=full)
    assert chosen(scene, "a/silent") == {("a/base", "finetune", "tags", True)}
    assert scene.members()["a/silent"] == ("finetune", 2)


def test_what_declares_a_parent_of_another_family_later_leaves(scene):
    other = {"architectures": ["OtherForCausalLM"]}
    scene.families.write_text(scene.families.read_text() + '[families.o]\nroots = ["lab/o"]\n')
    scene.fleet.add("lab/o", config=other)
    scene.fleet.add("a/silent", seed=3)
    scene.crawl("tiny", "o")
    assert "a/silent" in scene.members("tiny")
    scene.fleet.add("a/silent", "lab/o", relation="finetune", seed=3)
    scene.crawl("tiny", "o", now=scene.now + DAY)
    assert "a/silent" not in scene.members("tiny")


def test_only_architecture_and_size_are_looked_at_and_only_of_those_that_fit(scene, full_shapes):
    scene.fleet.add("z/arch", config={"architectures": ["OtherForCausalLM"]})
    scene.fleet.add("z/size", weights=full_shapes(layers=3))
    scene.fleet.add("z/none", config={"architectures": []})
    scene.fleet.bare("z/empty", files=("config.json",))
    scene.fleet.add("a/fits", seed=3)
    scene.crawl()
    assert {n for n in scene.members() if not n.startswith("lab/")} == {"a/fits"}
    assert (
        scene.requests["tree"] == 5
    )  # the roots, to know their make; they and a/fits, to vet them
    assert scene.verdicts()["a/fits"] == "candidate"


def test_lineage_of_every_source_keeps_its_confidence_in_the_order_that_rules(scene):
    order = ["digests", "files", "adapter_config", "merge_config", "config", "tags", "card"]
    order += ["inferred", "shapes"]
    assert sorted(CONFIDENCE, key=lambda source: -CONFIDENCE[source]) == order
    assert CONFIDENCE["shapes"] == 0
