"""A small disk that can be filled: memory, mounted where nobody else sees it."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path

MEGABYTES = 64


def apart(folder: Path) -> list[str] | None:
    """What to put before a command that is to find a small disk at `folder`.

    None where that is not allowed: it takes namespaces of users and mounts.
    """
    mount = f'mount -t tmpfs -o size={MEGABYTES}m small "$0" && exec "$@"'
    before = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, str(folder)]
    tried = subprocess.run([*before, "true"], capture_output=True, check=False)
    return before if tried.returncode == 0 else None


def fill(file: Path) -> None:
    """Make a file of all the room there is."""
    with file.open("wb", buffering=0) as ballast:
        for size in (2**20, 2**12):
            try:
                while ballast.write(bytes(size)) == size:
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
