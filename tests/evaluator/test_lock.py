"""One scan of a family at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from evaluator.errors import ScanError, ScanLocked
from evaluator.lock import only_scan

HOLD = """
import sys, pathlib
from evaluator.lock import only_scan
with only_scan(pathlib.Path(sys.argv[1]), "sqlite:///a.db", "ours"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_scan_says_who_holds_the_lock_and_takes_it_over_from_the_dead(
    tmp_path: Path,
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(ScanLocked, match=f"scanned by process {holder.pid} since"),
            only_scan(tmp_path, "sqlite:///a.db", "ours"),
        ):
            pass
        holder.kill()
    with only_scan(tmp_path, "sqlite:///a.db", "ours"):
        pass


def test_other_families_and_other_catalogs_are_not_locked(tmp_path: Path) -> None:
    with (
        only_scan(tmp_path, "sqlite:///a.db", "ours"),
        only_scan(tmp_path, "sqlite:///a.db", "theirs"),
        only_scan(tmp_path, "sqlite:///b.db", "ours"),
    ):
        pass


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, where a folder should be: not even root writes into it")
    with (
        pytest.raises(ScanError, match="set GEMS_HOME"),
        only_scan(tmp_path / "home", "sqlite:///a.db", "ours"),
    ):
        pass
