"""Short ways to run a scan and to look at what it left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from catalog.database import Catalog
from catalog.tables import Answer, Checkpoint, Repository
from evaluator.engines.hosted import HostedEngine
from evaluator.fetching import Fetcher
from evaluator.scan import run_scan
from evaluator.settings import Settings
from hubs.huggingface import HuggingFaceHub
from tests.evaluator.conftest import Served
from tests.evaluator.enrolled import FAMILY


class Watching:
    """Counts what it is told, and calls `each` after every step."""

    def __init__(self, each: Callable[[int], None] = lambda _: None) -> None:
        self.steps = 0
        self._each = each

    def expect(self, total: int) -> None:
        assert total > 0

    def advance(self, steps: int = 1, note: str = "") -> None:
        self.steps += 1
        self._each(self.steps)


def scan(
    catalog: Catalog,
    engine: HostedEngine,
    served: Served,
    home: Path,
    watch: Watching | None = None,
    **options: Any,
) -> dict[str, Any]:
    settings = Settings(FAMILY, home, **{"suite": str(served.suite), **options})
    folder = home / "checkpoints"
    hub = HuggingFaceHub(served.url, token=False, folder=folder)
    fetcher = Fetcher(hub, folder, settings.disk_budget)
    return run_scan(catalog, engine, fetcher, settings, watch or Watching())


def answer_count(catalog: Catalog) -> int:
    with catalog.read() as session:
        return session.scalar(select(func.count()).select_from(Answer)) or 0


def answers_of(catalog: Catalog, name: str) -> dict[str, str]:
    """Raw text by prompt hash."""
    with catalog.read() as session:
        rows = session.execute(
            select(Answer.prompt_hash, Answer.text)
            .join(Checkpoint, Checkpoint.id == Answer.checkpoint_id)
            .join(Repository, Repository.id == Checkpoint.repository_id)
            .where(Repository.name == name)
        )
        return {row.prompt_hash: row.text for row in rows}


def outcome(report: dict[str, Any]) -> Any:
    """What a scan found, without what it cost."""
    return {k: report[k] for k in ("leaderboard", "rungs", "failed", "candidates", "excluded")}
