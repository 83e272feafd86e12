"""The repositories in a folder: looked up by name, by former name, or all of them."""

import os
import threading
from pathlib import Path

from hubs.errors import FolderError
from hubs.folder.card import NAME, RELATIONS
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
        self._lock = threading.Lock()
        for kind in KINDS:
            self.all(kind)

    def all(self, kind: str) -> list[Repository]:
        """Every repository of a kind, hidden ones included."""
        return [repository for name in self._names(kind) if (repository := self._load(kind, name))]

    def find(self, kind: str, name: str) -> Repository | None:
        """The repository of that name as it is now, or None."""
        return self._load(kind, name)

    def _load(self, kind: str, name: str) -> Repository | None:
        folder = self._top(kind) / name
        if not NAME.fullmatch(name) or name.split("/")[0] in RESERVED or not self._inside(folder):
            return None
        settings = folder / SETTINGS
        changed = settings.stat().st_mtime_ns if settings.is_file() else 0
        signature = changed, tuple(stored_files(folder.resolve(), self.root))
        with self._lock:
            known = self._known.get((kind, name))
            if known is None or known[0] != signature:
                known = signature, self._read(kind, name, signature[1], settings)
                self._known[kind, name] = known
        return known[1]

    def _read(
        self, kind: str, name: str, files: tuple[StoredFile, ...], settings: Path
    ) -> Repository:
        try:
            given = load_settings(settings)
            if unknown := set(given) - SETTING_NAMES:
                raise ValueError(f"has an unknown key {min(unknown)!r}")
        except ValueError as error:
            raise FolderError(f"{settings} {error}: mend or remove it") from error
        return Repository(name, kind, {file.path: file for file in files}, given, self._digests)

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

    def _inside(self, folder: Path) -> bool:
        return folder.is_dir() and folder.resolve().is_relative_to(self.root)


def former_names(repositories: list[Repository]) -> dict[str, str]:
    """Former names, and what those repositories are called now."""
    moved: dict[str, str] = {}
    for repository in repositories:
        former = repository.settings.get("renamed_from", [])
        for name in former if isinstance(former, list) else [former]:
            moved[str(name)] = repository.name
    return moved


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
