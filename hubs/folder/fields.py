"""What a listing or an info page says of a repository, field by field.

A repository's `.hub.json` may state any of these; what it states is what is shown.
"""

from collections.abc import Callable, Iterable
from typing import Any

from hubs.folder.repository import Repository

Field = Callable[[Repository], object]

FIELDS: dict[str, Field] = {
    "author": lambda r: r.name.split("/")[0],
    "cardData": lambda r: r.card or None,
    "config": lambda r: r.config,
    "createdAt": lambda r: r.created,
    "disabled": lambda r: r.disabled,
    "downloadsAllTime": lambda r: r.settings.get("downloads", 0),
    "gated": lambda r: r.gated,
    "lastModified": lambda r: r.modified,
    "library_name": lambda r: r.library,
    "model-index": lambda r: r.card.get("model-index"),
    "pipeline_tag": lambda r: r.pipeline,
    "private": lambda r: r.hidden,
    "safetensors": lambda r: r.safetensors,
    "sha": lambda r: r.sha,
    "siblings": lambda r: r.siblings(blobs=False),
    "tags": lambda r: r.tags,
    "usedStorage": lambda r: sum(file.size for file in r.files.values()),
}
DEFAULTS = {"downloads": 0, "likes": 0, "trendingScore": 0, "spaces": []}
# Accepted in `expand`, and shown only where a `.hub.json` states them.
STATED = frozenset({"description", "evalResults", "gguf", "inference", "mask_token"})
# Accepted in `expand`, and never known here.
UNKNOWN = frozenset({"inferenceProviderMapping", "resourceGroup", "transformersInfo", "widgetData"})
UNKNOWN |= {"citation", "mainSize", "paperswithcode_id"}
INFO_ONLY = frozenset({"baseModels", "childrenModelCount", "usedStorage"})
SETTABLE = frozenset(FIELDS) | STATED | frozenset(DEFAULTS)
EXPANDABLE = SETTABLE | UNKNOWN | INFO_ONLY

LISTED = ["likes", "trendingScore", "private", "downloads", "tags"]
LISTED += ["pipeline_tag", "library_name", "createdAt"]
LISTED_FULL = [*LISTED, "author", "sha", "lastModified", "gated", "disabled", "siblings"]
INFO = [*LISTED_FULL, "config", "cardData", "safetensors", "usedStorage", "spaces", "model-index"]


def describe(repository: Repository, names: Iterable[str]) -> dict[str, Any]:
    """A row: `_id`, `id`, and the named fields that have a value."""
    row: dict[str, Any] = {"_id": repository.id, "id": repository.name}
    for name in names:
        value = field(repository, name)
        if value is not None:
            row[name] = value
    return row


def field(repository: Repository, name: str) -> Any:
    """One field's value; None where there is none."""
    if name in repository.settings and name not in ("gated", "tags"):  # these two are completed
        return repository.settings[name]
    return FIELDS[name](repository) if name in FIELDS else DEFAULTS.get(name)
