"""Every reason of exclusion can be met with, and has a sentence; nothing else excludes."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from catalog import words
from catalog.words import Reason

DAY = timedelta(days=1)


@pytest.fixture
def everyone(scene, full_shapes):
    """For each reason, a checkpoint whose name says it."""
    fleet = scene.fleet
    whole = full_shapes()

    def tune(reason, **how):
        fleet.add(f"x/{reason}", "lab/tiny", relation="finetune", **how)

    tune("gated", gated="manual")
    tune("disabled", disabled=True)
    tune("private", downloads=4)
    tune("missing")
    tune("opted_out")
    fleet.bare("x/quantized", "lab/tiny", files=("m.gguf",), relation="quantized")
    fleet.bare("x/no_safetensors", "lab/tiny", files=("config.json", "pytorch_model.bin"))
    tune("remote_code", config={"auto_map": {"AutoModel": "m.M"}})
    tune("no_config")
    (fleet.folder / "x/no_config/config.json").unlink()
    tune("no_tokenizer", weights=full_shapes(vocabulary=202), tokenizer=False)
    tune("other_architecture", config={"architectures": ["GemmaForCausalLM"]})
    tune("mixture", config={"architectures": ["MixtralForCausalLM"]})
    tune("larger", weights=full_shapes(layers=3))
    tune("smaller", weights=full_shapes(layers=1))
    tune("other_shapes", weights={k: v for k, v in whole.items() if "1.mlp" not in k})
    tune("vocabulary", weights=full_shapes(vocabulary=210))
    tune("incomplete")
    weights = fleet.folder / "x/incomplete/model.safetensors"
    weights.rename(weights.with_name("model-00001-of-00002.safetensors"))
    tune("bad_header")
    (fleet.folder / "x/bad_header/model.safetensors").write_bytes(b"\xff" * 100)
    fleet.adapter("x/bad_adapter", "lab/tiny", "lab/tiny", config={"r": 0})
    fleet.adapter("x/base_unknown", "nobody/knows", "lab/tiny")
    fleet.adapter("x/base_excluded", "x/smaller", "x/smaller")
    tune("duplicate", seed=1)
    tune("not_text", config={"architectures": ["LlamaForSequenceClassification"]})
    tune("too_large", dtype="float64")
    scene.crawl()
    (fleet.folder / "x/missing").rename(fleet.folder.parent / "away")
    fleet.change("x/private", private=True)
    scene.families.write_text(
        scene.families.read_text() + '\n[opt_out]\nrepositories = ["x/opted_out"]\n'
    )
    scene.crawl(now=scene.now + DAY, full=True)
    return scene


def test_every_reason_is_met_with(everyone):
    met = {n.removeprefix("x/"): v for n, v in everyone.verdicts().items() if n.startswith("x/")}
    # A private repository looks as if it were gone.
    assert met.pop("private") in ("private", "missing")
    assert met == {reason.value: reason.value for reason in Reason if reason != Reason.PRIVATE}


def test_a_checkpoint_that_the_hub_lists_as_private_is_told_so(scene):
    """As to a caller with its owner's token."""
    scene.fleet.add("x/private", "lab/tiny", relation="finetune")
    fields = {"fields": {"private": True}, "repository": "x/private"}
    scene.faults = [{"fault": "set", "on": ["list"], **fields}]
    scene.crawl()
    assert scene.verdicts()["x/private"] == "private"


def test_no_sentence_is_missing_or_told_twice():
    sentences = [reason.sentence for reason in Reason]
    assert len(set(sentences)) == len(sentences)
    for sentence in sentences:
        assert re.fullmatch(r"(It|Its|The|Some|To|Another)\b[^\n_]{15,110}\.", sentence), sentence


def test_no_reason_is_unused():
    root = Path(words.__file__).parents[1]
    rooms = [root / room for room in ("crawler", "catalog")]
    code = "".join(
        f.read_text() for room in rooms for f in room.rglob("*.py") if f.name != "words.py"
    )
    assert [reason.name for reason in Reason if f"Reason.{reason.name}" not in code] == []
