"""A model card's front matter, and the lineage it declares."""

import re
from typing import Any

import yaml

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
RELATIONS = ("finetune", "adapter", "merge", "quantized")
MAX_CARD = 256 * 1024
_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader without aliases (a few lines of them can stand for gigabytes) and dates."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed in a card")
        return super().compose_node(parent, index)


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def card_data(readme: str) -> dict[str, Any]:
    """The front matter of a README as a mapping; empty where there is none that can be read."""
    found = _FRONT_MATTER.match(readme[:MAX_CARD])
    if found is None:
        return {}
    try:
        data = yaml.load(found[1], Loader=_PlainLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def base_models(card: dict[str, Any]) -> list[str]:
    """The `org/name` parents that a card declares; local paths and junk are dropped."""
    declared = card.get("base_model")
    listed = declared if isinstance(declared, list) else [declared]
    names = (name.strip() for name in listed if isinstance(name, str))
    return list(dict.fromkeys(name for name in names if NAME.fullmatch(name)))


def relation(card: dict[str, Any], files: set[str], config: dict[str, Any]) -> str:
    """How a checkpoint relates to its parents: the card's word, else what its files look like."""
    declared = card.get("base_model_relation")
    if declared in RELATIONS:
        return str(declared)
    if "adapter_config.json" in files or card.get("library_name") == "peft":
        return "adapter"
    if config.get("quantization_config") or any(path.endswith(".gguf") for path in files):
        return "quantized"
    return "merge" if len(base_models(card)) > 1 else "finetune"


def declared_tags(card: dict[str, Any]) -> list[str]:
    """Tags that follow from a card alone: its own, language, licence and data sets."""
    tags = _texts(card.get("tags")) + _texts(card.get("language"))
    tags += [f"dataset:{name}" for name in _texts(card.get("datasets"))]
    return tags + [f"license:{name}" for name in _texts(card.get("license"))]


def _texts(value: object) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [text for text in listed if isinstance(text, str)]
