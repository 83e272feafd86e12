"""A swap in place is allowed exactly where everything but the numbers is the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from evaluator.engines.errors import LoadFailure
from evaluator.engines.swap import build_of, check_whole, doubt
from tests.engines.tiny_llamas import change_tensors, write_llama


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_llama(tmp_path_factory.mktemp("swap") / "original", seed=0)


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "copy"))


def reconfigured(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


REAL_FINE_TUNES: dict[str, Callable[[dict[str, Any]], object]] = {
    "reordered keys": lambda c: c.update({k: c.pop(k) for k in sorted(c, reverse=True)}),
    "another transformers_version": lambda c: c.update(transformers_version="4.43.0.dev0"),
    "_name_or_path": lambda c: c.update(_name_or_path="someone/else"),
    "use_cache off, as training leaves it": lambda c: c.update(use_cache=False),
    "dtype": lambda c: c.update(dtype="bfloat16"),
    "torch_dtype": lambda c: c.update(torch_dtype="float16"),
    "added special tokens": lambda c: c.update(pad_token_id=95, eos_token_id=[2, 94]),
    "no pretraining_tp": lambda c: c.pop("pretraining_tp", None),
    "rope the old way": lambda c: (c.pop("rope_parameters"), c.update(rope_theta=10000.0)),
    "head_dim left out": lambda c: c.pop("head_dim"),
    "a trainer's own key": lambda c: c.update(unsloth_version="2024.9"),
}


@pytest.mark.parametrize("change", REAL_FINE_TUNES.values(), ids=REAL_FINE_TUNES)
def test_what_real_fine_tunes_change_is_no_reason_for_a_fresh_engine(
    change: Callable[[dict[str, Any]], object], original: Path, copy: Path
) -> None:
    assert doubt(build_of(original), build_of(reconfigured(copy, change))) is None


MEANT: dict[str, Callable[[dict[str, Any]], object]] = {
    "rope_theta": lambda c: c["rope_parameters"].update(rope_theta=500000.0),
    "rope_scaling": lambda c: c["rope_parameters"].update(rope_type="linear", factor=2.0),
    "rms_norm_eps": lambda c: c.update(rms_norm_eps=1e-5),
    "hidden_act": lambda c: c.update(hidden_act="gelu"),
    "tied embeddings": lambda c: c.update(tie_word_embeddings=True),
    "sliding_window": lambda c: c.update(sliding_window=32),
    "context length": lambda c: c.update(max_position_embeddings=64),
    "a key nobody knows": lambda c: c.update(logit_multiplier=3.0),
    "architecture": lambda c: c.update(architectures=["MistralForCausalLM"]),
}


@pytest.mark.parametrize("change", MEANT.values(), ids=MEANT)
def test_what_changes_a_logit_or_might_asks_for_a_fresh_engine(
    change: Callable[[dict[str, Any]], object], original: Path, copy: Path
) -> None:
    assert doubt(build_of(original), build_of(reconfigured(copy, change))) is not None


def test_missing_extra_and_reshaped_tensors_are_doubted_and_named(
    original: Path, copy: Path
) -> None:
    norm = "model.norm.weight"
    for change, word in (
        (lambda t: t.pop(norm), "missing"),
        (lambda t: t.update({norm: torch.ones(32), "model.extra": torch.ones(1)}), "more"),
        (lambda t: (t.pop("model.extra"), t.update({norm: torch.ones(31)})), "(31,)"),
    ):
        said = doubt(build_of(original), build_of(change_tensors(copy, change)))
        assert said is not None
        assert word in said


def test_a_checkpoint_without_a_tensor_its_architecture_has_is_a_named_failure(copy: Path) -> None:
    check_whole(build_of(copy))
    change_tensors(copy, lambda t: t.pop("model.layers.1.mlp.down_proj.weight"))
    with pytest.raises(LoadFailure, match=r"missing_tensors.*down_proj"):
        check_whole(build_of(copy))
