"""How the examiner and the examinee speak: a JSON line a message, plain data only.

An answer's objects never reach the tests: what it returns is taken apart here into numbers, texts
and containers, so that no class of its own can claim to be equal to everything.
"""

from __future__ import annotations

import json
import os
from itertools import islice

TYPE_CHECKING = False  # importing typing would cost more than all the rest
if TYPE_CHECKING:
    from typing import Any


LONGEST_LINE = 8 * 2**20
MOST_ITERATED = 100_000
ITERATED: tuple[type, ...] = (range, type({}.keys()), type({}.values()), type({}.items()))


class Foreign:
    """Stands for a value that is no plain data: equal to nothing but itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Wire:
    """Two file descriptors with a line a message."""

    def __init__(self, readable: int, writable: int) -> None:
        self.readable = os.fdopen(readable, "rb")
        self.writable = os.fdopen(writable, "wb")

    def send(self, message: dict[str, Any]) -> None:
        """Write a message. Raises OSError where nobody listens."""
        self.writable.write(json.dumps(message).encode() + b"\n")
        self.writable.flush()

    def receive(self) -> dict[str, Any]:
        """Read a message. Raises EOFError at the end, ValueError on what is no message."""
        line = self.readable.readline(LONGEST_LINE)
        if not line:
            raise EOFError
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError("no message")
        return message


def pack(value: Any) -> Any:
    """Plain data as JSON: `[kind, items]` for containers, themselves for the rest."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    for plain in (bool, int, float, str):
        if isinstance(value, plain):
            return plain(value)
    if isinstance(value, bytes):
        return ["bytes", bytes(value).hex()]
    if isinstance(value, complex):
        return ["complex", [value.real, value.imag]]
    for name, container in (
        ("list", list),
        ("tuple", tuple),
        ("set", set),
        ("frozenset", frozenset),
    ):
        if isinstance(value, container):
            return [name, [pack(item) for item in value]]
    if isinstance(value, dict):
        return ["dict", [[pack(key), pack(item)] for key, item in value.items()]]
    if isinstance(value, ITERATED) or hasattr(kind, "__next__"):
        return ["iterator", [pack(item) for item in islice(value, MOST_ITERATED)]]
    return ["foreign", str(kind.__name__)]


def unpack(packed: Any) -> Any:
    """What `pack` was given. Raises ValueError or TypeError on anything else."""
    if not isinstance(packed, list):
        if isinstance(packed, dict):
            raise ValueError("no packed value")
        return packed
    name, content = packed
    if name == "bytes":
        return bytes.fromhex(content)
    if name == "complex":
        return complex(*content)
    if name == "foreign":
        return Foreign(str(content))
    if name == "dict":
        return {unpack(key): unpack(item) for key, item in content}
    items = [unpack(item) for item in content]
    makers: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
    return iter(items) if name == "iterator" else makers[name](items)
