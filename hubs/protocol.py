"""What the rest of the house may ask of any model hub, and the shapes it gets back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

# What it takes to run a checkpoint: weights, configuration, tokenizer, templates.
RUNNABLE = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing.

    `rows` are JSON values as they came: nothing is known of their types. `next` continues the
    listing, now or after a crash, and is None on the last page.
    """

    rows: list[object]
    next: str | None


@dataclass(frozen=True, slots=True)
class HubFile:
    """`size` in bytes; `sha256` in hex where the hub has it: of weights, not of small text."""

    path: str
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Tensor:
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SafetensorsHeader:
    """What a safetensors file holds, by its first bytes. `size`: of the whole file, in bytes."""

    tensors: Mapping[str, Tensor]
    size: int
    metadata: Mapping[str, str] = field(default_factory=dict)


class Hub(Protocol):
    """One door to one hub. Every method raises HubError (see `hubs.errors`), one line to act on."""

    def pages(
        self,
        *,
        filter: Sequence[str] = (),
        sort: str | None = None,
        expand: Sequence[str] = (),
        limit: int = 1000,
        cursor: str | None = None,
        shape: type | None = None,
    ) -> Iterator[Page]:
        """The listing, page by page, from the start or from a stored `Page.next`.

        shape: a TypedDict or Struct; what it does not have may be left out of the rows.
        """
        ...

    def info(
        self, name: str, *, revision: str | None = None, expand: Sequence[str] = ()
    ) -> dict[str, Any]:
        """What the hub says of one repository; `id` is its present name."""
        ...

    def files(self, name: str, sha: str) -> list[HubFile]:
        """Every file of a commit, in path order."""
        ...

    def header(self, name: str, sha: str, filename: str) -> SafetensorsHeader:
        """One safetensors file's header, checked, without its weights."""
        ...

    def headers(
        self, name: str, sha: str, files: Sequence[HubFile] | None = None
    ) -> dict[str, SafetensorsHeader]:
        """Headers of all shards of a checkpoint, by file; `files`, if known, saves a request."""
        ...

    def text(self, name: str, sha: str, path: str, max_bytes: int) -> str:
        """A small file's text; bytes that are not UTF-8 become U+FFFD."""
        ...

    def size(self, name: str, sha: str, patterns: Sequence[str] = RUNNABLE) -> int:
        """How many bytes `fetch` would bring if nothing lay here."""
        ...

    def fetch(self, name: str, sha: str, *, patterns: Sequence[str] = RUNNABLE) -> Path:
        """The folder with a commit's files, downloaded unless they lie there already."""
        ...

    def held(self) -> list[tuple[str, str]]:
        """Names and commits of what `fetch` brought, in part or whole, and lies here."""
        ...

    def here(self, name: str, sha: str) -> int:
        """Bytes of a commit that lie here, in part or whole."""
        ...

    def forget(self, name: str, sha: str) -> None:
        """Frees what `fetch` brought."""
        ...


def tensors(headers: Mapping[str, SafetensorsHeader]) -> dict[str, Tensor]:
    """All tensors of a checkpoint by name; `Hub.headers` has checked that none is in two shards."""
    return {name: tensor for shard in headers.values() for name, tensor in shard.tensors.items()}
