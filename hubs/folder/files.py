"""The files of a repository folder, and what git would call them.

Only regular files whose real path lies inside the hub's folder exist here; links that lead out
of it, sockets, and names that are not UTF-8 do not.
"""

import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

SETTINGS = ".hub.json"
UNSERVED = frozenset({SETTINGS, ".git", ".cache"})
LARGE = 10 * 1024 * 1024
LARGE_NAMES = (".safetensors", ".bin", ".gguf", ".pt", ".pth", ".h5", ".onnx", ".parquet")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file: its name in the repository, and where and when its bytes are."""

    path: str
    real: str
    size: int
    mtime_ns: int

    @property
    def large(self) -> bool:
        """Whether the Hub would keep it in LFS: weights by name, anything else by size."""
        return self.size > LARGE or self.path.endswith(LARGE_NAMES)


@dataclass(frozen=True, slots=True)
class Digest:
    """`oid`: git blob id (of the LFS pointer, for a large file). The rest only for large files."""

    oid: str
    sha256: str | None = None
    pointer_size: int = 0


def stored_files(folder: str, root: str) -> Iterator[StoredFile]:
    """Every file to serve under `folder`, in name order; `root` is the hub's real folder."""
    yield from _walk(folder, "", root + os.sep)


def _walk(folder: str, prefix: str, inside: str) -> Iterator[StoredFile]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:  # it vanished, or may not be read: then it is not served
        return
    for entry in entries:
        if entry.name in UNSERVED or not _is_text(entry.name):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, f"{prefix}{entry.name}/", inside)
            elif entry.is_file():
                real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                if real.startswith(inside) and os.path.basename(real) not in UNSERVED:
                    stat = os.stat(real)
                    yield StoredFile(prefix + entry.name, real, stat.st_size, stat.st_mtime_ns)
        except OSError:
            continue


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


class Digests:
    """Digests of files, each computed once for as long as the file does not change."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], Digest] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def of(self, file: StoredFile) -> Digest:
        """The file's digest. Raises OSError if it can no longer be read."""
        key = (file.real, file.size, file.mtime_ns)
        if (known := self._known.get(key)) is not None:
            return known
        with self._guard:
            lock = self._locks.setdefault(file.real, threading.Lock())
        with lock:  # a retrying client must not make us hash sixteen gigabytes twice at once
            if key not in self._known:
                self._known[key] = _digest(file)
            return self._known[key]


def _digest(file: StoredFile) -> Digest:
    with open(file.real, "rb") as stream:
        if not file.large:
            return Digest(_blob_id(stream.read()))
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    pointer = (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {file.size}\n"
    ).encode()
    return Digest(_blob_id(pointer), sha256, len(pointer))


def _blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
