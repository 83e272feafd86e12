"""Little hubs in folders, and crawls of them into a catalog of their own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy
import pytest
from safetensors.numpy import save_file
from sqlalchemy import select

from catalog.database import Catalog, open_catalog
from catalog.tables import Checkpoint, Edge, Family, Member, Repository
from crawler import presets
from crawler.crawl import Report, Source, crawl
from hubs.folder import FolderHub
from hubs.huggingface import HuggingFaceHub
from hubs.transport import Patience

HIDDEN, VOCABULARY, RANK = 4, 200, 2
FAMILIES = """
[families.tiny]
title = "Tiny"
roots = ["lab/tiny", "lab/tiny-instruct"]
[families.tiny.mirrors]
"lab/tiny" = ["copies/tiny"]
"""
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def full_shapes(layers: int = 2, vocabulary: int = VOCABULARY) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (vocabulary, HIDDEN),
        "lm_head.weight": (vocabulary, HIDDEN),
        "model.norm.weight": (HIDDEN,),
    }
    for layer in range(layers):
        shapes[f"model.layers.{layer}.self_attn.q_proj.weight"] = (HIDDEN, HIDDEN)
        shapes[f"model.layers.{layer}.mlp.up_proj.weight"] = (2 * HIDDEN, HIDDEN)
    return shapes


class Fleet:
    """A folder of repositories to be served; a later `add` of the same name changes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.moment = datetime(2025, 1, 1, tzinfo=UTC)
        folder.mkdir()

    def add(
        self,
        name: str,
        *parents: str,
        relation: str | None = None,
        weights: dict[str, tuple[int, ...]] | None = None,
        seed: int | None = None,
        dtype: str = "float32",
        config: dict[str, Any] | None = None,
        tokenizer: bool = True,
        **settings: Any,
    ) -> None:
        path = self._made(name)
        told = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", **(config or {})}
        (path / "config.json").write_text(json.dumps(told))
        if tokenizer:
            (path / "tokenizer.json").write_text("{}")
        self.tensors(name, "model.safetensors", weights or full_shapes(), seed, dtype)
        self.settle(name, parents, relation, settings)

    def adapter(
        self,
        name: str,
        base: str | None,
        *parents: str,
        weights: dict[str, tuple[int, ...]] | None = None,
        seed: int | None = None,
        config: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        path = self._made(name)
        told = {"peft_type": "LORA", "r": RANK, "base_model_name_or_path": base, **(config or {})}
        (path / "adapter_config.json").write_text(json.dumps(told))
        module = "base_model.model.model.layers.0.self_attn.q_proj"
        pair = {
            f"{module}.lora_A.weight": (RANK, HIDDEN),
            f"{module}.lora_B.weight": (HIDDEN, RANK),
        }
        self.tensors(name, "adapter_model.safetensors", weights or pair, seed)
        self.settle(name, parents, "adapter", settings)

    def bare(self, name: str, *parents: str, files: tuple[str, ...] = (), **settings: Any) -> None:
        """A repository without safetensors."""
        path = self._made(name)
        for file in files:
            (path / file).write_bytes(b"{}" if file.endswith(".json") else b"x" * 50)
        self.settle(name, parents, settings.pop("relation", None), settings)

    def tensors(
        self,
        name: str,
        file: str,
        shapes: dict[str, tuple[int, ...]],
        seed: int | None = None,
        dtype: str = "float32",
    ) -> None:
        random = numpy.random.default_rng(abs(hash(name)) if seed is None else seed)
        arrays = {key: random.normal(size=shape).astype(dtype) for key, shape in shapes.items()}
        save_file(arrays, self.folder / name / file)

    def settle(
        self, name: str, parents: tuple[str, ...], relation: str | None, settings: dict[str, Any]
    ) -> None:
        """Write its `.hub.json`; each change is a minute later than the one before."""
        self.moment += timedelta(minutes=1)
        moment = self.moment.isoformat().replace("+00:00", "Z")
        card = {"base_model": list(parents)} if parents else {}
        if relation:
            card["base_model_relation"] = relation
        told = {"cardData": card, "createdAt": moment, "lastModified": moment, **settings}
        (self.folder / name / ".hub.json").write_text(json.dumps(told))

    def change(self, name: str, **settings: Any) -> None:
        """Change some of a repository's settings, as of now."""
        file = self.folder / name / ".hub.json"
        self.moment += timedelta(minutes=1)
        moment = self.moment.isoformat().replace("+00:00", "Z")
        told = {**json.loads(file.read_text()), "lastModified": moment, **settings}
        file.write_text(json.dumps(told))

    def _made(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path


class Scene:
    """A fleet, a hub that serves it, and a catalog to crawl it into."""

    def __init__(self, tmp_path: Path) -> None:
        self.fleet = Fleet(tmp_path / "hub")
        self.catalog: Catalog = open_catalog(f"sqlite:///{tmp_path}/gems.db")
        self.families = tmp_path / "families.toml"
        self.families.write_text(FAMILIES)
        self.page_size = 1000
        self.requests: Counter[str] = Counter()
        self._server: FolderHub | None = None
        self.now = NOW
        self.faults: list[dict[str, Any]] = []

    @property
    def source(self) -> Source:
        """The hub, served from its first use on with the page size of then."""
        if self._server is None:
            faults = {"faults": self.faults} if self.faults else None
            self._server = FolderHub(self.fleet.folder, faults=faults, page_size=self.page_size)
            self._server.__enter__()
        patience = Patience(tries=4, first=0.01, longest=0.02, timeout=0.5)
        return Source(HuggingFaceHub(self._server.url, token=False, patience=patience))

    def stop(self) -> None:
        """The hub goes away."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        self.stop()
        self.catalog.close()

    def crawl(
        self, *slugs: str, now: datetime = NOW, source: Source | None = None, **options: Any
    ) -> Report:
        """Crawl, and count the requests that took, by route."""
        source = source or self.source
        before = Counter(self._server.requests) if self._server else Counter()
        known = presets.load([self.families])
        try:
            return crawl(source, self.catalog, known, slugs or ("tiny",), now=now, **options)
        finally:
            if self._server is not None:
                self.requests = Counter(self._server.requests) - before

    def verdicts(self) -> dict[str, str]:
        """Status, or reason of exclusion, of every member's current checkpoint."""
        with self.catalog.read() as session:
            rows = session.execute(
                select(Repository.name, Checkpoint.status, Checkpoint.reason)
                .join(Member, Member.repository_id == Repository.id)
                .outerjoin(
                    Checkpoint,
                    (Checkpoint.repository_id == Repository.id)
                    & (Checkpoint.sha == Repository.sha),
                )
                .order_by(Repository.name)
            )
            return {name: reason or status for name, status, reason in rows}

    def checkpoint(self, name: str) -> Checkpoint:
        with self.catalog.read() as session:
            return session.scalars(
                select(Checkpoint)
                .join(Repository, Repository.id == Checkpoint.repository_id)
                .where(Repository.name == name, Checkpoint.sha == Repository.sha)
            ).one()

    def edges(self, name: str) -> set[tuple[str, str, str, bool]]:
        with self.catalog.read() as session:
            rows = session.execute(
                select(Edge.parent_name, Edge.relation, Edge.source, Edge.chosen)
                .join(Repository, Repository.id == Edge.child_id)
                .where(Repository.name == name)
            )
            return {tuple(row) for row in rows}

    def members(self, slug: str = "tiny") -> dict[str, tuple[str | None, int]]:
        with self.catalog.read() as session:
            rows = session.execute(
                select(Repository.name, Member.relation, Member.depth)
                .join(Member, Member.repository_id == Repository.id)
                .join(Family, Family.id == Member.family_id)
                .where(Family.slug == slug)
            )
            return {name: (relation, depth) for name, relation, depth in rows}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A hub with two roots."""
    made = Scene(tmp_path)
    made.fleet.add("lab/tiny", seed=1, downloads=1000)
    made.fleet.add("lab/tiny-instruct", "lab/tiny", relation="finetune", seed=2, downloads=5000)
    yield made
    made.close()


@pytest.fixture(name="full_shapes")
def _full_shapes() -> Any:
    return full_shapes
