"""Rows of a listing, which may hold anything, read into what the catalog keeps.

A row without an identity is odd and left out. A field that makes no sense is left out too, and
its row is kept: both are told, and neither ends a crawl.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from types import NoneType
from typing import Any, NamedTuple

from catalog.bulk import stored_json
from catalog.lineage import Evidence
from catalog.repositories import Listing
from crawler.evidence import NAME, declared, is_copy

EXPAND = (
    *("cardData", "config", "createdAt", "disabled", "downloads", "downloadsAllTime", "gated"),
    *("lastModified", "library_name", "likes", "pipeline_tag", "private", "safetensors", "sha"),
    "tags",
)
"""The fields that a crawl asks for; a row has `_id` and `id` beside them."""

MAX_TAGS = 300
MAX_TEXT = 200
MAX_ALL_TAGS = 20_000
SEPARATOR = '","'
MAX_COUNT = 10**15
_HUB_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{40}")
_LINEAGE = "base_model:"
_LICENSE = "license:"
_CONFIG = ("architecture", "remote_code", "quantization", "adapter_base")
_KINDS: dict[str, type] = {
    "sha": str,
    "createdAt": str,
    "lastModified": str,
    "pipeline_tag": str,
    "library_name": str,
    "downloads": int,
    "downloadsAllTime": int,
    "likes": int,
    "safetensors": dict,
}
"""The type of each field that is kept as it comes."""

Wanted = Callable[[str, str | None, int | None], bool]
"""Whether to keep a row that names no parents, by its name, architecture and parameters."""


class OddRow(Exception):
    """A row that cannot be used, and why. `name` is its repository's, if it has one."""

    def __init__(self, name: str | None, reason: str) -> None:
        super().__init__(reason)
        self.name, self.reason = name, reason


class Row(NamedTuple):
    """A row as read. evidence: what it says of its parents. odd: fields left out, and why."""

    listing: Listing
    evidence: list[Evidence]
    odd: list[str]


def read(row: object, wanted: Wanted | None = None) -> Row | None:
    """None for a row that names no parents and is not `wanted`. Raises OddRow without identity."""
    if type(row) is not dict:
        raise OddRow(None, "row is not an object")
    get = row.get
    name, hub_id = get("id"), get("_id")
    if type(name) is not str or not NAME.fullmatch(name):
        raise OddRow(None, "id is not a repository's name")
    if type(hub_id) is not str or not _HUB_ID.fullmatch(hub_id):
        raise OddRow(name, "_id is not an identity")
    odd: list[str] = []
    tags, text = _tags(get("tags"), odd)
    card, told, weights = get("cardData"), get("config"), get("safetensors")
    config = _config(told, odd) if told is not None else {}
    if is_copy(tags, config):
        config.setdefault("quantization", "gguf")
    base = card.get("base_model") if type(card) is dict else None
    lineage = [tag for tag in tags if tag.startswith(_LINEAGE)] if _LINEAGE in text else []
    evidence: list[Evidence] = []
    if lineage or base is not None or "adapter_base" in config:
        relation = card.get("base_model_relation") if type(card) is dict else None
        evidence = declared(name, tags, lineage, base, relation, config)
    total = weights.get("total") if type(weights) is dict else None
    parameters = total if type(total) is int and 0 <= total <= MAX_COUNT else None
    architecture = config.get("architecture")
    if not evidence and wanted is not None and not wanted(name, architecture, parameters):
        return None
    values = list(map(get, _KINDS))
    if wrong := _wrong(tuple(map(type, values))):
        for index in wrong:
            values[index] = _strange(list(_KINDS)[index], odd)
    sha, created, modified, pipeline, library, downloads, ever, likes, _ = values
    if lineage:
        text = SEPARATOR.join([tag for tag in tags if not tag.startswith(_LINEAGE)])
    listing = Listing(
        hub_id,
        name,
        sha if sha is None or _SHA.fullmatch(sha) else _strange("sha", odd),
        _moment(created, "createdAt", odd),
        _moment(modified, "lastModified", odd),
        _gate(get("gated")),
        get("disabled") is True,
        get("private") is True,
        pipeline if pipeline is None or _is_text(pipeline) else _strange("pipeline_tag", odd),
        library if library is None or _is_text(library) else _strange("library_name", odd),
        next((tag[8:] for tag in tags if tag.startswith(_LICENSE)), None),
        architecture,
        parameters,
        _count(downloads, "downloads", odd),
        _count(ever, "downloadsAllTime", odd),
        _count(likes, "likes", odd),
        _tags_text(text),
        _config_text(*map(config.get, _CONFIG)),
    )
    return Row(listing, evidence, odd)


def read_one(row: object) -> Row:
    """As `read`, of a row that was asked for by name."""
    found = read(row)
    assert found is not None, "only rows that are not wanted are left out"
    return found


@lru_cache(maxsize=1024)
def _wrong(kinds: tuple[type, ...]) -> tuple[int, ...]:
    """Which fields have neither their type nor no value."""
    right = zip(kinds, _KINDS.values(), strict=True)
    return tuple(n for n, (kind, due) in enumerate(right) if kind not in (due, NoneType))


def _tags(value: object, odd: list[str]) -> tuple[list[str], str]:
    """The tags, and all of them joined by SEPARATOR."""
    if type(value) is not list:
        if value is not None:
            odd.append("tags makes no sense")
        return [], ""
    try:
        text = SEPARATOR.join(value)
        if len(value) <= MAX_TAGS and len(text) <= MAX_ALL_TAGS:
            return value, text
    except TypeError:
        pass
    odd.append("tags makes no sense in part")
    kept = [tag for tag in value if isinstance(tag, str) and len(tag) <= MAX_TEXT][:MAX_TAGS]
    return kept, SEPARATOR.join(kept)


def _tags_text(text: str) -> str:
    """JSON of joined tags; written by hand where nothing in them needs an escape."""
    if not text:
        return "[]"
    if text.isprintable() and text.isascii() and "\\" not in text:
        inner = text.count('"')
        if inner == 2 * text.count(SEPARATOR):
            return f'["{text}"]'
    return stored_json(text.split(SEPARATOR))


@lru_cache(maxsize=4096)
def _config_text(*values: Any) -> str:
    """JSON of a configuration; few differ."""
    present = zip(_CONFIG, values, strict=True)
    return stored_json({key: value for key, value in present if value is not None})


def _config(config: object, odd: list[str]) -> dict[str, Any]:
    """The keys that say what a checkpoint is made of, each of the right type."""
    if type(config) is not dict:
        odd.append("config makes no sense")
        return {}
    kept: dict[str, Any] = {}
    get = config.get
    architectures = get("architectures")
    if type(architectures) is list and architectures and _is_text(architectures[0]):
        kept["architecture"] = architectures[0]
    if get("auto_map"):
        kept["remote_code"] = True
    if quantization := get("quantization_config"):
        method = quantization.get("quant_method") if isinstance(quantization, dict) else None
        kept["quantization"] = method if _is_text(method) else "unknown"
    peft = get("peft")
    if type(peft) is dict:
        base = peft.get("base_model_name_or_path")
        kept["adapter_base"] = base if _is_text(base) else None
    return kept


def _moment(value: str | None, key: str, odd: list[str]) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is UTC:
            return moment
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        odd.append(f"{key} makes no sense")
        return None


def _count(value: int | None, key: str, odd: list[str]) -> int | None:
    return value if value is None or 0 <= value <= MAX_COUNT else _strange(key, odd)


def _strange(key: str, odd: list[str]) -> Any:
    """No value, and a note of that."""
    odd.append(f"{key} makes no sense")
    return None


def _gate(value: object) -> str | None:
    if value is None or value is False:
        return None
    return "manual" if value == "manual" else "auto"


def _is_text(value: object) -> bool:
    return type(value) is str and 0 < len(value) <= MAX_TEXT and value.isprintable()
