"""A family is found to any depth and vetted without fetching a weight."""

from __future__ import annotations

from catalog.candidates import candidates, family_named


def asked(scene):
    with scene.catalog.read() as session:
        family = family_named(session, "tiny")
        return {c.name: c for c in candidates(session, family.id)}


def test_a_family_is_found_to_any_depth_and_vetted(scene):
    fleet = scene.fleet
    fleet.add("a/tune", "lab/tiny", relation="finetune")
    fleet.add("b/tune-of-tune", "a/tune", relation="finetune")
    fleet.add("c/merge", "a/tune", "b/tune-of-tune", relation="merge")
    fleet.adapter("d/lora", "b/tune-of-tune", "b/tune-of-tune")
    fleet.add("z/stranger", config={"architectures": ["OtherForCausalLM"]})
    report = scene.crawl()
    assert report.strategy == "whole"
    assert scene.members() == {
        "lab/tiny": (None, 0),
        "lab/tiny-instruct": (None, 0),
        "a/tune": ("finetune", 1),
        "b/tune-of-tune": ("finetune", 2),
        "c/merge": ("merge", 2),
        "d/lora": ("adapter", 3),
    }
    found = asked(scene)
    assert set(found) == set(scene.members())
    assert found["lab/tiny"].root
    assert not found["a/tune"].root
    assert found["d/lora"].base.name == "b/tune-of-tune"
    assert scene.requests.get("resolve", 0) > 0
    assert scene.requests["list"] <= 3
