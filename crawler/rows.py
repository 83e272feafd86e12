"""Rows of a listing, which may hold anything, read into what the catalog keeps.

A row without an identity is odd and left out. A field that makes no sense is left out too, and
its row is kept: both are told, and neither ends a crawl.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypedDict

from catalog.bulk import stored_json, stored_moment
from catalog.lineage import Evidence
from catalog.repositories import Listing
from crawler.evidence import NAME, Config, declared


class Made(TypedDict, total=False):
    """The parts of a row's configuration that are read."""

    architectures: Any
    auto_map: Any
    quantization_config: Any
    peft: Any


class Card(TypedDict, total=False):
    """The parts of a row's card that are read."""

    base_model: Any
    base_model_relation: Any


class Weights(TypedDict, total=False):
    """The part of what a row says of its weights that is read."""

    total: Any


class Shape(TypedDict, total=False):
    """The parts of a row that are read."""

    _id: Any
    id: Any
    cardData: Card | None
    config: Made | None
    createdAt: Any
    disabled: Any
    downloads: Any
    downloadsAllTime: Any
    gated: Any
    lastModified: Any
    likes: Any
    private: Any
    safetensors: Weights | None
    sha: Any
    tags: Any


EXPAND = tuple(key for key in Shape.__annotations__ if key not in ("_id", "id"))
"""The fields that a crawl asks for; a row has `_id` and `id` beside them."""

MAX_TAGS = 300
MAX_TEXT = 200
MAX_ALL_TAGS = 20_000
MAX_COUNT = 10**15
_is_name = NAME.fullmatch
_is_hub_id = re.compile(r"[\w-]{1,64}", re.ASCII).fullmatch
_is_sha = re.compile(r"[0-9a-f]{40}").fullmatch
_LICENSE = "\nlicense:"
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
    evidence: Sequence[Evidence]
    odd: list[str]


def read(row: object, wanted: Wanted | None = None) -> Row | None:
    """None for a row that names no parents and is not `wanted`. Raises OddRow without identity."""
    if type(row) is not dict:
        raise OddRow(None, "row is not an object")
    get = row.get
    name, hub_id = get("id"), get("_id")
    if type(name) is not str or not _is_name(name):
        raise OddRow(None, "id is not a repository's name")
    if type(hub_id) is not str or not _is_hub_id(hub_id):
        raise OddRow(name, "_id is not an identity")
    odd: list[str] = []
    tags = _tags(get("tags"), odd)
    card, weights = get("cardData"), get("safetensors")
    config = _config(get("config"), tags, odd)
    said = (card.get("base_model"), card.get("base_model_relation")) if type(card) is dict else NONE
    evidence = declared(name, tags, *said, config)
    total = weights.get("total") if type(weights) is dict else None
    parameters = total if type(total) is int and 0 <= total <= MAX_COUNT else None
    if not evidence and wanted is not None and not wanted(name, config.architecture, parameters):
        return None
    if weights is not None and type(weights) is not dict:
        odd.append("safetensors makes no sense")
    listing = Listing(
        hub_id,
        name,
        _sha(get("sha"), odd),
        _moment(get("createdAt"), "createdAt", odd),
        _moment(get("lastModified"), "lastModified", odd),
        _gate(get("gated")),
        get("disabled") is True,
        get("private") is True,
        _license(tags),
        config.architecture,
        parameters,
        _count(get("downloads"), "downloads", odd),
        _count(get("downloadsAllTime"), "downloadsAllTime", odd),
        _count(get("likes"), "likes", odd),
        _config_text(config),
    )
    return Row(listing, evidence, odd)


NONE = (None, None)


def read_one(row: object) -> Row:
    """As `read`, of a row that was asked for by name."""
    found = read(row)
    assert found is not None, "only rows that are not wanted are left out"
    return found


def _tags(value: object, odd: list[str]) -> str:
    """The tags, each between two line ends."""
    if type(value) is list:
        try:
            text = "\n".join(value)
            if len(value) <= MAX_TAGS and len(text) <= MAX_ALL_TAGS:
                return f"\n{text}\n"
        except TypeError:
            pass
        odd.append("tags makes no sense in part")
        kept = [tag for tag in value if isinstance(tag, str) and len(tag) <= MAX_TEXT]
        return "\n".join(["", *kept[:MAX_TAGS], ""])
    if value is not None:
        odd.append("tags makes no sense")
    return "\n"


@lru_cache(maxsize=4096)
def _config_text(config: Config) -> str:
    """JSON of a configuration; few differ."""
    told = config._replace(adapter=False)._asdict()
    return stored_json({key: value for key, value in told.items() if value})


def _config(config: object, tags: str, odd: list[str]) -> Config:
    """The keys that say what a checkpoint is made of, each of the right type."""
    architecture = quantization = adapter_base = None
    remote_code = adapter = False
    if type(config) is dict:
        get = config.get
        architectures = get("architectures")
        if type(architectures) is list and architectures and _is_text(architectures[0]):
            architecture = architectures[0]
        remote_code = bool(get("auto_map"))
        if told := get("quantization_config"):
            method = told.get("quant_method") if isinstance(told, dict) else None
            quantization = method if _is_text(method) else "unknown"
        peft = get("peft")
        if type(peft) is dict:
            adapter = True
            base = peft.get("base_model_name_or_path")
            adapter_base = base if _is_text(base) else None
    elif config is not None:
        odd.append("config makes no sense")
    if quantization is None and "\ngguf\n" in tags and "\nsafetensors\n" not in tags:
        quantization = "gguf"
    return _alike(architecture, remote_code, quantization, adapter, adapter_base)


_alike = lru_cache(maxsize=4096)(Config)  # few differ


def _license(tags: str) -> str | None:
    """What the first of the tags that names a licence says."""
    at = tags.find(_LICENSE)
    if at < 0:
        return None
    start = at + len(_LICENSE)
    return tags[start : tags.index("\n", start)]


def _sha(value: Any, odd: list[str]) -> str | None:
    if value is None or (type(value) is str and _is_sha(value)):
        return value
    odd.append("sha makes no sense")
    return None


def _moment(value: Any, key: str, odd: list[str]) -> str | None:
    """A moment as the catalog keeps it."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if len(value) == 24 and value[7] == "-" and value[10] == "T" and value[19:24:4] == ".Z":
            # As hubs write it, to the millisecond.
            return f"{value[:10]} {value[11:23]}000"
        aware = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return stored_moment(aware)
    except (TypeError, ValueError, OverflowError):
        odd.append(f"{key} makes no sense")
        return None


def _count(value: Any, key: str, odd: list[str]) -> int | None:
    if value is None or (type(value) is int and 0 <= value <= MAX_COUNT):
        return value
    odd.append(f"{key} makes no sense")
    return None


def _gate(value: object) -> str | None:
    if value is None or value is False:
        return None
    return "manual" if value == "manual" else "auto"


def _is_text(value: object) -> bool:
    return type(value) is str and 0 < len(value) <= MAX_TEXT and value.isprintable()
