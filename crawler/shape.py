"""The shape of a listing's rows: the parts of their JSON that a crawl asks for and reads."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field


class Made(Struct, gc=False, omit_defaults=True):
    """The parts of a row's configuration that are read."""

    architectures: Any = None
    auto_map: Any = None
    quantization_config: Any = None
    peft: Any = None


class Card(Struct, gc=False, omit_defaults=True):
    """The parts of a row's card that are read."""

    base_model: Any = None
    base_model_relation: Any = None


class Weights(Struct, gc=False, omit_defaults=True):
    """The part of what a row says of its weights that is read."""

    total: Any = None


class Shape(Struct, gc=False, omit_defaults=True, rename="camel"):
    """The parts of a row that are read. What is odd in one has other types than here."""

    hub_id: Any = field(default=None, name="_id")
    id: Any = None
    card_data: Card | None = None
    config: Made | None = None
    created_at: Any = None
    disabled: Any = None
    downloads: Any = None
    downloads_all_time: Any = None
    gated: Any = None
    last_modified: Any = None
    likes: Any = None
    private: Any = None
    safetensors: Weights | None = None
    sha: Any = None
    tags: Any = None


EXPAND = tuple(key for key in Shape.__struct_encode_fields__ if key not in ("_id", "id"))
"""The fields that a crawl asks for; a row has `_id` and `id` beside them."""


class OddRow(Exception):
    """A row that cannot be used, and why. `name` is its repository's, if it has one."""

    def __init__(self, name: str | None, reason: str) -> None:
        super().__init__(reason)
        self.name, self.reason = name, reason


def shaped(told: object) -> Shape:
    """The parts that are read of what may be a row. Raises OddRow if it is no object."""
    if not isinstance(told, dict):
        raise OddRow(None, "row is not an object")
    row = Shape(*map(told.get, Shape.__struct_encode_fields__))
    row.card_data = _part(row.card_data, Card)
    row.config = _part(row.config, Made)
    row.safetensors = _part(row.safetensors, Weights)
    return row


def _part(told: Any, kind: type[Struct]) -> Any:
    """What is an object as `kind`, all else as it is."""
    known = isinstance(told, dict)
    return kind(*map(told.get, kind.__struct_encode_fields__)) if known else told
