"""How often the demo's search finds the truly best checkpoint, over fleets of several seeds.

Each seed trains a fleet of its own, searches it, and then asks everyone everything: a few minutes
a seed on two cores. Fleets are kept under GEMS_HOME.

    python benchmarks/demo_seeds.py                # seeds 0 to 9
    python benchmarks/demo_seeds.py --seeds 2 --json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from gems.context import home
from gems.demo.run import Demo, run_demo
from gems.progress import Progress

WITHIN_POINTS = 2.0
SHARE_OF_QUERIES = 0.5
OF_TEN = 9


@dataclass(frozen=True, slots=True)
class Row:
    """One seed. points_behind: of the search's prompts, between the truly best and the pick."""

    seed: int
    pick: str
    verdict: str
    best: str
    points_behind: float
    share_of_queries: float
    loads: int
    train_seconds: float
    scan_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--seed0", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(asked.seed0, asked.seed0 + asked.seeds):
            demo = run_demo(
                home(), Path(scratch) / str(seed), seed, exhaustive=True, watching=Progress
            )
            rows.append(_row(demo))
            print(_line(rows[-1]), file=sys.stderr, flush=True)
    near = sum(row.points_behind <= WITHIN_POINTS for row in rows)
    cheap = sum(row.share_of_queries <= SHARE_OF_QUERIES for row in rows)
    bars = {
        "seeds within 2 points of the best": _bar(near, OF_TEN * len(rows) // 10),
        "seeds at half of the queries at most": _bar(cheap, len(rows)),
    }
    if asked.json:
        print(json.dumps({"seeds": [asdict(row) for row in rows], "bars": bars}))
    else:
        for name, bar in bars.items():
            print(f"{name}: {bar['value']} of {len(rows)}, target {bar['target']}")
    sys.exit(0 if all(bar["holds"] for bar in bars.values()) else 1)


def _bar(value: int, target: int) -> dict[str, int | bool]:
    return {"value": value, "target": target, "holds": value >= target}


def _row(demo: Demo) -> Row:
    truth = demo.comparison
    assert truth is not None
    return Row(
        seed=demo.seed,
        pick=demo.pick["checkpoint"],
        verdict=demo.pick["verdict"],
        best=truth.best,
        points_behind=100 * (truth.best_score - truth.pick_score),
        share_of_queries=demo.report["cost"]["search_queries"] / demo.exhaustive_queries,
        loads=demo.report["cost"]["loads"],
        train_seconds=demo.seconds["train"],
        scan_seconds=demo.seconds["scan"],
    )


def _line(row: Row) -> str:
    return (
        f"seed {row.seed}: {row.pick} ({row.verdict}), {row.points_behind:.1f} points behind"
        f" {row.best}, {row.share_of_queries:.0%} of the queries, {row.loads} loads,"
        f" trained in {row.train_seconds:.0f} s, scanned in {row.scan_seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
