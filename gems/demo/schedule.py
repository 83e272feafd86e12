"""Runs the making of many checkpoints on a few single-threaded workers, parents first."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

from gems.demo.errors import DemoError
from gems.demo.recipe import Plan

WORKERS = 2


@dataclass(frozen=True, slots=True)
class Bench:
    """Where checkpoints are made: `hub` holds the finished ones, `scraps` the unfinished."""

    seed: int
    hub: Path
    scraps: Path
    tokenizer: Path


def make_all(plans: Sequence[Plan], bench: Bench, done: Callable[[str], None]) -> None:
    """Make every plan whose folder is not there yet; `done(name)` as each one is finished.

    The plan with the longest road ahead of it (its own work and its descendants') goes first.
    Raises DemoError when a worker dies, OSError when it cannot write.
    """
    waiting = {plan.name: plan for plan in plans if not (bench.hub / plan.name).exists()}
    places = {plan.name: place for place, plan in enumerate(plans)}
    road = _roads(plans)
    running: dict[Connection, Plan] = {}
    with _workers(min(WORKERS, len(waiting)), bench) as idle:
        while waiting or running:
            unmade = waiting.keys() | {plan.name for plan in running.values()}
            ready = [plan for plan in waiting.values() if not unmade & set(plan.parents)]
            ready.sort(key=lambda plan: road[plan.name], reverse=True)
            for plan in ready[: len(idle)]:
                worker = idle.pop()
                _give(worker, places[plan.name], plan)
                running[worker] = waiting.pop(plan.name)
            finished = wait(list(running))
            for worker in [worker for worker in running if worker in finished]:
                plan = running.pop(worker)
                _receive(worker, plan)
                idle.append(worker)
                done(plan.name)


def _roads(plans: Sequence[Plan]) -> dict[str, int]:
    """The work from a plan's start to the end of its longest line of descendants."""
    roads: dict[str, int] = {}
    for plan in reversed(plans):
        below = [roads[child.name] for child in plans if plan.name in child.parents]
        roads[plan.name] = plan.work + max(below, default=0)
    return roads


def _give(worker: Connection, place: int, plan: Plan) -> None:
    try:
        worker.send((place, plan))
    except OSError as error:
        raise _died(plan) from error


def _receive(worker: Connection, plan: Plan) -> None:
    """What the worker reports of a plan: nothing, or the error that it met."""
    try:
        met = worker.recv()
    except (EOFError, OSError) as error:
        raise _died(plan) from error
    if met is not None:
        raise met


def _died(plan: Plan) -> DemoError:
    said = f"the worker making {plan.name} died (out of memory?)"
    return DemoError(f"{said}: run it again, and it goes on")


@contextmanager
def _workers(count: int, bench: Bench) -> Iterator[list[Connection]]:
    """Pipes to idle workers, which share one import of the heavy libraries; ended at the end."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["gems.demo.workshop"])
    processes = []
    pipes: list[Connection] = []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, bench), daemon=True)
            process.start()
            theirs.close()
            processes.append(process)
            pipes.append(ours)
        yield list(pipes)
    finally:
        for process in processes:
            process.kill()  # who ignores SIGTERM has had all its children ignore it
        for process, pipe in zip(processes, pipes, strict=False):
            process.join()
            pipe.close()


def _work(pipe: Connection, bench: Bench) -> None:
    """In a worker: make what comes through the pipe, until the other end is closed or killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError):
        while True:
            place, plan = pipe.recv()
            try:
                _make(plan, place, bench)
            except OSError as error:
                pipe.send(error)
            else:
                pipe.send(None)


def _make(plan: Plan, place: int, bench: Bench) -> None:
    """Make one checkpoint aside, then move it to its place in one step."""
    from tokenizers import Tokenizer

    from gems.demo.corpus import make_corpus
    from gems.demo.workshop import make_checkpoint

    into = Path(tempfile.mkdtemp(dir=bench.scraps))
    into.chmod(0o755)
    tokenizer = Tokenizer.from_file(str(bench.tokenizer))
    corpus = make_corpus(bench.seed)
    make_checkpoint(plan, place, bench.seed, bench.hub, corpus, tokenizer, into)
    target = bench.hub / plan.name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.rename(into, target)
    except OSError:
        if not target.exists():
            raise
        shutil.rmtree(into)  # a worker that outlived a killed build was first
