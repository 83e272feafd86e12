"""A whole scan against the bare sum of loading and generating the same in the same engine.

    python benchmarks/scan.py [--engine vllm] [--json]

The scan fetches over HTTP from a folder served as a hub, renders, loads, asks, commits and grades;
the bare sum loads the same files and generates for the same token ids, and does nothing else. The
checkpoints are large enough that a load and its generation take seconds. Grading is counted apart.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import yaml
from made_checkpoints import MEDIUM, write_checkpoint

from catalog.database import open_catalog
from crawler import presets
from crawler.crawl import Source, crawl
from evaluator import engines
from evaluator.engines.hosted import HostedEngine
from evaluator.engines.protocol import Request, Weights
from evaluator.fetching import Fetcher
from evaluator.plan import read_paper
from evaluator.rendering import Renderer
from evaluator.scan import run_scan
from evaluator.settings import Settings
from evaluator.visits import AT_ONCE
from gems.progress import Progress
from hubs.folder import FolderHub
from hubs.huggingface import HuggingFaceHub

MOST = 1.15
FAMILY = "made"
ROOT = "made/root"
MAX_TOKENS = 48


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", choices=engines.NAMES, default="transformers")
    parser.add_argument("--checkpoints", type=int, default=4)
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        told = _measured(Path(scratch), asked.engine, asked.checkpoints, asked.prompts)
    if asked.json:
        print(json.dumps(told))
        return
    print(
        f"{told['checkpoints']} checkpoints, {told['queries']} queries, {asked.engine}:"
        f" scan {told['scan']:.1f} s of which grading {told['grade']:.1f} s,"
        f" bare loading and generating {told['bare']:.1f} s"
    )
    (bar,) = told["bars"].values()
    print(f"ratio {bar['value']:.3f}, target {bar['target']}, holds: {bar['holds']}")


def _measured(folder: Path, engine_name: str, checkpoints: int, prompts: int) -> dict[str, Any]:
    shelf = _fleet(folder / "hub", checkpoints)
    suite = _suite(folder / "made.yaml", prompts)
    families = folder / "families.toml"
    families.write_text(f'[families.{FAMILY}]\ntitle = "Made"\nroots = ["{ROOT}"]\n')
    settings = Settings(
        family=FAMILY,
        home=folder / "home",
        suite=str(suite),
        policy="exhaustive",
        engine=engine_name,
    )
    with (
        FolderHub(folder / "hub") as served,
        closing(open_catalog(f"sqlite:///{folder}/gems.db")) as catalog,
        closing(engines.make(engine_name, folder)) as engine,
    ):
        cache = folder / "checkpoints"
        hub = HuggingFaceHub(served.url, token=False, folder=cache)
        known = presets.load([families])
        crawl(Source(hub), catalog, known, [FAMILY], now=datetime.now(UTC))
        _bare(engine, shelf[:1], settings)  # what is compiled or read once is, before either
        began = perf_counter()
        with Progress("scanning") as progress:
            report = run_scan(catalog, engine, Fetcher(hub, cache), settings, progress)
        whole = perf_counter() - began
        bare = _bare(engine, shelf, settings)
    graded = report["cost"]["seconds"]["grade"]
    ratio = (whole - graded) / bare
    return {
        "checkpoints": checkpoints,
        "queries": report["cost"]["queries"],
        "scan": whole,
        "grade": graded,
        "seconds": report["cost"]["seconds"],
        "bare": bare,
        "bars": {
            "scan over bare loading and generating": {
                "value": ratio,
                "target": MOST,
                "holds": ratio <= MOST,
            }
        },
    }


def _bare(engine: HostedEngine, shelf: list[Path], settings: Settings) -> float:
    """Seconds to load each and to answer everything, in the scan's own portions."""
    paper = read_paper(settings.suite, settings.confirm)
    spent = 0.0
    for checkpoint in shelf:
        renderer = Renderer(checkpoint, ())
        requests = [
            Request(rendered.token_ids, MAX_TOKENS, rendered.stop_ids)
            for rendered in renderer.render_all(paper.prompts)
        ]
        began = perf_counter()
        engine.load(Weights(checkpoint))
        for start in range(0, len(requests), AT_ONCE):
            engine.generate([replace(one) for one in requests[start : start + AT_ONCE]])
        spent += perf_counter() - began
    return spent


def _fleet(hub: Path, checkpoints: int) -> list[Path]:
    shelf = []
    for number in range(checkpoints):
        name = ROOT if number == 0 else f"made/tune-{number}"
        folder = write_checkpoint(hub / name, number, MEDIUM)
        tags = [f"base_model:{ROOT}", f"base_model:finetune:{ROOT}"] if number else []
        (folder / ".hub.json").write_text(
            json.dumps({"downloads": 10 - number, "tags": tags, "pipeline_tag": "text-generation"})
        )
        shelf.append(folder)
    return shelf


def _suite(path: Path, prompts: int) -> Path:
    rows = [
        {
            "id": f"p{n}",
            "category": ("math", "code", "reasoning", "language")[n % 4],
            "prompt": f"What is {n} plus {n * 7 % 13}?",
            "grader": "number",
            "gold": str(n + n * 7 % 13),
            "max_tokens": MAX_TOKENS,
        }
        for n in range(prompts)
    ]
    path.write_text(yaml.safe_dump({"suite": "made", "prompts": rows}))
    return path


if __name__ == "__main__":
    main()
