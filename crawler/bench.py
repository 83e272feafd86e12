"""What vetting one family takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.database import Catalog
from crawler.layout import Layout
from hubs.protocol import Hub


@dataclass(frozen=True, slots=True)
class Bench:
    """layouts: of the family's roots. told: called with how many more were looked at, and a name.

    hub_name: by which the catalog knows the hub.
    """

    hub: Hub
    hub_name: str
    catalog: Catalog
    crawl_id: int
    family_id: int
    layouts: Sequence[Layout]
    now: datetime
    told: Callable[[int, str], None]
