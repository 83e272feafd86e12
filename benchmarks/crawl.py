"""How fast a crawl is beside a bare loop that only reads, parses and counts the same pages.

    python benchmarks/crawl.py [--models 100000] [--members 0.1] [--json]

A server in another process replays pages serialised beforehand. In turn, each in a process of its
own, and the first two three times, of which the fastest counts: the bare loop, by huggingface_hub's
session alone; a full crawl (enumeration, lineage, popularity, vetting by listing) into an empty
catalog; a repeat after 0.5% of the models changed; a full crawl of a hub four times smaller, for
the growth of memory; header vetting, per candidate.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).parent))
from synthetic_hub import FAMILIES, Made, Root, decoder, write

HEADERS = 200
CHANGED = 0.005
MEMBERS = 0.1
"""The share of models that are of the four families. The children counted of Llama-3.1-8B and its
Instruct were 0.2% of the Hub's models in October 2026, before their own children."""
ARCHITECTURE = "LlamaForCausalLM"
NOW = datetime(2029, 1, 1, tzinfo=UTC)


def roots() -> dict[str, list[Root]]:
    """A base and an instruct model of 8B for each family."""
    shapes = decoder(layers=32, hidden=4096, mlp=14336, kv=1024, vocabulary=128256)
    return {
        slug: [
            Root(f"lab/{slug}", None, ARCHITECTURE, shapes),
            Root(f"lab/{slug}-Instruct", f"lab/{slug}", ARCHITECTURE, shapes),
        ]
        for slug in FAMILIES
    }


def presets() -> Any:
    from crawler.presets import OptOut, Preset, Presets

    described = {
        slug: Preset(slug, slug, tuple(root.name for root in family))
        for slug, family in roots().items()
    }
    return Presets(described, OptOut())


def bare(url: str) -> dict[str, float]:
    """The loop that only reads, parses and counts, as one writes it with huggingface_hub."""
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        build_hf_headers,
        get_session,
    )

    from crawler.shape import EXPAND

    rows = requests = 0
    asked = urlencode({"sort": "createdAt", "expand": EXPAND, "limit": 1000}, doseq=True)
    page: str | None = f"{url}/api/models?{asked}"
    headers = build_hf_headers(token=False)
    while page is not None:
        response = get_session().get(page, headers=headers)
        response.raise_for_status()
        rows += len(response.json())
        requests += 1
        page = response.links.get("next", {}).get("url")
    return {"rows": rows, "requests": requests}


def crawled(url: str, catalog: str, now: datetime = NOW) -> dict[str, float]:
    """A crawl up to, and without, the look at files."""
    from catalog.database import open_catalog
    from crawler.crawl import Source, enumerate_and_screen, finish
    from hubs.huggingface import HuggingFaceHub

    survey = enumerate_and_screen(
        Source(HuggingFaceHub(url, token=False)),
        open_catalog(catalog),
        presets(),
        FAMILIES,
        now=now,
    )
    report = finish(survey, now)
    return {
        "rows": report.rows,
        "requests": report.requests,
        "members": sum(family.checkpoints for family in report.families),
        "candidates": sum(family.unvetted for family in report.families),
    }


def vetted(url: str, catalog: str) -> dict[str, float]:
    """Files and headers of some of the candidates of a catalog that was crawled."""
    from catalog import checkpoints
    from catalog.candidates import family_named
    from catalog.database import open_catalog
    from crawler.looking import look
    from hubs.huggingface import HuggingFaceHub

    with open_catalog(catalog).read() as session:
        family = family_named(session, FAMILIES[0])
        listed = checkpoints.unvetted(session, family.id, 0, HEADERS, adapters=False)
    hub = HuggingFaceHub(url, token=False)
    began = time.perf_counter()
    seen = [look(hub, one) for one in listed]
    assert all(one.tensors for one in seen), "a header could not be read"
    return {"candidates": len(seen), "each": (time.perf_counter() - began) / len(seen)}


def _measured(
    work: Callable[..., dict[str, float]], arguments: tuple[Any, ...]
) -> dict[str, float]:
    import_module("crawler.crawl")  # imports are no part of a crawl
    import_module("hubs.huggingface")
    before = time.perf_counter(), time.process_time()
    told = work(*arguments)
    told["seconds"] = time.perf_counter() - before[0]
    told["cpu"] = time.process_time() - before[1]
    told["peak_mb"] = _peak_mb()
    return told


def _peak_mb() -> float:
    """The most memory this process held; getrusage would count what its parent held too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def apart(work: Callable[..., dict[str, float]], *arguments: Any) -> dict[str, float]:
    """What `work` measures in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_measured, work, arguments).result()


def measure(models: int, members: float) -> dict[str, dict[str, float]]:
    """Every measurement, by name."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write(folder / "small", Made(models // 4, roots(), members), CHANGED)
        write(folder / "large", Made(models, roots(), members), CHANGED)
        small = _crawl(folder / "small", f"sqlite:///{folder}/small.db")
        large = _crawl(folder / "large", f"sqlite:///{folder}/large.db", thoroughly=True)
    return {**large, "quarter": small["full"]}


def _crawl(folder: Path, catalog: str, thoroughly: bool = False) -> dict[str, dict[str, float]]:
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("synthetic_hub.py")), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        found = {}
        if thoroughly:
            found["bare"] = min((apart(bare, url) for _ in range(3)), key=_seconds)
        places = [f"{catalog}-{n}" for n in range(3 if thoroughly else 1)]
        for place in places:  # empty, but with its tables
            import_module("catalog.database").open_catalog(place).close()
        found["full"] = min((apart(crawled, url, place) for place in places), key=_seconds)
        catalog = places[0]
        if thoroughly:
            found["headers"] = apart(vetted, url, catalog)
            with urlopen(f"{url}/later"):
                pass
            found["repeat"] = apart(crawled, url, catalog, NOW + timedelta(hours=1))
        return found
    finally:
        server.kill()
        server.wait()


def _seconds(told: dict[str, float]) -> float:
    return told["seconds"]


def bars(found: dict[str, dict[str, float]]) -> dict[str, dict[str, Any]]:
    """Each target, as a ratio within this run, and whether it holds."""
    bare_loop, full, repeat = found["bare"], found["full"], found["repeat"]
    values = {
        "full crawl over bare loop, seconds": (full["seconds"] / bare_loop["seconds"], 1.5),
        "full crawl, peak MB": (full["peak_mb"], 300),
        "repeat over full crawl, requests": (repeat["requests"] / full["requests"], 0.03),
        "repeat over full crawl, seconds": (repeat["seconds"] / full["seconds"], 0.10),
        "peak memory over that of a quarter of the models": (
            full["peak_mb"] / found["quarter"]["peak_mb"],
            1.1,
        ),
    }
    return {
        name: {"value": round(value, 4), "target": target, "holds": value <= target}
        for name, (value, target) in values.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--models", type=int, default=100_000)
    parser.add_argument(
        "--members", type=float, default=MEMBERS, help="the share that is of the families"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.models, options.members)
    held = bars(found)
    if options.json:
        print(json.dumps({"models": options.models, "measured": found, "bars": held}, indent=2))
        return
    for name, told in found.items():
        figures = "  ".join(f"{key} {value:,.4g}" for key, value in told.items())
        print(f"{name:8}  {figures}  rows/s {told.get('rows', 0) / told['seconds']:,.0f}")
    for name, bar in held.items():
        print(f"{'holds' if bar['holds'] else 'FAILS'}  {name}: {bar['value']} <= {bar['target']}")


if __name__ == "__main__":
    main()
