"""Where things are: the catalog, the caches and the hub, as the environment says."""

from __future__ import annotations

import os
from pathlib import Path

from catalog.database import Catalog, open_catalog

DEFAULT_DATABASE_URL = "sqlite:///gems.db"


def database_url() -> str:
    return os.environ.get("GEMS_DATABASE_URL") or DEFAULT_DATABASE_URL


def open_catalog_here() -> Catalog:
    """The catalog at GEMS_DATABASE_URL, brought up to date. Raises CatalogError."""
    return open_catalog(database_url())


def home() -> Path:
    """GEMS_HOME: what can be fetched or made again lives under it."""
    return Path(os.environ.get("GEMS_HOME") or Path.home() / ".cache" / "hidden-gems")
