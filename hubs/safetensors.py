"""Safetensors headers, read as the hostile bytes they may be.

The format: eight bytes with the header's length (little endian), a JSON object
`{tensor: {"dtype", "shape", "data_offsets"}}`, then the data, without holes. https://huggingface.co/docs/safetensors
"""

import json
from collections.abc import Mapping
from math import prod
from typing import Any, TypeGuard

from hubs.errors import Unsound
from hubs.protocol import SafetensorsHeader, Tensor

MAX_HEADER = 25_000_000  # bytes; as huggingface_hub has it
MAX_TENSORS = 1_000_000
MAX_DIMENSIONS = 32
BITS = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8}
BITS |= {"I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32}
BITS |= {"I64": 64, "U64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}


def header_length(start: bytes, size: int | None) -> int:
    """The header's length in bytes, from the file's first eight. `size` is the file's, if known.

    Raises Unsound if the file cannot hold such a header, or nobody should fetch it.
    """
    if len(start) < 8:
        raise Unsound("is too short to be a safetensors file")
    length = int.from_bytes(start[:8], "little")
    if length > MAX_HEADER or (size is not None and length + 8 > size):
        raise Unsound(f"claims a header of {length:,} bytes")
    return length


def parse_header(header: bytes, size: int) -> SafetensorsHeader:
    """A header's tensors, checked against each other and the file's `size`. Raises Unsound."""
    try:
        entries = json.loads(header, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise Unsound("has a header that is not JSON") from error
    if not isinstance(entries, dict):
        raise Unsound("has a header that is not a JSON object")
    metadata = entries.pop("__metadata__", None)
    if len(entries) > MAX_TENSORS:
        raise Unsound(f"claims {len(entries):,} tensors")
    spans: list[tuple[int, int]] = []
    tensors = {name: _tensor(name, entry, spans) for name, entry in entries.items()}
    _check_spans(sorted(spans), size - 8 - len(header))
    return SafetensorsHeader(tensors, size, _texts(metadata))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name appears twice")
    for name in found:
        name.encode()  # halves of surrogate pairs are no text, and nothing can keep them
    return found


def _tensor(name: str, entry: object, spans: list[tuple[int, int]]) -> Tensor:
    if not isinstance(entry, dict):
        raise Unsound(f"has no description of tensor {name[:80]!r}")
    dtype, shape, span = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if not isinstance(dtype, str) or not _counts(shape) or not _counts(span) or len(span) != 2:
        raise Unsound(f"has a nonsensical description of tensor {name[:80]!r}")
    begin, end = span
    if not dtype.isidentifier():
        raise Unsound(f"gives tensor {name[:80]!r} a type that is none")
    bits = BITS.get(dtype)
    if end < begin or (bits is not None and prod(shape) * bits != (end - begin) * 8):
        raise Unsound(f"gives tensor {name[:80]!r} a size that does not fit its shape")
    spans.append((begin, end))
    return Tensor(dtype, tuple(shape))


def _counts(value: object) -> TypeGuard[list[int]]:
    # Bounded, or the product of a shape could take hours.
    return (
        isinstance(value, list)
        and len(value) <= MAX_DIMENSIONS
        and all(type(item) is int and 0 <= item < 2**63 for item in value)
    )


def _check_spans(spans: list[tuple[int, int]], size: int) -> None:
    at = 0
    for begin, end in spans:
        if begin != at:
            raise Unsound("has tensors that overlap or leave holes")
        at = end
    if at != size:
        raise Unsound(f"should hold {at:,} bytes of weights and holds {size:,}")


def _texts(metadata: object) -> Mapping[str, str]:
    if not isinstance(metadata, dict):
        return {}
    return {key: value for key, value in metadata.items() if isinstance(value, str)}
