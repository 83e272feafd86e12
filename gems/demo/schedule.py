"""Runs the making of many checkpoints on a few single-threaded workers, parents first."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
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
    Raises DemoError when a worker dies.
    """
    places = {plan.name: place for place, plan in enumerate(plans)}
    waiting = {plan.name: plan for plan in plans if not (bench.hub / plan.name).exists()}
    road = _roads(plans)
    running: dict[Future[None], Plan] = {}
    context = get_context("forkserver")
    context.set_forkserver_preload(["gems.demo.workshop"])
    with ProcessPoolExecutor(WORKERS, context, initializer=_follow_parent) as pool:
        while waiting or running:
            unmade = waiting.keys() | {plan.name for plan in running.values()}
            ready = [plan for plan in waiting.values() if not unmade & set(plan.parents)]
            ready.sort(key=lambda plan: road[plan.name], reverse=True)
            for plan in ready[: WORKERS - len(running)]:
                del waiting[plan.name]
                running[pool.submit(_make, plan, places[plan.name], bench)] = plan
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                plan = running.pop(future)
                try:
                    future.result()
                except BrokenProcessPool as error:
                    said = f"the worker making {plan.name} was killed (out of memory?)"
                    raise DemoError(f"{said}: run it again, and it goes on") from error
                done(plan.name)


def _roads(plans: Sequence[Plan]) -> dict[str, int]:
    """The work from a plan's start to the end of its longest line of descendants."""
    roads: dict[str, int] = {}
    for plan in reversed(plans):
        below = [roads[child.name] for child in plans if plan.name in child.parents]
        roads[plan.name] = plan.work + max(below, default=0)
    return roads


def _follow_parent() -> None:
    """Leave no worker behind when the process that asked for it is killed."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _make(plan: Plan, place: int, bench: Bench) -> None:
    """In a worker: make one checkpoint aside, then move it to its place in one step."""
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
    shutil.move(into, target)
