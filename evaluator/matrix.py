"""Stored scores as a matrix in the format of replays, so that past scans become a history."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog import checkpoints
from catalog.database import Catalog
from catalog.words import Relation
from evaluator.archive import in_force, open_archive
from evaluator.errors import ScanError
from evaluator.plan import ADAPTER_SHARE
from evaluator.record import key_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A scan's scores on the prompts that selected, in the order these were asked.

    scores: (models, items) in [0, 1], NaN where nothing was asked; no row is all NaN.
    models: checkpoints by name. items: prompts by hash: a prompt that changed is another one.
    categories: of each item. load_cost: of each model, in queries.
    """

    scores: Floats
    models: tuple[str, ...]
    items: tuple[str, ...]
    categories: tuple[str, ...]
    load_cost: Floats

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Which rows have no gap, (models,)."""
        return np.logical_not(np.isnan(self.scores).any(axis=1))


def matrix(catalog: Catalog, scan_id: int, *, whole: bool = False) -> Matrix:
    """The scores behind a finished scan's rulings.

    Without the checkpoints that dropped out, and those whose authors have opted out since.

    whole: only the checkpoints that were asked everything; those that were stopped early have been
    chosen by their scores, and their means say less than they seem to. Raises CatalogError, and
    ScanError if no row is left.
    """
    archived = open_archive(catalog, scan_id)
    with catalog.read() as session:
        left_out = {*archived.dropped, *checkpoints.now_opted_out(session)}
    prompts = archived.plan.paper.selection
    place = {key_of(prompt): column for column, prompt in enumerate(prompts)}
    measured = archived.scan.report.get("price", {}).get("load_in_queries")
    price = archived.plan.load_price if measured is None else float(measured)
    rows: list[Floats] = []
    models: list[str] = []
    prices: list[float] = []
    for arm, said in archived.read(catalog):
        row = np.full(len(prompts), np.nan)
        for answer in said:
            grade = in_force(answer, archived.graded_at)
            if grade is not None and answer.prompt_hash in place:
                row[place[answer.prompt_hash]] = grade.score
        gaps = np.isnan(row)
        if arm.checkpoint_id in left_out or gaps.all() or (whole and gaps.any()):
            continue
        rows.append(row)
        models.append(arm.name)
        prices.append(price * (ADAPTER_SHARE if arm.relation == Relation.ADAPTER else 1.0))
    if not rows:
        which = "was asked everything" if whole else "has a score"
        raise ScanError(f"no checkpoint of scan {scan_id} {which}: there is nothing to export")
    return Matrix(
        scores=np.stack(rows),
        models=tuple(models),
        items=tuple(place),
        categories=tuple(prompt.category for prompt in prompts),
        load_cost=np.array(prices),
    )


def write(path: Path, table: Matrix) -> None:
    """Write a matrix as an .npz file, whole or not at all. Raises OSError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            np.savez_compressed(
                file,
                X=table.scores,
                models=np.array(table.models),
                items=np.array(table.items),
                subset=np.array(table.categories),
                load_cost=table.load_cost,
            )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
