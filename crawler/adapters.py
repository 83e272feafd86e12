"""Adapters: whether their low-rank updates fit the base that they name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.words import Reason
from crawler.layout import EMBEDDINGS, INPUT, ROW_SHARE, Layout, Misfit
from hubs.protocol import Tensor

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
MAX_RANK = 4096
MERGED = frozenset({"LORA"})
_PREFIX = "base_model.model."
_UPDATE = re.compile(
    r"(?P<module>.+)\.(?P<part>lora_A|lora_B|lora_embedding_A|lora_embedding_B"
    r"|lora_magnitude_vector)(?:\.default)?(?:\.weight|\.bias)?"
)


@dataclass(frozen=True, slots=True)
class Adapter:
    """What an adapter_config.json says, as far as vetting needs it."""

    kind: str
    rank: int
    ranks_vary: bool
    base: str | None
    settings: dict[str, Any]


def read(config: object) -> Adapter | Misfit:
    """The adapter that a parsed adapter_config.json describes."""
    if not isinstance(config, dict):
        return Misfit(Reason.BAD_ADAPTER, f"{CONFIG} is not an object")
    kind, rank = config.get("peft_type"), config.get("r")
    if kind not in MERGED:
        return Misfit(Reason.BAD_ADAPTER, f"its kind {str(kind)[:40]!r} cannot be merged")
    if type(rank) is not int or not 0 < rank <= MAX_RANK:
        return Misfit(Reason.BAD_ADAPTER, f"its rank {str(rank)[:40]!r} makes no sense")
    if config.get("task_type") not in (None, "CAUSAL_LM"):
        return Misfit(Reason.NOT_TEXT, f"it adapts for {str(config['task_type'])[:40]!r}")
    base = config.get("base_model_name_or_path")
    weighty = ("lora_alpha", "use_rslora", "use_dora", "fan_in_fan_out", "alpha_pattern")
    settings = {key: config[key] for key in weighty if key in config}
    named = base if isinstance(base, str) else None
    return Adapter(kind, rank, bool(config.get("rank_pattern")), named, settings)


def compare(adapter: Adapter, tensors: Mapping[str, Tensor], base: Layout) -> Misfit | None:
    """None if every tensor updates a tensor of the base, with shapes that fit."""
    if not tensors:
        return _bad("it holds no tensors")
    pairs: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, tensor in tensors.items():
        inner = name.removeprefix(_PREFIX)
        match = _UPDATE.fullmatch(inner)
        if match is None:
            if (misfit := _whole_tensor(inner, tensor.shape, base)) is not None:
                return misfit
            continue
        pairs.setdefault(match["module"], {})[match["part"]] = tensor.shape
    if not pairs:
        return _bad("it holds no low-rank update")
    for module, parts in sorted(pairs.items()):
        if (misfit := _update(module, parts, base)) is not None:
            return misfit
        rank = len(parts.get("lora_A", ())) and parts["lora_A"][0]
        if rank and rank != adapter.rank and not adapter.ranks_vary:
            return _bad(f"{module[:120]} has rank {rank}, but {CONFIG} says {adapter.rank}")
    return None


def _update(module: str, parts: dict[str, tuple[int, ...]], base: Layout) -> Misfit | None:
    target = base.shapes.get(f"{module}.weight")
    if target is None and f"{module}.weight" in EMBEDDINGS:
        target = base.shapes.get(INPUT)  # a tied output
    if target is None:
        return _bad(f"its base has no {module[:120]}")
    embedded = "lora_embedding_A" in parts
    first, second = ("lora_embedding_A", "lora_embedding_B") if embedded else ("lora_A", "lora_B")
    down, up = parts.get(first, ()), parts.get(second, ())
    if len(down) != 2 or len(up) != 2 or len(target) != 2:
        return _bad(f"{module[:120]} has no pair of matrices")
    rows, columns = (target[1], target[0]) if embedded else target
    slack = ROW_SHARE if f"{module}.weight" in EMBEDDINGS else 0.0  # its base may have new tokens
    fits = _near(down[1], columns, slack) and _near(up[0], rows, slack)
    if down[0] != up[1] or not fits or not 0 < down[0] <= MAX_RANK:
        return _bad(
            f"{module[:120]} is updated by {up[0]}×{up[1]} and {down[0]}×{down[1]},"
            f" but is {target[0]}×{target[1]}"
        )
    return None


def _whole_tensor(name: str, shape: tuple[int, ...], base: Layout) -> Misfit | None:
    """Tensors that replace the base's own: those saved whole beside the updates."""
    plain = re.sub(r"\.(modules_to_save(\.default)?|base_layer)\.", ".", name)
    target = base.shapes.get(plain)
    if target is None and plain in EMBEDDINGS:
        target = base.shapes.get(INPUT)
    if target is None:
        return _bad(f"its base has no {plain[:120]}")
    if plain in EMBEDDINGS and len(shape) == 2 and shape[1] == target[1]:
        if abs(shape[0] - target[0]) > ROW_SHARE * target[0]:
            return Misfit(Reason.VOCABULARY, f"{shape[0]} tokens instead of {target[0]}")
        return None
    return None if shape == target else _bad(f"{plain[:120]} has another shape in its base")


def _near(size: int, expected: int, share: float) -> bool:
    return abs(size - expected) <= share * expected


def _bad(detail: str) -> Misfit:
    return Misfit(Reason.BAD_ADAPTER, detail)
