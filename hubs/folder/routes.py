"""The Hub's HTTP API over a shelf of repositories: request in, answer out.

| route | path |
|---|---|
| list | `/api/{kind}` |
| info | `/api/{kind}/ORG/NAME`, `…/revision/REV` |
| refs, tree, paths-info, commits | `/api/{kind}/ORG/NAME/{route}[/REV[/PATH]]` |
| safetensors-metadata | `/api/models/ORG/NAME/safetensors-metadata/INDEX` |
| resolve | `/[datasets/]ORG/NAME/resolve/REV/FILE` |
| lfs | `/lfs/{kind}/ORG/NAME/SHA256/FILE`, where resolve sends those who want large files |
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlencode

from hubs.folder import listing
from hubs.folder.answer import Answer, Denied, Part, Request, as_json
from hubs.folder.fields import EXPANDABLE, INFO, describe
from hubs.folder.repository import Repository
from hubs.folder.shelf import KINDS, Shelf, children, current_tags

ROUTES: tuple[str, ...] = (
    "list",
    "info",
    "refs",
    "tree",
    "paths-info",
    "commits",
    "safetensors-metadata",
)
ROUTES += ("resolve", "lfs")
TREE_PAGE = 1000
TREE_PAGE_EXPANDED = 50  # as on the Hub
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about. `rest`: the path after the revision."""

    route: str
    kind: str = "models"
    name: str = ""
    revision: str = "main"
    rest: str = ""


def target(segments: list[str]) -> Target:
    """Which route a path means. Raises Denied (404) if none."""
    match segments:
        case ["api", kind] if kind in KINDS:
            return Target("list", kind)
        case ["api", kind, org, name] if kind in KINDS:
            return Target("info", kind, f"{org}/{name}")
        case ["api", kind, org, name, "revision", revision] if kind in KINDS:
            return Target("info", kind, f"{org}/{name}", revision)
        case ["api", kind, org, name, "refs"] if kind in KINDS:
            return Target("refs", kind, f"{org}/{name}")
        case ["api", "models", org, name, "safetensors-metadata", *rest]:
            full = f"{org}/{name}"
            return Target("safetensors-metadata", "models", full, "main", "/".join(rest))
        case ["api", kind, org, name, ("tree" | "paths-info" | "commits") as route, rev, *rest] if (
            kind in KINDS
        ):
            return Target(route, kind, f"{org}/{name}", rev, "/".join(rest))
        case ["datasets", org, name, "resolve", revision, *rest] if rest:
            return Target("resolve", "datasets", f"{org}/{name}", revision, "/".join(rest))
        case ["lfs", kind, org, name, sha256, *rest] if kind in KINDS and rest:
            return Target("lfs", kind, f"{org}/{name}", sha256, "/".join(rest))
        case [org, name, "resolve", revision, *rest] if rest:
            return Target("resolve", "models", f"{org}/{name}", revision, "/".join(rest))
    raise Denied(404, "Sorry, we can't find the page you are looking for.")


class Routes:
    """Answers requests about one shelf."""

    def __init__(self, shelf: Shelf, page_size: int) -> None:
        self._shelf = shelf
        self._page_size = page_size
        self._handlers: dict[str, Callable[[Request, Target, Repository], Answer]] = {
            "info": self._info,
            "refs": _refs,
            "tree": _tree,
            "paths-info": _paths_info,
            "commits": _commits,
            "safetensors-metadata": _safetensors_metadata,
            "resolve": _resolve,
            "lfs": _lfs,
        }

    def answer(self, request: Request, wanted: Target) -> Answer:
        """The answer to one request. Raises Denied."""
        if (request.method == "POST") != (wanted.route == "paths-info"):
            raise Denied(405, "Method not allowed")
        if wanted.route == "list":
            return self._list(request, wanted.kind)
        repository = self._shelf.find(wanted.kind, wanted.name)
        if repository is None or repository.hidden:
            return self._elsewhere(request, wanted)
        if wanted.route != "lfs" and wanted.revision not in ("main", repository.sha):
            raise Denied(404, f"Invalid rev id: {wanted.revision}", "RevisionNotFound")
        if wanted.route not in ("info", "refs"):
            _admit(request, wanted, repository)
        return self._handlers[wanted.route](request, wanted, repository)

    def _list(self, request: Request, kind: str) -> Answer:
        shelf = self._shelf
        everyone, moved = shelf.all(kind), shelf.former_names(kind)
        rows, cursor = listing.page(everyone, moved, request.query, self._page_size)
        return as_json(rows, headers=_next(request, cursor))

    def _info(self, request: Request, _: Target, repository: Repository) -> Answer:
        query = request.query
        expanded = "expand" in query or "expand[]" in query
        names = listing.requested(query, EXPANDABLE) if expanded else INFO
        row = describe(repository, names)
        if "tags" in row:
            row["tags"] = current_tags(repository, self._shelf.former_names(repository.kind))
        if "childrenModelCount" in names:
            row["childrenModelCount"] = children(self._shelf.all("models"), repository.name)
        if "baseModels" in names and repository.parents[1]:
            relation, parents = repository.parents
            moved = self._shelf.former_names("models")
            known = [self._shelf.find("models", moved.get(name, name)) for name in parents]
            models = [{"_id": parent.id, "id": parent.name} for parent in known if parent]
            row["baseModels"] = {"relation": relation, "models": models}
        if query.get("blobs", [""])[-1].lower() in ("true", "1"):
            row["siblings"] = repository.siblings(blobs=True)
        return as_json(row if expanded else {**row, "modelId": repository.name})

    def _elsewhere(self, request: Request, wanted: Target) -> Answer:
        moved = self._shelf.former_names(wanted.kind).get(wanted.name)
        if moved is None:
            raise Denied(404, "Repository not found", "RepoNotFound")
        place = request.path.replace(f"/{wanted.name}", f"/{moved}", 1)
        suffix = f"?{request.raw_query}" if request.raw_query else ""
        return Answer(307, headers={"Location": place + suffix})


def _admit(request: Request, wanted: Target, repository: Repository) -> None:
    """A gated repository's metadata is public, its bytes and history are not; disabled, neither."""
    if repository.disabled:
        raise Denied(403, "Access to this resource is disabled.")
    if repository.gated and wanted.route not in ("tree", "paths-info"):
        raise Denied(
            403 if "authorization" in request.headers else 401,
            f"Access to model {repository.name} is restricted. You must have access to it and be"
            " authenticated to access it. Please log in.",
            "GatedRepo",
        )


def _next(request: Request, cursor: str | None) -> dict[str, str]:
    if cursor is None:
        return {}
    query = urlencode({**request.query, "cursor": [cursor]}, doseq=True)
    return {"Link": f'<{request.base}{request.path}?{query}>; rel="next"'}


def _refs(_request: Request, _wanted: Target, repository: Repository) -> Answer:
    main = {"name": "main", "ref": "refs/heads/main", "targetCommit": repository.sha}
    return as_json({"branches": [main], "converts": [], "tags": [], "pullRequests": []})


def _tree(request: Request, wanted: Target, repository: Repository) -> Answer:
    recursive, expand = _flag(request, "recursive"), _flag(request, "expand")
    try:
        entries = repository.tree(wanted.rest, recursive)
    except KeyError as error:
        raise _no_entry(wanted.rest) from error
    start = _offset(request)
    size = TREE_PAGE_EXPANDED if expand else TREE_PAGE
    page = entries[start : start + size]
    cursor = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    headers = _next(request, cursor if len(entries) > start + size else None)
    return as_json(_with_commit(page, repository) if expand else page, headers=headers)


def _flag(request: Request, name: str) -> bool:
    return request.query.get(name, [""])[-1].lower() in ("true", "1")


def _offset(request: Request) -> int:
    cursor = request.query.get("cursor", ["MA=="])[-1]
    try:
        return max(0, int(base64.urlsafe_b64decode(cursor)))
    except ValueError as error:
        raise Denied(400, "Invalid cursor: use the one of the Link header") from error


def _with_commit(
    entries: list[dict[str, object]], repository: Repository
) -> list[dict[str, object]]:
    last = {key: repository.commit[key] for key in ("id", "title", "date")}
    return [{**entry, "lastCommit": last} for entry in entries]


def _paths_info(request: Request, _: Target, repository: Repository) -> Answer:
    form = parse_qs(request.body.decode(errors="replace"))
    entries = []
    for path in form.get("paths", []):
        try:
            entries.append(repository.entry(path.strip("/")))
        except KeyError:
            continue  # unknown paths are left out, as on the Hub
    expand = form.get("expand", [""])[-1].lower() == "true"
    return as_json(_with_commit(entries, repository) if expand else entries)


def _commits(_request: Request, _wanted: Target, repository: Repository) -> Answer:
    return as_json([repository.commit])


def _safetensors_metadata(_: Request, wanted: Target, repository: Repository) -> Answer:
    index = repository.json(wanted.rest)
    if wanted.rest not in repository.files:
        raise _no_entry(wanted.rest)
    try:
        shards = sorted(set(index["weight_map"].values()))  # type: ignore[index]
        headers = {shard: repository.header(shard) for shard in shards}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Denied(400, f"{wanted.rest} is not an index of safetensors files") from error
    metadata = index.get("metadata")  # type: ignore[attr-defined]
    return as_json({"index": {"metadata": metadata}, "headers": headers})


def _no_entry(path: str) -> Denied:
    return Denied(404, f"Entry not found: {path}", "EntryNotFound")


def _resolve(request: Request, wanted: Target, repository: Repository) -> Answer:
    if wanted.rest not in repository.files:
        raise _no_entry(wanted.rest)
    digest = repository.digest(wanted.rest)
    if digest.sha256 is None:
        return _bytes(request, wanted, repository, {"ETag": f'"{digest.oid}"'})
    place = f"/lfs/{wanted.kind}/{wanted.name}/{digest.sha256}/{quote(wanted.rest)}"
    linked = _linked(wanted, repository)
    return Answer(302, headers={**linked, "ETag": f'"{digest.oid}"', "Location": place})


def _lfs(request: Request, wanted: Target, repository: Repository) -> Answer:
    if wanted.rest not in repository.files:
        raise _no_entry(wanted.rest)
    if repository.digest(wanted.rest).sha256 != wanted.revision:
        raise _no_entry(wanted.rest)
    headers = {**_linked(wanted, repository), "ETag": f'"{wanted.revision}"'}
    return _bytes(request, wanted, repository, headers)


def _linked(wanted: Target, repository: Repository) -> dict[str, str]:
    # The client follows a redirect on one host and reads the metadata off its end: say it at both.
    return {
        "X-Repo-Commit": repository.sha,
        "X-Linked-Etag": f'"{repository.digest(wanted.rest).sha256}"',
        "X-Linked-Size": str(repository.files[wanted.rest].size),
    }


def _bytes(
    request: Request, wanted: Target, repository: Repository, headers: dict[str, str]
) -> Answer:
    file = repository.files[wanted.rest]
    headers = {
        "Content-Type": "application/octet-stream",
        "Accept-Ranges": "bytes",
        "X-Repo-Commit": repository.sha,
        **headers,
    }
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if found is None or found.groups() == ("", ""):
        return Answer(200, Part(file.real, 0, file.size), headers)
    first, last = found.groups()
    start = int(first) if first else max(0, file.size - int(last))
    end = min(int(last), file.size - 1) if first and last else file.size - 1
    if start >= file.size or end < start:
        return Answer(416, b"", {**headers, "Content-Range": f"bytes */{file.size}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{file.size}"
    return Answer(206, Part(file.real, start, end - start + 1), headers)
