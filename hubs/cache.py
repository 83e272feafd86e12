"""Downloads: huggingface_hub's cache, filled by commit, checked, and emptied again."""

import errno
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from huggingface_hub import constants, get_cached_repo_tree, scan_cache_dir, snapshot_download
from huggingface_hub.errors import (
    CachedRepoTreeNotFoundError,
    CacheNotFound,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
)
from huggingface_hub.utils import filter_repo_objects, httpx  # type: ignore[attr-defined]

from hubs.errors import HubError, Malformed, Unreachable
from hubs.transport import TRANSIENT, Again, check, unreachable

# Code and pickles run when they are read; `consolidated` weights are the same weights once more.
NEVER = ["*.py", "*.pyc", "*.so", "*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle"]
NEVER += ["*.npy", "*.npz", "*.h5", "*.msgpack", "*.joblib", "consolidated*"]

MAX_SMALL = 256 * 2**20  # bytes of a tokenizer, a vocabulary, an index


def wanted(paths: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """The paths that `fetch` brings. Subfolders only where a pattern names one."""
    return list(
        filter_repo_objects(paths, allow_patterns=list(patterns), ignore_patterns=_never(patterns))
    )


def _never(patterns: Sequence[str]) -> list[str]:
    return NEVER if any("/" in pattern for pattern in patterns) else [*NEVER, "*/*"]


def listed(folder: Path | None, name: str, sha: str) -> dict[str, int] | None:
    """Sizes of a commit's files by path, if the cache knows them: a fetch may cost no request."""
    try:
        tree = get_cached_repo_tree(name, revision=sha, cache_dir=folder)
    except CachedRepoTreeNotFoundError:
        return None
    return {file.path: file.size for file in tree}


def check_sizes(name: str, sizes: Mapping[str, int], patterns: Sequence[str]) -> None:
    """Raises Malformed if a file that is no weights is larger than any such file need be."""
    for path in wanted(sizes, patterns):
        if sizes[path] > MAX_SMALL and not path.endswith(".safetensors"):
            said = f"{path} of {name} is {sizes[path]:,} bytes"
            raise Malformed(f"{said}, of at most {MAX_SMALL:,}: leave it out")


def fetch(
    endpoint: str,
    token: str | bool | None,
    folder: Path | None,
    name: str,
    sha: str,
    patterns: Sequence[str],
) -> Path:
    """One attempt at a commit's files. Raises Again if another may succeed, HubError if not."""
    try:
        path = Path(
            snapshot_download(
                name,
                revision=sha,
                cache_dir=folder,
                endpoint=endpoint,
                token=token,
                allow_patterns=list(patterns),
                ignore_patterns=_never(patterns),
                library_name="hidden-gems",
            )
        )
    except OfflineModeIsEnabled as error:
        raise Unreachable("HF_HUB_OFFLINE forbids all requests: unset it") from error
    except TRANSIENT as error:
        raise Again(unreachable(f"{endpoint}/{name}", error)) from error
    except HfHubHTTPError as error:
        check(error.response)
        raise Malformed(f"{name} cannot be downloaded ({error}): leave it out") from error
    except LocalEntryNotFoundError as error:
        raise Again(_beneath(endpoint, name, error)) from error
    except OSError as error:
        raise _disk(name, error) from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Malformed(f"{name} cannot be downloaded ({error}): leave it out") from error
    _complete(path, folder, name, sha, patterns)
    return path


def _complete(
    path: Path, folder: Path | None, name: str, sha: str, patterns: Sequence[str]
) -> None:
    # Without a network huggingface_hub returns whatever it has.
    incomplete = Unreachable(f"{name} could only be fetched in part: check the network")
    try:
        tree = get_cached_repo_tree(name, revision=sha, cache_dir=folder)
    except CachedRepoTreeNotFoundError as error:
        raise Again(incomplete) from error
    sizes = {file.path: file.size for file in tree}
    for file in wanted(sizes, patterns):
        here = path / file
        if not here.is_file():
            raise Again(incomplete)
        if here.stat().st_size != sizes[file]:
            raise Malformed(f"{file} of {name} is not as long as the hub says: leave it out")


def _beneath(endpoint: str, name: str, error: Exception) -> HubError:
    cause = error.__cause__
    if isinstance(cause, HfHubHTTPError):
        try:
            check(cause.response)
        except Again as again:
            return again.error
    return unreachable(f"{endpoint}/{name}", cause if isinstance(cause, Exception) else error)


def _disk(name: str, error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return HubError(f"no room left on the disk for {name}: free some, or move HF_HOME")
    if error.errno is None:  # huggingface_hub's own: a file has not the size that was announced
        return Again(
            Malformed(f"{name} has a file of another size than the hub says: leave it out")
        )
    return HubError(f"{name} cannot be written ({error.strerror}): check HF_HOME")


def held(folder: Path | None) -> list[tuple[str, str]]:
    """Names and commits of all that lies in the cache."""
    place = folder or Path(constants.HF_HUB_CACHE)
    return sorted(
        (path.parent.parent.name.removeprefix("models--").replace("--", "/"), path.name)
        for path in place.glob("models--*/snapshots/*")
    )


def here(folder: Path | None, name: str, sha: str) -> int:
    """Bytes of a commit that lie in the cache."""
    place = folder or Path(constants.HF_HUB_CACHE)
    return weighed(place / f"models--{name.replace('/', '--')}" / "snapshots" / sha)


def weighed(place: Path) -> int:
    """Bytes of all files in a folder, links followed."""
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def forget(folder: Path | None, name: str, sha: str) -> None:
    """Deletes a commit from the cache, and what was begun and never finished of its repository."""
    place = folder or Path(constants.HF_HUB_CACHE)
    try:
        found = scan_cache_dir(place)
    except (CacheNotFound, ValueError):
        return
    mine = frozenset(r for r in found.repos if r.repo_id == name and r.repo_type == "model")
    if any(rev.commit_hash == sha for repo in mine for rev in repo.revisions):
        replace(found, repos=mine).delete_revisions(sha).execute()
    storage = place / f"models--{name.replace('/', '--')}"
    if not any((storage / "snapshots").glob("*/*")):
        shutil.rmtree(storage, ignore_errors=True)
    for part in (storage / "blobs").glob("*.incomplete"):
        part.unlink(missing_ok=True)
