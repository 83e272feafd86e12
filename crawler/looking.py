"""A look at a checkpoint's files: their list, headers and small configurations, never weights.

One request for the list, one or two a safetensors file for its header, one for an adapter's
configuration and one for a merge's. Needs no catalog, so that many can be looked at at once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.checkpoints import Listed
from catalog.lineage import Evidence
from catalog.words import Reason
from crawler import adapters
from crawler.adapters import Adapter
from crawler.evidence import MAX_MERGE_CONFIG, MERGE_FILES, of_adapter, of_merge
from crawler.layout import Misfit
from hubs.errors import Astray, Disabled, Gated, Malformed, NotFound, Unsound
from hubs.protocol import Hub, HubFile, SafetensorsHeader, Tensor, tensors

WHOLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
MAX_ADAPTER_CONFIG = 1024 * 1024
MAX_BYTES = 2**62  # what a database can keep
_SHARD = re.compile(r"model-(\d{5})-of-(\d{5})\.safetensors")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen. misfit: why it is out, if that is plain; else `tensors` is not empty.

    adapter: set if it is one. digest: over its weights. bytes: of its weights.
    """

    listed: Listed
    misfit: Misfit | None = None
    adapter: Adapter | None = None
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    tokenizer: bool = False
    evidence: tuple[Evidence, ...] = ()
    quantized: bool = False
    digest: str | None = None
    bytes: int | None = None


def look(hub: Hub, listed: Listed) -> Look:
    """Look at one checkpoint.

    Raises HubError if the hub cannot be reached, or if what it says (a refusal, broken JSON) tells
    nothing of the checkpoint.
    """
    try:
        files = hub.files(listed.name, listed.sha)
    except Gated as error:
        return Look(listed, Misfit(Reason.GATED, _said(error)))
    except Disabled as error:
        return Look(listed, Misfit(Reason.DISABLED, _said(error)))
    except NotFound as error:
        return Look(listed, Misfit(Reason.MISSING, _said(error)))
    except Unsound as error:
        return Look(listed, Misfit(Reason.BAD_HEADER, _said(error)))
    return _with_files(hub, listed, {file.path: file for file in files})


def _with_files(hub: Hub, listed: Listed, files: dict[str, HubFile]) -> Look:
    is_adapter = adapters.CONFIG in files and not _whole(files)
    weights = _weights(files, is_adapter)
    if not weights:
        return _without_weights(listed, files)
    digest, size = weights_digest(weights), _bytes(weights)
    seen = {"digest": digest, "bytes": size}
    if (lacking := _lacking(files, is_adapter)) is not None:
        return Look(listed, lacking, bytes=size)
    try:
        headers = hub.headers(listed.name, listed.sha, list(files.values()))
        found = tensors(headers)
        if (stowed := _stowed(files, headers)) is not None:
            return Look(listed, stowed, bytes=size)
        if is_adapter:
            return _adapter(hub, listed, found, weights)
        merge = _merge(hub, listed, files)
    except Gated as error:
        return Look(listed, Misfit(Reason.GATED, _said(error)), **seen)  # type: ignore[arg-type]
    except Disabled as error:
        return Look(listed, Misfit(Reason.DISABLED, _said(error)), **seen)  # type: ignore[arg-type]
    except NotFound as error:
        return Look(listed, Misfit(Reason.INCOMPLETE, _said(error)), bytes=size)
    except Astray:
        raise
    except Malformed as error:
        return Look(listed, Misfit(Reason.BAD_HEADER, _said(error)), bytes=size)
    return Look(
        listed,
        tensors=found,
        tokenizer=any(path in files for path in _TOKENIZERS),
        evidence=merge,
        digest=digest,
        bytes=size,
    )


def weights_digest(weights: Sequence[HubFile], extra: str = "") -> str | None:
    """One digest over the weights' own; None if the hub does not tell them.

    extra: what else determines what the weights do.
    """
    digests = sorted(file.sha256 or "" for file in weights)
    if not digests or not digests[0]:
        return None
    return hashlib.sha256("\n".join([*digests, extra]).encode()).hexdigest()


def model_weights(files: Sequence[HubFile]) -> list[HubFile]:
    """The safetensors files that Transformers would load a full model from."""
    return _weights({file.path: file for file in files}, is_adapter=False)


def _weights(files: Mapping[str, HubFile], is_adapter: bool) -> list[HubFile]:
    if is_adapter:
        return [files[adapters.WEIGHTS]] if adapters.WEIGHTS in files else []
    if WHOLE in files:
        return [files[WHOLE]]
    return [file for path, file in sorted(files.items()) if _is_shard(path)]


def _whole(files: Mapping[str, HubFile]) -> bool:
    return WHOLE in files or INDEX in files


def _without_weights(listed: Listed, files: Mapping[str, HubFile]) -> Look:
    if any(path.endswith(".gguf") for path in files):
        return Look(listed, Misfit(Reason.QUANTIZED, "it has GGUF files only"), quantized=True)
    if INDEX in files:
        return Look(listed, Misfit(Reason.INCOMPLETE, "its index names files that are not there"))
    pickles = [path for path in files if path.endswith((".bin", ".pt", ".pth", ".ckpt"))]
    detail = f"only {pickles[0][:80]}" if pickles else "no weights at all"
    return Look(listed, Misfit(Reason.NO_SAFETENSORS, detail))


def _lacking(files: Mapping[str, HubFile], is_adapter: bool) -> Misfit | None:
    """What is not there although it should be."""
    if is_adapter:
        return None
    if "config.json" not in files:
        return Misfit(Reason.NO_CONFIG, "")
    if WHOLE in files:
        return None
    shards = [match for path in files if (match := _SHARD.fullmatch(path))]
    promised = int(shards[0][2])
    if len(shards) != promised:
        return Misfit(Reason.INCOMPLETE, f"{len(shards)} of {promised} shards are there")
    if INDEX not in files:
        return Misfit(Reason.INCOMPLETE, f"{INDEX} is missing")
    return None


def _stowed(
    files: Mapping[str, HubFile], headers: Mapping[str, SafetensorsHeader]
) -> Misfit | None:
    """Weights that would be fetched with it, although neither its index nor its headers know them.

    Twice the bytes that headers explain are let pass: some keep their weights both whole and in
    shards.
    """
    explained = sum(header.size for header in headers.values())
    fetched = [
        files[path] for path in files if path in (WHOLE, adapters.WEIGHTS) or _is_shard(path)
    ]
    if (here := _bytes(fetched)) > 2 * explained:
        detail = f"{here:,} bytes of weights, where its tensors take {explained:,}"
        return Misfit(Reason.TOO_LARGE, detail)
    for path, header in sorted(headers.items()):
        if files[path].size != header.size:
            detail = f"{path} is listed with {files[path].size:,} bytes and has {header.size:,}"
            return Misfit(Reason.BAD_HEADER, detail)
    return None


def _bytes(files: Iterable[HubFile]) -> int:
    return min(sum(file.size for file in files), MAX_BYTES)


def _is_shard(path: str) -> bool:
    return _SHARD.fullmatch(path) is not None


def _adapter(
    hub: Hub, listed: Listed, found: dict[str, Tensor], weights: Sequence[HubFile]
) -> Look:
    text = hub.text(listed.name, listed.sha, adapters.CONFIG, MAX_ADAPTER_CONFIG)
    size = _bytes(weights)
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        misfit = Misfit(Reason.BAD_ADAPTER, f"{adapters.CONFIG} is not JSON")
        return Look(listed, misfit, bytes=size)
    adapter = adapters.read(config)
    if isinstance(adapter, Misfit):
        return Look(listed, adapter, bytes=size)
    settings = json.dumps([adapter.base, adapter.rank, adapter.settings], sort_keys=True)
    return Look(
        listed,
        adapter=adapter,
        tensors=found,
        evidence=tuple(of_adapter(listed.name, config)),
        digest=weights_digest(weights, settings),
        bytes=size,
    )


def _merge(hub: Hub, listed: Listed, files: Mapping[str, HubFile]) -> tuple[Evidence, ...]:
    for path in MERGE_FILES:
        if path in files and files[path].size <= MAX_MERGE_CONFIG:
            text = hub.text(listed.name, listed.sha, path, MAX_MERGE_CONFIG)
            return tuple(of_merge(listed.name, text))
    return ()


def _said(error: Exception) -> str:
    return str(error)[:300]
