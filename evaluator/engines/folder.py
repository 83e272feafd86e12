"""A checkpoint's folder with nothing in it but what we asked for.

Libraries that open a checkpoint look around in its folder: for code, for generation settings, for
an adapter that says to load another base. Here they find a config and safetensors, and no more.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evaluator.engines.errors import LoadFailure, LoadKind

CONFIG = "config.json"
SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
ADAPTER_CONFIG = "adapter_config.json"
LARGEST_JSON = 64 * 2**20

NOT_OURS = (
    "_attn_implementation",
    "_attn_implementation_internal",
    "_experts_implementation",
    "_name_or_path",
    "attn_implementation",
    "experts_implementation",
    "generation_config",
    "torch_dtype",
    "dtype",
)
"""Keys of a config that say how to run the weights, not what they are: that is ours to say."""


def cleaned(source: Path, into: Path) -> Path:
    """Links of the weights in `source`, and a copy of its config. Raises LoadFailure."""
    config = read_json(source / CONFIG, LoadKind.BAD_CONFIG)
    if "auto_map" in config:
        raise LoadFailure(LoadKind.REMOTE_CODE, "its config.json names code of its own to run")
    if config.get("quantization_config"):
        raise LoadFailure(LoadKind.QUANTIZED, "its config.json says that it is quantized")
    kept = {key: value for key, value in config.items() if key not in NOT_OURS}
    into.mkdir(parents=True, exist_ok=True)
    (into / CONFIG).write_text(json.dumps(kept))
    shards = [SINGLE] if (source / SINGLE).is_file() else _shards(source)
    for name in shards:
        (into / name).symlink_to((source / name).resolve())
    if shards != [SINGLE]:
        (into / INDEX).symlink_to((source / INDEX).resolve())
    return into


def _shards(source: Path) -> list[str]:
    if not (source / INDEX).is_file():
        raise LoadFailure(LoadKind.NO_WEIGHTS, f"it has neither {SINGLE} nor {INDEX}")
    places = read_json(source / INDEX, LoadKind.BAD_WEIGHTS).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise LoadFailure(LoadKind.BAD_WEIGHTS, f"{INDEX} has no weight_map")
    names = sorted({str(name) for name in places.values()})
    for name in names:
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise LoadFailure(LoadKind.BAD_WEIGHTS, f"{INDEX} names {name!r}, which is no shard")
        if not (source / name).is_file():
            raise LoadFailure(LoadKind.NO_WEIGHTS, f"the shard {name} is missing")
    return names


def read_json(path: Path, kind: LoadKind) -> dict[str, Any]:
    """An object from a JSON file. Raises LoadFailure of `kind`."""
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise LoadFailure(kind, f"{path.name} is absurdly large")
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LoadFailure(kind, f"it has no {path.name}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise LoadFailure(kind, f"{path.name} cannot be read ({type(error).__name__})") from error
    if not isinstance(value, dict):
        raise LoadFailure(kind, f"{path.name} is not an object")
    return value
