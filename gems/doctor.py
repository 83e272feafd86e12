"""`gems doctor`: what is missing on this machine, and for what."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from catalog.errors import CatalogError
from gems.context import database_url, home

GIB = 1024**3
DISK_WANTED_GIB = 40
"""Two 8B checkpoints in bf16, one answering while the next is fetched."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: is it there, what is it, and what is it for."""

    what: str
    there: bool
    found: str
    needed_for: str
    mend: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Say what is missing on this machine, and for what. Nothing is changed."""
    findings = [look() for look in LOOKS]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
        return
    for finding in findings:
        mark = click.style("yes", fg="green") if finding.there else click.style("no ", fg="red")
        click.echo(f"{mark}  {finding.what}: {finding.found}")
        if not finding.there:
            mend = f"; {finding.mend}" if finding.mend else ""
            click.echo(f"     for {finding.needed_for}{mend}")


def _gpu() -> Finding:
    import torch

    there = torch.cuda.is_available()
    found = torch.cuda.get_device_name(0) if there else "none that torch can see"
    return Finding("GPU", there, found, "scanning checkpoints of billions of weights", "")


def _torch() -> Finding:
    import torch
    import transformers

    found = f"torch {torch.__version__}, transformers {transformers.__version__}"
    return Finding("Transformers engine", True, found, "scan, check, demo", "")


def _vllm() -> Finding:
    there = importlib.util.find_spec("vllm") is not None
    return Finding(
        "vLLM engine",
        there,
        "installed" if there else "not installed",
        "scan --engine vllm",
        "pip install 'hidden-gems[gpu]' on a GPU machine, 'hidden-gems[cpu]' without one",
    )


def _sandbox() -> Finding:
    from evaluator.grading.sandbox import fault

    why = fault()
    return Finding(
        "sandbox",
        not why,
        why or "bubblewrap works",
        "grading code answers",
        "apt-get install bubblewrap, and allow unprivileged user namespaces",
    )


def _token() -> Finding:
    from huggingface_hub import get_token

    there = get_token() is not None
    return Finding(
        "hub token",
        there,
        "set" if there else "none",
        "gated roots; twice the request limit",
        "set HF_TOKEN, or run `hf auth login`",
    )


def _disk() -> Finding:
    folder = home()
    while not folder.exists():
        folder = folder.parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        said = f"{folder} cannot be written, and GEMS_HOME is there"
        return Finding(
            "disk", False, said, "scan, check, demo", "set GEMS_HOME to a folder you own"
        )
    free = shutil.disk_usage(folder).free / GIB
    return Finding(
        "disk",
        free >= DISK_WANTED_GIB,
        f"{free:.0f} GiB free under GEMS_HOME",
        f"families of 8B checkpoints want {DISK_WANTED_GIB} GiB",
        "set GEMS_HOME and HF_HOME to a larger disk",
    )


def _catalog() -> Finding:
    from catalog.database import Catalog, shown
    from catalog.revisions import newest_revision

    url = database_url()
    needed = "everything"
    try:
        catalog = Catalog(url)
        current = catalog.peek()
    except CatalogError as error:
        return Finding("catalog", False, str(error), needed, "set GEMS_DATABASE_URL")
    folder = Path(catalog.engine.url.database or "").parent
    if current is None and not os.access(folder, os.W_OK):
        said = f"{folder} is no folder that can be written"
        return Finding("catalog", False, f"{shown(url)}: {said}", needed, "set GEMS_DATABASE_URL")
    state = "will be made when it is needed" if current is None else f"revision {current}"
    newest = newest_revision()
    if current not in (None, newest):
        state += f", newest is {newest}"
    return Finding("catalog", True, f"{shown(url)}: {state}", needed, "")


LOOKS: tuple[Callable[[], Finding], ...] = (
    _catalog,
    _torch,
    _gpu,
    _vllm,
    _sandbox,
    _token,
    _disk,
)
