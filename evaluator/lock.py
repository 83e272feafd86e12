"""One scan of a family at a time: a file lock, which the system lets go when its holder dies."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from evaluator.errors import ScanError, ScanLocked


def only_scan(home: Path, catalog_url: str, family: str) -> AbstractContextManager[None]:
    """Hold the lock of a family in a catalog. Raises ScanLocked with who holds it."""
    return _only(home, "scan", f"{catalog_url} {family}", f"{family} is being scanned by")


def only_night(home: Path, catalog_url: str) -> AbstractContextManager[None]:
    """Hold the lock of a catalog's nights. Raises ScanLocked with who holds it."""
    return _only(home, "night", catalog_url, "the night's work is being done by")


@contextmanager
def _only(home: Path, kind: str, what: str, taken: str) -> Iterator[None]:
    path = home / "locks" / f"{kind}-{hashlib.sha256(what.encode()).hexdigest()[:16]}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+")
    except OSError as error:
        raise ScanError(
            f"cannot write under {home} ({error.strerror}): set GEMS_HOME to a folder you own"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise ScanLocked(f"{taken} {holder}: wait for it to end, or stop it") from error
        file.truncate(0)
        file.write(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
        file.flush()
        yield
