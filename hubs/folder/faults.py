"""Misbehaviour on purpose: what `gems hub serve --faults FILE` reads.

The file is YAML or JSON with a list `faults`. For example:

    faults:
      - {fault: status, status: 503, on: [list], after: 3, for: 60}  # down for a minute
      - {fault: ratelimit, requests: 500, window: 300}               # as for the anonymous
      - {fault: vanish, repository: ann/tuned, after: 10}            # deleted in mid-crawl

Every fault may say which requests it hits: `on` (routes, see `hubs.folder.routes`), `repository`
and `file` (globs), `after` (that many pass unharmed first), `times` (no more than that), `for`
(seconds from the first).

| fault | what happens |
|---|---|
| ratelimit | at most `requests` in `window` seconds, then 429; `headers: false` hides it |
| status | the answer is `status` (with `headers`) |
| stall | nothing is sent for `seconds` |
| reset | the connection breaks after `bytes` of the body |
| truncate | a well-formed answer with only the first `bytes` of the body |
| garble | every text in a JSON answer starts with bytes that are not UTF-8 |
| next | a listing's next page is `to`: a URL, or `loop` for the page itself |
| rows | a listing starts with these `rows` |
| set | `fields` of rows, info and tree entries have these values |
| unranged | files come whole, whatever part was asked for |
| size | files claim `size` bytes |
| length | safetensors headers claim `length` bytes |
| vanish | the repository is gone, once `after` requests of any kind were made |
| rename | it is called `to`, likewise |
"""

import json
import math
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from hubs.errors import FolderError
from hubs.folder.answer import Answer, Denied, Part, Request, as_json
from hubs.folder.repository import Repository
from hubs.folder.routes import ROUTES, Target
from hubs.folder.shelf import Shelf

COMMON: dict[str, type | tuple[type, ...]] = {
    "fault": str,
    "on": list,
    "repository": str,
    "file": str,
    "after": int,
    "times": int,
    "for": (int, float),
}
OPTIONS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "ratelimit": {"requests": int, "window": (int, float)},
    "status": {"status": int},
    "stall": {"seconds": (int, float)},
    "reset": {"bytes": int},
    "truncate": {"bytes": int},
    "garble": {},
    "next": {"to": str},
    "rows": {"rows": list},
    "set": {"fields": dict},
    "unranged": {},
    "size": {"size": int},
    "length": {"length": int},
    "vanish": {"repository": str},
    "rename": {"repository": str, "to": str},
}
EXTRA: dict[str, dict[str, type | tuple[type, ...]]] = {
    "ratelimit": {"headers": bool},
    "status": {"headers": dict},
}
MOVES = ("vanish", "rename")


class _Loader(yaml.SafeLoader):
    """SafeLoader to which `on` is a word, not a truth value, and a day is text, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if not tag.endswith(":timestamp") and not (tag.endswith(":bool") and first in "nNoOyY")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(slots=True)
class Fault:
    """One line of the file, and how often it has struck."""

    kind: str
    said: dict[str, Any]
    seen: int = 0
    struck: int = 0
    since: float = field(default=-math.inf)
    used: int = 0

    def strikes(self, wanted: Target) -> bool:
        """Counts a request, and says whether the fault hits it."""
        if self.kind not in MOVES and not self._matches(wanted):
            return False
        self.seen += 1
        passed, limit = self.seen - self.said.get("after", 0), self.said.get("times", math.inf)
        if passed <= 0 or self.struck >= limit:
            return False
        now = time.monotonic()
        if not self.struck and self.kind != "ratelimit":
            self.since = now
        if self.kind != "ratelimit" and now - self.since > self.said.get("for", math.inf):
            return False
        self.struck += 1
        return True

    def _matches(self, wanted: Target) -> bool:
        on = self.said.get("on")
        return (
            (not on or wanted.route in on)
            and (not wanted.name or fnmatchcase(wanted.name, self.said.get("repository", "*")))
            and ("file" not in self.said or wanted.route == "tree" or self.covers(wanted.rest))
        )

    def covers(self, path: str) -> bool:
        """Whether the fault is about this file."""
        return fnmatchcase(path, self.said.get("file", "*"))


class Faults:
    """All faults of one hub. Thread-safe."""

    def __init__(self, faults: list[Fault]) -> None:
        self._faults = faults
        self._lock = threading.Lock()

    def striking(self, wanted: Target) -> list[Fault]:
        """The faults that hit this request."""
        with self._lock:
            return [fault for fault in self._faults if fault.strikes(wanted)]

    def before(self, striking: list[Fault]) -> Answer | None:
        """The answer that is given instead of the true one, if any."""
        for fault in striking:
            if fault.kind == "status":
                headers = {str(k): str(v) for k, v in fault.said.get("headers", {}).items()}
                denied = Denied(fault.said["status"], "This is on purpose").answer()
                return replace(denied, headers={**denied.headers, **headers})
            if fault.kind == "ratelimit" and (refused := self._ration(fault)) is not None:
                return refused
        return None

    def _ration(self, fault: Fault) -> Answer | None:
        with self._lock:
            now, window = time.monotonic(), fault.said["window"]
            if now - fault.since >= window:
                fault.since, fault.used = now, 0
            fault.used += 1
            if fault.used <= fault.said["requests"]:
                return None
        refused = Denied(429, "Too many requests, on purpose").answer()
        return replace(refused, headers={**refused.headers, **_budget(fault)})

    def after(
        self, striking: list[Fault], request: Request, wanted: Target, answer: Answer
    ) -> Answer:
        """The true answer, spoilt."""
        for fault in striking:
            answer = _spoil(fault, request, wanted, answer)
        return answer

    def moved(self, repositories: list[Repository]) -> list[Repository]:
        """The repositories that are left, under the names they have by now."""
        moves = [fault for fault in self._faults if fault.kind in MOVES and fault.struck]
        for fault in moves:
            matching = [r for r in repositories if fnmatchcase(r.name, fault.said["repository"])]
            gone = {r.name for r in matching}
            repositories = [r for r in repositories if r.name not in gone]
            if fault.kind == "rename":
                repositories += [_renamed(r, fault.said["to"]) for r in matching]
        return repositories

    def renamed(self, repositories: list[Repository]) -> dict[str, str]:
        """What was renamed by now, from its former name to the new one."""
        moves = [fault for fault in self._faults if fault.kind == "rename" and fault.struck]
        return {
            repository.name: fault.said["to"]
            for fault in moves
            for repository in repositories
            if fnmatchcase(repository.name, fault.said["repository"])
        }

    @property
    def moving(self) -> bool:
        return any(fault.kind in MOVES for fault in self._faults)


class MovingShelf(Shelf):
    """A shelf from which faults take repositories, or rename them."""

    def __init__(self, folder: Path, faults: Faults) -> None:
        self._faults = faults
        super().__init__(folder)

    def all(self, kind: str) -> list[Repository]:
        return self._faults.moved(super().all(kind))

    def former_names(self, kind: str) -> dict[str, str]:
        moved = super().former_names(kind)
        return moved | self._faults.renamed(super().all(kind))

    def find(self, kind: str, name: str) -> Repository | None:
        return next((r for r in self.all(kind) if r.name == name), None)


def load_faults(source: Path | Mapping[str, Any] | None) -> Faults | None:
    """Faults from a file, or from what one holds. Raises FolderError, saying what is wrong."""
    if source is None:
        return None
    if isinstance(source, Mapping):
        return _faults(source, "the faults")
    try:
        value = yaml.load(source.read_text(), Loader=_Loader)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise FolderError(f"{source} cannot be read ({error}): it must be YAML or JSON") from error
    return _faults(value, str(source))


def _faults(value: object, where: str) -> Faults:
    listed = value.get("faults") if isinstance(value, Mapping) else None
    if not isinstance(listed, list):
        raise FolderError(f"{where} must hold a list `faults`: see `gems hub serve --help`")
    return Faults([_fault(item, f"{where}, fault {n}") for n, item in enumerate(listed, 1)])


def _fault(item: object, where: str) -> Fault:
    if not isinstance(item, dict):
        raise FolderError(f"{where} is not a mapping: write {{fault: NAME, ...}}")
    kind = item.get("fault")
    if not isinstance(kind, str) or kind not in OPTIONS:
        raise FolderError(f"{where} is {kind!r}: choose one of {', '.join(OPTIONS)}")
    item = {**item, "on": [item["on"]]} if isinstance(item.get("on"), str) else item
    allowed = {**COMMON, **EXTRA.get(kind, {}), **OPTIONS[kind]}
    for key, given in item.items():
        if key not in allowed or not isinstance(given, allowed[key]):
            raise FolderError(f"{where} ({kind}) cannot have {key}: {given!r}")
    if missing := [key for key in OPTIONS[kind] if key not in item]:
        raise FolderError(f"{where} ({kind}) needs {missing[0]}: add it")
    if strange := [route for route in item.get("on", []) if route not in ROUTES]:
        raise FolderError(f"{where} is on {strange[0]!r}: choose from {', '.join(ROUTES)}")
    return Fault(kind, item)


def _budget(fault: Fault) -> dict[str, str]:
    if not fault.said.get("headers", True):
        return {}
    requests, window = fault.said["requests"], fault.said["window"]
    left = max(0, math.ceil(fault.since + window - time.monotonic()))
    return {
        "RateLimit": f'"api";r={max(0, requests - fault.used)};t={left}',
        "RateLimit-Policy": f'"fixed window";"api";q={requests};w={math.ceil(window)}',
    }


def _spoil(fault: Fault, request: Request, wanted: Target, answer: Answer) -> Answer:
    said, body = fault.said, answer.body
    match fault.kind:
        case "ratelimit":
            return replace(answer, headers={**answer.headers, **_budget(fault)})
        case "stall":
            return replace(answer, pause=answer.pause + said["seconds"])
        case "reset":
            return replace(answer, cut=said["bytes"])
        case "truncate" if isinstance(body, bytes):
            return replace(answer, body=body[: said["bytes"]])
        case "truncate" if isinstance(body, Part):
            return replace(answer, body=replace(body, length=min(body.length, said["bytes"])))
        case "garble" if isinstance(body, bytes):
            return replace(answer, body=body.replace(b'": "', b'": "\xe4\xff'))
        case "next" if wanted.route == "list":
            return replace(answer, headers={**answer.headers, "Link": _link(fault, request)})
        case "length" if isinstance(body, Part) and body.start == 0:
            return replace(answer, body=_with_length(body, said["length"]))
        case "rows" | "set" | "size" if answer.status == 200 and isinstance(body, bytes):
            return _edited(fault, wanted, answer, body)
        case "size" if "X-Linked-Size" in answer.headers:
            return replace(answer, headers={**answer.headers, "X-Linked-Size": str(said["size"])})
    return answer


def _link(fault: Fault, request: Request) -> str:
    own = request.base + request.path + (f"?{request.raw_query}" if request.raw_query else "")
    return f'<{own if fault.said["to"] == "loop" else fault.said["to"]}>; rel="next"'


def _with_length(part: Part, length: int) -> bytes:
    with open(part.real, "rb") as stream:
        return struct.pack("<Q", length) + stream.read(part.length)[8:]


def _edited(fault: Fault, wanted: Target, answer: Answer, body: bytes) -> Answer:
    try:
        value = json.loads(body)
    except ValueError:  # another fault was here first
        return answer
    if fault.kind == "rows":
        value = [*fault.said["rows"], *value] if wanted.route == "list" else value
    elif isinstance(value, list):
        value = [_edited_entry(fault, entry) for entry in value]
    elif wanted.route == "info":
        value = _edited_entry(fault, value)
    edited = as_json(value, answer.status)
    return replace(answer, body=edited.body)


def _edited_entry(fault: Fault, entry: object) -> object:
    if not isinstance(entry, dict) or not fault.covers(str(entry.get("path", ""))):
        return entry
    if "id" in entry and not fnmatchcase(str(entry["id"]), fault.said.get("repository", "*")):
        return entry
    if fault.kind == "set":
        return {**entry, **fault.said["fields"]}
    if entry.get("type") != "file":
        return entry
    size = fault.said["size"]
    lied = {**entry, "size": size}
    return {**lied, "lfs": {**entry["lfs"], "size": size}} if "lfs" in entry else lied


def _renamed(repository: Repository, name: str) -> Repository:
    kept = {"_id": repository.id, "sha": repository.sha}
    return replace(repository, name=name, settings={**repository.settings, **kept})
