"""Names that hubs give us, checked before they become part of a URL or a path."""

import re
from urllib.parse import quote

from hubs.errors import Malformed

_NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,95}(/[A-Za-z0-9_][\w.-]{0,95})?", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")


def repository(name: str) -> str:
    """`org/name` as part of a URL. Raises Malformed for what no hub would call a repository."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise Malformed(f"{name[:100]!r} is no repository's name: write ORG/NAME")
    return name


def commit(sha: str) -> str:
    """A pinned commit. Raises Malformed for branches and the like, which may move."""
    if not _COMMIT.fullmatch(sha):
        raise Malformed(f"{sha[:100]!r} is no commit: pass the 40 hex digits that the hub gives")
    return sha


def path(file: str) -> str:
    """A file's path as part of a URL. Raises Malformed if it could lead out of its repository."""
    if not is_path(file):
        raise Malformed(f"{file[:100]!r} is no file's path: leave it out")
    return quote(file)


def is_path(file: object) -> bool:
    """Whether this is a path that stays inside its repository."""
    return (
        isinstance(file, str)
        and 0 < len(file) < 1000
        and "\\" not in file
        and file.isprintable()
        and all(part not in ("", ".", "..") for part in file.split("/"))
    )
