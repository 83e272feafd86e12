"""Evidence of lineage: what tags, cards, adapters' and merges' configurations say of parents.

Names must look like `org/name`; local paths, URLs and the checkpoint's own name are no parents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from catalog.lineage import (
    ADAPTER_CONFIG,
    CARD,
    CONFIDENCE,
    CONFIG,
    MERGE_CONFIG,
    TAGS,
    Evidence,
)
from catalog.words import Relation

NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)
LINEAGE = len("base_model:")
MAX_PARENTS = 64
MAX_MERGE_CONFIG = 256 * 1024
MERGE_FILES = ("mergekit_config.yml", "mergekit_config.yaml")
LOCAL = frozenset({"models", "model", "output", "outputs", "checkpoints", "tmp", "home", "data"})
_RELATIONS = {relation.value: relation.value for relation in Relation}
_QUANTIZED = frozenset({"gguf", "awq", "gptq", "exl2", "exl3", "bitsandbytes", "mlx-quantized"})


def claim(parent: str, relation: str, source: str) -> Evidence:
    return Evidence(parent, relation, source, CONFIDENCE[source])


def declared(
    name: str,
    tags: Sequence[str],
    lineage: Sequence[str],
    base_model: object,
    relation: object,
    config: dict[str, Any],
) -> list[Evidence]:
    """What a listing row says. lineage: those of its tags that begin with `base_model:`.

    base_model, relation: as the card has them, whatever they are.

    A card that repeats the tags adds nothing; neither does an adapter's configuration.
    """
    found: dict[str, Evidence] = {}
    bare: list[str] = []
    for tag in lineage[: 2 * MAX_PARENTS]:
        kind, _, parent = tag[LINEAGE:].partition(":")
        if not parent:
            bare.append(kind)
        elif kind in _RELATIONS and _is_parent(parent, name):
            found[parent] = claim(parent, kind, TAGS)
    for parent in bare:
        if parent not in found and _is_parent(parent, name):
            found[parent] = claim(parent, _guess(tags, config), TAGS)
    said = list(found.values())
    if base_model:
        said += _of_card(name, base_model, relation, found, tags, config)
    return said + _of_config(name, found, tags, config)


def _of_config(
    name: str, found: dict[str, Evidence], tags: Sequence[str], config: dict[str, Any]
) -> list[Evidence]:
    """What an adapter's base, or being a quantized copy, adds to the parents found."""
    base = config.get("adapter_base")
    if isinstance(base, str) and _is_parent(base, name):
        implied = {base: Relation.ADAPTER.value}
    elif is_copy(tags, config):
        implied = dict.fromkeys(found, Relation.QUANTIZED.value)
    else:
        implied = {}
    return [
        claim(parent, relation, CONFIG)
        for parent, relation in implied.items()
        if parent not in found or found[parent].relation != relation
    ]


def is_copy(tags: Sequence[str], config: dict[str, Any]) -> bool:
    """Whether the files that the listing tells of are a quantized copy."""
    return "quantization" in config or ("gguf" in tags and "safetensors" not in tags)


def of_adapter(name: str, config: dict[str, Any]) -> list[Evidence]:
    """What an adapter_config.json says; nothing if the base is a local path."""
    base = config.get("base_model_name_or_path")
    if isinstance(base, str) and _is_parent(base, name):
        return [claim(base, Relation.ADAPTER.value, ADAPTER_CONFIG)]
    return []


def of_merge(name: str, text: str) -> list[Evidence]:
    """The parents that a mergekit configuration names, wherever in it `model` appears.

    Its values may carry `+adapter` and `@revision`; both are dropped.
    """
    try:
        config = yaml.load(text, Loader=_Plain)
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    named = (model.split("+")[0].split("@")[0].strip() for model in _models(config))
    parents = dict.fromkeys(model for model in named if _is_parent(model, name))
    return [claim(p, Relation.MERGE.value, MERGE_CONFIG) for p in list(parents)[:MAX_PARENTS]]


class _Plain(yaml.SafeLoader):
    """SafeLoader without aliases: a few lines of them can stand for gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed in a merge configuration")
        return super().compose_node(parent, index)


def _models(node: object) -> Iterable[str]:
    """Every text under a key `model` or `base_model` of nested lists and mappings."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting.extend(reversed(here))
        elif isinstance(here, dict):
            for key, value in here.items():
                if key in ("model", "base_model") and isinstance(value, str):
                    yield value
                else:
                    waiting.append(value)


def _of_card(
    name: str,
    base_model: object,
    relation: object,
    found: dict[str, Evidence],
    tags: Sequence[str],
    config: dict[str, Any],
) -> list[Evidence]:
    """Parents of a card that the tags do not name, or name with another relation."""
    listed = base_model if isinstance(base_model, list) else [base_model]
    parents = [p for p in listed[:MAX_PARENTS] if isinstance(p, str) and _is_parent(p, name)]
    said = []
    for parent in dict.fromkeys(parents):
        known = found.get(parent)
        if isinstance(relation, str) and relation in _RELATIONS:
            means = relation
        elif known is not None:
            means = known.relation
        else:
            means = Relation.MERGE.value if len(parents) > 1 else _guess(tags, config)
        if known is None or known.relation != means:
            said.append(claim(parent, means, CARD))
    return said


def _guess(tags: Sequence[str], config: dict[str, Any]) -> str:
    """The relation that a row shows where it names none."""
    if "adapter_base" in config or "peft" in tags or "lora" in tags:
        return Relation.ADAPTER.value
    if is_copy(tags, config) or not _QUANTIZED.isdisjoint(tags):
        return Relation.QUANTIZED.value
    if "merge" in tags or "mergekit" in tags:
        return Relation.MERGE.value
    return Relation.FINETUNE.value


def _is_parent(parent: str, child: str) -> bool:
    if parent == child or not NAME.fullmatch(parent) or ".." in parent:
        return False
    return parent.split("/")[0] not in LOCAL
