"""A finished search driven again over the scores it saw: the same policy must go the same way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.candidates import Candidate
from catalog.scans import Dropped
from evaluator.archive import Archive
from evaluator.plan import WORKERS
from evaluator.record import key_of
from evaluator.search.policies import make
from evaluator.search.protocol import Batch, Standing
from evaluator.settings import Settings

Floats = NDArray[np.float64]
Scores = Mapping[int, Mapping[str, float]]
"""By checkpoint id, then by prompt hash."""


def rerun(archived: Archive, scores: Scores, *, known: bool) -> Standing:
    """Where the search stands at its end, asked and told as the scan does it.

    known: whether who dropped out had done so from the start, as in a scan that was resumed;
    otherwise, at the first batch that they left unanswered. Raises SearchError for a policy that
    this version does not have.
    """
    return _Rerun(archived, scores, known).run()


class _Rerun:
    def __init__(self, archived: Archive, scores: Scores, known: bool) -> None:
        scan, plan = archived.scan, archived.plan
        settings = Settings(scan.family, Path(), top_k=scan.top_k, seed=scan.seed)
        self._policy = make(scan.policy, plan.problem(scan.budget, settings, scan.policy))
        self._plan = plan
        self._scores = scores
        self._stopped = bool(scan.report.get("stopped"))
        self._to_drop = dict(archived.dropped)
        self._gone = {
            checkpoint
            for checkpoint, dropped in archived.dropped.items()
            if known or _before(dropped, archived)
        }

    def run(self) -> Standing:
        out: list[Batch] = []
        here: int | None = None
        while True:
            while len(out) < WORKERS and (batch := self._policy.ask()) is not None:
                out.append(batch)
            if not out:
                return self._policy.standing()
            batch = next((b for b in out if here in self._bases(b)), out[0])
            out.remove(batch)
            here = sorted(self._bases(batch), key=lambda base: base != here)[-1]
            told = np.stack([self._told(arm, batch) for arm in batch.arms])
            if self._stopped and any(map(self._unasked, batch.arms, told)):
                return self._policy.standing()
            self._policy.tell(batch, told)

    def _unasked(self, arm: int, told: Floats) -> bool:
        """Whether something was still to be asked of an arm when the scan had to stop."""
        checkpoint = self._plan.arms[arm].checkpoint_id
        able = checkpoint not in self._gone and checkpoint not in self._plan.gone
        return able and bool(np.isnan(told).any())

    def _bases(self, batch: Batch) -> list[int]:
        """What a batch has loaded, each once, in its order."""
        return list(dict.fromkeys(_base_of(self._plan.arms[arm]) for arm in batch.arms))

    def _told(self, arm: int, batch: Batch) -> Floats:
        """Scores of one arm; nothing but NaN from where it dropped out."""
        checkpoint = self._plan.arms[arm].checkpoint_id
        known = self._scores.get(checkpoint, {})
        asked = [key_of(self._plan.paper.selection[item]) for item in batch.items]
        owed = list(asked)
        if checkpoint in self._plan.popular:
            # Popular checkpoints are confirmed beside their first batch.
            owed += [key_of(prompt) for prompt in self._plan.paper.confirmation]
        if checkpoint in self._to_drop and any(key not in known for key in owed):
            self._gone.add(checkpoint)
        if checkpoint in self._gone:
            return np.full(len(asked), np.nan)
        return np.array([known.get(key, np.nan) for key in asked])


def _base_of(candidate: Candidate) -> int:
    return candidate.checkpoint_id if candidate.base is None else candidate.base.checkpoint_id


def _before(dropped: Dropped, archived: Archive) -> bool:
    """Whether an earlier scan's failure was taken over."""
    return dropped.failed_at < archived.scan.started_at
