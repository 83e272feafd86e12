"""Tensor layouts: what a root is made of, and whether a checkpoint is made the same way.

Same inference cost means the same tensors with the same shapes, except that embeddings may have
up to 1% more or fewer rows, for added tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from catalog.words import Reason

EMBEDDINGS = frozenset({"model.embed_tokens.weight", "lm_head.weight"})
INPUT, OUTPUT = "model.embed_tokens.weight", "lm_head.weight"
ROW_SHARE = 0.01
_BUFFER = re.compile(r".*\.rotary_emb\.inv_freq")
_LAYER = re.compile(r"(?:.*\.)?layers\.(\d+)\..*")
_EXPERTS = re.compile(r".*(\.experts\.|block_sparse_moe|shared_expert).*")

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Layout:
    """A root's tensors by name, without buffers that every engine computes itself."""

    root: str
    sha: str
    shapes: dict[str, tuple[int, ...]]

    @property
    def parameters(self) -> int:
        return sum(map(prod, self.shapes.values()))

    @property
    def embedding(self) -> int:
        """Parameters of one embedding matrix."""
        return prod(self.shapes.get(INPUT, ()))

    def stored(self) -> dict[str, Any]:
        """As the catalog keeps it."""
        shapes = {name: list(shape) for name, shape in self.shapes.items()}
        return {"sha": self.sha, "parameters": self.parameters, "tensors": shapes}


def from_stored(root: str, stored: Mapping[str, Any]) -> Layout:
    shapes = {name: tuple(shape) for name, shape in stored["tensors"].items()}
    return Layout(root, stored["sha"], shapes)


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a checkpoint is not made like its root. detail: the tensor that shows it."""

    reason: Reason
    detail: str


def without_buffers(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    return {name: tuple(shape) for name, shape in shapes.items() if not _BUFFER.fullmatch(name)}


def compare(shapes: Shapes, layout: Layout) -> Misfit | None:
    """None if tensors with these shapes cost what the root costs."""
    mine, theirs = without_buffers(shapes), layout.shapes
    if experts := _first(name for name in mine if _EXPERTS.fullmatch(name) and name not in theirs):
        return Misfit(Reason.MIXTURE, f"it has {experts}")
    if (layers := _layers(mine)) != (root_layers := _layers(theirs)):
        reason = Reason.LARGER if layers > root_layers else Reason.SMALLER
        return Misfit(reason, f"it has {layers} layers, its root {root_layers}")
    for name in sorted(mine.keys() & theirs.keys()):
        if name not in EMBEDDINGS and mine[name] != theirs[name]:
            return _misshapen(name, mine[name], theirs[name])
    tied = OUTPUT not in theirs  # then the output may be stored as a copy of the input
    extra = mine.keys() - theirs.keys() - ({OUTPUT} if tied else set())
    if missing := _first(theirs.keys() - mine.keys()):
        return Misfit(Reason.OTHER_SHAPES, f"{_short(missing)} is missing")
    if foreign := _first(extra):
        return Misfit(Reason.OTHER_SHAPES, f"its root has no {_short(foreign)}")
    return _vocabulary(mine, theirs)


def adds_tokens(shapes: Shapes, layout: Layout) -> bool:
    """Whether its embedding has another number of rows than the root's."""
    return shapes.get(INPUT) != layout.shapes.get(INPUT)


def _vocabulary(mine: Shapes, theirs: Shapes) -> Misfit | None:
    for name in (INPUT, OUTPUT):
        shape, root = mine.get(name), theirs.get(name, theirs.get(INPUT))
        if shape is None or root is None or shape == root:
            continue
        if shape[1:] != root[1:] or not shape:
            return _misshapen(name, shape, root)
        if abs(shape[0] - root[0]) > ROW_SHARE * root[0]:
            detail = f"{shape[0]} tokens instead of {root[0]}"
            return Misfit(Reason.VOCABULARY, detail)
    if OUTPUT in mine and INPUT in mine and mine[OUTPUT][0] != mine[INPUT][0]:
        return Misfit(Reason.OTHER_SHAPES, f"{OUTPUT} and {INPUT} differ in rows")
    return None


def _misshapen(name: str, mine: tuple[int, ...], theirs: tuple[int, ...]) -> Misfit:
    detail = f"{_short(name)} is {_times(mine)} instead of {_times(theirs)}"
    if len(mine) == len(theirs) and prod(mine) > prod(theirs):
        return Misfit(Reason.LARGER, detail)
    if len(mine) == len(theirs) and prod(mine) < prod(theirs):
        return Misfit(Reason.SMALLER, detail)
    return Misfit(Reason.OTHER_SHAPES, detail)


def _layers(shapes: Shapes) -> int:
    found = {match[1] for name in shapes if (match := _LAYER.fullmatch(name))}
    return len(found)


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a scalar"


def _short(name: str) -> str:
    return name if len(name) <= 120 else name[:117] + "..."


def _first(names: Iterable[str]) -> str | None:
    return min(names, default=None)
