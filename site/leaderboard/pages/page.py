"""A page: its files, and what they are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

from leaderboard.environment import generation


@dataclass(frozen=True, slots=True)
class Page:
    """`paths` are written together; they change only if the inputs behind `stamp` do."""

    key: str
    stamp: str
    paths: tuple[str, ...]
    write: Callable[[], Iterable[tuple[str, bytes]]]


def digest(*inputs: object) -> str:
    """A short hash of everything a page is made from, and of what makes it."""
    text = "\x00".join(repr(given) for given in inputs)
    return sha256((generation() + text).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def single(
    path: str, write: Callable[[str], bytes], *inputs: object, stamp: str | None = None
) -> Page:
    """A page of one file."""
    return Page(path, stamp or digest(inputs), (path,), lambda: [(path, write(path))])
