"""A folder of small real checkpoints, and the Hub's client turned towards it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from hubs.folder import FolderHub

Put = Callable[..., Path]


@pytest.fixture(autouse=True)
def _quiet_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


@pytest.fixture
def put(shelf: Path) -> Put:
    """Writes one repository: text files by path, `tensors` by shape, and its `.hub.json`."""

    def write(
        name: str,
        files: dict[str, str] | None = None,
        *,
        tensors: dict[str, tuple[int, ...]] | None = None,
        **settings: Any,
    ) -> Path:
        folder = shelf / name
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in (files or {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        if tensors:
            arrays = {key: np.zeros(shape, np.float32) for key, shape in tensors.items()}
            save_file(arrays, folder / "model.safetensors")
        if settings:
            (folder / ".hub.json").write_text(json.dumps(settings))
        return folder

    return write


@pytest.fixture
def family(put: Put) -> None:
    """A root, and children of every relation."""
    config = json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab": 9})
    put(
        "base/trunk",
        {"config.json": config, "tokenizer_config.json": '{"eos_token": "</s>"}'},
        tensors={"embed": (4, 2), "norm": (2,)},
        downloads=100,
        likes=3,
        createdAt="2024-01-01T00:00:00.000Z",
        downloadsAllTime=1000,
    )
    card = "---\nbase_model: base/trunk\nlicense: mit\ndate: 2024-01-01\n---\nHello"
    put(
        "ann/tuned",
        {"README.md": card, "config.json": config},
        tensors={"embed": (4, 2), "norm": (2,)},
        downloads=5,
        createdAt="2024-03-01T00:00:00.000Z",
    )
    put(
        "bob/lora",
        {"README.md": card, "adapter_config.json": '{"peft_type": "LORA"}'},
        downloads=7,
        createdAt="2024-02-01T00:00:00.000Z",
    )
    merged = "---\nbase_model:\n- ann/tuned\n- base/trunk\n- ./local/path/x\n---\n"
    put("cyd/merged", {"README.md": merged}, createdAt="2024-04-01T00:00:00.000Z")


@pytest.fixture
def hub(shelf: Path) -> Iterator[FolderHub]:
    with FolderHub(shelf) as served:
        yield served
