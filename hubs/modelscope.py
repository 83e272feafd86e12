"""ModelScope behind `hubs.protocol.Hub`.

Its API, as its own client (modelscope-hub 0.4) and public answers show it:

    GET /openapi/v1/models?search=&sort=&page_number=&page_size=
        {"success": true, "data": {"models": [{"id": "owner/name", ...}], "total_count": n}}
    GET /openapi/v1/models/OWNER/NAME                                 with "readme"
    GET /api/v1/models/OWNER/NAME/repo/files?Revision=&Recursive=True
        {"Success": true, "Data": {"Files": [{"Path", "Size", "Sha256", "Type", "Revision"}, ...],
                                   "LatestCommitter": {"ShortId"}}}
    GET /api/v1/models/OWNER/NAME/repo?Revision=&FilePath=            the bytes, by range if asked

It cannot list what was made from a model, and lists no more than 3,000 models to one question. So a
filter on `base_model:` is a search for the parent's name, whose finds are kept if their
cards declare it.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from hubs import cache, names
from hubs.card import base_models, card_data, declared_tags, relation
from hubs.errors import Astray, Malformed, NotFound, Refused, Unsound
from hubs.json import parse
from hubs.protocol import RUNNABLE, HubFile, Page, SafetensorsHeader
from hubs.transport import Again, Patience, Transport
from hubs.weights import read_header, read_headers

DEFAULT_ENDPOINT = "https://modelscope.cn"
LISTING = "/openapi/v1/models"
LONGEST_LIST = 3000
PAGE_SIZE = 50
SORTS = {"downloads": "downloads", "likes": "likes", "lastModified": "last_modified"}
RENAMED = {"created_at": "createdAt", "last_modified": "lastModified"}
MAX_CONFIG = 1024 * 1024


class ModelScopeHub:
    """`endpoint`: None for MODELSCOPE_ENDPOINT. `folder`: where downloads are cached.

    `token`: None for MODELSCOPE_API_TOKEN, False for none.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        token: str | bool | None = None,
        *,
        folder: Path | None = None,
        patience: Patience | None = None,
    ) -> None:
        where = endpoint or os.environ.get("MODELSCOPE_ENDPOINT") or DEFAULT_ENDPOINT
        known = os.environ.get("MODELSCOPE_API_TOKEN") if token is None else token
        self._transport = Transport(where, known or False, patience or Patience())
        self._folder = folder or Path.home() / ".cache" / "hidden-gems" / "modelscope"

    @property
    def endpoint(self) -> str:
        return self._transport.endpoint

    def pages(
        self,
        *,
        filter: Sequence[str] = (),
        sort: str | None = None,
        expand: Sequence[str] = (),
        limit: int = PAGE_SIZE,
        cursor: str | None = None,
        shape: type | None = None,  # noqa: ARG002  # its rows are made here, and short
    ) -> Iterator[Page]:
        """Rows like the Hugging Face Hub's. It cannot sort by createdAt: the order is its own.

        `expand` of config, sha or siblings costs requests for each row. Raises as
        `HuggingFaceHub.pages`.
        """
        url: str | None = cursor or self._first(filter, sort, expand, limit)
        while url is not None:
            asked, _, kept = url.partition("#")
            if not self._is_listing(asked):
                raise Astray(
                    f"the stored place {url[:200]!r} is not on {self.endpoint}: start anew"
                )
            wants = parse_qs(kept)
            data = self._data(asked)
            items = data.get("models") if isinstance(data, dict) else None
            if not isinstance(items, list):
                raise Malformed(f"{asked[:200]} does not answer with a list: try again later")
            found = [self._row(item, wants.get("expand", [])) for item in items]
            tags = wants.get("filter", [])
            rows = [row for row in found if not isinstance(row, dict) or _holds(row, tags)]
            url = _following(asked, kept, len(items))
            yield Page(rows, url)

    def _first(
        self, filter: Sequence[str], sort: str | None, expand: Sequence[str], limit: int
    ) -> str:
        parents = [tag.rpartition("/")[2] for tag in filter if tag.startswith("base_model:")]
        query: dict[str, object] = {"page_number": 1, "page_size": min(limit, PAGE_SIZE)}
        query |= {"search": parents[0]} if parents else {}
        query |= {"sort": SORTS[sort]} if sort in SORTS else {}
        kept = urlencode({"filter": list(filter), "expand": list(expand)}, doseq=True)
        return f"{self.endpoint}{LISTING}?{urlencode(query)}#{kept}"

    def _is_listing(self, url: str) -> bool:
        return self._transport.own(url) and urlsplit(url).path.endswith(LISTING)

    def _row(self, item: object, expand: Sequence[str]) -> object:
        """A listed model as a row, or as it came if it is none."""
        name = item.get("id") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(name, str):
            return item
        try:
            return {**self.info(name, expand=expand or ["tags"]), **_facts(item)}
        except (Refused, Malformed):  # gone since it was listed, or odd: the crawl must see it
            return _facts(item)

    def info(
        self, name: str, *, revision: str | None = None, expand: Sequence[str] = ()
    ) -> dict[str, Any]:
        """One model, described as the Hugging Face Hub would; no `sha` if its commit is not told.

        Raises as `HuggingFaceHub.info`.
        """
        item = self._data(f"{self.endpoint}{LISTING}/{names.repository(name)}")
        if not isinstance(item, dict):
            raise Malformed(f"{self.endpoint} does not describe {name}: try again later")
        facts = _facts({"id": name, **item})
        card = card_data(str(item.get("readme") or ""))
        row = {**facts, "cardData": card, "author": name.split("/")[0], "disabled": False}
        config: dict[str, Any] = {}
        paths: set[str] = set()
        if not expand or base_models(card) or {"sha", "siblings", "config"} & set(expand):
            sha, files = self._listed(name, revision or "master")
            paths = {file.path for file in files}
            row |= {"siblings": [{"rfilename": path} for path in sorted(paths)]}
            if sha is not None:
                config = self._config(name, sha, paths)
                row |= {"sha": sha, "config": config}
        kind = relation(card, paths, config)
        lineage = [f"base_model:{form}" for p in base_models(card) for form in (p, f"{kind}:{p}")]
        tags = [*_texts(item.get("tags")), *declared_tags(card), *lineage]
        return {**row, "tags": list(dict.fromkeys(tags))}

    def _config(self, name: str, sha: str, paths: set[str]) -> dict[str, Any]:
        if "config.json" not in paths:
            return {}
        try:
            config = parse(self.text(name, sha, "config.json", MAX_CONFIG).encode())
        except (ValueError, RecursionError):
            return {}
        return config if isinstance(config, dict) else {}

    def files(self, name: str, sha: str) -> list[HubFile]:
        """Every file of a commit; all have digests. Raises as `HuggingFaceHub.files`."""
        return self._listed(name, names.commit(sha))[1]

    def _listed(self, name: str, revision: str) -> tuple[str | None, list[HubFile]]:
        """The commit that a revision stands for, if that is told, and its files."""
        query = urlencode({"Revision": revision, "Recursive": "True"})
        data = self._data(f"{self._repository(name)}/repo/files?{query}")
        entries = data.get("Files") if isinstance(data, dict) else None
        if not isinstance(entries, list):  # how it says that there is no such revision
            raise NotFound(f"{name} has no revision {revision}: check the name")
        blobs = [entry for entry in entries if not _is_folder(entry)]
        commit = revision if revision != "master" else _head(data, blobs)
        return commit, sorted((_file(entry) for entry in blobs), key=lambda file: file.path)

    def header(self, name: str, sha: str, filename: str) -> SafetensorsHeader:
        """As `HuggingFaceHub.header`."""
        return read_header(
            self._transport, self._file(name, sha, filename), f"{filename} of {name}"
        )

    def headers(
        self, name: str, sha: str, files: Sequence[HubFile] | None = None
    ) -> dict[str, SafetensorsHeader]:
        """As `HuggingFaceHub.headers`."""
        return read_headers(self, name, sha, files)

    def text(self, name: str, sha: str, path: str, max_bytes: int) -> str:
        """As `HuggingFaceHub.text`."""
        reply = self._transport.bytes(self._file(name, sha, path), max_bytes)
        return reply.body.decode(errors="replace")

    def size(self, name: str, sha: str, patterns: Sequence[str] = RUNNABLE) -> int:
        """As `HuggingFaceHub.size`."""
        sizes = {file.path: file.size for file in self.files(name, sha)}
        return sum(sizes[path] for path in cache.wanted(sizes, patterns))

    def fetch(self, name: str, sha: str, *, patterns: Sequence[str] = RUNNABLE) -> Path:
        """As `HuggingFaceHub.fetch`, and every file is held against its digest."""
        folder = self._place(name, sha)
        files = {file.path: file for file in self.files(name, sha)}
        cache.check_sizes(name, {path: file.size for path, file in files.items()}, patterns)
        for path in cache.wanted(files, patterns):
            place, file = folder / path, files[path]
            if not place.is_file():
                url = self._file(name, sha, path)
                self._transport.save(url, place, file.size, file.sha256)
        return folder

    def held(self) -> list[tuple[str, str]]:
        """As `HuggingFaceHub.held`."""
        found = self._folder.glob("*--*/*")
        return sorted((path.parent.name.replace("--", "/", 1), path.name) for path in found)

    def here(self, name: str, sha: str) -> int:
        """As `HuggingFaceHub.here`."""
        return cache.weighed(self._place(name, sha))

    def forget(self, name: str, sha: str) -> None:
        """As `HuggingFaceHub.forget`."""
        shutil.rmtree(self._place(name, sha), ignore_errors=True)

    def _place(self, name: str, sha: str) -> Path:
        return self._folder / names.repository(name).replace("/", "--") / names.commit(sha)

    def _repository(self, name: str) -> str:
        return f"{self.endpoint}/api/v1/models/{names.repository(name)}"

    def _file(self, name: str, sha: str, path: str) -> str:
        names.path(path)
        query = urlencode({"Revision": sha, "FilePath": path})
        return f"{self._repository(name)}/repo?{query}"

    def _data(self, url: str) -> Any:
        """What is inside an answer's envelope. Raises HubError."""

        def ask() -> Any:
            value, _ = self._transport.json(url)
            if not isinstance(value, dict) or not value.get("success", value.get("Success")):
                raise Again(Malformed(f"{url[:200]} does not succeed: try again later"))
            return value.get("data", value.get("Data"))

        return self._transport.persist(ask)


def _facts(item: Mapping[str, Any]) -> dict[str, Any]:
    """What ModelScope says of a model, under the names that the Hugging Face Hub has for it."""
    kept = ("id", "downloads", "likes", "private", "gated", "created_at", "last_modified")
    row = {RENAMED.get(key, key): item[key] for key in kept if key in item}
    tasks = _texts(item.get("tasks"))
    return {
        **row,
        "_id": f"modelscope:{item.get('id')}",
        "pipeline_tag": tasks[0] if tasks else None,
    }


def _holds(row: Mapping[str, Any], tags: Sequence[str]) -> bool:
    own = row.get("tags")
    return not tags or (isinstance(own, list) and all(tag in own for tag in tags))


def _following(asked: str, kept: str, found: int) -> str | None:
    """Where the listing goes on, unless this page was not full or ModelScope would refuse."""
    query = {key: values[0] for key, values in parse_qs(urlsplit(asked).query).items()}
    number, size = query.get("page_number", "1"), query.get("page_size", str(PAGE_SIZE))
    if not number.isdecimal() or not size.isdecimal():
        raise Astray(f"the stored place {asked[:200]!r} has no page number: start anew")
    if found < int(size) or (int(number) + 1) * int(size) > LONGEST_LIST:
        return None
    following = urlencode({**query, "page_number": int(number) + 1})
    return f"{asked.partition('?')[0]}?{following}#{kept}"


def _head(data: Mapping[str, Any], blobs: Sequence[object]) -> str | None:
    """The newest commit: the one of a file's that the last committer's short id begins."""
    latest = data.get("LatestCommitter")
    told = latest if isinstance(latest, dict) else {}
    short = str(told.get("Id") or told.get("ShortId") or "")
    commits = {entry.get("Revision") for entry in blobs if isinstance(entry, dict)}
    found = [str(commit) for commit in commits if short and str(commit).startswith(short)]
    return names.commit(found[0]) if len(found) == 1 else None


def _is_folder(entry: object) -> bool:
    return isinstance(entry, dict) and entry.get("Type") == "tree"


def _file(entry: object) -> HubFile:
    told = entry if isinstance(entry, dict) else {}
    path, size, sha256 = told.get("Path"), told.get("Size"), told.get("Sha256")
    if not names.is_path(path) or type(size) is not int or size < 0:
        raise Unsound(f"the hub lists a nonsensical file {str(path)[:80]!r}: leave it out")
    return HubFile(str(path), size, sha256 if isinstance(sha256, str) and sha256 else None)


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
