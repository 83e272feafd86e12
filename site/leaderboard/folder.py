"""The folder that is written: beside the old one first, then put in its place.

What did not change is linked from the old folder, so it keeps its bytes and modification time.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from leaderboard.errors import FolderRefused

MANIFEST = ".gems-publish.json"
OWN = "/"
"""The manifest's entry of what lies in the folder itself, a name a line."""


class Folder:
    """`new` is filled by `keep` and `put`; `old` is what was published before, if anything."""

    def __init__(self, out: Path) -> None:
        self.out = out.absolute() if not out.is_symlink() else out.resolve()
        self.old = self.out
        self.new = self.out.with_name(f".{self.out.name}.new")
        self.stamps: dict[str, str] = {}
        self._before = _manifest(self.out)
        self._made: set[str] = set()

    def keep(self, key: str, stamp: str, paths: Iterable[str]) -> bool:
        """Take over what was made from the same inputs; False if it has to be made anew."""
        self.stamps[key] = stamp
        if self._before.get(key) != stamp:
            return False
        try:
            for path in paths:
                self._folder_for(path)
                take(self.old, self.new, path)
        except FileNotFoundError:
            return False
        return True

    def put(self, path: str, data: bytes) -> bool:
        return put(self.old, self.new, path, data)

    def _folder_for(self, path: str) -> None:
        folder = path.rpartition("/")[0]
        if folder not in self._made:
            (self.new / folder).mkdir(parents=True, exist_ok=True)
            self._made.add(folder)


@contextmanager
def replacing(out: Path) -> Iterator[Folder]:
    """A folder that takes the place of `out` if all goes well, and leaves no trace otherwise.

    Raises FolderRefused if `out` holds anything that was not published, or cannot be replaced.
    """
    folder = Folder(out)
    try:
        with _alone(folder) as written:
            yield folder
            folder.stamps[OWN] = "\n".join(sorted(os.listdir(written)))
            manifest = json.dumps(folder.stamps, sort_keys=True)
            (written / MANIFEST).write_text(manifest)
            _swap(folder)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise FolderRefused(f"the disk is full: make room beside {folder.out}") from error
        raise FolderRefused(
            f"cannot write {folder.out} ({error.strerror or error}): choose another --out"
        ) from error


def put(old: Path, new: Path, path: str, data: bytes) -> bool:
    """Write one file, or link the old one if it has the same bytes. Says whether it changed."""
    target = new / path
    target.unlink(missing_ok=True)  # never write through a link into the old folder
    if _holds(old / path, data):
        target.parent.mkdir(parents=True, exist_ok=True)
        take(old, new, path)
        return False
    try:
        target.write_bytes(data)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return True


def _holds(file: Path, data: bytes) -> bool:
    try:
        return file.stat().st_size == len(data) and file.read_bytes() == data
    except OSError:
        return False


def take(old: Path, new: Path, path: str) -> None:
    """The old file under its new name. Raises FileNotFoundError if there is none."""
    try:
        os.link(f"{old}/{path}", f"{new}/{path}", follow_symlinks=False)
    except FileExistsError:
        return
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copy2(f"{old}/{path}", f"{new}/{path}")


@contextmanager
def _alone(folder: Folder) -> Iterator[Path]:
    spare = _spare(folder.out)
    if spare.exists() and not folder.out.exists():  # killed in the middle of a swap
        spare.rename(folder.out)
        folder._before = _manifest(folder.out)
    _check(folder.out)
    folder.new.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder.new, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderRefused(
                f"another gems publish is writing {folder.out}: wait for it to end"
            ) from error
        for left in folder.new.iterdir():  # by a run that was killed
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        try:
            yield folder.new
        except BaseException:
            shutil.rmtree(folder.new, ignore_errors=True)
            raise
    finally:
        os.close(handle)


def _check(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise FolderRefused(f"{out} is a file: choose another --out")
    if any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise FolderRefused(
            f"{out} holds files that gems publish did not write, and would be replaced:"
            " empty it, or choose another --out"
        )
    own = _manifest(out).get(OWN)
    added = [] if own is None else sorted({*os.listdir(out)} - {MANIFEST, *own.split("\n")})
    if added:
        raise FolderRefused(
            f"{out} holds {added[0]}, which gems publish did not write and would delete:"
            " move it away, or choose another --out"
        )


def _swap(folder: Folder) -> None:
    spare = _spare(folder.out)
    shutil.rmtree(spare, ignore_errors=True)
    if folder.out.exists():
        folder.out.rename(spare)
    folder.new.rename(folder.out)
    shutil.rmtree(spare, ignore_errors=True)


def _spare(out: Path) -> Path:
    return out.with_name(f".{out.name}.old")


def _manifest(out: Path) -> dict[str, str]:
    try:
        found = json.loads((out / MANIFEST).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
