"""Where a checkpoint came from: files beat the hub's tags, and those beat the card."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import lineage, repositories, trees
from crawler.evidence import Config, declared, of_merge
from crawler.rows import read_one
from crawler.shape import OddRow


def test_a_merge_has_all_its_parents(scene):
    fleet = scene.fleet
    fleet.add("a/one", "lab/tiny", relation="finetune")
    fleet.add("b/two", "lab/tiny-instruct", relation="finetune")
    fleet.add("c/merge", "a/one", "b/two", relation="merge")
    scene.crawl()
    assert {edge[:2] for edge in scene.edges("c/merge")} == {("a/one", "merge"), ("b/two", "merge")}


def test_a_card_that_disagrees_with_the_tags_is_kept_and_loses(scene):
    scene.fleet.add("a/one", "lab/tiny", relation="finetune")
    tags = ["safetensors", "base_model:lab/tiny", "base_model:finetune:lab/tiny"]
    scene.fleet.add("b/two", "a/one", relation="finetune", tags=tags)
    scene.crawl()
    assert scene.edges("b/two") == {
        ("lab/tiny", "finetune", "tags", True),
        ("a/one", "finetune", "card", False),
    }


def test_when_the_most_trusted_word_goes_the_next_one_is_taken(scene):
    bits = {"quantization_config": {"quant_method": "bitsandbytes"}}
    scene.fleet.add("a/one", "lab/tiny", relation="finetune", config=bits)
    scene.crawl()
    assert scene.members()["a/one"] == ("quantized", 1)
    scene.fleet.add("a/one", "lab/tiny", relation="finetune", seed=4)  # in full precision
    scene.crawl(now=scene.now + timedelta(days=1))
    assert scene.edges("a/one") == {("lab/tiny", "finetune", "tags", True)}
    assert scene.verdicts()["a/one"] == "candidate"


def test_an_adapter_configuration_beats_tags_and_card(scene):
    scene.fleet.add("a/one", "lab/tiny", relation="finetune")
    scene.fleet.adapter("b/lora", "a/one", "lab/tiny")
    scene.crawl()
    assert scene.checkpoint("b/lora").base_id == scene.checkpoint("a/one").id
    assert next(
        (edge[0], scene.members()["b/lora"][1]) for edge in scene.edges("b/lora") if edge[3]
    ) == ("a/one", 2)


def test_an_adapter_that_names_a_local_path_falls_back_on_what_was_declared(scene):
    scene.fleet.adapter("b/lora", "./output/checkpoint-200", "lab/tiny")
    scene.fleet.adapter("b/lost", "./output/checkpoint-200", "lab/tiny", "lab/tiny-instruct")
    scene.crawl()
    assert scene.checkpoint("b/lora").base_id == scene.checkpoint("lab/tiny").id
    assert scene.verdicts()["b/lost"] == "base_unknown"


def test_an_adapter_on_a_quantized_copy_is_asked_on_the_full_precision_parent(scene):
    fleet = scene.fleet
    bits = {"quantization_config": {"quant_method": "bitsandbytes"}}
    fleet.add("q/bnb-4bit", "lab/tiny", relation="quantized", config=bits)
    fleet.adapter("b/lora", "q/bnb-4bit", "q/bnb-4bit")
    scene.crawl()
    assert scene.checkpoint("b/lora").base_id == scene.checkpoint("lab/tiny").id


def test_an_adapter_on_a_duplicate_is_asked_on_what_stands_for_it(scene):
    fleet = scene.fleet
    fleet.add("a/first", "lab/tiny", relation="finetune", seed=5)
    fleet.add("a/copy", "lab/tiny", relation="finetune", seed=5)
    scene.crawl()
    fleet.adapter("b/lora", "a/copy", "a/copy")
    scene.crawl()
    assert scene.checkpoint("b/lora").base_id == scene.checkpoint("a/first").id


def test_an_adapter_on_a_renamed_base_finds_it(scene):
    fleet = scene.fleet
    fleet.add("a/new", "lab/tiny", relation="finetune", renamed_from="a/old")
    fleet.adapter("b/lora", "a/old", "lab/tiny")
    scene.crawl()
    assert scene.checkpoint("b/lora").base_id == scene.checkpoint("a/new").id


@pytest.mark.parametrize(
    ("config", "weights", "reason"),
    [
        ({"peft_type": "IA3"}, None, "bad_adapter"),
        ({"r": 0}, None, "bad_adapter"),
        ({"r": 3}, None, "bad_adapter"),
        ({"task_type": "SEQ_CLS"}, None, "not_text"),
        ({}, {"lora_A": (2, 5), "lora_B": (4, 2)}, "bad_adapter"),
        ({}, {"lora_A": (2, 4)}, "bad_adapter"),
        ({"base_model_name_or_path": "nobody/knows"}, None, "base_unknown"),
        ({"base_model_name_or_path": "x/broken"}, None, "base_excluded"),
    ],
)
def test_an_adapter_that_does_not_fit_is_excluded(scene, config, weights, reason):
    module = "base_model.model.model.layers.0.self_attn.q_proj"
    shapes = {f"{module}.{part}.weight": shape for part, shape in (weights or {}).items()}
    scene.fleet.bare("x/broken", "lab/tiny", files=("config.json", "pytorch_model.bin"))
    scene.fleet.adapter("b/lora", "lab/tiny", "lab/tiny", config=config, weights=shapes or None)
    scene.crawl()
    assert scene.verdicts()["b/lora"] == reason


def test_an_adapter_on_an_adapter_is_told_so_in_whatever_order_they_come(scene):
    fleet = scene.fleet
    fleet.adapter("a/first", "b/second", "b/second")
    fleet.adapter("b/second", "lab/tiny", "lab/tiny")
    fleet.adapter("c/third", "b/second", "b/second")
    scene.crawl()
    verdicts = scene.verdicts()
    assert verdicts["b/second"] == "candidate"
    for name in ("a/first", "c/third"):
        assert verdicts[name] == "bad_adapter"
        assert scene.checkpoint(name).detail.endswith("is an adapter itself")


def test_an_adapter_on_a_full_checkpoint_that_is_called_one_finds_it(scene):
    scene.fleet.adapter("a/lora", "b/called-adapter", "b/called-adapter")
    scene.fleet.add("b/called-adapter", "lab/tiny", relation="adapter")
    scene.crawl()
    assert scene.checkpoint("a/lora").base_id == scene.checkpoint("b/called-adapter").id


def test_an_adapter_waits_for_a_base_that_the_hub_gives_no_answer_about(scene):
    scene.fleet.add("a/deaf", "lab/tiny", relation="finetune")
    scene.fleet.adapter("b/lora", "a/deaf", "a/deaf")
    scene.faults = [{"fault": "status", "status": 503, "repository": "a/deaf", "on": ["tree"]}]
    scene.crawl()
    assert scene.verdicts()["b/lora"] == "unvetted"
    scene.stop()
    scene.faults = []
    scene.crawl(now=scene.now + timedelta(days=1))
    assert scene.checkpoint("b/lora").base_id == scene.checkpoint("a/deaf").id


def test_what_the_files_are_beats_what_was_declared(scene):
    fleet = scene.fleet
    fleet.add("a/full", "lab/tiny", relation="adapter")
    fleet.bare("a/gguf", "lab/tiny", files=("m.gguf",), relation="finetune")
    fleet.adapter("a/lora", "lab/tiny", "lab/tiny")
    fleet.change("a/lora", cardData={"base_model": "lab/tiny", "base_model_relation": "finetune"})
    scene.crawl()
    assert scene.checkpoint("a/full").relation == "finetune"
    assert scene.checkpoint("a/gguf").relation == "quantized"
    assert scene.checkpoint("a/lora").relation == "adapter"
    assert scene.members()["a/gguf"] == ("quantized", 1)
    assert scene.members()["a/full"] == ("finetune", 1)


def test_what_the_files_are_beats_what_was_declared_at_each_commit(scene):
    scene.fleet.add("a/full", "lab/tiny", relation="adapter")
    scene.crawl()
    for day in (1, 2):
        scene.fleet.add("a/full", "lab/tiny", relation="adapter", seed=day)
        scene.crawl(now=scene.now + timedelta(days=day))
        assert scene.members()["a/full"] == ("finetune", 1)


def test_what_files_said_of_a_former_parent_is_forgotten_with_it(scene):
    scene.fleet.add("a/one", "lab/tiny", relation="finetune")
    scene.fleet.add("b/full", "lab/tiny", relation="adapter")
    scene.crawl()
    scene.fleet.add("b/full", "a/one", relation="adapter", seed=3)
    scene.crawl(now=scene.now + timedelta(days=1))
    assert {edge for edge in scene.edges("b/full") if edge[3]} == {
        ("a/one", "finetune", "files", True)
    }


def test_cycles_and_self_parents_end(scene):
    fleet = scene.fleet
    fleet.add("a/self", "a/self", "lab/tiny", relation="finetune")
    fleet.add("a/one", "a/two", "lab/tiny", relation="merge")
    fleet.add("a/two", "a/one", relation="finetune")
    config = {"architectures": ["OtherForCausalLM"]}
    fleet.add("z/one", "z/two", relation="finetune", config=config)
    fleet.add("z/two", "z/one", relation="finetune", config=config)
    for strategy in ("whole", "recursive"):
        scene.crawl(strategy=strategy)
        members = scene.members()
        assert members["a/self"] == ("finetune", 1)
        assert members["a/two"] == ("finetune", 2)
        assert not any(name.startswith("z/") for name in members)
    with scene.catalog.read() as session:
        one = repositories.named(session, "a/one")
        assert trees.descent(session, one.id, None).next[0].name == "a/two"
        assert [node.name for node in trees.ancestry(session, one.id).next]


def test_undeclared_children_are_inferred_from_architecture_and_size_alone(scene):
    fleet = scene.fleet
    fleet.add("a/undeclared")
    fleet.add("a/dangling", "gone/for-good", relation="finetune")
    fleet.add("z/other", config={"architectures": ["OtherForCausalLM"]})
    scene.crawl()
    assert scene.edges("a/undeclared") == {("lab/tiny", "finetune", "inferred", True)}
    assert ("lab/tiny", "finetune", "inferred", True) in scene.edges("a/dangling")
    assert ("gone/for-good", "finetune", "tags", False) in scene.edges("a/dangling")
    assert "z/other" not in scene.members()


def test_a_root_of_another_family_of_the_same_make_is_not_taken_for_a_child(scene):
    twin = '[families.twin]\nroots = ["lab/twin"]\n'
    scene.families.write_text(scene.families.read_text() + twin)
    scene.fleet.add("lab/twin")
    scene.fleet.add("a/of-twin", "lab/twin", relation="finetune")
    scene.crawl("tiny", "twin")
    assert set(scene.members("twin")) == {"lab/twin", "a/of-twin"}
    assert set(scene.members("tiny")) == {"lab/tiny", "lab/tiny-instruct"}


def test_what_many_call_their_parent_is_a_root_of_its_own(scene):
    scene.fleet.add("other/root")
    for number in range(lineage.ROOTLIKE):
        scene.fleet.add(f"a/of-other-{number}", "other/root", relation="finetune")
    scene.crawl()
    assert set(scene.members()) == {"lab/tiny", "lab/tiny-instruct"}


def test_what_was_inferred_and_does_not_fit_leaves_again(scene, full_shapes):
    shapes = full_shapes()
    shapes["model.layers.1.mlp.gate_proj.weight"] = shapes.pop("model.layers.1.mlp.up_proj.weight")
    scene.fleet.add("a/same-size", weights=shapes)
    scene.crawl()
    assert "a/same-size" not in scene.members()
    scene.crawl(full=True)
    assert "a/same-size" not in scene.members()


def test_a_merge_configuration_names_parents_that_nothing_else_does(scene):
    fleet = scene.fleet
    fleet.add("a/one", "lab/tiny", relation="finetune")
    fleet.add("c/merge", "lab/tiny", relation="merge")
    recipe = "models:\n  - model: a/one\n  - model: lab/tiny+b/lora\nbase_model: ./local\n"
    (fleet.folder / "c/merge/mergekit_config.yml").write_text(recipe)
    scene.crawl()
    chosen = {edge[:3] for edge in scene.edges("c/merge") if edge[3]}
    assert chosen == {("a/one", "merge", "merge_config"), ("lab/tiny", "merge", "merge_config")}


def test_a_member_of_two_families_stays_in_the_one_it_fits(scene, full_shapes):
    fleet = scene.fleet
    scene.families.write_text(
        scene.families.read_text() + '[families.deep]\nroots = ["lab/deep"]\n'
    )
    fleet.add("lab/deep", weights=full_shapes(layers=3))
    fleet.add("a/both", "lab/tiny", "lab/deep", relation="merge", weights=full_shapes(layers=3))
    scene.crawl("tiny", "deep")
    assert scene.verdicts()["a/both"] == "candidate"
    assert "a/both" in scene.members("deep")
    assert "a/both" not in scene.members("tiny")


def test_evidence_is_kept_with_its_confidence(scene):
    scene.fleet.add("a/one", "lab/tiny", relation="finetune")
    scene.crawl()
    with scene.catalog.read() as session:
        one = repositories.named(session, "a/one")
        [(claim, chosen)] = lineage.evidence(session, one.id)
    assert chosen
    assert claim.confidence == lineage.CONFIDENCE["tags"]


@pytest.mark.parametrize(
    "text",
    ["a: &a [*a]", "- [", "models: 7", "&x x: *x", "models:\n - model: /etc/passwd", "\x00"],
)
def test_a_hostile_merge_configuration_names_no_parents(text):
    assert of_merge("a/b", text) == []


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=8,
)
keys = st.sampled_from(
    ["cardData", "config", "createdAt", "downloads", "gated", "safetensors", "tags"]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # beside other work
@given(st.dictionaries(keys, junk))
def test_a_row_of_junk_is_read_or_odd_and_never_an_error(fields):
    row = read_one({**fields, "_id": "a" * 24, "id": "a/b"})
    assert row is not None
    assert row.listing.downloads is None or row.listing.downloads >= 0


@given(junk)
def test_junk_instead_of_a_row_is_odd(value):
    with pytest.raises(OddRow):
        read_one(value)


@given(st.lists(st.text(max_size=30)), junk, junk)
def test_parents_always_look_like_names(tags, base, relation):
    lined = "\n".join(["", *(f"base_model:{tag}" for tag in tags), ""])
    for claim in declared("a/b", lined, base, relation, Config()):
        assert claim.parent.count("/") == 1
        assert claim.parent != "a/b"
