"""A hub of made-up models whose pages are serialised beforehand, so that replaying costs little.

Rows look like the Hub's: about 3 kB each, with tags, card, configuration and chat template.
Families with chains, merges of several parents, cycles and self-parents. More than half of the
models declare no base, as on the Hub; a given share descends from the families' roots, and the
others from models of families that nobody crawls. Some rows are odd.

    python benchmarks/synthetic_hub.py FOLDER    serves what `write` put there, until it is killed
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import prod
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = 1000
FAMILIES = ("llama-3.1-8b", "qwen2.5-3b", "qwen2.5-7b", "mistral-7b")
START = datetime(2024, 1, 1, tzinfo=UTC)
UNDECLARED = 0.55  # of models: over half of the Hub's declare no base
RELATIONS = ("finetune", "adapter", "quantized", "merge")
WEIGHTS = (45, 35, 17, 3)
TEMPLATE = (
    "{%- for message in messages %}\n    {{- '<|start|>' + message['role'] + \"\\n\\n\" }}\n"
    "    {%- if message.content is string %}{{ message['content'] | trim }}{% endif %}\n"
)
"""A line of the templates that checkpoints carry: Llama 3.1's is 4.6 kB long, Qwen2.5's 2.5 kB."""


@dataclass(frozen=True, slots=True)
class Root:
    """An official release. shapes: of its tensors."""

    name: str
    parent: str | None
    architecture: str
    shapes: dict[str, tuple[int, ...]]

    @property
    def parameters(self) -> int:
        return sum(prod(shape) for shape in self.shapes.values())


def decoder(layers: int, hidden: int, mlp: int, kv: int, vocabulary: int) -> dict[str, Any]:
    """Names and shapes of a Llama-like decoder's tensors."""
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (vocabulary, hidden),
        "model.norm.weight": (hidden,),
        "lm_head.weight": (vocabulary, hidden),
    }
    for layer in range(layers):
        at = f"model.layers.{layer}"
        shapes |= {
            f"{at}.self_attn.q_proj.weight": (hidden, hidden),
            f"{at}.self_attn.k_proj.weight": (kv, hidden),
            f"{at}.self_attn.v_proj.weight": (kv, hidden),
            f"{at}.self_attn.o_proj.weight": (hidden, hidden),
            f"{at}.mlp.gate_proj.weight": (mlp, hidden),
            f"{at}.mlp.up_proj.weight": (mlp, hidden),
            f"{at}.mlp.down_proj.weight": (hidden, mlp),
            f"{at}.input_layernorm.weight": (hidden,),
            f"{at}.post_attention_layernorm.weight": (hidden,),
        }
    return shapes


def header(shapes: dict[str, tuple[int, ...]]) -> bytes:
    """The first bytes of a bfloat16 safetensors file with these tensors."""
    entries, at = {}, 0
    for name, shape in shapes.items():
        size = 2 * prod(shape)
        entries[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(entries, separators=(",", ":")).encode()
    return len(text).to_bytes(8, "little") + text


class Made:
    """Rows of `models` models over the given roots, newest first. Deterministic by seed.

    members: the share that descends from the roots, at most 1 - UNDECLARED.
    """

    def __init__(
        self, models: int, roots: dict[str, list[Root]], members: float, seed: int = 0
    ) -> None:
        self.random = random.Random(seed)
        self.members = members
        self.roots = roots
        self.models = models
        self.rows = list(self._rows())[::-1]

    def _rows(self) -> Iterator[dict[str, Any]]:
        slugs = list(self.roots)
        members: dict[str, list[str]] = {slug: [] for slug in slugs}
        for slug, roots in self.roots.items():
            for root in roots:
                members[slug].append(root.name)
                parents = [root.parent] if root.parent else []
                yield self._row(root.name, "finetune", parents, slug)
        for number in range(self.models - sum(map(len, self.roots.values()))):
            kind = self.random.random()
            name = f"user{number % 9973}/model-{number}"
            if kind < self.members:
                slug = self.random.choice(slugs)
                relation = self.random.choices(RELATIONS, WEIGHTS)[0]
                yield self._row(name, relation, self._parents(members[slug], relation), slug)
                members[slug].append(name)
            elif kind < 1 - UNDECLARED:
                yield self._row(name, "adapter", [f"studio/diffusion-{number % 300}"])
            else:
                yield self._row(name, "finetune", [])

    def _parents(self, known: list[str], relation: str) -> list[str]:
        count = 3 if relation == "merge" else 1
        near = known[:2] if self.random.random() < 0.6 else known
        parents = {self.random.choice(near) for _ in range(count)}
        if self.random.random() < 0.002:  # a cycle: the parent comes later
            parents.add(f"user{(len(known) + 7) % 9973}/model-{len(known) + 7}")
        return sorted(parents)

    def _row(
        self, name: str, relation: str, parents: list[str], slug: str | None = None
    ) -> dict[str, Any]:
        pick = self.random
        age = pick.randrange(80_000_000)
        created = START + timedelta(seconds=age)
        modified = created + timedelta(seconds=pick.randrange(1_000_000))
        gguf = relation == "quantized"
        root = self.roots[slug][0] if slug else None
        tags = ["transformers", "gguf" if gguf else "safetensors", "text-generation", "en"]
        tags += [f"base_model:{form}" for p in parents for form in (p, f"{relation}:{p}")]
        tags += [f"dataset:org/set-{n}" for n in range(pick.randrange(4))]
        tags += ["conversational", "license:apache-2.0", "endpoints_compatible", "region:us"]
        downloads = int(pick.paretovariate(0.6))
        config: dict[str, Any] = {"tokenizer_config": {"eos_token": "</s>"}}
        if relation == "adapter":
            config["peft"] = {"base_model_name_or_path": next(iter(parents), "./out")}
        else:
            config["architectures"] = [root.architecture if root else "OtherForCausalLM"]
            config["model_type"] = "llama"
        if pick.random() < 0.6:
            config["tokenizer_config"]["chat_template"] = TEMPLATE * pick.randrange(8, 28)
        row: dict[str, Any] = {
            "_id": f"{int(created.timestamp()):08x}{pick.getrandbits(64):016x}",
            "id": name,
            "sha": f"{pick.getrandbits(160):040x}",
            "createdAt": _moment(created),
            "lastModified": _moment(modified),
            "private": False,
            "disabled": False,
            "gated": "auto" if pick.random() < 0.02 else False,
            "downloads": downloads,
            "downloadsAllTime": downloads * 7,
            "likes": pick.randrange(5),
            "pipeline_tag": "text-generation",
            "library_name": "peft" if relation == "adapter" else "transformers",
            "tags": tags,
            "config": config,
            "cardData": {
                "license": "apache-2.0",
                "language": ["en"],
                "tags": ["trl", "sft", "generated_from_trainer"],
                "base_model": parents if len(parents) > 1 else next(iter(parents), None),
            },
        }
        if root is not None and not gguf and relation != "adapter":
            row["safetensors"] = {
                "parameters": {"BF16": root.parameters},
                "total": root.parameters,
            }
        if pick.random() < 0.001:
            row["likes"] = "many"  # an odd field
        if pick.random() < 0.0002:
            row["id"] = 7  # an odd row
        return row


def write(folder: Path, made: Made, changed: float) -> None:
    """Pages by createdAt, and those by lastModified after a share `changed` of the models moved."""
    folder.mkdir(parents=True, exist_ok=True)
    by_creation = sorted(made.rows, key=lambda row: str(row["createdAt"]), reverse=True)
    _pages(folder, "createdAt", by_creation)
    newest = sorted(made.rows, key=lambda row: str(row["lastModified"]), reverse=True)
    _pages(folder, "lastModified", newest[: 2 * PAGE])
    moved = [dict(row) for row in made.random.sample(by_creation, int(changed * made.models))]
    for n, row in enumerate(moved):
        row["lastModified"] = _moment(START + timedelta(days=1500, seconds=n))
        row["sha"] = f"{made.random.getrandbits(160):040x}"
    _pages(folder, "lastModified-later", [*moved[::-1], *newest[: 2 * PAGE]])
    roots = [root for roots in made.roots.values() for root in roots]
    first = header(roots[0].shapes)
    (folder / "header.bin").write_bytes(first)
    (folder / "size.txt").write_text(str(len(first) + 2 * roots[0].parameters))
    by_name = {row["id"]: row for row in made.rows}
    for root in roots:
        stem = root.name.replace("/", "--")
        (folder / f"info-{stem}.json").write_text(json.dumps(by_name[root.name]))


def _pages(folder: Path, sort: str, rows: list[dict[str, Any]]) -> None:
    for number, at in enumerate(range(0, len(rows), PAGE)):
        page = json.dumps(rows[at : at + PAGE], separators=(",", ":"))
        (folder / f"page-{sort}-{number}.json").write_text(page)


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Server(ThreadingHTTPServer):
    """Holds everything in memory; `later` is set by a request for /later."""

    def __init__(self, folder: Path) -> None:
        self.later = False
        self.pages = {
            (stem.split("-", 1)[1].rpartition("-")[0], int(stem.rpartition("-")[2])): content
            for stem, content in ((p.stem, p.read_bytes()) for p in folder.glob("page-*.json"))
        }
        self.infos = {
            path.stem.removeprefix("info-"): path.read_bytes()
            for path in folder.glob("info-*.json")
        }
        self.header = (folder / "header.bin").read_bytes()
        self.size = int((folder / "size.txt").read_text())
        super().__init__(("127.0.0.1", 0), Replay)


class Replay(BaseHTTPRequestHandler):
    """Answers from memory: listings, roots' info, and safetensors headers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if parts.path == "/api/models":
            self._list(query)
        elif parts.path == "/later":
            self.server.later = True
            self._send(b"{}")
        elif parts.path.startswith("/api/models/"):
            self._about(parts.path.removeprefix("/api/models/").split("/"))
        else:
            self._header()

    def _list(self, query: dict[str, list[str]]) -> None:
        sort = query["sort"][0]
        if sort == "lastModified" and self.server.later:
            sort = "lastModified-later"
        number = int(query.get("cursor", ["0"])[0])
        link = {}
        if (sort, number + 1) in self.server.pages:
            host = self.headers["Host"]
            following = f"http://{host}/api/models?sort={sort}&limit={PAGE}&cursor={number + 1}"
            link = {"Link": f'<{following}>; rel="next"'}
        self._send(self.server.pages[sort, number], link)

    def _about(self, path: list[str]) -> None:
        """A root's info, or any checkpoint's files: weights of the one layout."""
        if "tree" not in path:
            self._send(self.server.infos["--".join(path[:2])])
            return
        weights = {"oid": sha256("/".join(path).encode()).hexdigest(), "size": self.server.size}
        files = [
            {"type": "file", "path": path, "size": size, "oid": "0" * 40, **more}
            for path, size, more in (
                ("config.json", 700, {}),
                ("model.safetensors", self.server.size, {"lfs": {**weights, "pointerSize": 1}}),
                ("tokenizer.json", 9_000_000, {}),
            )
        ]
        self._send(json.dumps(files).encode())

    def _header(self) -> None:
        start, end = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        end = min(end + 1, self.server.size)
        part = self.server.header[start:end]
        part += bytes(end - start - len(part))  # weights, which nobody looks at
        span = f"bytes {start}-{start + len(part) - 1}/{self.server.size}"
        self._send(part, {"Content-Range": span}, 206)

    def _send(self, body: bytes, headers: dict[str, str] | None = None, status: int = 200) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


if __name__ == "__main__":
    server = Server(Path(sys.argv[1]))
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
