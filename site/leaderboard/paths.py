"""Addresses: where each thing's page lies, safe whatever its name is.

A clean `org/name` is its own address. Any other name gets what is clean of it and a hash of its
identity behind a `~`, which no clean name holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import quote

HUBS = {"huggingface": "https://huggingface.co/", "modelscope": "https://modelscope.cn/models/"}

_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_-])?"
_CLEAN = re.compile(rf"{_PART}/{_PART}")
_DIRT = re.compile(r"[^A-Za-z0-9_-]+")


def is_clean(name: str) -> bool:
    """Whether `name` is an `org/name` as hubs allow it: safe in paths, URLs and shells."""
    return _CLEAN.fullmatch(name) is not None and ".." not in name


def slug(word: str) -> str:
    """A family's or a suite's name as one part of a path."""
    if re.fullmatch(_PART, word) and ".." not in word:
        return word
    return f"{_washed(word)}~{_mark(word)}"


def hub_url(hub: str, name: str) -> str | None:
    """Where people find it, if it is on a public hub and its name can be trusted in a URL."""
    known = HUBS.get(hub)
    return known + quote(name) if known and is_clean(name) else None


class Addresses:
    """The address of every repository, given all of them, the oldest known first.

    Two that differ in case only are kept apart: not every disk tells them apart.
    """

    def __init__(self, repositories: Iterable[tuple[str, str, str]]) -> None:
        self._by_identity: dict[tuple[str, str], str] = {}
        taken: set[str] = set()
        for hub, hub_id, name in repositories:
            identity = (hub, hub_id)
            if identity in self._by_identity:
                continue
            address = name if is_clean(name) else ""
            if not address or address.casefold() in taken:
                org, _, rest = name.rpartition("/")
                address = f"{_washed(org)}/{_washed(rest)}~{_mark(f'{hub} {hub_id} {name}')}"
            taken.add(address.casefold())
            self._by_identity[identity] = address

    def of(self, hub: str, hub_id: str) -> str | None:
        return self._by_identity.get((hub, hub_id))


def _washed(part: str) -> str:
    return _DIRT.sub("-", part[:200])[:40].strip("-") or "_"


def _mark(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
