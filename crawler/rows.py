"""Rows of a listing, which may hold anything, read into what the catalog keeps.

A row without an identity is odd and left out. A field that makes no sense is left out too, and
its row is kept: both are told, and neither ends a crawl.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from catalog.bulk import stored_json, stored_moment
from catalog.lineage import Evidence
from catalog.repositories import Listing
from crawler.evidence import LINEAGE, NAME, Config, declared
from crawler.shape import Card, Made, OddRow, Shape, Weights, shaped

MAX_TAGS = 300
MAX_TEXT = 200
MAX_ALL_TAGS = 20_000
MAX_COUNT = 10**15
_is_name = NAME.fullmatch
_is_hub_id = re.compile(r"[\w-]{1,64}", re.ASCII).fullmatch
_is_sha = re.compile(r"[0-9a-f]{40}").fullmatch
_LICENSE = "\nlicense:"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows to keep although they name no parents: roots by name, and what is made like one.

    makes: by architecture, the fewest and the most parameters, both included.
    """

    names: frozenset[str]
    makes: Mapping[str | None, Sequence[tuple[int, int]]]

    def has(self, name: str, architecture: str | None, parameters: int | None) -> bool:
        return name in self.names or self._fits(parameters, self.makes.get(architecture, ()))

    def may_have(self, name: str, parameters: int | None) -> bool:
        """What can be said before the architecture is known."""
        if parameters is None:
            return name in self.names
        return name in self.names or any(
            self._fits(parameters, spans) for spans in self.makes.values()
        )

    @staticmethod
    def _fits(parameters: int | None, spans: Sequence[tuple[int, int]]) -> bool:
        return parameters is not None and any(low <= parameters <= high for low, high in spans)


class Glance(NamedTuple):
    """A row as far as it is read to know whose it may be.

    evidence: what it says of its parents. odd: fields left out, and why. rest: what was not read.
    """

    hub_id: str
    name: str
    license: str | None
    config: Config
    parameters: int | None
    evidence: Sequence[Evidence]
    odd: list[str]
    rest: Shape


class Row(NamedTuple):
    """A row as read. evidence: what it says of its parents. odd: fields left out, and why."""

    listing: Listing
    evidence: Sequence[Evidence]
    odd: list[str]


def glance(told: object, wanted: Wanted | None = None) -> Glance | None:
    """None for a row that names no parents and is not `wanted`. Raises OddRow without identity."""
    row = told if type(told) is Shape else shaped(told)
    name, hub_id = row.id, row.hub_id
    if type(name) is not str or not _is_name(name):
        raise OddRow(None, "id is not a repository's name")
    if type(hub_id) is not str or not _is_hub_id(hub_id):
        raise OddRow(name, "_id is not an identity")
    odd: list[str] = []
    tags = _tags(row.tags, odd)
    card, made, weights = row.card_data, row.config, row.safetensors
    base, relation = (card.base_model, card.base_model_relation) if type(card) is Card else NONE
    total = weights.total if type(weights) is Weights else None
    parameters = total if type(total) is int and 0 <= total <= MAX_COUNT else None
    if (
        base is None
        and LINEAGE not in tags
        and (type(made) is not Made or made.peft is None)
        and wanted is not None
        and not wanted.may_have(name, parameters)
    ):
        return None  # as most of a hub is: no more of it is looked at
    config = _config(made, tags, odd)
    evidence = declared(name, tags, base, relation, config)
    if (
        not evidence
        and wanted is not None
        and not wanted.has(name, config.architecture, parameters)
    ):
        return None
    if weights is not None and type(weights) is not Weights:
        odd.append("safetensors makes no sense")
    row.id = row.hub_id = row.tags = row.card_data = row.config = row.safetensors = None
    return Glance(hub_id, name, _license(tags), config, parameters, evidence, odd, row)


NONE = (None, None)


def read(seen: Glance) -> Row:
    """All of a row."""
    rest, odd = seen.rest, seen.odd
    listing = Listing(
        seen.hub_id,
        seen.name,
        _sha(rest.sha, odd),
        _moment(rest.created_at, "createdAt", odd),
        _moment(rest.last_modified, "lastModified", odd),
        _gate(rest.gated),
        rest.disabled is True,
        rest.private is True,
        seen.license,
        seen.config.architecture,
        seen.parameters,
        _count(rest.downloads, "downloads", odd),
        _count(rest.downloads_all_time, "downloadsAllTime", odd),
        _count(rest.likes, "likes", odd),
        _config_text(seen.config),
    )
    return Row(listing, seen.evidence, odd)


def read_one(told: object) -> Row:
    """A row that was asked for by name. Raises OddRow without identity."""
    seen = glance(told)
    assert seen is not None, "only rows that are not wanted are left out"
    return read(seen)


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


@lru_cache(maxsize=1024)
def _config_text(config: Config) -> str:
    """JSON of a configuration; few differ."""
    told = config._replace(adapter=False)._asdict()
    return stored_json({key: value for key, value in told.items() if value})


def _config(config: object, tags: str, odd: list[str]) -> Config:
    """The keys that say what a checkpoint is made of, each of the right type."""
    architecture = quantization = adapter_base = None
    remote_code = adapter = False
    if type(config) is Made:
        architectures = config.architectures
        if type(architectures) is list and architectures and _is_text(architectures[0]):
            architecture = architectures[0]
        remote_code = bool(config.auto_map)
        if told := config.quantization_config:
            method = told.get("quant_method") if isinstance(told, dict) else None
            quantization = method if _is_text(method) else "unknown"
        if type(config.peft) is dict:
            adapter = True
            base = config.peft.get("base_model_name_or_path")
            adapter_base = base if _is_text(base) else None
    elif config is not None:
        odd.append("config makes no sense")
    if quantization is None and "\ngguf\n" in tags and "\nsafetensors\n" not in tags:
        quantization = "gguf"
    return _alike(architecture, remote_code, quantization, adapter, adapter_base)


_alike = lru_cache(maxsize=1024)(Config)  # few differ


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
