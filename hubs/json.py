"""JSON values out of anything that resembles JSON, whole or the wanted parts of listings' rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

_LONE = re.compile("[\ud800-\udfff]")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse(body: bytes) -> Any:
    """A JSON value out of anything that resembles one.

    Bytes that are not UTF-8 and halves of surrogate pairs become U+FFFD, whole numbers too long for
    Python become infinite: one odd field must not cost its page. Raises ValueError, RecursionError.
    """
    text = body.decode(errors="replace")
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # a number of thousands of digits
        value = json.loads(text, parse_int=_whole_number)
    return _mend(value) if _SURROGATE.search(body) else value


def parse_as(body: bytes, kind: Any) -> Any:
    """As `parse`, of what should be of a kind: a quarter of the work if all of it is.

    kind: made of TypedDicts or Structs; keys of an object that it does not have are left out. What
    is of another kind is given as `parse` has it, as a whole.
    """
    try:
        return _reader(kind)(body)
    except (ValueError, RecursionError):
        return parse(body)


@lru_cache
def _reader(kind: Any) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(kind).decode


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) < 1000 else float("inf")


def _mend(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mend(item) for item in value]
    if isinstance(value, dict):
        return {_mend(key): _mend(item) for key, item in value.items()}
    return value
