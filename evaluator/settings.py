"""What a scan is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """One scan, as a person asks for it.

    suite, confirm: a packaged suite's name, or a file; `confirm` goes before the suite's own.
    budget: mean number of queries per candidate in the search; None: the house's choice.
    top_k: how many of the best the caller wants right, not only the first.
    disk_budget: bytes that fetched checkpoints may take under `home`; None: no limit.
    nightly: one of the scans by which a family is searched on and on, which share their 5%.
    boxed: whether code answers run in the sandbox only; without one they are then not asked for.
    home: where caches and locks are kept.
    """

    family: str
    home: Path
    suite: str = "core"
    confirm: str | None = None
    policy: str | None = None
    budget: float | None = None
    top_k: int = 1
    engine: str = "transformers"
    seed: int = 0
    disk_budget: int | None = None
    nightly: bool = False
    boxed: bool = True
