"""Weights from the hub to this disk, and never too many of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from catalog.candidates import Candidate
from evaluator.rendering.renderer import FILES
from evaluator.rendering.tokens import TOKENIZER_FILES, read_json, template_of
from hubs.errors import HubError, Malformed, Refused, Unreachable
from hubs.protocol import Hub

Commit = tuple[str, str]
SMALL = tuple(FILES)
"""What rendering needs of an ancestor: no weights."""


RUN = (
    "model.safetensors",
    "model-?????-of-?????.safetensors",
    "model.safetensors.index.json",
    "adapter_model.safetensors",
    "adapter_config.json",
    *SMALL,
)
"""What asking a checkpoint needs. All else stays on the hub, whatever and however large it is."""


BOOKS = 32 * 2**10
"""Bytes that a cache may take for itself beside a commit's files: the list of them."""


class OverBudget(HubError):
    """A checkpoint that the disk budget has no room for, whatever is dropped for it."""


@dataclass(frozen=True, slots=True)
class Files:
    """A candidate on this disk.

    rendering: its folder, then those of the ancestors it needs. used: commits that all of it is of.
    """

    folder: Path
    base: Path | None
    rendering: tuple[Path, ...]
    used: frozenset[Commit] = frozenset()

    def context_length(self) -> int | None:
        """In tokens, as the configuration of the weights says; None where it says nothing sane."""
        said = read_json((self.base or self.folder) / "config.json").get("max_position_embeddings")
        return said if type(said) is int and 0 < said < 10**9 else None


class Fetcher:
    """Brings candidates from a hub into its cache folder, and drops what the budget asks to.

    hub: its cache is `folder`. budget: bytes that `folder` may hold; None: no limit. What lies
    there of earlier scans is used, and dropped for room, as what this one brings.
    busy: whether a fetch is going on.
    """

    def __init__(self, hub: Hub, folder: Path, budget: int | None = None) -> None:
        self._hub = hub
        self._folder = folder
        self._budget = budget
        self._held: list[Commit] = [] if budget is None else hub.held()
        self._brought: set[Commit] = set()  # whole, by this fetcher
        self._finished: set[Commit] = set()
        self._in_use: set[Commit] = set()
        self._used: dict[int, frozenset[Commit]] = {}  # by checkpoint, what its files are of
        self.busy = False

    def reach(self, candidate: Candidate) -> None:
        """Raise Unreachable if the hub does not answer, whatever it says of the candidate."""
        with suppress(Refused, Malformed):
            self._hub.info(candidate.name, revision=candidate.sha)

    def keep(self, candidates: Iterable[Candidate]) -> None:
        """From now on these stay, and who is fetched after them: all else may go for room."""
        self._in_use = set()
        for candidate in candidates:
            self._in_use.update(_commits(candidate), self._used.get(candidate.checkpoint_id, ()))

    def get(self, candidate: Candidate) -> Files:
        """The candidate's files, fetched unless they lie here. They stay until the next `keep`.

        One thread at a time may ask. Raises Refused or Malformed if this checkpoint cannot be had,
        OverBudget if it has no room, Unreachable if the hub does not answer at all.
        """
        self.busy = True
        self._in_use.update(_commits(candidate))
        try:
            files = self._reachable(candidate, lambda: self._files(candidate))
        finally:
            self.busy = False
        self._used[candidate.checkpoint_id] = files.used
        self._in_use |= files.used
        return files

    def done_with(self, candidate: Candidate) -> None:
        """The candidate will not be asked again: its weights go first when room is needed."""
        self._finished.add((candidate.name, candidate.sha))

    def out(self, commits: Iterable[Commit]) -> None:
        """What will not be asked again, as earlier scans say: as `done_with`."""
        self._finished.update(commits)

    def _files(self, candidate: Candidate) -> Files:
        folder = self._bring(candidate.name, candidate.sha)
        base = candidate.base
        below = None if base is None else self._bring(base.name, base.sha)
        near = [folder] if below is None else [folder, below]
        ancestors = self._rendering(candidate, near)
        used = frozenset((*_commits(candidate), *ancestors))
        return Files(folder, below, tuple(near), used)

    def _rendering(self, candidate: Candidate, folders: list[Path]) -> list[Commit]:
        """Add the folders a renderer needs, until a template and tokenizer are found."""
        base = candidate.base
        added: list[Commit] = []
        for name, sha in (*candidate.ancestors, *(base.ancestors if base else ())):
            templated = any(template_of(folder) is not None for folder in folders)
            if templated and any((f / name).is_file() for f in folders for name in TOKENIZER_FILES):
                break
            try:
                folder = self._hub.fetch(name, sha, patterns=SMALL)
            except (Refused, Malformed):
                continue
            if folder not in folders:
                folders.append(folder)
                added.append((name, sha))
        return added

    def _bring(self, name: str, sha: str) -> Path:
        commit = (name, sha)
        if self._budget is not None and commit not in self._brought:
            missing = self._hub.size(name, sha, RUN) - self._hub.here(name, sha)
            self._make_room(commit, missing + BOOKS if missing > 0 else 0)
        folder = self._hub.fetch(name, sha, patterns=RUN)
        self._brought.add(commit)
        if commit not in self._held:
            self._held.append(commit)
        return folder

    def _make_room(self, commit: Commit, size: int) -> None:
        assert self._budget is not None
        for other in sorted(self._held, key=lambda held: held not in self._finished):
            if bytes_in(self._folder) + size <= self._budget:
                return
            if other not in self._in_use:
                self._hub.forget(*other)
                self._held.remove(other)
                self._brought.discard(other)
        if bytes_in(self._folder) + size > self._budget:
            raise OverBudget(
                f"{commit[0]} takes {size:,} bytes, and the disk budget of {self._budget:,} has no"
                f" room for it: raise --disk-budget, or empty {self._folder}"
            )

    def _reachable(self, candidate: Candidate, work: Callable[[], Files]) -> Files:
        """Tell a checkpoint that cannot be had from a hub that is away.

        A repository whose files do not come while the hub still knows it is Malformed.
        """
        try:
            return work()
        except Unreachable as error:
            self._hub.info(candidate.name, revision=candidate.sha)
            raise Malformed(str(error)) from error


def _commits(candidate: Candidate) -> list[Commit]:
    own = (candidate.name, candidate.sha)
    return [own] if candidate.base is None else [own, (candidate.base.name, candidate.base.sha)]


def bytes_in(folder: Path) -> int:
    """What a folder's files take on this disk; links count nothing."""
    total = 0
    for place, _folders, files in os.walk(folder):
        for file in files:
            path = os.path.join(place, file)
            with suppress(FileNotFoundError):  # a download was renamed while we looked
                total += 0 if os.path.islink(path) else os.lstat(path).st_size
    return total
