"""What a checkpoint costs each engine: a fresh engine, a swap in place, adapters, Transformers.

    python benchmarks/engines.py                      # tiny checkpoints, on a CPU
    python benchmarks/engines.py --shape 8b --json    # Llama-3.1-8B's shape, on a GPU

Times are of `load` (the process is up, its libraries imported) and of 200 prompts. Without vLLM
in the environment only Transformers is measured. On a CPU a fresh vLLM engine is eager and in its
process, the fastest way to start one.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from made_checkpoints import LLAMA_8B, TINY, write_adapter, write_checkpoint

from evaluator.engines.errors import EngineMissing
from evaluator.engines.hosted import HostedEngine
from evaluator.engines.protocol import Request, Weights

PROMPTS = 200
FASTER = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=("tiny", "8b"), default="tiny")
    parser.add_argument("--checkpoints", type=int, default=5)
    parser.add_argument("--adapters", type=int, default=8)
    parser.add_argument("--tokens", type=int, help="of each answer (default 16; 8b: 256)")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    large = asked.shape == "8b"
    requests = _requests(asked.tokens or (256 if large else 16))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shape, dtype = (LLAMA_8B, torch.bfloat16) if large else (TINY, torch.float32)
        shelf = [
            write_checkpoint(folder / str(seed), seed, shape, dtype)
            for seed in range(2 if large else asked.checkpoints)
        ]
        adapters = tuple(
            write_adapter(shelf[0], folder / f"lora{seed}", seed)
            for seed in range(0 if large else asked.adapters)
        )
        told: dict[str, Any] = {"shape": asked.shape, "gpu": _gpu(), "prompts": PROMPTS}
        told["transformers"] = _measured("transformers", folder, shelf, adapters, requests)
        try:
            told["vllm"] = _measured("vllm", folder, shelf, adapters, requests)
        except EngineMissing as missing:
            told["vllm"] = {"missing": str(missing)}
    told["bars"] = _bars(told)
    if asked.json:
        print(json.dumps(told))
    else:
        _print(told)


def _measured(
    name: str,
    cache: Path,
    shelf: list[Path],
    adapters: tuple[Path, ...],
    requests: list[Request],
) -> dict[str, float]:
    """Median seconds: fresh, in place, adapters (each), and the prompts once loaded."""
    _timed_fresh(name, cache, shelf[0])  # what is compiled once a machine is compiled now
    fresh = [_timed_fresh(name, cache, checkpoint) for checkpoint in shelf]
    engine = HostedEngine(name, cache)
    try:
        engine.load(Weights(shelf[0]))
        engine.generate(requests)
        again, answered = [], []
        for checkpoint in shelf[1:] + shelf[:1]:
            again.append(_timed(lambda: engine.load(Weights(checkpoint))))  # noqa: B023
            answered.append(_timed(lambda: engine.generate(requests)))
        told = {
            "fresh": statistics.median(fresh),
            "again": statistics.median(again),
            "answers": statistics.median(answered),
        }
        told["load_in_queries"] = told["again"] / (told["answers"] / len(requests))
        if adapters:
            loaded = Weights(shelf[0], adapters)
            engine.load(loaded)
            again = [_timed(lambda: engine.load(loaded)) for _ in range(3)]
            told["adapter"] = statistics.median(again) / len(adapters)
        return told
    finally:
        engine.close()


def _timed_fresh(name: str, cache: Path, checkpoint: Path) -> float:
    engine = HostedEngine(name, cache)
    try:
        return _timed(lambda: engine.load(Weights(checkpoint)))
    finally:
        engine.close()


def _timed(act: Any) -> float:
    began = perf_counter()
    act()
    return perf_counter() - began


def _requests(tokens: int) -> list[Request]:
    dice = random.Random(0)
    prompts = [[1, *(dice.randrange(6, 512) for _ in range(48))] for _ in range(PROMPTS)]
    return [Request(tuple(prompt), tokens, frozenset()) for prompt in prompts]


def _gpu() -> str | None:
    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None


def _bars(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    vllm = told["vllm"]
    if "missing" in vllm:
        return {}
    faster = vllm["fresh"] / vllm["again"]
    return {
        "a swap is faster than a fresh engine, times": {
            "value": faster,
            "target": FASTER,
            "holds": faster >= FASTER,
        }
    }


def _print(told: dict[str, Any]) -> None:
    print(f"{told['shape']} checkpoints on {told['gpu'] or 'a CPU'}, seconds (medians)")
    for name in ("transformers", "vllm"):
        if "missing" in told[name]:
            print(f"{name:14}{told[name]['missing']}")
            continue
        row = told[name]
        print(f"{name:14}fresh engine {row['fresh']:.3f}, another checkpoint {row['again']:.3f},")
        if "adapter" in row:
            print(f"{'':14}an adapter of several a load {row['adapter']:.3f},")
        print(
            f"{'':14}{told['prompts']} prompts {row['answers']:.3f};"
            f" a load costs {row['load_in_queries']:.0f} queries"
        )
    for name, bar in told["bars"].items():
        print(f"{name}: {bar['value']:.1f}, target {bar['target']}, holds: {bar['holds']}")


if __name__ == "__main__":
    main()
