"""The Hugging Face Hub behind `hubs.protocol.Hub`, and any server that speaks its API.

Listings and info are read as raw JSON: huggingface_hub's own classes raise on odd rows, and its
iterators hide the place where they are. Downloads are its work.
"""

import os
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from hubs import cache, names
from hubs.errors import Astray, Malformed, Unsound
from hubs.json import parse, parse_as
from hubs.protocol import RUNNABLE, HubFile, Page, SafetensorsHeader
from hubs.transport import Again, Patience, Reader, Transport
from hubs.weights import read_header, read_headers

DEFAULT_ENDPOINT = "https://huggingface.co"
LISTING = "/api/models"
MAX_FILES = 100_000
MAX_EMPTY_PAGES = 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


class HuggingFaceHub:
    """`endpoint`: the hub's URL, or None for HF_ENDPOINT.

    `token`: None for this machine's, False for none. `folder`: where downloads are cached, or None
    for huggingface_hub's own place.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        token: str | bool | None = None,
        *,
        folder: Path | None = None,
        patience: Patience | None = None,
    ) -> None:
        where = endpoint or os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT
        self._token = token
        self._folder = folder
        self._transport = Transport(where, token, patience or Patience())

    @property
    def endpoint(self) -> str:
        return self._transport.endpoint

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
        """The models, page by page.

        `filter`: tags that all must hold, such as `base_model:org/name`. `sort`: createdAt,
        lastModified, downloads or likes, largest first. `expand`: the fields of a row beside `id`
        and `_id`. `cursor`: a `Page.next` of any age; the arguments before are then in it already.
        `shape`: a TypedDict or Struct; what it does not have may be left out of the rows.
        """
        if cursor is not None and not self._is_listing(cursor):
            raise Astray(f"the stored place {cursor[:200]!r} is not on {self.endpoint}: start anew")
        params = {"filter": list(filter), "sort": sort, "expand": list(expand), "limit": limit}
        asked = urlencode({key: value for key, value in params.items() if value}, doseq=True)
        url: str | None = cursor or f"{self.endpoint}{LISTING}?{asked}"
        read = parse if shape is None else partial(parse_as, kind=list[shape])  # type: ignore[valid-type]
        seen: set[str] = set()
        empty = 0
        while url is not None:
            seen.add(url)
            page = self._page(url, seen, read)
            empty = 0 if page.rows else empty + 1
            if empty > MAX_EMPTY_PAGES:
                raise Astray(f"{self.endpoint} lists empty pages without end: try again later")
            url = page.next
            yield page
            del page  # or it would be held while the next is read

    def _page(self, url: str, seen: set[str], read: Reader) -> Page:
        def ask() -> Page:
            rows, following = self._transport.json(url, read=read)
            if not isinstance(rows, list):
                raise Again(Malformed(f"{url[:200]} does not answer with a list: try again later"))
            if following is not None and not self._is_listing(following):
                raise Again(Astray(f"{self.endpoint} links to {following[:200]!r}: not followed"))
            if following in seen:
                raise Again(Astray(f"{self.endpoint} lists in circles: try again later"))
            return Page(rows, following)

        return self._transport.persist(ask)

    def _is_listing(self, url: str) -> bool:
        expected = urlsplit(self.endpoint + LISTING).path
        return self._transport.own(url) and urlsplit(url).path == expected

    def info(
        self, name: str, *, revision: str | None = None, expand: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Raw JSON of one model.

        `expand`: as in `pages`, and also baseModels, childrenModelCount, usedStorage.
        Raises NotFound for missing and private ones alike, Gated, Disabled, Unreachable, Malformed.
        """
        url = (
            f"{self._api(name)}/revision/{quote(revision, safe='')}"
            if revision
            else self._api(name)
        )
        value, _ = self._transport.json(url, {"expand": list(expand)} if expand else None)
        if not isinstance(value, dict):
            raise Malformed(f"{url} does not describe a model: try again later")
        return value

    def files(self, name: str, sha: str) -> list[HubFile]:
        """Every file of a commit. Raises as `info` does."""
        url: str | None = f"{self._api(name)}/tree/{names.commit(sha)}"
        params: dict[str, Any] | None = {"recursive": "true"}
        found: dict[str, HubFile] = {}
        seen: set[str] = set()
        while url is not None:
            seen.add(url)
            entries, url = self._transport.json(url, params)
            params = None
            for file in map(_file, entries if isinstance(entries, list) else [entries]):
                if file is not None:
                    found[file.path] = file
            if len(found) > MAX_FILES or url in seen or (url and not self._transport.own(url)):
                raise Unsound(f"{name} lists its files without end: leave it out")
        return [found[path] for path in sorted(found)]

    def header(self, name: str, sha: str, filename: str) -> SafetensorsHeader:
        """A safetensors file's header: one range request for most, two for long ones.

        Raises Unsound if it contradicts itself or the file's size; else as `info` does.
        """
        url = self._file(name, sha, filename)
        return read_header(self._transport, url, f"{filename} of {name}")

    def headers(
        self, name: str, sha: str, files: Sequence[HubFile] | None = None
    ) -> dict[str, SafetensorsHeader]:
        """Headers of `model.safetensors`, else of the index's shards, else of the adapter.

        Raises NotFound if there are none, Unsound if index and shards disagree; else as `info`.
        """
        return read_headers(self, name, sha, files)

    def text(self, name: str, sha: str, path: str, max_bytes: int) -> str:
        """A file of at most `max_bytes`. Raises Malformed if it is longer; else as `info` does."""
        reply = self._transport.bytes(self._file(name, sha, path), max_bytes)
        return reply.body.decode(errors="replace")

    def size(self, name: str, sha: str, patterns: Sequence[str] = RUNNABLE) -> int:
        """Bytes that `fetch` would bring if nothing lay here, by one request for the tree.

        Raises as `info` does.
        """
        sizes = {file.path: file.size for file in self.files(name, sha)}
        return sum(sizes[path] for path in cache.wanted(sizes, patterns))

    def fetch(self, name: str, sha: str, *, patterns: Sequence[str] = RUNNABLE) -> Path:
        """The folder with a commit's files; a commit that lies there costs no request.

        Pickles and code are never fetched, whatever `patterns` say. Raises Malformed if a file has
        another size than the hub said, or an absurd one, HubError if the disk is full; else as
        `info` does.
        """
        sizes = cache.listed(self._folder, names.repository(name), names.commit(sha))
        if sizes is None:  # what is wrong is found in our own time, not huggingface_hub's
            sizes = {file.path: file.size for file in self.files(name, sha)}
        cache.check_sizes(name, sizes, patterns)
        return self._transport.persist(
            lambda: cache.fetch(self.endpoint, self._token, self._folder, name, sha, patterns)
        )

    def held(self) -> list[tuple[str, str]]:
        """Names and commits of all that lies in the cache."""
        return cache.held(self._folder)

    def here(self, name: str, sha: str) -> int:
        """Bytes of a commit in the cache. Asks nothing of the hub."""
        return cache.here(self._folder, names.repository(name), names.commit(sha))

    def forget(self, name: str, sha: str) -> None:
        """Deletes a commit, and what was begun of it, from the cache. Other commits stay."""
        cache.forget(self._folder, names.repository(name), names.commit(sha))

    def _api(self, name: str) -> str:
        return f"{self.endpoint}{LISTING}/{names.repository(name)}"

    def _file(self, name: str, sha: str, path: str) -> str:
        where = f"{self.endpoint}/{names.repository(name)}/resolve/{names.commit(sha)}"
        return f"{where}/{names.path(path)}"


def _file(entry: object) -> HubFile | None:
    """A file of a tree; None for folders. Raises Unsound for what is neither."""
    if not isinstance(entry, dict):
        raise Unsound("the hub lists a file that is none: leave its repository out")
    if entry.get("type") != "file":
        return None
    path, size, lfs = entry.get("path"), entry.get("size"), entry.get("lfs")
    if not names.is_path(path) or type(size) is not int or size < 0:
        raise Unsound(f"the hub lists a nonsensical file {str(path)[:80]!r}: leave it out")
    sha256 = lfs.get("oid") if isinstance(lfs, dict) else None
    known = isinstance(sha256, str) and _SHA256.fullmatch(sha256)
    return HubFile(str(path), size, sha256 if known else None)
