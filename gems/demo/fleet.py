"""The demo fleet: trained once for a seed, kept under the home folder, found again afterwards."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from gems.demo.corpus import Corpus, Item, make_corpus
from gems.demo.errors import DemoError
from gems.demo.recipe import BASE, INSTRUCT, recipe
from gems.demo.schedule import Bench, make_all

FAMILY = "demo-tiny"
SIZES = ("full", "mini")
MAX_TOKENS = 12
USERS = ("command", "errors", "run", "summary")
"""Modules of this package that use a fleet, and have no say in how it is made."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Fleet:
    """A finished fleet.

    folder: to be served as a hub. families: a families.toml with `demo-tiny`. suite: what the
    search asks; it names `confirm`, the larger suite that no selection has seen.
    """

    folder: Path
    families: Path
    suite: Path
    confirm: Path
    seed: int


def build_fleet(
    home: Path, seed: int, progress: Progress | None = None, size: str = "full"
) -> Fleet:
    """The fleet of a seed, trained if it is not there: `full` (minutes) or `mini` (seconds).

    It lies under `home/demo/`; the same seed and code give the same weights. What a killed build
    finished is kept. `progress(name, made, all)` is called as each checkpoint is made.
    Raises DemoError when the home folder cannot be written, or a worker dies.
    """
    if size not in SIZES:
        raise DemoError(f"no fleet size '{size}': take one of {', '.join(SIZES)}")
    root = home / "demo" / f"{seed}-{_fingerprint(size)}"
    fleet = Fleet(
        folder=root / "hub",
        families=root / "families.toml",
        suite=root / "suite.yaml",
        confirm=root / "confirm.yaml",
        seed=seed,
    )
    try:
        with _alone(root):
            if not _is_complete(root):
                _build(fleet, root, size, progress or (lambda _name, _made, _all: None))
    except OSError as error:
        said = f"the demo fleet cannot be written under {home} ({error.strerror})"
        raise DemoError(f"{said}: free some space or set GEMS_HOME to another folder") from error
    return fleet


def _build(fleet: Fleet, root: Path, size: str, progress: Progress) -> None:
    from gems.demo.tokenizer import train_tokenizer

    plans = recipe(size)
    bench = Bench(fleet.seed, fleet.folder, root / "scraps", root / "tokenizer.json")
    bench.scraps.mkdir(exist_ok=True)
    fleet.folder.mkdir(exist_ok=True)
    corpus = make_corpus(fleet.seed)
    tokenizer = train_tokenizer(f"{item.question}\n{item.gold}" for item in corpus.train)
    tokenizer.save(str(bench.tokenizer))
    _write_suites(fleet, corpus)
    fleet.families.write_text(FAMILIES, encoding="utf-8")
    made = [plan.name for plan in plans if (fleet.folder / plan.name).exists()]

    def done(name: str) -> None:
        made.append(name)
        progress(name, len(made), len(plans))

    make_all(plans, bench, done)
    shutil.rmtree(bench.scraps, ignore_errors=True)
    digests = {plan.name: weights_digest(fleet.folder / plan.name) for plan in plans}
    manifest = {"seed": fleet.seed, "size": size, "weights": digests}
    draft = root / "manifest.json.draft"
    draft.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    draft.replace(root / "manifest.json")


FAMILIES = f"""\
[families.{FAMILY}]
title = "Brook 160K (demo)"
roots = ["{BASE}", "{INSTRUCT}"]
"""


def weights_digest(checkpoint: Path) -> str:
    """sha256 over the checkpoint's weight files, by name."""
    digest = hashlib.sha256()
    for path in sorted([*checkpoint.glob("*.safetensors"), *checkpoint.glob("*.bin")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _is_complete(root: Path) -> bool:
    """Whether the manifest is there, and all that it names."""
    try:
        manifest = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    return all((root / "hub" / name).is_dir() for name in manifest["weights"])


def _fingerprint(size: str) -> str:
    """Changes with what may change the weights: this package's code, the libraries' versions."""
    digest = hashlib.sha256(size.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in USERS:
            digest.update(path.read_bytes())
    for library in ("torch", "transformers", "peft", "tokenizers", "numpy"):
        digest.update(version(library).encode())
    return digest.hexdigest()[:12]


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One build of a fleet at a time; a second one waits for the first."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_suites(fleet: Fleet, corpus: Corpus) -> None:
    name = f"demo-{fleet.seed}"
    suite = {"suite": name, "confirm": fleet.confirm.name, "max_tokens": MAX_TOKENS}
    _write_suite(fleet.suite, suite, corpus.suite)
    confirm = {"suite": f"{name}-confirm", "max_tokens": MAX_TOKENS}
    _write_suite(fleet.confirm, confirm, corpus.confirm)


def _write_suite(path: Path, head: dict[str, Any], items: Iterable[Item]) -> None:
    prompts = []
    for number, item in enumerate(items):
        prompt: dict[str, Any] = {
            "id": f"{item.category}-{item.kind}-{number:03}",
            "category": item.category,
            "prompt": item.prompt,
            "grader": item.grader,
            "gold": item.gold,
        }
        if item.choices:
            prompt["choices"] = list(item.choices)
        prompts.append(prompt)
    text = yaml.safe_dump(head | {"prompts": prompts}, sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")
