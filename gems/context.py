"""Where things are: the catalog, the caches and the hub, as the environment says."""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

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


def hub_name() -> str:
    """How the catalog knows the hub at HF_ENDPOINT: pages link to the real Hub's checkpoints only.

    A folder served on this machine is no mirror of the Hub.
    """
    host = urlsplit(os.environ.get("HF_ENDPOINT") or "").hostname or ""
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return "folder" if here else "huggingface"
