"""Real vLLM: swapped equals fresh, adapters together equal adapters alone, wrong swaps are caught.

Run by `make test-vllm`, in an environment of its own.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from evaluator.engines.errors import LoadFailure
from evaluator.engines.hosted import HostedEngine
from evaluator.engines.protocol import Completion, Request, Weights
from tests.engines.tiny_llamas import VOCABULARY, change_tensors, write_llama, write_lora

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]

UNTIED = 7
TIED = 3


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    for seed in range(UNTIED):
        write_llama(folder / f"untied{seed}", seed, hidden=64)
    for seed in range(TIED):
        write_llama(folder / f"tied{seed}", 100 + seed, hidden=64, tie_word_embeddings=True)
    for seed, rank in enumerate((4, 8, 4)):
        write_lora(folder / "untied0", folder / f"lora{seed}", 200 + seed, rank=rank)
    write_lora(folder / "untied0", folder / "dora", 300, use_dora=True)
    return folder


@pytest.fixture(scope="module")
def live(cache: Path) -> Iterator[HostedEngine]:
    engine = HostedEngine("vllm", cache)
    yield engine
    engine.close()


def asked(count: int = 60, longest: int = 100, adapters: int = 0) -> list[Request]:
    """Prompts of up to `longest` tokens, several sharing a long prefix."""
    dice = random.Random(0)
    shared = [dice.randrange(3, VOCABULARY) for _ in range(64)]
    requests = []
    for number in range(count):
        own = [dice.randrange(3, VOCABULARY) for _ in range(dice.randrange(4, longest - 64))]
        ids = [1, *shared, *own] if number % 2 else [1, *own]
        adapter = number % (adapters + 1) if adapters else None
        requests.append(
            Request(tuple(ids), 12, frozenset({2, 7}), None if adapter == adapters else adapter)
        )
    return requests


def answered(engine: HostedEngine, weights: Weights, requests: list[Request]) -> list[Completion]:
    assert engine.load(weights) == {}
    return engine.generate(requests)


def fresh(cache: Path, weights: Weights, requests: list[Request]) -> list[Completion]:
    engine = HostedEngine("vllm", cache)
    try:
        return answered(engine, weights, requests)
    finally:
        engine.close()


def agreement(one: list[Completion], other: list[Completion]) -> float:
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


@pytest.mark.parametrize(("kind", "count"), [("untied", UNTIED), ("tied", TIED)])
def test_a_swapped_checkpoint_answers_token_for_token_like_a_fresh_engine(
    kind: str, count: int, live: HostedEngine, shelf: Path, cache: Path
) -> None:
    requests = asked()
    answered(live, Weights(shelf / f"{kind}0"), requests)
    before = live.swapped
    swapped = [answered(live, Weights(shelf / f"{kind}{n}"), requests) for n in range(count)]
    assert live.swapped == before + count
    assert len({tuple(one) for one in map(tuple, swapped)}) == count
    for number, answers in enumerate(swapped):
        assert answers == fresh(cache, Weights(shelf / f"{kind}{number}"), requests)


def test_adapters_in_a_mixed_batch_answer_like_adapters_alone_and_like_their_base(
    live: HostedEngine, shelf: Path
) -> None:
    adapters = tuple(shelf / f"lora{n}" for n in range(3))
    requests = asked(adapters=3)
    together = answered(live, Weights(shelf / "untied0", adapters), requests)
    for seat, adapter in enumerate(adapters):
        mine = [at for at, request in enumerate(requests) if request.adapter == seat]
        alone = answered(
            live,
            Weights(shelf / "untied0", (adapter,)),
            [Request(requests[at].token_ids, 12, frozenset({2, 7}), 0) for at in mine],
        )
        assert [together[at] for at in mine] == alone
    base = [at for at, request in enumerate(requests) if request.adapter is None]
    plain = answered(live, Weights(shelf / "untied0"), [requests[at] for at in base])
    assert [together[at] for at in base] == plain


def test_an_adapter_vllm_cannot_take_is_merged_first_and_answers_like_transformers(
    live: HostedEngine, shelf: Path
) -> None:
    weights = Weights(shelf / "untied0", (shelf / "dora", shelf / "lora0"))
    requests = asked(adapters=2)
    other = HostedEngine("transformers")
    try:
        expected = answered(other, weights, requests)
    finally:
        other.close()
    assert agreement(answered(live, weights, requests), expected) >= 0.99


def test_both_engines_agree_on_99_of_100_greedy_answers(live: HostedEngine, shelf: Path) -> None:
    requests = asked(100)
    other = HostedEngine("transformers")
    try:
        for name in ("untied1", "tied1"):
            ours = answered(live, Weights(shelf / name), requests)
            assert agreement(ours, answered(other, Weights(shelf / name), requests)) >= 0.99
    finally:
        other.close()


@pytest.fixture
def copy(shelf: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shelf / "untied1", tmp_path / "copy"))


def reconfigured(folder: Path, **changes: Any) -> Path:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))
    return folder


def test_a_missing_tensor_does_not_stay_from_the_checkpoint_before(
    live: HostedEngine, shelf: Path, copy: Path
) -> None:
    live.load(Weights(shelf / "untied0"))
    change_tensors(copy, lambda t: t.pop("model.layers.0.mlp.up_proj.weight"))
    with pytest.raises(LoadFailure, match=r"missing_tensors.*up_proj"):
        live.load(Weights(copy))


def test_extra_and_reshaped_tensors_are_named_and_the_next_checkpoint_answers(
    live: HostedEngine, shelf: Path, copy: Path
) -> None:
    requests = asked(10)
    expected = answered(live, Weights(shelf / "untied0"), requests)
    change_tensors(copy, lambda t: t.update({"model.extra.weight": torch.ones(2)}))
    with pytest.raises(LoadFailure, match="extra_tensors"):
        live.load(Weights(copy))
    change_tensors(copy, lambda t: (t.pop("model.extra.weight"), t.update(cut(t))))
    with pytest.raises(LoadFailure, match="wrong_shapes"):
        live.load(Weights(copy))
    assert answered(live, Weights(shelf / "untied0"), requests) == expected


def cut(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {"model.norm.weight": tensors["model.norm.weight"][:-1].clone()}


def test_weights_that_are_not_finite_are_a_named_failure(
    live: HostedEngine, shelf: Path, copy: Path
) -> None:
    live.load(Weights(shelf / "untied0"))
    change_tensors(copy, lambda t: t["model.norm.weight"].fill_(float("nan")))
    with pytest.raises(LoadFailure, match="not_finite_weights"):
        live.load(Weights(copy))


def test_another_rope_theta_gets_a_fresh_engine_and_other_answers(
    live: HostedEngine, shelf: Path, copy: Path, cache: Path
) -> None:
    requests = asked(30)
    before = answered(live, Weights(shelf / "untied1"), requests)
    rope = {"rope_type": "default", "rope_theta": 50.0}
    changed = Weights(reconfigured(copy, rope_parameters=rope))
    fresh_before = live.fresh
    after = answered(live, changed, requests)
    assert live.fresh == fresh_before + 1
    assert after != before
    assert after == fresh(cache, changed, requests)


def test_generation_settings_stop_tokens_and_tokenizer_of_the_first_do_not_persist(
    shelf: Path, tmp_path: Path, cache: Path
) -> None:
    requests = asked(30)
    poisoned = Path(shutil.copytree(shelf / "untied0", tmp_path / "poisoned"))
    everything = list(range(VOCABULARY))
    reconfigured(poisoned, eos_token_id=everything, bos_token_id=3)
    (poisoned / "generation_config.json").write_text(
        json.dumps({"do_sample": True, "temperature": 5.0, "eos_token_id": everything})
    )
    (poisoned / "tokenizer_config.json").write_text(json.dumps({"eos_token": "a"}))
    engine = HostedEngine("vllm", cache)
    try:
        first = answered(engine, Weights(poisoned), requests)
        then = answered(engine, Weights(shelf / "untied1"), requests)
    finally:
        engine.close()
    assert first == fresh(cache, Weights(shelf / "untied0"), requests)
    assert then == fresh(cache, Weights(shelf / "untied1"), requests)


def test_configs_such_as_real_fine_tunes_have_are_swapped_more_than_nine_times_in_ten(
    live: HostedEngine, shelf: Path, tmp_path: Path
) -> None:
    changes: list[dict[str, Any]] = [
        {"transformers_version": "4.43.0.dev0"},
        {"_name_or_path": "someone/else"},
        {"use_cache": False},
        {"torch_dtype": "float16"},
        {"dtype": "bfloat16"},
        {"pad_token_id": 5},
        {"eos_token_id": [2, 9], "bos_token_id": 1},
        {"pretraining_tp": 1},
        {"attention_dropout": 0.1},
        {"unsloth_version": "2024.9"},
        {"initializer_range": 0.02},
    ]
    live.load(Weights(shelf / "untied0"))
    fresh_before, swapped_before = live.fresh, live.swapped
    for number, change in enumerate(changes):
        folder = Path(shutil.copytree(shelf / "untied1", tmp_path / f"real{number}"))
        live.load(Weights(reconfigured(folder, **change)))
    swapped = live.swapped - swapped_before
    assert swapped / (swapped + live.fresh - fresh_before) > 0.9
