"""A whole scan against the bare sum of loading and generating the same in the same engine.

    python benchmarks/scan.py [--engine vllm] [--json]

The scan fetches over HTTP from a folder served as a hub, renders, loads, asks, commits and grades.
The bare sum is what is left of it without all that: each load and each batch of token ids that the
scan gave its engine, given to the same engine once more, in the same order, from the same files.
The checkpoints are large enough that a load and its generation take seconds. Grading is counted
apart. The hub stands for another machine, and shares this one's cores: so its process gives way.

An engine on a GPU leaves the cores to what is fetched meanwhile. Here it leaves one, in both runs;
with as many `--threads` as there are cores, every download slows the answers by what it computes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
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
from evaluator.engines.errors import LoadFailure
from evaluator.engines.hosted import HostedEngine
from evaluator.engines.protocol import Completion, Request, Weights
from evaluator.fetching import Fetcher
from evaluator.preparing import LOW
from evaluator.scan import run_scan
from evaluator.settings import Settings
from gems.progress import Progress
from hubs.huggingface import HuggingFaceHub

MOST = 1.15
CORES = os.cpu_count() or 1
FAMILY = "made"
ROOT = "made/root"
MAX_TOKENS = 48
SERVE = "from gems.cli import main; main()"


class NotedEngine(HostedEngine):
    """An engine that notes what it is asked to do, and how long that took."""

    def __init__(self, name: str, cache: Path) -> None:
        self.notes: list[tuple[Weights | Sequence[Request], float]] = []
        super().__init__(name, cache)

    def load(self, weights: Weights) -> Mapping[int, LoadFailure]:
        began = perf_counter()
        failed = super().load(weights)
        self.notes.append((weights, perf_counter() - began))
        return failed

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        began = perf_counter()
        said = super().generate(requests)
        self.notes.append((requests, perf_counter() - began))
        return said

    def again(self) -> None:
        """Do once more what was noted, and note it afresh."""
        before, self.notes = self.notes, []
        for asked, _ in before:
            if isinstance(asked, Weights):
                self.load(asked)
            else:
                self.generate(asked)

    def spent(self) -> dict[str, float]:
        """Seconds of loading and of generating."""
        loads = sum(seconds for asked, seconds in self.notes if isinstance(asked, Weights))
        return {"load": loads, "generate": sum(seconds for _, seconds in self.notes) - loads}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", choices=engines.NAMES, default="transformers")
    parser.add_argument("--checkpoints", type=int, default=6)
    parser.add_argument("--prompts", type=int, default=48)
    parser.add_argument("--threads", type=int, default=max(1, CORES - 1), help="of the engine")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(asked.threads)  # the engine's process takes these over
    if asked.threads < CORES:
        os.environ["VLLM_CPU_OMP_THREADS_BIND"] = f"0-{asked.threads - 1}"
    with tempfile.TemporaryDirectory() as scratch:
        told = _measured(Path(scratch), asked.engine, asked.checkpoints, asked.prompts)
    if asked.json:
        print(json.dumps(told))
        return
    print(
        f"{told['checkpoints']} checkpoints, {told['loads']} loads, {told['queries']} queries,"
        f" {asked.engine} on {asked.threads} of {CORES} cores:"
        f" scan {told['scan']:.1f} s of which grading {told['grade']:.1f} s"
    )
    for name in ("bare", "engine"):
        said = told[name]
        print(f"{name:8}loading {said['load']:.1f} s, generating {said['generate']:.1f} s")
    print("seconds of CPU: " + ", ".join(f"{who} {cpu:.1f}" for who, cpu in told["cpu"].items()))
    (bar,) = told["bars"].values()
    print(f"ratio {bar['value']:.3f}, target {bar['target']}, holds: {bar['holds']}")


def _measured(folder: Path, engine_name: str, checkpoints: int, prompts: int) -> dict[str, Any]:
    _fleet(folder / "hub", checkpoints)
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
        _served(folder / "hub") as (url, server),
        closing(open_catalog(f"sqlite:///{folder}/gems.db")) as catalog,
        closing(NotedEngine(engine_name, folder)) as engine,
    ):
        cache = folder / "checkpoints"
        hub = HuggingFaceHub(url, token=False, folder=cache)
        crawl(Source(hub), catalog, presets.load([families]), [FAMILY], now=datetime.now(UTC))
        engine.load(Weights(folder / "hub" / ROOT))  # what is compiled or read once is, before both
        engine.generate([Request((1, 2, 3), MAX_TOKENS, frozenset())])
        engine.notes.clear()
        used = _cpu(os.getpid()), _cpu(server)
        began = perf_counter()
        with Progress("scanning") as progress:
            report = run_scan(catalog, engine, Fetcher(hub, cache), settings, progress)
        whole = perf_counter() - began
        cpu = {"scan": _cpu(os.getpid()) - used[0], "hub": _cpu(server) - used[1]}
        meanwhile = engine.spent()
        engine.again()
        bare = engine.spent()
    cost = report["cost"]
    ratio = (whole - cost["seconds"]["grade"]) / sum(bare.values())
    return {
        "checkpoints": checkpoints,
        "loads": cost["loads"],
        "queries": cost["queries"],
        "scan": whole,
        "grade": cost["seconds"]["grade"],
        "seconds": cost["seconds"],
        "cpu": cpu,
        "engine": meanwhile,
        "bare": bare,
        "bars": {
            "scan over bare loading and generating": {
                "value": ratio,
                "target": MOST,
                "holds": ratio <= MOST,
            }
        },
    }


@contextmanager
def _served(shelf: Path) -> Iterator[tuple[str, int]]:
    """A hub over `shelf` in a process of its own: its URL and process id."""
    command = [sys.executable, "-c", SERVE, "hub", "serve", str(shelf)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        os.setpriority(os.PRIO_PROCESS, server.pid, LOW)
        try:
            yield server.stdout.readline().strip(), server.pid
        finally:
            server.terminate()


def _cpu(process: int) -> float:
    """Seconds of CPU that a process and the children it waited for have used."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _fleet(hub: Path, checkpoints: int) -> None:
    for number in range(checkpoints):
        name = ROOT if number == 0 else f"made/tune-{number}"
        folder = write_checkpoint(hub / name, number, MEDIUM)
        config = json.loads((folder / "config.json").read_text())
        # As no two fine-tunes' are the same: what was rendered for one does not serve the next.
        (folder / "config.json").write_text(json.dumps(config | {"_name_or_path": f"run-{number}"}))
        tags = [f"base_model:{ROOT}", f"base_model:finetune:{ROOT}"] if number else []
        (folder / ".hub.json").write_text(
            json.dumps({"downloads": 10 - number, "tags": tags, "pipeline_tag": "text-generation"})
        )


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
