"""What vetting one family takes, and what it waits for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from catalog.database import Catalog
from crawler.layout import Layout, Misfit
from hubs.protocol import Hub


@dataclass(frozen=True, slots=True)
class Waiting:
    """An adapter's base that was not looked at yet, or that the hub gives no answer about.

    repository_id: None if the catalog does not know it.
    """

    name: str
    repository_id: int | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """layouts: of the family's roots. told: called with how many more were looked at, and a name.

    hub_name: by which the catalog knows the hub. asked: what the hub said of bases that the catalog
    does not know, by name: many adapters may name the same.
    """

    hub: Hub
    hub_name: str
    catalog: Catalog
    crawl_id: int
    family_id: int
    layouts: Sequence[Layout]
    now: datetime
    told: Callable[[int, str], None]
    asked: dict[str, Misfit | Waiting | str] = field(default_factory=dict)
