"""A family is found to any depth and vetted without fetching a weight."""

from __future__ import annotations

import json

import pytest

from catalog.candidates import candidates, family_named
from crawler import presets
from crawler.errors import FamiliesError, RootUnavailable


def asked(scene):
    with scene.catalog.read() as session:
        family = family_named(session, "tiny")
        return {c.name: c for c in candidates(session, family.id)}


@pytest.mark.parametrize("strategy", ["whole", "recursive"])
def test_a_family_is_found_to_any_depth_and_vetted(scene, strategy):
    fleet = scene.fleet
    fleet.add("a/tune", "lab/tiny", relation="finetune")
    fleet.add("b/tune-of-tune", "a/tune", relation="finetune")
    fleet.add("c/merge", "a/tune", "b/tune-of-tune", relation="merge")
    fleet.adapter("d/lora", "b/tune-of-tune", "b/tune-of-tune")
    fleet.add("z/stranger", config={"architectures": ["OtherForCausalLM"]})
    report = scene.crawl(strategy=strategy)
    assert report.strategy == strategy
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


def test_the_strategy_is_the_one_that_costs_fewer_requests(scene):
    scene.page_size = 3
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune")
    other = {"architectures": ["OtherForCausalLM"]}
    for number in range(12):
        scene.fleet.add(f"z/stranger-{number}", config=other)
    assert scene.crawl(strategy="whole").requests == 5  # so large a hub
    assert scene.crawl(full=True).strategy == "recursive"
    scene.stop()
    scene.page_size = 1000
    assert scene.crawl(full=True).strategy == "whole"


def test_what_must_not_be_ranked_is_excluded_with_its_reason(scene, full_shapes):
    fleet = scene.fleet
    whole = full_shapes()
    without = {name: shape for name, shape in whole.items() if "1.mlp" not in name}
    wide = {**whole, "model.layers.0.mlp.up_proj.weight": (12, 4)}
    cases = {
        "x/missing-tensor": ({"weights": without}, "other_shapes"),
        "x/deeper": ({"weights": full_shapes(layers=3)}, "larger"),
        "x/shallower": ({"weights": full_shapes(layers=1)}, "smaller"),
        "x/wide": ({"weights": wide}, "larger"),
        "x/new-tokens": ({"weights": full_shapes(vocabulary=202)}, "candidate"),
        "x/many-tokens": ({"weights": full_shapes(vocabulary=210)}, "vocabulary"),
        "x/no-tokenizer": ({"tokenizer": False}, "candidate"),
        "x/odd-tokens": (
            {"weights": full_shapes(vocabulary=202), "tokenizer": False},
            "no_tokenizer",
        ),
        "x/code": ({"config": {"auto_map": {"AutoModel": "m.M"}}}, "remote_code"),
        "x/bits": ({"config": {"quantization_config": {"quant_method": "awq"}}}, "quantized"),
        "x/ints": ({"dtype": "int8"}, "quantized"),
        "x/doubles": ({"dtype": "float64"}, "too_large"),
        "x/moe": ({"config": {"architectures": ["MixtralForCausalLM"]}}, "mixture"),
        "x/other": ({"config": {"architectures": ["GemmaForCausalLM"]}}, "other_architecture"),
        "x/judge": (
            {"config": {"architectures": ["LlamaForSequenceClassification"]}},
            "not_text",
        ),
        "x/gated": ({"gated": "auto"}, "gated"),
        "x/disabled": ({"disabled": True}, "disabled"),
    }
    for name, (made, _) in cases.items():
        fleet.add(name, "lab/tiny", relation="finetune", **made)
    fleet.bare("x/pickle", "lab/tiny", files=("config.json", "pytorch_model.bin"))
    fleet.bare("x/gguf", "lab/tiny", files=("model-q4.gguf",), relation="finetune")
    fleet.bare("x/no-shards", "lab/tiny", files=("config.json", "model.safetensors.index.json"))
    fleet.add("x/half", "lab/tiny", relation="finetune")
    (fleet.folder / "x/half/model.safetensors").rename(
        fleet.folder / "x/half/model-00001-of-00002.safetensors"
    )
    fleet.add("x/lies", "lab/tiny", relation="finetune")
    with (fleet.folder / "x/lies/model.safetensors").open("ab") as weights:
        weights.write(b"more")
    scene.crawl()
    verdicts = scene.verdicts()
    expected = {name: verdict for name, (_, verdict) in cases.items()}
    expected |= {
        "x/pickle": "no_safetensors",
        "x/gguf": "quantized",
        "x/no-shards": "incomplete",
        "x/half": "incomplete",
        "x/lies": "bad_header",
        "lab/tiny": "candidate",
        "lab/tiny-instruct": "candidate",
    }
    assert verdicts == expected
    assert "model.layers.1.mlp.up_proj.weight is missing" in (
        scene.checkpoint("x/missing-tensor").detail
    )


def test_no_weight_is_fetched(scene):
    big = {f"model.layers.{n}.self_attn.q_proj.weight": (600, 600) for n in range(2)}
    for name in ("lab/tiny", "lab/tiny-instruct"):
        scene.fleet.tensors(name, "model.safetensors", big)
    scene.crawl()
    assert scene.checkpoint("lab/tiny").bytes > 2_000_000
    assert scene.requests["lfs"] <= 4


def test_downloads_and_digests_of_duplicates_are_summed_and_the_oldest_stands(scene):
    fleet = scene.fleet
    fleet.add("b/first", "lab/tiny", relation="finetune", seed=7, downloads=3)
    fleet.add("a/copy", "lab/tiny", relation="finetune", seed=7, downloads=40)
    fleet.add("a/root-copy", "lab/tiny", relation="finetune", seed=1, downloads=2)
    fleet.bare("q/gguf", "b/first", files=("x.gguf",), relation="quantized", downloads=500)
    scene.crawl()
    assert scene.verdicts()["a/copy"] == "duplicate"
    assert scene.checkpoint("a/copy").stand_in_id == scene.checkpoint("b/first").id
    assert scene.verdicts()["a/root-copy"] == "duplicate"
    found = asked(scene)
    assert found["b/first"].downloads == 543
    assert found["lab/tiny"].downloads == 1002


def test_when_the_one_that_stands_goes_the_next_oldest_takes_its_place(scene):
    fleet = scene.fleet
    fleet.add("b/first", "lab/tiny", relation="finetune", seed=7)
    fleet.add("a/copy", "lab/tiny", relation="finetune", seed=7)
    scene.crawl()
    fleet.change("b/first", disabled=True)
    scene.crawl()
    assert scene.verdicts()["b/first"] == "disabled"
    assert scene.verdicts()["a/copy"] == "candidate"


def test_an_unknown_family_and_an_absent_root_get_one_line(scene, tmp_path):
    with pytest.raises(FamiliesError, match=r"no family 'big' \(known: .*tiny"):
        scene.crawl("big")
    own = tmp_path / "more.toml"
    own.write_text('[families.gone]\nroots = ["lab/gone"]\n')
    scene.families = own
    with pytest.raises(RootUnavailable, match="the root lab/gone is not on this hub"):
        scene.crawl("gone")
    with scene.catalog.read() as session, pytest.raises(Exception, match="no family 'gone'"):
        family_named(session, "gone")


def test_packaged_families_name_real_roots():
    known = presets.load().families
    assert {"llama-3.1-8b", "qwen2.5-3b", "qwen2.5-7b", "mistral-7b"} <= set(known)
    assert {"smollm2-135m", "qwen2.5-0.5b"} <= set(known)
    assert known["llama-3.1-8b"].roots[0] == "meta-llama/Llama-3.1-8B"
    assert all(len(preset.roots) >= 2 for preset in known.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("families = 3", "families must be a table"),
        ("[families.x]\nroots = []", "names no roots"),
        ('[families.x]\nroots = ["no-slash"]', "must be a list of ORG/NAME"),
        ('[families."A B"]\nroots = ["a/b"]', "is no slug"),
        ('[families.x]\nroots = ["a/b"]\nrots = 1', "may have only"),
        ('[families.x]\nroots = ["a/b"]\nmirrors = {"c/d" = []}', "mirrors must be"),
        ("[opt_out]\nauthors = 1", "authors must be"),
        ('[opt_out]\nauthors = ["shy/name"]', "goes into repositories"),
        ('[opt_out]\nauthors = [""]', "authors must be"),
        ("[option]", "unknown table"),
        ("=", "is not TOML"),
    ],
)
def test_a_wrong_families_file_is_told_in_one_line(tmp_path, text, said):
    file = tmp_path / "families.toml"
    file.write_text(text)
    with pytest.raises(FamiliesError, match=said) as caught:
        presets.load([file])
    assert "\n" not in str(caught.value)
    assert "families.toml" in str(caught.value)


def test_odd_rows_are_noted_and_do_not_end_a_crawl(scene):
    scene.fleet.add("a/odd", "lab/tiny", relation="finetune", likes="many", createdAt=7)
    scene.fleet.add("a/nameless", "lab/tiny", relation="finetune", _id="not an id!")
    report = scene.crawl()
    assert scene.verdicts()["a/odd"] == "candidate"
    assert "a/nameless" not in scene.verdicts()
    assert report.odd["_id is not an identity"] == 1
    assert report.odd["likes makes no sense"] == 1


def test_gated_checkpoints_are_vetted_as_far_as_the_public_can_see(scene):
    scene.fleet.add("a/gated", "lab/tiny", relation="finetune", gated="manual", seed=4)
    scene.fleet.add("b/open-copy", "lab/tiny", relation="finetune", seed=4)
    scene.crawl()
    assert scene.verdicts()["a/gated"] == "gated"
    gated, copy = scene.checkpoint("a/gated"), scene.checkpoint("b/open-copy")
    assert gated.digest == copy.digest is not None
    assert gated.stand_in_id == copy.id


def test_a_gated_root_is_stood_for_by_a_mirror_with_equal_weights(scene):
    scene.fleet.change("lab/tiny", gated="manual")
    scene.fleet.add("copies/tiny", seed=1)
    scene.crawl()
    found = asked(scene)
    assert scene.verdicts()["lab/tiny"] == "gated"
    assert found["copies/tiny"].root
    assert found["copies/tiny"].downloads == 1000


def test_a_mirror_with_other_weights_is_not_believed(scene):
    for name in ("lab/tiny", "lab/tiny-instruct"):
        scene.fleet.change(name, gated="manual")
    scene.fleet.add("copies/tiny", seed=99)
    with pytest.raises(RootUnavailable, match=r"no root of tiny can be read.*gated"):
        scene.crawl()


def test_sharded_checkpoints_are_read_from_their_index(scene, full_shapes):
    shapes = full_shapes()
    fleet = scene.fleet
    fleet.add("a/shards", "lab/tiny", relation="finetune")
    (fleet.folder / "a/shards/model.safetensors").unlink()
    halves = {"1": dict(list(shapes.items())[:3]), "2": dict(list(shapes.items())[3:])}
    owners = {}
    for part, half in halves.items():
        file = f"model-0000{part}-of-00002.safetensors"
        fleet.tensors("a/shards", file, half)
        owners |= dict.fromkeys(half, file)
    index = fleet.folder / "a/shards/model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": owners}))
    scene.crawl()
    assert scene.verdicts()["a/shards"] == "candidate"
