"""Recorded score matrices, and replays of a search over them."""

from __future__ import annotations

import multiprocessing
import os
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from evaluator.search.history import informed_order, learn
from evaluator.search.ordering import balanced_order
from evaluator.search.policies import make
from evaluator.search.protocol import Batch, Floats, Ints, Items, Policy, Problem
from gems.errors import GemsError

ARRAYS = ("X", "items", "subset", "load_cost")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A score matrix, (models, items) in [0, 1], NaN where an answer is missing.

    categories: of each item, as numbers. items: their names, or None.
    load_cost: of each model, in queries, or None.
    """

    scores: Floats
    categories: Ints
    items: tuple[str, ...] | None
    load_cost: Floats | None

    @property
    def truth(self) -> Floats:
        """Mean over the whole row, (models,)."""
        return np.asarray(np.nanmean(self.scores, axis=1))


@dataclass(frozen=True, slots=True)
class Setting:
    """What a replay is run with. Loads are priced per model, (models,), in queries."""

    budget: float
    load_cost: Floats
    reload_cost: Floats
    top_k: int = 1
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one replay came to: how good the pick is, and what was paid, per model."""

    rank: float
    regret: float
    top1: float
    recall5: float
    loads: float
    queries: float


def read_matrix(path: Path) -> Recorded:
    """A matrix from an .npz file: `X`, and optionally `items`, `subset` and `load_cost`.

    Raises GemsError for a file that is not that.
    """
    try:
        held = _arrays(path)
    except (OSError, ValueError, BadZipFile, EOFError, zlib.error, MemoryError) as error:
        raise GemsError(f"{path} is not a readable .npz file of plain arrays: {error}") from error
    if "X" not in held or held["X"].ndim != 2 or 0 in held["X"].shape:
        raise GemsError(f"{path} holds no matrix X of models x items: store one under that name")
    scores = _numbers(path, "X", held["X"])
    if not ((np.isnan(scores)) | ((scores >= 0) & (scores <= 1))).all():
        raise GemsError(f"X in {path} has scores outside [0, 1]: rescale them")
    if np.isnan(scores).all(axis=1).any():
        raise GemsError(f"X in {path} has models without any score: leave them out")
    models, items = scores.shape
    for name, length in (("items", items), ("subset", items), ("load_cost", models)):
        if name in held and held[name].shape != (length,):
            raise GemsError(f"{name} in {path} has shape {held[name].shape}, not ({length},)")
    subset = held.get("subset", np.zeros(items, dtype=np.int64))
    _, categories = np.unique(subset, return_inverse=True)
    names = tuple(str(name) for name in held["items"]) if "items" in held else None
    prices = _numbers(path, "load_cost", held["load_cost"]) if "load_cost" in held else None
    return Recorded(scores, categories.astype(np.int64), names, prices)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file that a replay uses. Raises ValueError, and what reading raises."""
    file = np.load(path, allow_pickle=False)
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise ValueError("it is a single array")
    with file:
        held = {name: file[name] for name in ARRAYS if name in file}
    return {name: array for name, array in held.items() if isinstance(array, np.ndarray)}


def _numbers(path: Path, name: str, array: NDArray[Any]) -> Floats:
    """An array as floats. Raises GemsError."""
    if array.dtype.kind not in "biuf":
        raise GemsError(f"{name} in {path} holds no numbers: store floats or integers")
    return array.astype(np.float64)


def learn_history(past: Recorded, now: Recorded) -> Items:
    """What the past says about the items of `now`.

    Items are matched by name where both files name them, else by place. Raises GemsError where
    neither is possible.
    """
    if past.items is None or now.items is None:
        if past.scores.shape[1] != now.scores.shape[1]:
            raise GemsError(
                "the history has another number of items and no names to match them by: "
                "store `items` in both files"
            )
        return learn(past.scores)
    column = {name: place for place, name in enumerate(past.items)}
    known = [(place, column[name]) for place, name in enumerate(now.items) if name in column]
    if not known:
        raise GemsError("the history has no item in common with the matrix: give another file")
    aligned = np.full((len(past.scores), now.scores.shape[1]), np.nan)
    here, there = np.array(known).T
    aligned[:, here] = past.scores[:, there]
    return learn(aligned)


def replay(
    recorded: Recorded, name: str, setting: Setting, seed: int, history: Items | None = None
) -> Outcome:
    """Drive one policy over the matrix, from one seed, to its end."""
    if history is None:
        order = balanced_order(recorded.categories, seed)
    else:
        order = informed_order(history, recorded.categories, seed)
    problem = Problem(
        arms=len(recorded.scores),
        order=order,
        categories=recorded.categories,
        budget=setting.budget,
        load_cost=setting.load_cost,
        reload_cost=setting.reload_cost,
        seed=seed,
        workers=setting.workers,
        top_k=setting.top_k,
        history=history,
    )
    policy = make(name, problem)
    loads, queries = drive(policy, recorded.scores, setting.workers, seed)
    return judge(policy.standing().order, recorded.truth, loads, queries)


def drive(policy: Policy, scores: Floats, workers: int = 1, seed: int = 0) -> tuple[int, int]:
    """Answer a policy from the matrix until it is done; returns its loads and queries.

    With several workers, so many batches are out at once, and come back in random order.
    """
    rng = np.random.default_rng([seed, workers])
    out: list[Batch] = []
    loaded: dict[int, None] = {}
    loads = queries = 0
    while not policy.done:
        batch = policy.ask() if len(out) < workers else None
        if batch is None:
            told = out.pop(int(rng.integers(len(out))) if workers > 1 else 0)
            policy.tell(told, scores[np.array(told.arms)[:, None], np.array(told.items)])
            continue
        queries += len(batch.arms) * len(batch.items)
        busy = {arm for other in out for arm in other.arms}
        loads += sum(_load(loaded, arm, workers, busy) for arm in batch.arms)
        out.append(batch)
    return loads, queries


def _load(loaded: dict[int, None], arm: int, workers: int, busy: set[int]) -> bool:
    """Load an arm where it is not; puts out the one asked longest ago that is not busy."""
    fresh = arm not in loaded
    if not fresh:
        del loaded[arm]
    elif len(loaded) >= workers:
        del loaded[next((held for held in loaded if held not in busy), next(iter(loaded)))]
    loaded[arm] = None
    return fresh


def judge(order: tuple[int, ...], truth: Floats, loads: int, queries: int) -> Outcome:
    """A policy that ranks no arm is judged by the worst."""
    pick = truth[order[0]] if order else truth.min()
    fifth = np.sort(truth)[::-1][: min(5, len(truth))]
    found = int((truth[list(order[: len(fifth)])] >= fifth[-1] - 1e-12).sum())
    return Outcome(
        rank=1.0 + int((truth > pick + 1e-12).sum()),
        regret=float(truth.max() - pick),
        top1=float(truth.max() <= pick + 1e-12),
        recall5=found / len(fifth),
        loads=loads / len(truth),
        queries=queries / len(truth),
    )


_shared: tuple[Recorded, Items | None] | None = None


def _share(recorded: Recorded, history: Items | None) -> None:
    """Keep the matrices in a worker process, so that tasks need not carry them."""
    global _shared
    _shared = (recorded, history)


def _task(job: tuple[str, Setting, int]) -> Outcome:
    assert _shared is not None
    name, setting, seed = job
    return replay(_shared[0], name, setting, seed, _shared[1])


def replay_all(
    recorded: Recorded,
    names: Sequence[str],
    settings: Sequence[Setting],
    seeds: Sequence[int],
    history: Items | None = None,
) -> Iterator[tuple[str, Setting, Outcome]]:
    """Every policy in every setting from every seed, on all cores; yields them as they come, in
    the order policy, setting, seed."""
    jobs = [(name, setting, seed) for name in names for setting in settings for seed in seeds]
    cores = min(len(os.sched_getaffinity(0)), len(jobs))
    if cores == 1:
        for name, setting, seed in jobs:
            yield name, setting, replay(recorded, name, setting, seed, history)
        return
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(
        cores, mp_context=context, initializer=_share, initargs=(recorded, history)
    ) as pool:
        outcomes = pool.map(_task, jobs, chunksize=max(1, min(8, len(seeds) // (2 * cores))))
        for (name, setting, _), outcome in zip(jobs, outcomes, strict=True):
            yield name, setting, outcome


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Mean and its standard error; the error of a single value is 0."""
    column: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    error = column.std(ddof=1) / np.sqrt(len(column)) if len(column) > 1 else 0.0
    return float(column.mean()), float(error)
