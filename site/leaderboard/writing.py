"""Writing checkpoint pages: many at a time, in processes of their own where there are many."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext, suppress
from itertools import groupby
from pathlib import Path
from threading import Thread
from typing import Any

from catalog.database import Catalog, Session
from catalog.reports.popularity import popularity
from catalog.reports.transcripts import Question, graded, questions, texts
from leaderboard.errors import WorkerDied
from leaderboard.folder import put
from leaderboard.pages.checkpoint import Shared, checkpoint_files
from leaderboard.pages.popularity import popularity_path, popularity_picture
from leaderboard.subjects import Subject
from leaderboard.transcripts import pick, tally
from leaderboard.views import View

AT_ONCE = 50
FEW = 300
MOST_WORKERS = 4


Job = tuple[str, Sequence[Any]]
"""The name of one of Writer's methods, and what to give it."""

Unmade = tuple[int, Callable[[], Subject]]
"""A subject's view, and how to make it when its turn comes."""


class Writer:
    """Writes pages from the catalog into the new folder, linking what has the same bytes."""

    def __init__(self, catalog: Catalog, shared: dict[int, Shared], old: Path, new: Path) -> None:
        self.catalog = catalog
        self.shared = shared
        self.old = old
        self.new = new

    def checkpoints(self, subjects: Sequence[Subject]) -> int:
        """Write the pages of subjects of one view; how many files changed."""
        shared = self.shared[subjects[0].view]
        ids = [subject.standing.checkpoint_id for subject in subjects]
        hashes = [question.hash for question in shared.questions]
        changed = 0
        with self.catalog.read() as session:
            own = graded(session, shared.board, ids, hashes)
            base = {} if shared.base is None else shared.base_graded
            chosen = {}
            for subject in subjects:
                beside = {} if subject.standing.root else base
                mine = own.get(subject.standing.checkpoint_id, {})
                chosen[subject.address] = pick(shared.questions, mine, beside)
            wanted = [p.own.answer_id for picks in chosen.values() for p in picks]
            words = texts(session, wanted)
            for subject in subjects:
                mine = own.get(subject.standing.checkpoint_id, {})
                picks = chosen[subject.address]
                files = checkpoint_files(
                    subject,
                    shared,
                    mine,
                    picks,
                    {p.own.answer_id: words[p.own.answer_id] for p in picks},
                    tally(shared.questions, mine, base),
                )
                changed += sum(put(self.old, self.new, path, data) for path, data in files)
        return changed

    def popularity(self, repositories: Sequence[tuple[int, str]]) -> int:
        """Write the popularity pictures of (repository id, address)."""
        with self.catalog.read() as session:
            series = popularity(session, [repository_id for repository_id, _ in repositories])
        return sum(
            put(
                self.old, self.new, popularity_path(address), popularity_picture(series[repository])
            )
            for repository, address in repositories
            if series.get(repository)
        )


def share(session: Session, view: View, asked: Sequence[Question]) -> Shared:
    """What the pages of a view have in common; reads the best root's answers."""
    assert view.board is not None, "only a board has pages of checkpoints"
    base = view.roots[0] if view.roots else None
    if base is None:
        return Shared(view.board, tuple(asked), None, {}, {})
    hashes = [question.hash for question in asked]
    found = graded(session, view.board, [base.checkpoint_id], hashes).get(base.checkpoint_id, {})
    words = texts(session, [answer.answer_id for answer in found.values()])
    return Shared(view.board, tuple(asked), base, found, words)


def ask(session: Session, view: View) -> list[Question]:
    return [] if view.board is None else questions(session, view.board)


def write_all(
    writer: Writer,
    subjects: Sequence[Unmade],
    repositories: Sequence[tuple[int, str]],
    tick: Callable[[int], None],
) -> int:
    """Write these pages and pictures; how many files changed.

    subjects: by view, so that those of one view lie together.
    """
    jobs: list[Job] = []
    for _, group in groupby(subjects, key=lambda unmade: unmade[0]):
        jobs += [("checkpoints", part) for part in _parts(list(group))]
    jobs += [("popularity", part) for part in _parts(repositories)]
    workers = min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    if len(subjects) + len(repositories) <= FEW or workers < 2:
        changed = 0
        for kind, part in jobs:
            changed += getattr(writer, kind)(_made(kind, part))
            tick(len(part))
        return changed
    return _in_processes(writer, jobs, workers, tick)


def _parts(things: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (things[at : at + AT_ONCE] for at in range(0, len(things), AT_ONCE))


def _made(kind: str, part: Sequence[Any]) -> Sequence[Any]:
    return [make() for _, make in part] if kind == "checkpoints" else part


def _in_processes(
    writer: Writer, jobs: Sequence[Job], workers: int, tick: Callable[[int], None]
) -> int:
    """Deal the jobs out to processes, each of which says a line a job: pages done, files changed.

    Plain subprocesses and not `multiprocessing`, which would run the caller's script again.
    """
    running: list[subprocess.Popen[bytes]] = []
    changed = 0
    try:
        for at in range(workers):
            process = subprocess.Popen(
                [sys.executable, "-m", "leaderboard.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            running.append(process)
            feeder = Thread(target=_feed, args=(process, writer, jobs[at::workers]), daemon=True)
            feeder.start()
        for process in running:
            for line in process.stdout or ():
                done, different = line.split()
                changed += int(different)
                tick(int(done))
            if process.wait() != 0:
                raise WorkerDied("a process that writes pages has died: free some memory")
    finally:
        for process in running:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
    return changed


def _feed(process: subprocess.Popen[bytes], writer: Writer, jobs: Iterable[Job]) -> None:
    """Hand over one job after another, made when the pipe has room for it: all at once are big."""
    with suppress(BrokenPipeError), process.stdin or nullcontext() as pipe:
        if pipe is not None:
            pickle.dump((writer.catalog.url, writer.shared, writer.old, writer.new), pipe)
            for kind, part in jobs:
                pickle.dump((kind, _made(kind, part)), pipe)
                pipe.flush()
