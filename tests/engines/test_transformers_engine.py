"""The Transformers engine on real tiny weights."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM

from evaluator.engines import EngineMissing, make
from evaluator.engines.errors import GenerationFailure, GenerationKind, LoadFailure
from evaluator.engines.protocol import Engine, Request, Weights
from tests.engines.tiny_llamas import (
    VOCABULARY,
    change_tensors,
    write_llama,
    write_lora,
    write_merged,
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("llamas")
    write_llama(folder / "one", 1)
    write_llama(folder / "two", 2)
    write_lora(folder / "one", folder / "lora-a", 3)
    write_lora(folder / "one", folder / "lora-b", 4)
    return folder


@pytest.fixture(scope="module")
def shared_engine() -> Iterator[Engine]:
    engine = make("transformers")
    yield engine
    engine.close()


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    return shared_engine


@pytest.fixture
def copy(shelf: Path, tmp_path: Path) -> Path:
    shutil.copytree(shelf / "one", tmp_path / "copy")
    return tmp_path / "copy"


def some_requests(count: int = 40, seed: int = 0, adapter: int | None = None) -> list[Request]:
    rng = random.Random(seed)
    return [
        Request(
            tuple(rng.randrange(VOCABULARY) for _ in range(rng.randint(1, 20))),
            rng.randint(1, 12),
            frozenset({5, 6, 7}),
            adapter,
        )
        for _ in range(count)
    ]


def answered(engine: Engine, weights: Weights, requests: list[Request]) -> list[object]:
    assert engine.load(weights) == {}
    return list(engine.generate(requests))


def test_a_padded_batch_answers_like_one_request_at_a_time(engine: Engine, shelf: Path) -> None:
    requests = some_requests()
    together = answered(engine, Weights(shelf / "one"), requests)
    assert together == [engine.generate([request])[0] for request in requests]


def test_it_answers_like_the_library_decoding_greedily(engine: Engine, shelf: Path) -> None:
    model = LlamaForCausalLM.from_pretrained(shelf / "one").eval()
    said = answered(engine, Weights(shelf / "one"), requests := some_requests(10))
    for request, completion in zip(requests, said, strict=True):
        ids = torch.tensor([request.token_ids])
        theirs = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=request.max_tokens,
            do_sample=False,
            eos_token_id=sorted(request.stop_ids),
            pad_token_id=0,
        )[0, ids.shape[1] :].tolist()
        stopped = bool(theirs) and theirs[-1] in request.stop_ids
        assert completion.token_ids == tuple(theirs[:-1] if stopped else theirs)
        assert completion.finish == ("stop" if stopped else "length")


def test_limits_and_stop_tokens_are_each_requests_own(engine: Engine, shelf: Path) -> None:
    ids = (1, 2, 3)
    long = answered(engine, Weights(shelf / "one"), [Request(ids, 10, frozenset())])[0]
    third = long.token_ids[2]
    first = long.token_ids.index(third)
    short, stopped, whole = engine.generate(
        [
            Request(ids, 2, frozenset()),
            Request(ids, 10, frozenset({third})),
            Request(ids, 10, frozenset()),
        ]
    )
    assert (short.token_ids, short.finish) == (long.token_ids[:2], "length")
    assert (stopped.token_ids, stopped.finish) == (long.token_ids[:first], "stop")
    assert whole == long


def test_what_does_not_fit_the_context_is_told_before_it_is_computed(
    engine: Engine, shelf: Path
) -> None:
    fits = Request((1,) * 120, 8, frozenset())
    assert len(answered(engine, Weights(shelf / "one"), [fits])) == 1
    with pytest.raises(GenerationFailure, match="128 tokens of context") as caught:
        engine.generate([fits, Request((1,) * 121, 8, frozenset())])
    assert caught.value.kind == GenerationKind.TOO_LONG


def test_nothing_of_the_checkpoint_before_is_left(engine: Engine, shelf: Path) -> None:
    requests = some_requests(12)
    fresh = answered(engine, Weights(shelf / "two"), requests)
    other = answered(engine, Weights(shelf / "one", (shelf / "lora-a",)), requests)
    assert answered(engine, Weights(shelf / "two"), requests) == fresh
    assert other != fresh


def test_generation_settings_and_stray_files_of_a_checkpoint_have_no_say(
    engine: Engine, shelf: Path, copy: Path
) -> None:
    requests = some_requests(12)
    plain = answered(engine, Weights(shelf / "one"), requests)
    settings = {"do_sample": True, "temperature": 9.0, "max_length": 3, "eos_token_id": 1}
    (copy / "generation_config.json").write_text(json.dumps(settings))
    (copy / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "no/such"}))
    (copy / "pytorch_model.bin").write_bytes(b"a pickle")
    (copy / "modeling_llama.py").write_text("raise SystemExit('foreign code ran')")
    assert answered(engine, Weights(copy), requests) == plain
    (copy / "generation_config.json").write_text("{not json")
    assert answered(engine, Weights(copy), requests) == plain


def fails_to_load(engine: Engine, folder: Path) -> str:
    with pytest.raises(LoadFailure) as caught:
        engine.load(Weights(folder))
    assert "\n" not in str(caught.value)
    return str(caught.value.kind)


def test_each_broken_checkpoint_fails_by_name(engine: Engine, copy: Path) -> None:
    keep = copy.with_name("keep")
    shutil.copytree(copy, keep)
    norm = "model.norm.weight"

    def broken(change: object) -> str:
        shutil.copytree(keep, copy, dirs_exist_ok=True)
        return fails_to_load(engine, change_tensors(copy, change))

    assert broken(lambda t: t.pop(norm)) == "missing_tensors"
    assert broken(lambda t: t.update(extra=torch.ones(2))) == "extra_tensors"
    assert broken(lambda t: t.update({norm: torch.ones(7)})) == "wrong_shapes"
    assert broken(lambda t: t.update({norm: torch.full((32,), float("nan"))})) == (
        "not_finite_weights"
    )


def test_each_broken_folder_fails_by_name(engine: Engine, copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    weights = (copy / "model.safetensors").read_bytes()

    def with_config(**changes: object) -> str:
        (copy / "config.json").write_text(json.dumps({**config, **changes}))
        return fails_to_load(engine, copy)

    assert with_config(auto_map={"AutoModelForCausalLM": "x.Y"}) == "remote_code"
    assert with_config(quantization_config={"quant_method": "gptq"}) == "quantized"
    assert with_config(model_type="no-such-model") == "bad_config"
    (copy / "config.json").write_text("[1, 2")
    assert fails_to_load(engine, copy) == "bad_config"
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "model.safetensors").write_bytes(weights[:-1000])
    assert fails_to_load(engine, copy) == "bad_weights"
    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(b"a pickle")
    assert fails_to_load(engine, copy) == "no_weights"
    index = {"weight_map": {"model.norm.weight": "../keep/model.safetensors"}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    assert fails_to_load(engine, copy) == "bad_weights"


def test_after_a_failed_load_the_next_one_answers(engine: Engine, shelf: Path, copy: Path) -> None:
    requests = some_requests(8)
    plain = answered(engine, Weights(shelf / "one"), requests)
    change_tensors(copy, lambda tensors: tensors.pop("lm_head.weight"))
    assert fails_to_load(engine, copy) == "missing_tensors"
    assert answered(engine, Weights(shelf / "one"), requests) == plain


def test_weights_that_overflow_fail_when_they_answer(engine: Engine, copy: Path) -> None:
    change_tensors(copy, lambda t: t.update({"lm_head.weight": t["lm_head.weight"] * 1e38}))
    engine.load(Weights(copy))
    with pytest.raises(GenerationFailure) as caught:
        engine.generate(some_requests(2))
    assert caught.value.kind == "not_finite_logits"


def test_a_token_without_an_embedding_is_a_named_failure(engine: Engine, shelf: Path) -> None:
    engine.load(Weights(shelf / "one"))
    with pytest.raises(GenerationFailure) as caught:
        engine.generate([Request((1, VOCABULARY), 3, frozenset())])
    assert caught.value.kind == "unknown_token"


def test_adapters_in_one_mixed_batch_answer_like_their_merged_checkpoints(
    engine: Engine, shelf: Path, tmp_path: Path
) -> None:
    adapters = (shelf / "lora-a", shelf / "lora-b")
    plain = some_requests(20)
    mixed = [
        Request(r.token_ids, r.max_tokens, r.stop_ids, adapter)
        for r in plain
        for adapter in (None, 0, 1)
    ]
    said = answered(engine, Weights(shelf / "one", adapters), mixed)
    assert said[0::3] == answered(engine, Weights(shelf / "one"), plain)
    for index, adapter in enumerate(adapters):
        merged = write_merged(shelf / "one", adapter, tmp_path / f"merged-{index}")
        assert said[index + 1 :: 3] == answered(engine, Weights(merged), plain)
    assert said[1::3] != said[2::3] != said[0::3]


def test_a_broken_adapter_is_named_and_the_others_answer(
    engine: Engine, shelf: Path, tmp_path: Path
) -> None:
    def spoiled(name: str, change: object) -> Path:
        shutil.copytree(shelf / "lora-a", tmp_path / name)
        return change_tensors(tmp_path / name, change, "adapter_model.safetensors")

    head = "base_model.model.lm_head.weight"
    some = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
    another_kind = shutil.copytree(shelf / "lora-a", tmp_path / "kind")
    (another_kind / "adapter_config.json").write_text(json.dumps({"peft_type": "PROMPT_TUNING"}))
    pickle = shutil.copytree(shelf / "lora-a", tmp_path / "pickle")
    (pickle / "adapter_model.safetensors").rename(pickle / "adapter_model.bin")
    adapters = {
        spoiled("missing", lambda t: t.pop(some)): "missing_tensors",
        spoiled("base", lambda t: t.update({head: torch.zeros(VOCABULARY, 32)})): "bad_adapter",
        shelf / "lora-a": None,
        spoiled("shape", lambda t: t.update({some: torch.zeros(9, 32)})): "bad_adapter",
        spoiled("nan", lambda t: t.update({some: torch.full((4, 32), torch.nan)})): (
            "not_finite_weights"
        ),
        another_kind: "bad_adapter",
        shelf / "lora-b": None,
        pickle: "no_weights",
    }
    alone = answered(engine, Weights(shelf / "one", (shelf / "lora-b",)), some_requests(9, 1, 0))
    failed = engine.load(Weights(shelf / "one", tuple(adapters)))
    assert {i: str(f.kind) for i, f in failed.items()} == {
        i: kind for i, kind in enumerate(adapters.values()) if kind
    }
    assert engine.generate(some_requests(9, 1, 6)) == alone
    plain = engine.generate(some_requests(9, 1))
    assert plain == answered(engine, Weights(shelf / "one"), some_requests(9, 1))


def test_an_adapter_that_repeats_its_bases_tensors_unchanged_is_taken(
    engine: Engine, shelf: Path, tmp_path: Path
) -> None:
    folder = write_lora(shelf / "one", tmp_path / "saved-head", 3, modules_to_save=None)
    requests = some_requests(9, 1, 0)
    plain = answered(engine, Weights(shelf / "one", (folder,)), requests)
    head = LlamaForCausalLM.from_pretrained(shelf / "one").lm_head.weight.detach().clone()
    change_tensors(
        folder,
        lambda t: t.update({"base_model.model.lm_head.weight": head}),
        "adapter_model.safetensors",
    )
    assert answered(engine, Weights(shelf / "one", (folder,)), requests) == plain


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(EngineMissing, match="take one of transformers"):
        make("abacus")
