"""One crawl under way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from catalog.database import Catalog
from crawler.roots import Household
from hubs.protocol import Hub


@dataclass(frozen=True, slots=True)
class Pass:
    """One crawl under way. told: called with how many more rows were read, and a note."""

    hub: Hub
    hub_name: str
    catalog: Catalog
    crawl_id: int
    households: Sequence[Household]
    began: datetime
    told: Callable[[int, str], None] = field(default=lambda *_: None)
