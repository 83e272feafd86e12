"""One repository: a folder of files seen as the Hub would describe it."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

from hubs.card import base_models, card_data, declared_tags, relation
from hubs.folder.files import Digest, Digests, StoredFile

CONFIG_KEYS = ("architectures", "model_type", "auto_map", "quantization_config")
TOKEN_KEYS = ("bos_token", "eos_token", "pad_token", "unk_token", "chat_template")
WEIGHTS = ("model.safetensors", "adapter_model.safetensors")
INDEX = "model.safetensors.index.json"
MAX_JSON = 32 * 1024 * 1024
MAX_HEADER = 100 * 1024 * 1024


@dataclass(frozen=True)
class Repository:
    """`name`: org/name. `kind`: models or datasets. `settings`: its `.hub.json`, the last word."""

    name: str
    kind: str
    files: dict[str, StoredFile]
    settings: dict[str, Any]
    digests: Digests

    @cached_property
    def id(self) -> str:
        """The `_id`: 24 hex digits that stay when the contents change."""
        given = self.settings.get("_id")
        return given if isinstance(given, str) else _hex(f"{self.kind}/{self.name}", 24)

    @cached_property
    def sha(self) -> str:
        """The commit: given, or a hash over every path and blob."""
        given = self.settings.get("sha")
        if isinstance(given, str):
            return given
        return _hex("\n".join(f"{self.digest(path).oid} {path}" for path in sorted(self.files)), 40)

    def digest(self, path: str) -> Digest:
        return self.digests.of(self.files[path])

    @property
    def hidden(self) -> bool:
        return bool(self.settings.get("private"))

    @property
    def gated(self) -> object:
        gated = self.settings.get("gated", False)
        return "auto" if gated is True else gated

    @property
    def disabled(self) -> bool:
        return bool(self.settings.get("disabled"))

    @cached_property
    def created(self) -> str:
        return str(self.settings.get("createdAt") or _moment(min(self._times)))

    @cached_property
    def modified(self) -> str:
        return str(self.settings.get("lastModified") or _moment(max(self._times)))

    @property
    def _times(self) -> list[int]:
        return [file.mtime_ns for file in self.files.values()] or [0]

    @cached_property
    def card(self) -> dict[str, Any]:
        given = self.settings.get("cardData")
        if isinstance(given, dict):
            return given
        return card_data(self.read("README.md").decode(errors="replace"))

    @cached_property
    def parents(self) -> tuple[str, list[str]]:
        """The relation and the parents that the card declares."""
        return relation(self.card, set(self.files), self.config or {}), base_models(self.card)

    @cached_property
    def library(self) -> str | None:
        given = self.settings.get("library_name") or self.card.get("library_name")
        if isinstance(given, str):
            return given
        if "adapter_config.json" in self.files:
            return "peft"
        return "transformers" if "config.json" in self.files else None

    @cached_property
    def pipeline(self) -> str | None:
        given = self.settings.get("pipeline_tag") or self.card.get("pipeline_tag")
        if isinstance(given, str):
            return given
        architectures = (self.config or {}).get("architectures")
        causal = isinstance(architectures, list) and any(
            str(name).endswith("ForCausalLM") for name in architectures
        )
        return "text-generation" if causal else None

    @cached_property
    def tags(self) -> list[str]:
        """As given, or as the Hub would derive them; lineage from the card if no tag has it."""
        given = self.settings.get("tags")
        if isinstance(given, list):
            tags = [str(tag) for tag in given]
        else:
            formats = [kind for kind in ("safetensors", "gguf") if self._has(f".{kind}")]
            kind = (self.config or {}).get("model_type")
            derived = [self.library, *formats, kind, self.pipeline, *declared_tags(self.card)]
            tags = [tag for tag in derived if isinstance(tag, str)]
        if not any(tag.startswith("base_model:") for tag in tags):
            kind, parents = self.parents
            tags += [f"base_model:{form}" for p in parents for form in (p, f"{kind}:{p}")]
        bare = [f"base_model:{tag.split(':', 2)[2]}" for tag in tags if _has_relation(tag)]
        return list(dict.fromkeys(tags + bare))

    def _has(self, suffix: str) -> bool:
        return any(path.endswith(suffix) for path in self.files)

    @cached_property
    def config(self) -> dict[str, Any] | None:
        """The part of its configuration files that the Hub shows in listings."""
        shown: dict[str, Any] = {}
        full = self.json("config.json")
        if isinstance(full, dict):
            shown = {key: full[key] for key in CONFIG_KEYS if key in full}
        adapter = self.json("adapter_config.json")
        if isinstance(adapter, dict):
            keys = ("base_model_name_or_path", "task_type", "peft_type")
            shown["peft"] = {key: adapter[key] for key in keys if key in adapter}
        tokenizer = self.json("tokenizer_config.json")
        if isinstance(tokenizer, dict):
            shown["tokenizer_config"] = {
                key: tokenizer[key] for key in TOKEN_KEYS if key in tokenizer
            }
        return shown or None

    @cached_property
    def safetensors(self) -> dict[str, Any] | None:
        """`{"parameters": {dtype: count}, "total": count}` of the weights; None if unreadable."""
        counts: Counter[str] = Counter()
        try:
            shards: list[str] = [path for path in WEIGHTS if path in self.files][:1]
            if not shards and isinstance(index := self.json(INDEX), dict):
                weight_map = index.get("weight_map")
                shards = sorted(set(weight_map.values())) if isinstance(weight_map, dict) else []
            for shard in shards:
                for name, tensor in self.header(shard).items():
                    if name != "__metadata__":
                        counts[tensor["dtype"]] += prod(tensor["shape"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        return {"parameters": dict(counts), "total": counts.total()} if counts else None

    def header(self, path: str) -> dict[str, Any]:
        """The JSON header of a safetensors file. Raises KeyError, OSError, ValueError."""
        with open(self.files[path].real, "rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > MAX_HEADER:
                raise ValueError(f"{path}: header of {length} bytes")
            header = json.loads(stream.read(length))
        if not isinstance(header, dict):
            raise ValueError(f"{path}: header is not an object")
        return header

    def json(self, path: str) -> object:
        """A JSON file's value, or None if it is missing or cannot be read."""
        try:
            return json.loads(self.read(path)) if path in self.files else None
        except (ValueError, RecursionError):
            return None

    def read(self, path: str) -> bytes:
        """A small file's bytes; empty if it is missing."""
        file = self.files.get(path)
        if file is None:
            return b""
        with open(file.real, "rb") as stream:
            return stream.read(MAX_JSON)

    def siblings(self, blobs: bool) -> list[dict[str, Any]]:
        return [self._sibling(path, blobs) for path in sorted(self.files)]

    def _sibling(self, path: str, blobs: bool) -> dict[str, Any]:
        if not blobs:
            return {"rfilename": path}
        digest, size = self.digest(path), self.files[path].size
        sibling: dict[str, Any] = {"rfilename": path, "size": size, "blobId": digest.oid}
        if digest.sha256:
            pointer = {"sha256": digest.sha256, "size": size, "pointerSize": digest.pointer_size}
            sibling["lfs"] = pointer
        return sibling

    def tree(self, under: str, recursive: bool) -> list[dict[str, Any]]:
        """Entries below a folder (`""`: all), folders included. Raises KeyError if none."""
        prefix = f"{under}/" if under else ""
        entries: dict[str, dict[str, Any]] = {}
        for path in sorted(self.files):
            if not path.startswith(prefix):
                continue
            parts = path[len(prefix) :].split("/")
            folders = range(1, len(parts)) if recursive else range(1, min(2, len(parts)))
            for depth in folders:
                folder = prefix + "/".join(parts[:depth])
                entries.setdefault(folder, self.entry(folder))
            if recursive or len(parts) == 1:
                entries[path] = self.entry(path)
        if prefix and not entries:
            raise KeyError(under)
        return list(entries.values())

    def entry(self, path: str) -> dict[str, Any]:
        """A file or folder as `tree` and `paths-info` show it. Raises KeyError if there is none."""
        file = self.files.get(path)
        if file is None:
            inner = [other for other in sorted(self.files) if other.startswith(f"{path}/")]
            if not inner:
                raise KeyError(path)
            return {"type": "directory", "path": path, "size": 0, "oid": _hex("\n".join(inner), 40)}
        digest = self.digest(path)
        entry = {"type": "file", "path": path, "size": file.size, "oid": digest.oid}
        if digest.sha256:
            pointer = {"oid": digest.sha256, "size": file.size, "pointerSize": digest.pointer_size}
            entry["lfs"] = pointer
        return entry

    @property
    def commit(self) -> dict[str, Any]:
        title = "The folder as it is"
        return {
            "id": self.sha,
            "title": title,
            "message": "",
            "authors": [{"user": self.name.split("/")[0]}],
            "date": self.modified,
        }


def load_settings(path: Path) -> dict[str, Any]:
    """A `.hub.json`; empty if there is none. Raises ValueError, saying what is wrong with it."""
    try:
        settings = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"cannot be read as JSON ({error})") from error
    if not isinstance(settings, dict):
        raise ValueError("must hold one JSON object")
    return settings


def _has_relation(tag: str) -> bool:
    parts = tag.split(":", 2)
    return len(parts) == 3 and parts[0] == "base_model" and "/" in parts[2]


def _hex(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _moment(nanoseconds: int) -> str:
    moment = datetime.fromtimestamp(nanoseconds // 1_000_000 / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
