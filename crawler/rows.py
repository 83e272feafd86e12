"""Rows of a listing, which may hold anything, read into what the catalog keeps.

A row without an identity is odd and left out. A field that makes no sense is left out too, and
its row is kept: both are told, and neither ends a crawl.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from catalog.lineage import Evidence
from catalog.repositories import Listing
from crawler.evidence import NAME, declared

EXPAND = (
    *("cardData", "config", "createdAt", "disabled", "downloads", "downloadsAllTime", "gated"),
    *("lastModified", "library_name", "likes", "pipeline_tag", "private", "safetensors", "sha"),
    "tags",
)
"""The fields that a crawl asks for; a row has `_id` and `id` beside them."""

MAX_TAGS = 300
MAX_TEXT = 200
MAX_COUNT = 10**15
_HUB_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{40}")
_LINEAGE = "base_model:"
_LICENSE = "license:"


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


def read(row: object) -> Row:
    """Raises OddRow if the row has no identity."""
    if not isinstance(row, dict):
        raise OddRow(None, "row is not an object")
    name, hub_id = row.get("id"), row.get("_id")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise OddRow(None, "id is not a repository's name")
    if not isinstance(hub_id, str) or not _HUB_ID.fullmatch(hub_id):
        raise OddRow(name, "_id is not an identity")
    odd: list[str] = []
    get = row.get

    def field(key: str, right: Callable[[Any], bool]) -> Any:
        value = get(key)
        if value is None or right(value):
            return value
        odd.append(f"{key} makes no sense")
        return None

    tags = _tags(get("tags"), odd)
    lineage = [tag for tag in tags if tag.startswith(_LINEAGE)]
    card = field("cardData", _is_object) or {}
    config = _config(field("config", _is_object) or {})
    weights = field("safetensors", _is_object) or {}
    total = weights.get("total")
    listing = Listing(
        hub_id,
        name,
        field("sha", _is_sha),
        _moment(get("createdAt"), "createdAt", odd),
        _moment(get("lastModified"), "lastModified", odd),
        _gate(get("gated")),
        get("disabled") is True,
        get("private") is True,
        field("pipeline_tag", _is_text),
        field("library_name", _is_text),
        next((tag[len(_LICENSE) :] for tag in tags if tag.startswith(_LICENSE)), None),
        config.get("architecture"),
        total if _is_count(total) else None,
        field("downloads", _is_count),
        field("downloadsAllTime", _is_count),
        field("likes", _is_count),
        [tag for tag in tags if not tag.startswith(_LINEAGE)] if lineage else tags,
        _card(card),
        config,
    )
    return Row(listing, declared(name, tags, lineage, card, config), odd)


def _tags(value: object, odd: list[str]) -> list[str]:
    if not isinstance(value, list):
        if value is not None:
            odd.append("tags makes no sense")
        return []
    try:
        fits = len(value) <= MAX_TAGS and max(map(len, value), default=0) <= MAX_TEXT
        "".join(value)
    except TypeError:
        fits = False
    if fits:
        return value
    odd.append("tags makes no sense in part")
    return [tag for tag in value if isinstance(tag, str) and len(tag) <= MAX_TEXT][:MAX_TAGS]


def _config(config: dict[str, Any]) -> dict[str, Any]:
    """The keys that say what a checkpoint is made of, each of the right type."""
    kept: dict[str, Any] = {}
    architectures = config.get("architectures")
    if isinstance(architectures, list) and architectures and _is_text(architectures[0]):
        kept["architecture"] = architectures[0]
    if _is_text(model_type := config.get("model_type")):
        kept["model_type"] = model_type
    if config.get("auto_map"):
        kept["remote_code"] = True
    if quantization := config.get("quantization_config"):
        method = quantization.get("quant_method") if isinstance(quantization, dict) else None
        kept["quantization"] = method if _is_text(method) else "unknown"
    peft = config.get("peft")
    if isinstance(peft, dict):
        base = peft.get("base_model_name_or_path")
        kept["adapter_base"] = base if _is_text(base) else None
    return kept


def _card(card: dict[str, Any]) -> dict[str, Any]:
    """What pages show of a card: the data sets and languages it declares."""
    kept: dict[str, Any] = {}
    for key in ("datasets", "language"):
        value = card.get(key)
        listed = [value] if isinstance(value, str) else value
        if isinstance(listed, list) and listed:
            kept[key] = [text for text in listed[:50] if _is_text(text)]
    return kept


def _moment(value: object, key: str, odd: list[str]) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type]
        if moment.tzinfo is UTC:
            return moment
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        odd.append(f"{key} makes no sense")
        return None


def _gate(value: object) -> str | None:
    if value is None or value is False:
        return None
    return value if value in ("auto", "manual") else "auto"


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_sha(value: object) -> bool:
    return isinstance(value, str) and _SHA.fullmatch(value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable()


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_COUNT
