"""How the examiner and the examinee speak: plain data, a frame a message.

An answer's objects never reach the tests: what it returns is taken apart here into numbers, texts
and containers, so that no class of its own can claim to be equal to everything. A value is a letter
for its kind, then its digits, or its size and what it holds. (Importing `json` would cost as much
as starting Python.)
"""

from __future__ import annotations

import os
from itertools import islice

TYPE_CHECKING = False  # importing typing would cost more than all the rest
if TYPE_CHECKING:
    from typing import Any

LARGEST_FRAME = 8 * 2**20
MOST_ITERATED = 100_000
ITERATED: tuple[type, ...] = (range, type({}.keys()), type({}.values()), type({}.items()))
CONTAINERS: dict[str, Any] = {"l": list, "t": tuple, "S": set, "z": frozenset, "g": list}
CONSTANTS = {"N": None, "T": True, "F": False}


class Foreign:
    """Stands for a value that is no plain data: equal to nothing but itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Wire:
    """Two file descriptors with a frame a message: its size on a line, then a packed value."""

    def __init__(self, readable: int, writable: int) -> None:
        self.readable = os.fdopen(readable, "rb")
        self.writable = os.fdopen(writable, "wb")

    def send(self, message: dict[str, Any]) -> None:
        """Write a message. Raises OSError where nobody listens."""
        self.write(framed(message))

    def write(self, frame: bytes) -> None:
        """Write a framed message. Raises OSError where nobody listens."""
        self.writable.write(frame)
        self.writable.flush()

    def receive(self) -> dict[str, Any]:
        """Read a message. Raises EOFError at the end, ValueError on what is no message."""
        line = self.readable.readline(20)
        if not line:
            raise EOFError
        size = int(line)
        if not 0 <= size <= LARGEST_FRAME:
            raise ValueError("too large a message")
        content = self.readable.read(size)
        if len(content) < size:
            raise EOFError
        message = unpack(content)
        if not isinstance(message, dict):
            raise ValueError("no message")
        return message


def framed(message: dict[str, Any]) -> bytes:
    """A message as it goes over the wire."""
    content = pack(message)
    return b"%d\n" % len(content) + content


def pack(value: Any) -> bytes:
    """Plain data as bytes; the name of the class for anything else. Raises RecursionError."""
    parts: list[bytes] = []
    _pack(value, parts.append)
    return b"".join(parts)


def _pack(value: Any, put: Any) -> None:
    if value is None or value is True or value is False:
        put({None: b"N", True: b"T", False: b"F"}[value])
    elif isinstance(value, int):
        put(b"i%x;" % int(value) if value >= 0 else b"i-%x;" % -int(value))
    elif isinstance(value, float):
        put(b"f" + float.hex(value).encode() + b";")
    elif isinstance(value, complex):
        put(b"c")
        _pack(complex(value).real, put)
        _pack(complex(value).imag, put)
    elif isinstance(value, (str, bytes)):
        raw = str.encode(value, errors="surrogatepass") if isinstance(value, str) else bytes(value)
        put(b"%s%x;" % (b"s" if isinstance(value, str) else b"b", len(raw)))
        put(raw)
    elif isinstance(value, dict):
        _pack_all("d", [part for pair in value.items() for part in pair], put)
    elif isinstance(value, ITERATED) or hasattr(type(value), "__next__"):
        _pack_all("g", list(islice(value, MOST_ITERATED)), put)
    else:
        for letter, kind in CONTAINERS.items():
            if isinstance(value, kind):
                return _pack_all(letter, list(value), put)
        name = type(value).__name__.encode()[:100]
        put(b"x%x;" % len(name) + name)
    return None


def _pack_all(letter: str, items: list[Any], put: Any) -> None:
    put(b"%s%x;" % (letter.encode(), len(items)))
    for item in items:
        _pack(item, put)


def unpack(content: bytes) -> Any:
    """What `pack` was given. Raises ValueError, TypeError or RecursionError on anything else."""
    value, end = _unpack(content, 0)
    if end != len(content):
        raise ValueError("more than one value")
    return value


def _unpack(content: bytes, start: int) -> tuple[Any, int]:
    letter = chr(content[start]) if start < len(content) else ""
    start += 1
    if letter in CONSTANTS:
        return CONSTANTS[letter], start
    if letter == "c":
        real, start = _unpack(content, start)
        imaginary, start = _unpack(content, start)
        return complex(real, imaginary), start
    end = content.index(b";", start)
    digits, start = content[start:end].decode(), end + 1
    if letter == "f":
        return float.fromhex(digits), start
    number = int(digits, 16)
    if letter == "i":
        return number, start
    if letter in ("s", "b", "x"):
        end = start + number
        if not start <= end <= len(content):
            raise ValueError("cut short")
        raw = content[start:end]
        if letter == "b":
            return raw, end
        text = raw.decode(errors="surrogatepass")
        return (text if letter == "s" else Foreign(text)), end
    items: list[Any] = []
    for _ in range(number):
        item, start = _unpack(content, start)
        items.append(item)
    if letter == "d":
        return dict(zip(items[::2], items[1::2], strict=True)), start
    made = CONTAINERS[letter](items)
    return (iter(made) if letter == "g" else made), start
