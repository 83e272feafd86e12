"""Evidence of lineage: what tags, cards, adapters' and merges' configurations say of parents.

Names must look like `org/name`; local paths, URLs and the checkpoint's own name are no parents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

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
_TAG = "base_model:"
LINEAGE = f"\n{_TAG}"
MAX_PARENTS = 64
MAX_MERGE_CONFIG = 256 * 1024
MERGE_FILES = ("mergekit_config.yml", "mergekit_config.yaml")
LOCAL = frozenset({"models", "model", "output", "outputs", "checkpoints", "tmp", "home", "data"})
_RELATIONS = {relation.value: relation.value for relation in Relation}
_ADAPTER = Relation.ADAPTER.value
_QUANTIZED = ("gguf", "awq", "gptq", "exl2", "exl3", "bitsandbytes", "mlx-quantized")


def claim(parent: str, relation: str, source: str) -> Evidence:
    return Evidence(parent, relation, source, CONFIDENCE[source])


class Config(NamedTuple):
    """What a listing row says that a checkpoint is made of.

    adapter: whether it is one, and adapter_base: of what. quantization: if its files are a copy.
    """

    architecture: str | None = None
    remote_code: bool = False
    quantization: str | None = None
    adapter: bool = False
    adapter_base: str | None = None


def declared(
    name: str, tags: str, base_model: object, relation: object, config: Config
) -> Sequence[Evidence]:
    """What a listing row says of its parents.

    tags: each between two line ends. base_model, relation: as the card has them, whatever they are.

    A card that repeats the tags adds nothing; neither does an adapter's configuration.
    """
    first = tags.find(LINEAGE)
    if first < 0:
        if base_model is None and config.adapter_base is None:
            return ()
        tagged: tuple[Evidence, ...] = ()
        bare: tuple[str, ...] = ()
    else:
        tagged, bare = _of_tags(tags[first : tags.index("\n", tags.rindex(LINEAGE) + 1)])
        if (
            len(tagged) == 1
            and not bare
            and tagged[0].parent == base_model != name
            and relation is None
            and config.quantization is None
            and (config.adapter_base is None or tagged[0][:2] == (config.adapter_base, _ADAPTER))
        ):
            return tagged  # as nearly all are
    said = [claim for claim in tagged if claim.parent != name]
    said += [claim(parent, _guess(tags, config), TAGS) for parent in bare if parent != name]
    found = {claim.parent: claim for claim in said}
    if base_model:
        said += _of_card(name, base_model, relation, found, tags, config)
    return said + _of_config(name, found, config)


@lru_cache(maxsize=1024)
def _of_tags(tags: str) -> tuple[tuple[Evidence, ...], tuple[str, ...]]:
    """What tags say of parents, and the parents that they name without a relation.

    A few parents have most of the children, so most children have these tags in common.
    """
    found: dict[str, Evidence] = {}
    bare: dict[str, None] = {}
    lineage = [tag for tag in tags.split("\n") if tag.startswith(_TAG)]
    for tag in lineage[: 2 * MAX_PARENTS]:
        kind, _, parent = tag[len(_TAG) :].partition(":")
        if not parent:
            bare[kind] = None
        elif kind in _RELATIONS and _is_parent(parent):
            found[parent] = claim(parent, kind, TAGS)
    return tuple(found.values()), tuple(p for p in bare if p not in found and _is_parent(p))


def _of_config(name: str, found: Mapping[str, Evidence], config: Config) -> list[Evidence]:
    """What an adapter's base, or being a quantized copy, adds to the parents found."""
    base = config.adapter_base
    if base is not None and base != name and _is_parent(base):
        implied = {base: _ADAPTER}
    elif config.quantization is not None:
        implied = dict.fromkeys(found, Relation.QUANTIZED.value)
    else:
        implied = {}
    return [
        claim(parent, relation, CONFIG)
        for parent, relation in implied.items()
        if parent not in found or found[parent].relation != relation
    ]


def of_adapter(name: str, config: dict[str, Any]) -> list[Evidence]:
    """What an adapter_config.json says; nothing if the base is a local path."""
    base = config.get("base_model_name_or_path")
    if isinstance(base, str) and base != name and _is_parent(base):
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
    parents = dict.fromkeys(model for model in named if model != name and _is_parent(model))
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
    found: Mapping[str, Evidence],
    tags: str,
    config: Config,
) -> list[Evidence]:
    """Parents of a card that the tags do not name, or name with another relation."""
    listed = base_model if isinstance(base_model, list) else [base_model]
    named = (p for p in listed[:MAX_PARENTS] if isinstance(p, str) and p != name)
    parents = list(filter(_is_parent, named))
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


def _guess(tags: str, config: Config) -> str:
    """The relation that a row shows where it names none."""
    if config.adapter or _any(tags, "peft", "lora"):
        return _ADAPTER
    if config.quantization is not None or _any(tags, *_QUANTIZED):
        return Relation.QUANTIZED.value
    if _any(tags, "merge", "mergekit"):
        return Relation.MERGE.value
    return Relation.FINETUNE.value


def _any(tags: str, *names: str) -> bool:
    return any(f"\n{name}\n" in tags for name in names)


@lru_cache(maxsize=1024)
def _is_parent(name: str) -> bool:
    """Whether a hub could have it, rather than only the machine that made the checkpoint."""
    return NAME.fullmatch(name) is not None and ".." not in name and name.split("/")[0] not in LOCAL
