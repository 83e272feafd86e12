"""What every room's tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

import pytest

from gems.demo import Fleet, build_fleet

# Whoever runs the tests in the background may have had them ignore Ctrl-C, and all their children.
signal.signal(signal.SIGINT, signal.default_int_handler)

IN_CI = os.environ.get("CI") == "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, which installs what tests need, a skipped test is a failure."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {call.excinfo.value if call.excinfo else item.nodeid}"
    return report


@pytest.fixture(autouse=True)
def _away_from_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No test reads or writes the user's own catalog, caches or token, or reaches the real Hub."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GEMS_HOME", str(home / "gems"))
    monkeypatch.setenv("GEMS_DATABASE_URL", f"sqlite:///{home}/gems.db")
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    monkeypatch.delenv("HF_TOKEN", raising=False)


@pytest.fixture(scope="session")
def mini_fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """The demo's small fleet, trained once for all workers: to be copied, not changed."""
    place = tmp_path_factory.getbasetemp()
    shared = place.parent if "PYTEST_XDIST_WORKER" in os.environ else place
    return build_fleet(shared / "fleet", 7, size="mini")
