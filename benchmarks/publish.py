"""How long publishing takes, how much memory, and how little a rebuild after one change costs.

Makes a catalog of 10,000 scored checkpoints with their answers, publishes it, changes the grade of
one answer, and publishes it again. Seconds are of the whole process, start-up included; memory is
the highest sum, over all its processes, of proportional resident memory.

    python benchmarks/publish.py [--checkpoints 10000] [--keep FOLDER] [--json]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
FULL_SECONDS = 60.0
PEAK_MB = 500.0
REBUILD_SECONDS = FULL_SECONDS / 10
REBUILD_SHARE = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoints", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="make the catalog and the site here, and keep it")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder = (asked.keep or Path(spare)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{folder}/gems.db"
        _run(f"from benchmarks.publish import make; make({url!r}, {asked.checkpoints})")
        full, peak = _publish(url, folder)
        _run(f"from benchmarks.publish import regrade; regrade({url!r})")
        rebuild, _ = _publish(url, folder)
        idle, _ = _publish(url, folder)
        files = sum(1 for path in (folder / "public").rglob("*") if path.is_file())
    bars = {
        "full_seconds": _bar(full, FULL_SECONDS),
        "peak_mb": _bar(peak, PEAK_MB),
        "rebuild_seconds": _bar(rebuild, REBUILD_SECONDS),
        "rebuild_share_of_full": _bar(rebuild / full, REBUILD_SHARE),
    }
    if asked.json:
        said = {"checkpoints": asked.checkpoints, "files": files, "bars": bars}
        print(json.dumps(said))
        return
    print(f"{asked.checkpoints:,} checkpoints, {files:,} files")
    print(f"everything        {full:7.1f} s   {peak:5.0f} MB")
    print(f"after one change  {rebuild:7.1f} s   {100 * rebuild / full:5.1f}% of everything")
    print(f"after no change   {idle:7.1f} s")
    for bar_name, bar in bars.items():
        holds = "holds" if bar["holds"] else "MISSED"
        print(f"{bar_name:24}{bar['value']:10.3f}  target {bar['target']:g}  {holds}")


def make(url: str, checkpoints: int) -> None:
    """Fill an empty catalog."""
    from catalog.database import open_catalog
    from tests.site.made import Fleet, fill

    Path(url.removeprefix("sqlite:///")).unlink(missing_ok=True)
    catalog = open_catalog(url)
    fleet = Fleet(
        checkpoints=checkpoints, selecting=64, confirming=100, finishers=0.1, excluded=500, days=30
    )
    fill(catalog, fleet)
    catalog.close()


def regrade(url: str) -> None:
    """Change one thing: a later grader takes back one answer's score."""
    from datetime import UTC, datetime

    from catalog.database import open_catalog
    from catalog.tables import Grade

    catalog = open_catalog(url)
    with catalog.write() as session:
        grade = session.query(Grade).filter(Grade.answer_id == 777).one()
        session.add(
            Grade(
                answer_id=777,
                grader=grade.grader,
                version="2",
                score=1.0 - grade.score,
                extracted=grade.extracted,
                note=None,
                graded_at=datetime.now(UTC),
            )
        )
    catalog.close()


def _run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def _publish(url: str, folder: Path) -> tuple[float, float]:
    """(seconds, peak MB) of one publish in a process of its own."""
    code = (
        "from pathlib import Path; from catalog.database import open_catalog;"
        " from leaderboard import publish;"
        f" publish(open_catalog({url!r}), Path({str(folder)!r}) / 'public')"
    )
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _megabytes(process.pid))
        time.sleep(0.1)
    seconds = time.perf_counter() - started
    if process.returncode != 0:
        raise SystemExit(process.returncode)
    return seconds, peak


def _megabytes(pid: int) -> float:
    """Proportional resident memory of a process and all below it; 0 for one that has ended."""
    total = 0.0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1000
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                total += _megabytes(int(child))
    except (OSError, ProcessLookupError):
        return total
    return total


def _bar(value: float, target: float) -> dict[str, float | bool]:
    return {"value": round(value, 3), "target": target, "holds": value <= target}


if __name__ == "__main__":
    main()
