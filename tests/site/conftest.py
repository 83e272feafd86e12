"""A made catalog, published once, and a browser where there is one."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catalog.database import Catalog, open_catalog
from leaderboard import preview, publish
from tests.site.hostile import ATTACKS
from tests.site.made import NOW, Fleet, Made, fill

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TOOLS = Path(__file__).parents[2] / ".tools" / "node_modules"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalog of the test's own."""
    opened = open_catalog(f"sqlite:///{tmp_path}/gems.db")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Catalog, Made, Path]]:
    """(catalog, what is in it, the folder it was published to); not to be changed."""
    folder = tmp_path_factory.mktemp("small")
    opened = open_catalog(f"sqlite:///{folder}/gems.db")
    made = fill(opened, Fleet())
    publish(opened, folder / "public", now=NOW)
    yield opened, made, folder / "public"
    opened.close()


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published catalog in which every string is an attack, alone in its folder."""
    folder = tmp_path_factory.mktemp("attacked")
    opened = open_catalog(f"sqlite:///{folder}/gems.db")
    fleet = Fleet(
        slug="../../<script>fetch('https://evil.example')</script>",
        title=ATTACKS[0],
        checkpoints=36,
        selecting=12,
        confirming=0,
        confirm_answers=False,
        excluded=36,
        days=3,
        words=ATTACKS,
    )
    fill(opened, fleet)
    publish(opened, folder / "site" / "public", now=NOW)
    opened.close()
    return folder / "site" / "public"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield started
        started.close()


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    server = preview(folder)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def small_url(small: tuple[Catalog, Made, Path]) -> Iterator[str]:
    with _serving(small[2]) as url:
        yield url


@pytest.fixture(scope="session")
def attacked_url(attacked: Path) -> Iterator[str]:
    with _serving(attacked) as url:
        yield url


@pytest.fixture(scope="session")
def tools() -> Path:
    """Where npm put axe-core and html-validate."""
    if not TOOLS.is_dir():
        pytest.skip("axe-core and html-validate are not installed: make tools")
    return TOOLS
