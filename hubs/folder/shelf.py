"""The repositories in a folder: looked up by name, by former name, or all of them."""

import os
import stat
import threading
from pathlib import Path
from typing import Any

from hubs.card import NAME, RELATIONS
from hubs.errors import FolderError
from hubs.folder.fields import SETTABLE
from hubs.folder.files import SETTINGS, Digests, StoredFile, stored_files
from hubs.folder.repository import Repository, load_settings

KINDS = ("models", "datasets")
RESERVED = frozenset({"api", "datasets", "lfs", "spaces"})
SETTING_NAMES = SETTABLE | {"_id", "renamed_from"}

Signature = tuple[int, tuple[StoredFile, ...]]


class Shelf:
    """A folder laid out as ORG/NAME/…files (data sets: datasets/ORG/NAME/…).

    It is read anew when it changes.
    Raises FolderError if the folder is missing or a `.hub.json` in it is wrong.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise FolderError(f"{folder} is not a folder: name one that holds ORG/NAME/…files")
        self.root = folder.resolve()
        self._digests = Digests()
        self._known: dict[tuple[str, str], tuple[Signature, Repository]] = {}
        self._said: dict[str, tuple[int, dict[str, Any]]] = {}
        self._lock = threading.Lock()
        for kind in KINDS:
            self.all(kind)

    def all(self, kind: str) -> list[Repository]:
        """Every repository of a kind, hidden ones included."""
        return [repository for name in self._names(kind) if (repository := self._load(kind, name))]

    def find(self, kind: str, name: str) -> Repository | None:
        """The repository of that name as it is now, or None."""
        return self._load(kind, name)

    def former_names(self, kind: str) -> dict[str, str]:
        """Former names, and what those repositories are called now."""
        moved: dict[str, str] = {}
        for name in self._names(kind):
            former = self._settings(os.path.join(self._top(kind), name))[1].get("renamed_from", [])
            moved |= {str(old): name for old in (former if isinstance(former, list) else [former])}
        return moved

    def _load(self, kind: str, name: str) -> Repository | None:
        if not NAME.fullmatch(name) or name.split("/")[0] in RESERVED:
            return None
        folder = os.path.realpath(os.path.join(self._top(kind), name))
        if not folder.startswith(f"{self.root}{os.sep}") or not os.path.isdir(folder):
            return None
        changed, settings = self._settings(folder)
        signature = changed, tuple(stored_files(folder, str(self.root)))
        with self._lock:
            known = self._known.get((kind, name))
            if known is None or known[0] != signature:
                files = {file.path: file for file in signature[1]}
                known = signature, Repository(name, kind, files, settings, self._digests)
                self._known[kind, name] = known
        return known[1]

    def _settings(self, folder: str) -> tuple[int, dict[str, Any]]:
        """When a repository's `.hub.json` changed, and what it says; links are not followed."""
        path = os.path.join(folder, SETTINGS)
        try:
            status = os.lstat(path)
        except OSError:
            return 0, {}
        if not stat.S_ISREG(status.st_mode):
            return 0, {}
        known = self._said.get(path)
        if known is None or known[0] != status.st_mtime_ns:
            known = status.st_mtime_ns, _read(Path(path))
            self._said[path] = known
        return known

    def _names(self, kind: str) -> list[str]:
        top = self._top(kind)
        return [
            f"{organisation}/{name}"
            for organisation in _folders(top)
            if organisation not in RESERVED
            for name in _folders(top / organisation)
        ]

    def _top(self, kind: str) -> Path:
        return self.root if kind == "models" else self.root / kind


def _read(path: Path) -> dict[str, Any]:
    try:
        given = load_settings(path)
        if unknown := set(given) - SETTING_NAMES:
            raise ValueError(f"has an unknown key {min(unknown)!r}")
    except ValueError as error:
        raise FolderError(f"{path} {error}: mend or remove it") from error
    return given


def current_tags(repository: Repository, moved: dict[str, str]) -> list[str]:
    """A repository's tags, with its parents under the names they have now."""
    tags = repository.tags
    if not moved:
        return tags
    renamed = []
    for tag in tags:
        kind, _, name = tag.rpartition(":")
        renamed.append(f"{kind}:{moved.get(name, name)}" if kind.startswith("base_model") else tag)
    return renamed


def children(repositories: list[Repository], parent: str) -> dict[str, int]:
    """How many models derive directly from one, by relation."""
    tags = [tag for repository in repositories for tag in repository.tags]
    return {kind: tags.count(f"base_model:{kind}:{parent}") for kind in RELATIONS}


def _folders(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(e.name for e in entries if not e.name.startswith(".") and e.is_dir())
